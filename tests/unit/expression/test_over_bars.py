"""Expressions over the stored bars of one symbol."""

import pytest

from algotrendy.errors import ExpressionError, InvalidArgumentError
from algotrendy.expression.over_bars import compile_over_bars
from algotrendy.testing.strategy import daily_bars


def test_everything_that_a_stored_bar_has_can_be_read() -> None:
    expressions = [
        ("range", "(high - low) / open"),
        ("traded", "log(volume)"),
        ("monday", "weekday() == 0"),
        ("week", 'bars("7d").close'),
    ]
    bars = daily_bars(list(range(100, 130)))
    computed = compile_over_bars(expressions).evaluate(bars.fields())
    assert set(computed["monday"].tolist()) == {0.0, 1.0}
    # Weeks from 1 January 1970: the first ends with the 6th bar.
    assert computed["week"][6:8].tolist() == [1.05, 1.05]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("buy_volume / volume", "it reads buy_volume, which stored bars do not have"),
        ('bars("7d", vwap)', "it reads notional"),
        ("cs_zscore(close)", "members of a universe"),
        ('close / bars("QQQ").close', 'bars("QQQ")'),
        ('model("spy-1")', "is not a model"),
        ("close +", "expected"),
    ],
)
def test_what_stored_bars_of_one_symbol_do_not_tell_is_refused_by_name(
    text: str, problem: str
) -> None:
    with pytest.raises(ExpressionError) as refusal:
        compile_over_bars([("good", "close"), ("bad", text)])
    metadata = refusal.value.metadata
    assert metadata["feature"] == "bad"
    assert metadata.keys() >= {"position", "end"}
    assert problem in metadata["problem"]


@pytest.mark.parametrize("expressions", [[], [("a", "close"), ("a", "open")]])
def test_no_expression_and_a_repeated_name_are_refused(expressions: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidArgumentError):
        compile_over_bars(expressions)
