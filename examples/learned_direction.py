"""A model decides: LightGBM learns the direction of five days, an ONNX graph of it is asked.

It learns from the first six years and trades the rest. On a walk there is nothing to learn, and
what comes out is what costs leave of nothing: that is the example's point.
"""

import numpy as np

import algotrendy as at
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.instrument import Instrument
from algotrendy.ml.adapters.lightgbm_trainer import LightGbmTrainer
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.ml.model import Feature, TrainingTerms
from algotrendy.ml.training_table import build_table, split
from synthetic import daily_bars

FEATURES = (
    Feature("momentum", "ret(close, 20)"),
    Feature("stretch", "close / sma(close, 10)"),
    Feature("calm", "std(ret(close, 1), 20)"),
)
TRAINED_UNTIL = np.datetime64("2016-01-01", "ns")
SPEC = {
    "entry": 'model("direction") > 0.55',
    "exit": 'model("direction") < 0.50',
    "size": {"type": "kelly", "fraction": "0.5", "window": 250, "cap": "0.9"},
}


def learn(bars: dict) -> OnnxModel:
    terms = TrainingTerms(
        name="direction",
        symbols=("MADEUP",),
        features=FEATURES,
        horizon_bars=5,
        train_end_time_ns=int(TRAINED_UNTIL.astype(np.int64)),
    )
    prices = ("open", "high", "low", "close")
    columns = BarColumns(
        Instrument("MADEUP"),
        open_time_ns=bars["open_time"].astype(np.int64),
        close_time_ns=bars["close_time"].astype(np.int64),
        **{name: np.rint(bars[name] * 100).astype(np.int64) for name in prices},
        volume=bars["volume"],
    )
    table = build_table([columns], at.FeatureSet(dict(FEATURES)), terms.horizon_bars)
    trained = LightGbmTrainer().train(*split(table, terms), terms)
    print(f"out of sample it is right in {trained.quality.accuracy:.1%} of the cases")
    return OnnxModel.from_bytes(trained.graph)


def main() -> None:
    bars = daily_bars(2_500, seed=9)
    result = at.backtest.run(
        SPEC,
        {"MADEUP": bars},
        models={"direction": learn(bars)},
        start=str(TRAINED_UNTIL + np.timedelta64(10, "D")),
        costs={"fees": {"bps": "2"}, "slippage": {"bps": "3"}},
        synthetic=True,
    )
    print(result)


if __name__ == "__main__":
    main()
