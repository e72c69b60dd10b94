"""One strategy on one symbol."""

from decimal import Decimal

import pytest

from algotrendy.domain.bar import Bar
from algotrendy.domain.order import AccountView
from algotrendy.errors import InSampleError
from algotrendy.strategy.runner import SymbolRunner
from algotrendy.testing.strategy import MODEL_ID, ScriptedModel, daily_bars, rule, spec

BARS = daily_bars([100, 101, 102, 103])


def runner_of(model: ScriptedModel, first_bar: int = 0, **changes: str) -> SymbolRunner:
    start_time_ns = int(BARS.open_time_ns[first_bar])
    return SymbolRunner(rule(spec(**changes), model), BARS.instrument, start_time_ns)


def output(runner: SymbolRunner, bar: Bar) -> float | None:
    """Return what the model said of a bar that led to an order, if one did."""
    if not runner.observe(bar):
        return None
    view = AccountView(0, Decimal(1000))
    intents = runner.decide(bar, view).intents or runner.decide(bar, LONG).intents
    return intents[0].model_outputs[MODEL_ID]


LONG = AccountView(1, Decimal(1000))


def test_a_bar_is_observed_once() -> None:
    runner = runner_of(ScriptedModel([0.1, 0.9, 0.2]))
    first, second, third, _ = BARS
    observed = [output(runner, bar) for bar in (first, second, second, first, third)]
    assert observed == [0.1, 0.9, None, None, 0.2]


def test_a_bar_at_which_nothing_holds_or_is_known_needs_no_decision() -> None:
    runner = runner_of(ScriptedModel([None, 0.5, 0.2]))
    assert [output(runner, bar) for bar in list(BARS)[:3]] == [None, None, 0.2]


def test_warm_up_is_part_of_the_stream() -> None:
    runner = runner_of(ScriptedModel([0.5] * 4), entry="close > lag(close, 3)")
    runner.warm_up(BARS.between(None, int(BARS.open_time_ns[3])))
    bar = list(BARS)[3]
    assert runner.observe(bar)
    (intent,) = runner.decide(bar, AccountView(0, Decimal(1000))).intents
    assert intent.cause == "entry"


def test_a_bar_of_the_training_is_refused_and_not_taken() -> None:
    runner = runner_of(ScriptedModel([0.1] * 3, train_end_time_ns=int(BARS.close_time_ns[1])))
    bars = list(BARS)
    with pytest.raises(InSampleError) as refusal:
        runner.observe(bars[1])
    assert refusal.value.metadata["symbol"] == "SPY"
    assert runner.holding.last_open_time_ns is None
    assert output(runner, bars[2]) == 0.1


def test_a_bar_of_the_training_may_be_warm_up() -> None:
    model = ScriptedModel([0.1] * 3, train_end_time_ns=int(BARS.close_time_ns[1]))
    runner = runner_of(model, first_bar=2)
    runner.warm_up(list(BARS)[:2])
    assert output(runner, list(BARS)[2]) == 0.1


def test_in_sample_allows_the_model_it_is_said_of() -> None:
    model = ScriptedModel([0.1], train_end_time_ns=int(BARS.close_time_ns[3]))
    asked = f'model("{MODEL_ID}", in_sample=True)'
    runner = runner_of(model, entry=f"{asked} > 0.6", exit=f"{asked} < 0.4")
    assert output(runner, next(iter(BARS))) == 0.1


def test_what_an_expression_remembers_of_a_model_survives_a_restart() -> None:
    entry = f'cross_above(model("{MODEL_ID}"), 0.5)'
    model = ScriptedModel([0.1, 0.2, 0.3, 0.9])
    bars = list(BARS)
    runner = SymbolRunner(rule(spec(entry=entry), model), BARS.instrument, bars[1].open_time_ns)
    runner.warm_up(bars[:3])
    assert runner.observe(bars[3])
