"""One strategy on one symbol."""

import pytest

from algotrendy.errors import InSampleError
from algotrendy.strategy.runner import SymbolRunner
from algotrendy.testing.strategy import ScriptedModel, daily_bars, spec

BARS = daily_bars([100, 101, 102, 103])


def test_a_bar_is_observed_once() -> None:
    runner = SymbolRunner(spec(), BARS.instrument, ScriptedModel([0.1, 0.2, 0.3]))
    first, second, third, _ = BARS
    assert [runner.observe(bar) for bar in (first, second, second, first, third)] == [
        0.1,
        0.2,
        None,
        None,
        0.3,
    ]


def test_a_bar_without_features_has_no_probability() -> None:
    runner = SymbolRunner(spec(), BARS.instrument, ScriptedModel([None, 0.2]))
    assert [runner.observe(bar) for bar in list(BARS)[:2]] == [None, 0.2]


def test_warm_up_is_part_of_the_stream() -> None:
    runner = SymbolRunner(spec(), BARS.instrument, ScriptedModel([0.1, 0.2, 0.3, 0.4]))
    runner.warm_up(BARS.last(4).between(None, int(BARS.open_time_ns[3])))
    assert runner.observe(list(BARS)[3]) == 0.4


def test_a_bar_of_the_training_is_refused_and_not_taken() -> None:
    model = ScriptedModel([0.1, 0.2], train_end_time_ns=int(BARS.close_time_ns[1]))
    runner = SymbolRunner(spec(), BARS.instrument, model)
    bars = list(BARS)
    with pytest.raises(InSampleError) as refusal:
        runner.observe(bars[1])
    assert refusal.value.metadata["symbol"] == "SPY"
    assert runner.last_open_time_ns is None
    assert runner.observe(bars[2]) == 0.1


def test_a_bar_of_the_training_may_be_warm_up() -> None:
    model = ScriptedModel([0.1, 0.2, 0.3], train_end_time_ns=int(BARS.close_time_ns[1]))
    runner = SymbolRunner(spec(), BARS.instrument, model)
    runner.warm_up(list(BARS)[:2])
    assert runner.observe(list(BARS)[2]) == 0.3


def test_in_sample_allows_what_it_names() -> None:
    model = ScriptedModel([0.1], train_end_time_ns=int(BARS.close_time_ns[3]))
    runner = SymbolRunner(spec(), BARS.instrument, model, in_sample=True)
    assert runner.observe(next(iter(BARS))) == 0.1
