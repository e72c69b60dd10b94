"""A run is repeated from its manifest to the same bytes, or what differs is named."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.unit.backtest import strategies
from tests.unit.backtest.strategies import BARS, walk

from algotrendy.backtest import Result, load, replay, run
from algotrendy.backtest.manifest import Manifest
from algotrendy.errors import DataFileError, InvalidArgumentError, NotReproducedError

STRATEGY = """\
from decimal import Decimal
from algotrendy.domain.strategy_class import Strategy

class Hold(Strategy):
    share: Decimal = Decimal("0.5")

    def on_bar(self, context, bar):
        if context.position() == 0:
            context.target_weight(self.share)
"""
SPEC = {
    "symbols": ["SPY"],
    "parameters": {"fast": 5, "slow": 20},
    "entry": "cross_above(sma(close, fast), sma(close, slow))",
    "exit": "cross_below(sma(close, fast), sma(close, slow))",
}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def parquet(folder: Path, bars: Mapping[str, Any] = BARS) -> Path:
    path = folder / "SPY.parquet"
    times = pl.Series("time", bars["time"]).cast(pl.Datetime("ns", "UTC"))
    pl.DataFrame({**bars, "time": times}).write_parquet(path)
    return path


@pytest.mark.parametrize("strategy", [strategies.Cross(fast=7), SPEC])
def test_a_replayed_result_is_saved_to_the_same_bytes(tmp_path: Path, strategy: object) -> None:
    path = parquet(tmp_path)
    terms = {"cash": 50_000, "start": "1970-02-01", "seed": 3, "finish": "last_close"}
    run(strategy, path, costs={"fees": {"bps": "2.5"}}, **terms).save(tmp_path / "first")
    replay(tmp_path / "first").save(tmp_path / "second")
    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    replay(tmp_path / "second" / "manifest.json").save(tmp_path / "third")
    assert contents(tmp_path / "first") == contents(tmp_path / "third")


def test_the_container_of_the_data_does_not_matter(tmp_path: Path) -> None:
    run(strategies.Cross(), parquet(tmp_path)).save(tmp_path / "first")
    table = pl.DataFrame(BARS)
    csv = tmp_path / "spy.csv"
    table.with_columns(pl.col("time").cast(pl.Datetime("ns"))).write_csv(csv)
    loaded = load({"SPY": BARS})
    for data in ({"SPY": BARS}, {"SPY": table.to_pandas()}, {"SPY": csv}, loaded):
        again = replay(tmp_path / "first", data)
        assert again.manifest == json.loads((tmp_path / "first/manifest.json").read_text())


def test_a_class_is_loaded_from_its_file_with_its_parameters(tmp_path: Path) -> None:
    module = tmp_path / "hold.py"
    module.write_text(STRATEGY)
    result = run(f"{module}:Hold", {"SPY": BARS})
    assert replay(result.record, {"SPY": BARS}).orders.equals(result.orders)
    given = replay(result.record, {"SPY": BARS}, strategy=None)
    assert given.manifest["strategy"]["parameters"] == {"share": "0.5"}
    module.write_text(STRATEGY.replace('"0.5"', '"0.25"'))
    with pytest.raises(NotReproducedError, match=r"strategy\.sha256: .* against "):
        replay(result.record, {"SPY": BARS})
    module.unlink()
    with pytest.raises(InvalidArgumentError, match="No such file"):
        replay(result.record, {"SPY": BARS})


def test_how_the_data_was_read_is_remembered(tmp_path: Path) -> None:
    odd = {name if name != "close" else "px": values for name, values in BARS.items()}
    options: dict[str, Any] = {"columns": {"close": "px"}, "label": "close", "interval": "1d"}
    result = run(strategies.Cross(), {"SPY": odd}, synthetic=True, **options)
    again = replay(result.record, {"SPY": odd})
    assert again.manifest == result.manifest
    assert result.record.synthetic_data == ["SPY"]
    bars = {name: values for name, values in walk(4).items() if name in {"time", "close"}}
    trades = {"time": bars["time"], "price": bars["close"], "quantity": np.ones(300)}
    result = run(strategies.Cross(), {"SPY": trades}, bars="1d")
    assert replay(result.record, {"SPY": trades}).manifest == result.manifest


def test_other_data_is_named_before_anything_is_run(tmp_path: Path) -> None:
    result = run(strategies.Cross(), {"SPY": BARS})
    with pytest.raises(NotReproducedError, match=r"data\.SPY\.sha256: ") as refusal:
        replay(result.record, {"SPY": walk(4)})
    assert "outcome" not in str(refusal.value)
    shorter = {name: values[:-1] for name, values in BARS.items()}
    with pytest.raises(NotReproducedError, match=r"data\.SPY\.rows: 300 against 299"):
        replay(result.record, {"SPY": shorter})
    with pytest.raises(NotReproducedError, match=r"data\.QQQ"):
        replay(result.record, {"SPY": BARS, "QQQ": BARS})


def test_what_stood_beside_the_data_must_be_given_again() -> None:
    factors = {"SPY": [("1970-03-01", 0.5)]}
    result = run(strategies.Cross(), {"SPY": BARS}, factors=factors)
    assert replay(result.record, {"SPY": BARS}, factors=factors).manifest == result.manifest
    with pytest.raises(NotReproducedError, match=r"data\.factors"):
        replay(result.record, {"SPY": BARS})


class Model:
    features = (("close", "close"),)
    usable_after_ns = -1

    def __init__(self, fingerprint: str) -> None:
        self.training_fingerprint = fingerprint

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return np.ones(len(rows))


def test_another_model_is_named_by_its_fingerprint() -> None:
    asked = {**SPEC, "entry": 'model("m") > 0.5 and close > sma(close, fast)'}
    result = run(asked, {"SPY": BARS}, models={"m": Model("abc")})
    again = replay(result.record, {"SPY": BARS}, models={"m": Model("abc")})
    assert again.manifest == result.manifest
    assert result.manifest["models"][0]["fingerprint"] == "abc"
    with pytest.raises(NotReproducedError, match=r'models\.m\.fingerprint: "abc" against "def"'):
        replay(result.record, {"SPY": BARS}, models={"m": Model("def")})


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (("version",), "0.0.1", 'version: "0.0.1" against'),
        (("outcome", "fills"), "ab", 'outcome.fills: "ab" against'),
        (("strategy", "parameters", "fast"), 6, "outcome.orders"),
        (("terms", "cash"), "90000", "outcome.equity"),
    ],
)
def test_a_manifest_that_was_changed_is_not_reproduced(
    place: tuple[str, ...], value: object, named: str
) -> None:
    record = run(strategies.Cross(), {"SPY": BARS}).manifest
    inner = record
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    with pytest.raises(NotReproducedError) as refusal:
        replay(Manifest.from_dict(record), {"SPY": BARS})
    assert named in str(refusal.value)


def test_what_a_manifest_does_not_name_must_be_given(tmp_path: Path) -> None:
    result = run(strategies.Cross(), {"SPY": BARS})
    with pytest.raises(InvalidArgumentError, match="names no file of SPY; expected `data`"):
        replay(result.record)
    record = result.manifest
    record["strategy"]["source"] = None
    with pytest.raises(InvalidArgumentError, match="no file of the class Cross; expected the cl"):
        replay(Manifest.from_dict(record), {"SPY": BARS})
    given = replay(Manifest.from_dict(record), {"SPY": BARS}, strategy=strategies.Cross)
    assert isinstance(given, Result)
    with pytest.raises(InvalidArgumentError, match="strategy is 3; expected the class Cross"):
        replay(Manifest.from_dict(record), {"SPY": BARS}, strategy=3)
    with pytest.raises(DataFileError, match="Cannot read the manifest"):
        replay(tmp_path)


def test_an_account_of_a_real_run_adds_up() -> None:
    result = run(strategies.Cross(), {"SPY": BARS})
    statistics, fills = result.statistics, result.fills.to_pylist()
    assert statistics.fees == sum((fill["fee"] for fill in fills), Decimal(0)) > 0
    assert statistics.slippage > 0
    held = sum(fill["quantity"] if fill["side"] == "BUY" else -fill["quantity"] for fill in fills)
    close = Decimal(str(BARS["close"][-1]))
    assert result.final_equity == result.equity["cash"][-1].as_py() + held * close
    assert result.final_equity == 100_000 + statistics.profit
    fees = sum(result.positions["fees"].to_pylist(), Decimal(0))
    assert fees == statistics.fees
