"""A runner, fed bar by bar, says what the expressions and the model say of all bars at once."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.soak import examples

from algotrendy import FeatureSet
from algotrendy.domain.order import AccountView
from algotrendy.strategy.runner import SymbolRunner
from algotrendy.testing.strategy import MODEL_ID, ScriptedModel, daily_bars, rule, spec

FLAT, LONG = AccountView(0, Decimal(10**9)), AccountView(1, Decimal(10**9))
FEATURES = [
    ("return", "ret(close, 1)"),
    ("trend", "close / ema(close, 5) - 1"),
    ("volatility", "std(ret(close, 1), 4)"),
    ("range", "(high - low) / close"),
    ("monday", "weekday() == 0"),
]
ENTRY = f'model("{MODEL_ID}") > 0.02 and close > sma(close, 3)'
EXIT = f'model("{MODEL_ID}") < -0.02 or rsi(n=3) > 70'


class SummingModel(ScriptedModel):
    """Says the float32 sum of its features: any difference in a feature is a difference in it."""

    def __init__(self) -> None:
        super().__init__([])
        self.features: Sequence[tuple[str, str]] = FEATURES  # type: ignore[assignment]  # Wider.

    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([np.sum(row.astype(np.float32)) for row in rows], dtype=np.float64)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.integers(1, 500_00), min_size=1, max_size=60), st.integers(0, 60))
def test_streaming_equals_batch_wherever_the_warm_up_ends(
    closes: list[int], warm_up_count: int
) -> None:
    bars, model = daily_bars(closes), SummingModel()
    opens = [*bars.open_time_ns.tolist(), 2**62][: len(bars) + 1]
    start_time_ns = opens[min(warm_up_count, len(bars))]
    runner = SymbolRunner(rule(spec(entry=ENTRY, exit=EXIT), model), bars.instrument, start_time_ns)
    runner.warm_up(list(bars)[:warm_up_count])
    streamed = []
    for bar in list(bars)[warm_up_count:]:
        holds = runner.observe(bar)
        intents = runner.decide(bar, FLAT).intents if holds else ()
        sold = runner.decide(bar, LONG).intents if holds else ()
        streamed.append((intents, sold))
    batch = FeatureSet(
        {"entry": ENTRY, "exit": EXIT, "model": f'model("{MODEL_ID}")'}, models={MODEL_ID: model}
    ).evaluate(bars.fields())
    entry, exit_, said = (batch[name][warm_up_count:] for name in ("entry", "exit", "model"))
    for (bought, sold), enter, leave, output in zip(streamed, entry, exit_, said, strict=True):
        assert bool(bought) == (enter == 1.0 and leave != 1.0)
        assert bool(sold) == (leave == 1.0)
        for intent in (*bought, *sold):
            assert intent.model_outputs == ({} if np.isnan(output) else {MODEL_ID: output})
