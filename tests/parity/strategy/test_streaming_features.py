"""A runner, fed bar by bar, says what the model says of the features of all bars at once."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from algotrendy.ml.feature_pipeline import FeaturePipeline
from algotrendy.strategy.ports import FeatureStream
from algotrendy.strategy.runner import SymbolRunner
from algotrendy.testing.strategy import ScriptedModel, daily_bars, spec

FEATURES = FeaturePipeline(
    [
        ("return", "ret(close, 1)"),
        ("trend", "close / ema(close, 5) - 1"),
        ("volatility", "std(ret(close, 1), 4)"),
        ("range", "(high - low) / close"),
    ]
)


class SummingModel(ScriptedModel):
    """Says the float32 sum of its features: any difference in a feature is a difference in it."""

    def __init__(self) -> None:
        super().__init__([])

    def stream(self) -> FeatureStream:
        return FEATURES.stream()

    def predict_row(self, features: list[float]) -> float:  # type: ignore[override]  # Narrower.
        return float(np.sum(np.array(features, dtype=np.float32)))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 500_00), min_size=1, max_size=60), st.integers(0, 60))
def test_streaming_equals_batch_wherever_the_warm_up_ends(
    closes: list[int], warm_up_count: int
) -> None:
    bars = daily_bars(closes)
    runner = SymbolRunner(spec(), bars.instrument, SummingModel())
    runner.warm_up(list(bars)[:warm_up_count])
    streamed = [runner.observe(bar) for bar in list(bars)[warm_up_count:]]
    rows = FEATURES.evaluate(bars.fields())[warm_up_count:]
    expected = [
        SummingModel().predict_row(row.tolist()) if np.isfinite(row).all() else None for row in rows
    ]
    assert streamed == expected
