"""The engine against a simulation in NumPy: the same fills, money and curve, spec and class."""

import dataclasses
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.parity.backtest.crossing import Fill, Integers, Terms, simulate
from tests.soak import examples

import algotrendy as at
from algotrendy.domain.clock import DAY_NS, HOUR_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits

CENTS = 100
Market = tuple[Integers, Integers]


class Crossing(at.Strategy):
    """The rule of `spec`, bar by bar."""

    fast: int
    slow: int
    percent: str
    is_short_too: bool = False
    features = {
        "up": "cross_above(sma(close, fast), sma(close, slow))",
        "down": "cross_below(sma(close, fast), sma(close, slow))",
    }

    def on_bar(self, context: Any, bar: Any) -> None:
        held = context.position()
        if context.feature("up") == 1 and held <= 0:
            self._turn(context, bar, side=1)
        elif context.feature("down") == 1 and (held > 0 or (self.is_short_too and held == 0)):
            self._turn(context, bar, side=-1)

    def _turn(self, context: Any, bar: Any, *, side: int) -> None:
        equity = round(context.equity * CENTS)
        context.close()
        quantity = int(Fraction(self.percent) * equity / bar.raw["close"])
        if quantity and side > 0:
            context.buy(quantity)
        elif quantity and self.is_short_too:
            context.sell(quantity)


def spec(terms: Terms) -> dict[str, Any]:
    up = "cross_above(sma(close, fast), sma(close, slow))"
    down = "cross_below(sma(close, fast), sma(close, slow))"
    short = {"short_entry": down, "short_exit": up} if terms.is_short_too else {}
    return {
        "parameters": {"fast": terms.fast, "slow": terms.slow},
        "entry": up,
        "exit": down,
        **short,
        "size": {"type": "percent", "percent": str(float(terms.percent))},
    }


def run(strategy: Any, market: Market, terms: Terms) -> Any:
    return at.backtest.run(
        strategy,
        {"SYN": bars(*market)},
        instruments={"SYN": Instrument("SYN", tick_size=Decimal(terms.tick) / CENTS)},
        cash=terms.cash // CENTS,
        costs={
            "fees": {"bps": str(float(terms.fee_bps))},
            "slippage": {"bps": str(float(terms.slippage_bps))} if terms.slippage_bps else "none",
        },
        limits=Limits(allow_short=True) if terms.is_short_too else None,
    )


def bars(open_: Integers, close: Integers) -> dict[str, Any]:
    """A bar a day, 09:00 to 16:00, as columns of floats."""
    days = np.arange(1, len(close) + 1) * DAY_NS
    columns = {
        "open": open_,
        "high": np.maximum(open_, close),
        "low": np.minimum(open_, close),
        "close": close,
    }
    return {
        "open_time": days + 9 * HOUR_NS,
        "close_time": days + 16 * HOUR_NS,
        **{name: column / CENTS for name, column in columns.items()},
        "volume": np.full(len(close), 10**9),
    }


def fills_of(result: Any, market: Market) -> list[Fill]:
    """The engine's fills as the simulation writes them."""
    opens = bars(*market)["open_time"]
    rows = result.fills.to_pylist()
    times = result.fills["time"].cast("int64").to_pylist()
    return [
        Fill(
            int(np.searchsorted(opens, time_ns)),
            int(row["quantity"]) * (1 if row["side"] == "BUY" else -1),
            int(row["price"] * CENTS),
            int(row["fee"] * CENTS),
        )
        for row, time_ns in zip(rows, times, strict=True)
    ]


def cents(column: Any) -> list[int]:
    return [int(value * CENTS) for value in column.to_pylist()]


@st.composite
def markets(draw: st.DrawFn) -> Market:
    """Opens and closes in quarters: steps of a walk, from calm to wild, and gaps between."""
    length = draw(st.integers(4, 80))
    width = draw(st.sampled_from([1, 4, 40]))
    steps = st.lists(st.integers(-width, width), min_size=length, max_size=length)
    close = 400 + np.cumsum(draw(steps))
    open_ = np.concatenate(([400], close[:-1])) + np.array(draw(steps))
    return np.maximum(open_, 40) * 25, np.maximum(close, 40) * 25


@st.composite
def term_lists(draw: st.DrawFn) -> Terms:
    fast = draw(st.integers(1, 7))
    return Terms(
        fast=fast,
        slow=draw(st.integers(fast + 1, 30)),
        percent=draw(st.sampled_from([Fraction("0.25"), Fraction("0.5"), Fraction("0.8")])),
        fee_bps=draw(st.sampled_from([Fraction(0), Fraction(1), Fraction("2.5"), Fraction(20)])),
        slippage_bps=draw(st.sampled_from([Fraction(0), Fraction(1), Fraction("7.5")])),
        is_short_too=draw(st.booleans()),
    )


def assert_equal(result: Any, market: Market, terms: Terms, *, turns_at_open: bool = False) -> None:
    fills, equity = simulate(*market, terms, turns_at_open=turns_at_open)
    assert fills_of(result, market) == fills
    assert cents(result.equity["equity"]) == equity.tolist()


@settings(max_examples=examples(60), deadline=None)
@given(markets(), term_lists())
def test_a_spec_equals_the_simulation(market: Market, terms: Terms) -> None:
    assume(simulate(*market, terms)[1].min() > 0)
    assert_equal(run(spec(terms), market, terms), market, terms, turns_at_open=True)


@settings(max_examples=examples(60), deadline=None)
@given(markets(), term_lists())
def test_a_class_equals_the_simulation(market: Market, terms: Terms) -> None:
    assume(simulate(*market, terms)[1].min() > 0)
    strategy = Crossing(
        fast=terms.fast,
        slow=terms.slow,
        percent=str(float(terms.percent)),
        is_short_too=terms.is_short_too,
    )
    assert_equal(run(strategy, market, terms), market, terms)


@pytest.mark.parametrize("is_short_too", [False, True])
def test_the_simulation_is_not_idle(*, is_short_too: bool) -> None:
    market, terms = walk(400), Terms(3, 6, is_short_too=is_short_too)
    fills, equity = simulate(*market, terms)
    assert len(fills) > 40
    assert equity[-1] != terms.cash
    assert {np.sign(fill.quantity) for fill in fills} == {-1, 1}


@pytest.mark.parametrize("is_short_too", [False, True])
def test_costs_are_what_the_simulation_says_to_the_cent(*, is_short_too: bool) -> None:
    market = walk(600)
    free = Terms(3, 6, percent=Fraction("0.5"), is_short_too=is_short_too)
    dear = dataclasses.replace(free, fee_bps=Fraction(10), slippage_bps=Fraction(5))
    for terms in (free, dear):
        result = run(spec(terms), market, terms)
        assert_equal(result, market, terms)
        fees = sum(fill.fee for fill in simulate(*market, terms)[0])
        assert cents(result.costs["fees"])[-1] == fees


def walk(count: int) -> Market:
    random = np.random.default_rng(7)
    close = 400 + np.cumsum(random.integers(-4, 5, count))
    open_ = np.concatenate(([400], close[:-1])) + random.integers(-2, 3, count)
    return np.maximum(open_, 40) * 25, np.maximum(close, 40) * 25
