"""What holds of every run, whatever is decided: money adds up, and the future changes no past.

A strategy that draws its actions from a seed trades several made-up markets at once, with market,
limit and stop orders; what the result's tables say is then worked out again from its fills alone.
"""

import random
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soak import examples

import algotrendy as at
from algotrendy.domain.clock import DAY_NS, HOUR_NS
from algotrendy.domain.limits import Limits

CASH = 1_000_000
COSTS = {"fees": {"bps": "3"}, "slippage": {"bps": "2"}}
SYMBOLS = ("AAA", "BBB", "CCC")


class Wild(at.Strategy):
    """Does something at one bar of three, by a seed that the bar's time and symbol mix in."""

    seed: int = 0

    def on_bar(self, context: Any, bar: Any) -> None:
        drawn = random.Random(f"{self.seed} {bar.symbol} {bar.close_time_ns}")  # noqa: S311
        match drawn.randrange(12):
            case 0:
                context.buy(drawn.randrange(1, 200))
            case 1:
                context.sell(drawn.randrange(1, 200))
            case 2:
                context.close()
            case 3:
                context.target_weight(drawn.choice([-0.2, 0.1, 0.3]))
            case 4:
                context.buy(10, limit=round(bar.close * drawn.uniform(0.97, 1.01), 2))
            case 5:
                context.sell(10, stop=round(bar.close * drawn.uniform(0.95, 0.999), 2))
            case 6:
                context.cancel_all()


@dataclass(frozen=True)
class World:
    """Bars of several symbols at the same hours; some days are missing in some of them."""

    tables: dict[str, dict[str, Any]]

    def until(self, day: int) -> "World":
        """The same without what opens later than a day."""
        end = (day + 1) * DAY_NS
        return World(
            {
                symbol: {name: column[table["open_time"] < end] for name, column in table.items()}
                for symbol, table in self.tables.items()
            }
        )

    def altered_after(self, day: int) -> "World":
        """The same with all prices after a day raised, by less than ruins who is short."""
        end = (day + 1) * DAY_NS
        tables = {}
        for symbol, table in self.tables.items():
            later = table["open_time"] >= end
            prices = {name: table[name].copy() for name in ("open", "high", "low", "close")}
            lows, highs = table["low"][later], table["high"][later]
            for column in prices.values():
                column[later] = (column[later] * 1.3).round(2)
            prices["high"][later] = (highs * 1.3 + 1).round(2)
            prices["low"][later] = (lows * 1.3 - 0.3).round(2)
            tables[symbol] = {**table, **prices}
        return World(tables)


def world(seed: int, *, days: int = 60, symbols: int = 3) -> World:
    drawn = np.random.default_rng(seed)
    tables = {}
    for symbol in SYMBOLS[:symbols]:
        there = np.flatnonzero(drawn.random(days) > 0.1) + 1
        close = (100 * np.exp(np.cumsum(drawn.normal(0, 0.02, len(there))))).round(2)
        open_ = (np.concatenate(([100], close[:-1])) * drawn.normal(1, 0.01, len(there))).round(2)
        spread = (np.abs(drawn.normal(0, 1, (2, len(there))))).round(2)
        tables[symbol] = {
            "open_time": there * DAY_NS + 9 * HOUR_NS,
            "close_time": there * DAY_NS + 16 * HOUR_NS,
            "open": open_,
            "high": (np.maximum(open_, close) + spread[0]).round(2),
            "low": np.maximum(np.minimum(open_, close) - spread[1], 0.01).round(2),
            "close": close,
            "volume": np.full(len(there), 10**6),
        }
    return World(tables)


def run(seed: int, of: World) -> Any:
    return at.backtest.run(
        Wild(seed=seed), of.tables, cash=CASH, costs=COSTS, limits=Limits(allow_short=True)
    )


def rows(table: Any) -> list[dict[str, Any]]:
    columns = [
        column.cast("int64") if str(column.type).startswith("timestamp") else column
        for column in table.columns
    ]
    values = [column.to_pylist() for column in columns]
    return [dict(zip(table.column_names, row, strict=True)) for row in zip(*values, strict=True)]


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


seeds = st.integers(0, 10**6)
some_runs = settings(max_examples=examples(25), deadline=None)


@some_runs
@given(seeds, seeds)
def test_cash_and_equity_are_what_fills_and_closes_make(seed: int, market: int) -> None:
    of = world(market)
    result = run(seed, of)
    fills = sorted(rows(result.fills), key=lambda fill: fill["time"])
    closes = {
        symbol: dict(zip(table["close_time"].tolist(), table["close"].tolist(), strict=True))
        for symbol, table in of.tables.items()
    }
    cash, held, last = Decimal(CASH), defaultdict(int), {}
    waiting = iter([*fills, None])
    fill = next(waiting)
    for point in rows(result.equity):
        while fill is not None and fill["time"] <= point["time"]:
            sign = 1 if fill["side"] == "BUY" else -1
            cash -= sign * cents(fill["quantity"] * fill["price"]) + fill["fee"]
            held[fill["symbol"]] += sign * int(fill["quantity"])
            last.setdefault(fill["symbol"], fill["price"])
            fill = next(waiting)
        for symbol, of_symbol in closes.items():
            if point["time"] in of_symbol:
                last[symbol] = cents(Decimal(of_symbol[point["time"]]))
        worth = sum(cents(held[symbol] * last[symbol]) for symbol in held)
        assert point["cash"] == cash
        assert point["equity"] == cash + worth
    assert fill is None


@some_runs
@given(seeds, seeds)
def test_orders_and_fills_agree_and_no_fill_is_before_its_order(seed: int, market: int) -> None:
    result = run(seed, world(market))
    orders = {order["order_id"]: order for order in rows(result.orders)}
    filled: dict[str, Decimal] = defaultdict(Decimal)
    for fill in rows(result.fills):
        order = orders[fill["order_id"]]
        assert fill["time"] >= order["create_time"]
        assert (fill["symbol"], fill["side"]) == (order["symbol"], order["side"])
        if order["limit_price"] is not None:
            sign = 1 if fill["side"] == "BUY" else -1
            assert sign * fill["price"] <= sign * order["limit_price"]
        filled[fill["order_id"]] += fill["quantity"]
    for order_id, order in orders.items():
        assert order["filled_quantity"] == filled[order_id]
        assert order["filled_quantity"] <= order["quantity"]
        assert (order["status"] == "FILLED") == (order["filled_quantity"] == order["quantity"])
    refused = {order_id for order_id, order in orders.items() if order["status"] == "REJECTED"}
    assert refused == {refusal["order_id"] for refusal in rows(result.rejections)}


@some_runs
@given(seeds, seeds)
def test_market_orders_fill_at_the_next_open_and_slip_against_the_order(
    seed: int, market: int
) -> None:
    of = world(market)
    result = run(seed, of)
    orders = {order["order_id"]: order for order in rows(result.orders)}
    for fill in rows(result.fills):
        order = orders[fill["order_id"]]
        if order["order_type"] != "MARKET":
            continue
        table = of.tables[fill["symbol"]]
        after = int(np.searchsorted(table["open_time"], order["create_time"]))
        assert fill["time"] == table["open_time"][after]
        met = cents(Decimal(table["open"][after]))
        slipped = fill["price"] - met if fill["side"] == "BUY" else met - fill["price"]
        assert Decimal(0) < slipped <= met * Decimal("0.0002") + Decimal("0.01")


@some_runs
@given(seeds, seeds)
def test_round_trips_explain_the_account(seed: int, market: int) -> None:
    result = run(seed, world(market))
    trips = rows(result.positions)
    closed = sum((trip["profit"] for trip in trips if trip["close_time"] is not None), Decimal(0))
    fees = sum((fill["fee"] for fill in rows(result.fills)), Decimal(0))
    assert result.costs["fees"][-1].as_py() == fees
    if all(trip["close_time"] is not None for trip in trips):
        assert result.equity["equity"][-1].as_py() - CASH == closed


@settings(max_examples=examples(15), deadline=None)
@given(seeds, seeds, st.integers(5, 55))
def test_the_future_changes_no_decision_and_no_fill_of_the_past(
    seed: int, market: int, day: int
) -> None:
    of = world(market)
    end = (day + 1) * DAY_NS

    def past(result: Any) -> list[list[dict[str, Any]]]:
        names = ("order_id", "symbol", "side", "order_type", "quantity", "create_time")
        decided = [
            {name: order[name] for name in names}
            for order in rows(result.orders)
            if order["create_time"] < end
        ]
        filled = [fill for fill in rows(result.fills) if fill["time"] < end]
        valued = [point for point in rows(result.equity) if point["time"] < end]
        return [decided, filled, valued]

    whole = past(run(seed, of))
    assert past(run(seed, of.until(day))) == whole
    assert past(run(seed, of.altered_after(day))) == whole


def test_the_same_run_twice_is_the_same_run() -> None:
    first, second = (run(3, world(5)) for _ in range(2))
    for name in ("orders", "fills", "positions", "rejections", "equity", "exposure", "costs"):
        assert first.table(name).equals(second.table(name)), name


@pytest.mark.parametrize("seed", range(3))
def test_the_wild_strategy_is_not_idle(seed: int) -> None:
    result = run(seed, world(seed))
    assert result.fills.num_rows > 20
    assert result.rejections.num_rows < result.orders.num_rows
    assert {"MARKET", "LIMIT", "STOP"} <= set(result.orders["order_type"].to_pylist())
