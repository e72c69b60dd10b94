"""A spec's entry and exit, compiled."""

from decimal import Decimal

import pytest

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.order import AccountView
from algotrendy.errors import (
    ExpressionError,
    InSampleError,
    InvalidArgumentError,
    ModelNotFoundError,
)
from algotrendy.strategy.rule import Rule, load_rule
from algotrendy.strategy.runner import SymbolRunner
from algotrendy.testing.strategy import MODEL_ID, FakeModels, ScriptedModel, daily_bars, rule, spec

FLAT, LONG = AccountView(0, Decimal(1000)), AccountView(1, Decimal(1000))


@pytest.mark.parametrize("field", ["entry", "exit"])
@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("close > emaa(close, 3)", "8", '"emaa" is not a function'),
        ("close > lag(close, -1)", "19", "cannot look ahead"),
        ("", "0", "expected"),
        ("close", "0", "needs a condition (true or false), found a number"),
        ("trade_count > 5", "0", "it reads trade_count, which stored bars do not have"),
        ("vwap > close", "0", "it reads notional"),
        ('model("other") > 0.5', "0", '"other" is not a model'),
    ],
)
def test_an_expression_that_cannot_be_decided_by_names_its_field_and_the_character(
    field: str, text: str, position: str, problem: str
) -> None:
    with pytest.raises(ExpressionError) as refusal:
        rule(spec(**{field: text}), ScriptedModel([0.9]))
    metadata = refusal.value.metadata
    assert (metadata["field"], metadata["position"]) == (field, position)
    assert problem in metadata["problem"]


async def test_the_models_that_a_spec_names_are_loaded_by_their_ids() -> None:
    first, second = ScriptedModel([0.9]), ScriptedModel([0.2])
    second.model_id = "other-2"  # type: ignore[assignment]  # One more.
    named = spec(
        entry="model('direction-1') > 0.5 # and model('none-1') > 0",
        exit='model(in_sample = True, name = "other-2") < 0.5',
    )
    loaded = await load_rule(named, FakeModels(first, second))
    assert loaded.in_sample_models == ("other-2",)
    assert set(loaded.models) == {"direction-1", "other-2"}
    with pytest.raises(ModelNotFoundError):
        await load_rule(named, FakeModels(first))


def test_a_rule_may_do_without_models() -> None:
    compiled = rule(spec(entry="close > sma(close, 3)", exit="close < sma(close, 3)"))
    bars = daily_bars([100, 101, 105, 90])
    assert causes(compiled, bars) == [None, None, "entry", "exit"]


def test_the_warm_up_is_that_of_the_longest_expression_and_of_the_models_features() -> None:
    assert rule(spec(exit="close < sma(close, 30)"), ScriptedModel([])).warm_up == 29
    assert rule(spec(), ScriptedModel([], warm_up=7)).warm_up == 7


def test_what_a_model_said_in_the_warm_up_is_not_known() -> None:
    model = ScriptedModel([0.9] * 4)
    asked = rule(spec(entry=f'mean(model("{MODEL_ID}"), 2) > 0.5'), model)
    bars = list(daily_bars([100] * 4))
    runner = SymbolRunner(asked, daily_bars([100]).instrument, bars[2].open_time_ns)
    runner.warm_up(bars[:2])
    assert [runner.observe(bar) for bar in bars[2:]] == [False, True]


def test_a_bar_of_a_models_training_is_refused_unless_the_expression_allows_it() -> None:
    model = ScriptedModel([0.9], train_end_time_ns=5)
    plain = rule(spec(), model)
    plain.require_out_of_sample("SPY", 6)
    with pytest.raises(InSampleError) as refusal:
        plain.require_out_of_sample("SPY", 5)
    assert refusal.value.metadata == {
        "symbol": "SPY",
        "model_id": "direction-1",
        "close_time_ns": "5",
        "train_end_time_ns": "5",
    }
    allowed = f'model("{MODEL_ID}", in_sample=True) > 0.5'
    rule(spec(entry=allowed, exit=f"not ({allowed})"), model).require_out_of_sample("SPY", 5)
    # Asked both ways, it is guarded, and told.
    mixed = rule(spec(entry=allowed), model)
    assert mixed.in_sample_models == (MODEL_ID,)
    with pytest.raises(InSampleError):
        mixed.require_out_of_sample("SPY", 5)


def test_sessions_and_other_intervals_are_read_from_the_times_of_bars() -> None:
    compiled = rule(spec(entry='hour() == 9 and close > bars("2d").close', exit="weekday() > 4"))
    bars = daily_bars([100, 100, 90, 100])
    # From Friday, 2 January 1970; pairs of days end with the 2nd and the 4th, a Sunday.
    assert causes(compiled, bars) == [None, "exit", "exit", "entry"]


def test_an_intent_tells_what_models_say_of_its_own_bars() -> None:
    longer = f'bars("2d", model("{MODEL_ID}", in_sample=True)) > 0'
    bars = daily_bars([100, 101])
    asked = rule(spec(entry=longer, exit="close < 0"), ScriptedModel([0.9] * 2))
    runner = SymbolRunner(asked, bars.instrument)
    for bar in bars:
        if runner.observe(bar):
            (intent,) = runner.decide(bar, FLAT).intents
            assert intent.model_outputs == {}


@pytest.mark.parametrize("text", ["cs_rank(close) > 0.5", 'close > bars("QQQ").close'])
def test_what_looks_at_other_symbols_is_followed_by_no_stream(text: str) -> None:
    compiled = rule(spec(entry=text, exit="close < 0"))
    with pytest.raises(InvalidArgumentError):
        compiled.stream(daily_bars([100]).instrument, 0)


def causes(compiled: Rule, bars: BarColumns) -> list[str | None]:
    """Return what leads to an order at each bar, of a flat account or else of a long one."""
    runner = SymbolRunner(compiled, bars.instrument)
    found: list[str | None] = []
    for bar in bars:
        views = (FLAT, LONG) if runner.observe(bar) else ()
        intents = [intent for view in views for intent in runner.decide(bar, view).intents]
        found.append(intents[0].cause if intents else None)
    return found
