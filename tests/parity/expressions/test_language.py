"""What the language shares with Python is read as Python reads it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.expressions import naive, ours
from tests.parity.expressions.strategies import Bars, bars
from tests.soak import examples

FIELDS = ("open", "high", "low", "close", "volume")
SPACES = ("", " ", "  ", "\n", " # (a comment\n")


@st.composite
def spaced(draw: st.DrawFn, *parts: str) -> str:
    """The parts with or without something between them; words are kept apart."""
    text = parts[0]
    for part in parts[1:]:
        needs_space = (text[-1].isalnum() or text[-1] == ".") and part[0].isalnum()
        gap = draw(st.sampled_from(SPACES[1:] if needs_space else SPACES))
        text += gap + part
    return text


@st.composite
def numbers(draw: st.DrawFn, depth: int = 3) -> str:
    """Arithmetic as it comes, mostly without parentheses: precedence decides."""
    kind = draw(st.integers(0, 7)) if depth else 0
    inner = numbers(depth - 1)
    if kind <= 1:
        literal = st.sampled_from(["0", "1", "2.5", "1e1", ".5", "3."])
        return draw(st.sampled_from(FIELDS) | literal)
    if kind == 2:
        return draw(spaced("-", draw(inner)))
    if kind == 3:
        return draw(spaced("(", draw(inner), ")"))
    if kind == 4:
        # A power of a power soon leaves the numbers there are.
        base = draw(numbers(0))
        return draw(spaced(base, "**", draw(st.sampled_from(["2", "-1", "+2", "1"]))))
    if kind == 5:
        test = draw(truths(depth - 1))
        return draw(spaced("(", draw(inner), "if", test, "else", draw(inner), ")"))
    operator = draw(st.sampled_from(["+", "-", "*", "/", "%"]))
    return draw(spaced(draw(inner), operator, draw(inner)))


@st.composite
def truths(draw: st.DrawFn, depth: int = 3) -> str:
    kind = draw(st.integers(0, 5)) if depth else 0
    inner = truths(depth - 1)
    if kind <= 1:
        operators = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
        sides = [draw(numbers(max(0, depth - 1))) for _ in range(draw(st.integers(2, 3)))]
        parts = [part for side in sides for part in (draw(operators), side)]
        return draw(spaced(*parts[1:]))
    if kind == 2:
        return draw(spaced("not", draw(inner)))
    if kind == 3:
        return draw(spaced("(", draw(inner), ")"))
    return draw(spaced(draw(inner), draw(st.sampled_from(["and", "or"])), draw(inner)))


@settings(max_examples=examples(300), deadline=None)
@given(text=numbers(), rows=bars)
def test_arithmetic_has_pythons_precedence(text: str, rows: Bars) -> None:
    whole = f"({text}\n) + open - open"
    np.testing.assert_allclose(
        ours.evaluate(whole, rows), naive.evaluate(whole, rows), rtol=1e-9, atol=1e-9
    )


@settings(max_examples=examples(300), deadline=None)
@given(text=truths(), rows=bars)
def test_logic_has_pythons_precedence_and_kleenes_nulls(text: str, rows: Bars) -> None:
    whole = f"({text}\n) or is_null(open) and False"
    np.testing.assert_array_equal(ours.evaluate(whole, rows), naive.evaluate(whole, rows))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("-close ** 2", "-(close ** 2)"),
        ("2 ** 3 ** 2 * close", "512 * close"),
        ("2 ** -1 * close", "0.5 * close"),
        ("not close > open", "close <= open"),
        ("not close > open and volume > 3", "(not close > open) and volume > 3"),
        ("close > open or volume > 3 and low > 5", "close > open or (volume > 3 and low > 5)"),
        ("low < close < high", "low < close and close < high"),
        ("close - open - low", "(close - open) - low"),
        ("close / open / low", "(close / open) / low"),
        (
            "close if close > open else low if low > 5 else 1",
            "where(close > open, close, where(low > 5, low, 1))",
        ),
        ("close > open if volume > 3 else True", "where(volume > 3, close > open, true)"),
        ("ema(close, 2 * 5)", "ema(x=close, n=10, seed='mean')"),
        ("-7 % 3 + close", "2 + close"),
        ("7 % -3 + close", "-2 + close"),
    ],
)
def test_an_expression_means_the_same_as_another(text: str, same: str) -> None:
    random = np.random.default_rng(3)
    rows = {name: 5 + random.normal(0, 1, 300) for name in FIELDS}
    np.testing.assert_array_equal(ours.evaluate(text, rows), ours.evaluate(same, rows))
    np.testing.assert_allclose(ours.evaluate(text, rows), naive.evaluate(text, rows), rtol=1e-12)
