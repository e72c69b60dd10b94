"""A live strategy gets the ticks of a backtest; and what they make the price."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import algotrendy as at
from algotrendy.client.live.bars import Series
from algotrendy.client.live.context import LiveContext
from algotrendy.client.live.ticks import live_ticks
from algotrendy.domain.bar import Bar
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Quote, QuoteColumns, Ticks, Trade, TradeColumns
from algotrendy.errors import InvalidArgumentError

FUND = Instrument("FUND", tick_size=Decimal("0.001"), lot_size=Decimal("0.01"))
ATTRIBUTES = {
    "on_trade": ("symbol", "time_ns", "price", "quantity", "side"),
    "on_quote": ("symbol", "time_ns", "bid", "ask", "bid_size", "ask_size"),
}


class Noting(at.Strategy):
    """Notes what it is told, in full."""

    def on_start(self, context: Any) -> None:
        self.noted: list[tuple[Any, ...]] = []

    def on_trade(self, context: Any, trade: Any) -> None:
        self._note("on_trade", trade)

    def on_quote(self, context: Any, quote: Any) -> None:
        self._note("on_quote", quote)

    def _note(self, callback: str, tick: Any) -> None:
        values = tuple(getattr(tick, name) for name in ATTRIBUTES[callback])
        self.noted.append((repr(tick), *values))


def test_ticks_are_told_with_the_bits_and_the_words_of_a_backtest() -> None:
    rng = np.random.default_rng(3)
    times = np.sort(rng.integers(1, 60, 90))
    bids = rng.integers(1, 10**7, 90)
    sizes = rng.integers(0, 10**9, 90)
    trades = TradeColumns(FUND, times, bids + 3, sizes + 1, rng.integers(-1, 2, 90).astype(np.int8))
    quotes = QuoteColumns(FUND, times, bids, bids + 7, sizes, sizes // 3)
    result = at.backtest.run(
        Noting(), {"FUND": trades, "FUND:quotes": quotes}, cash=1_000_000, costs=None
    )
    live = Noting()
    live.on_start(None)
    for time_ns in np.unique(times).tolist():
        rows = np.flatnonzero(times == time_ns)
        made = Ticks(
            "FUND",
            time_ns,
            tuple(
                Trade(int(trades.price[row]), int(trades.quantity[row]), int(trades.side[row]))
                for row in rows
            ),
            tuple(
                Quote(
                    *(
                        int(getattr(quotes, name)[row])
                        for name in ("bid", "ask", "bid_size", "ask_size")
                    )
                )
                for row in rows
            ),
        )
        for tick in live_ticks(made, FUND):
            (live.on_trade if hasattr(tick, "price") else live.on_quote)(None, tick)
    assert len(live.noted) == 180
    assert live.noted == result.strategy.noted


@pytest.mark.parametrize(
    ("price", "written"),
    [(100_000, "100"), (100_250, "100.25"), (1, "0.001"), (10**19, "1" + "0" * 16)],
)
def test_numbers_are_written_without_an_exponent(price: int, written: str) -> None:
    (trade,) = live_ticks(Ticks("FUND", 7, (Trade(price, 50),)), FUND)
    assert repr(trade) == f"StrategyTrade(FUND, time_ns=7, price={written}, quantity=0.5)"


def bar(close_time_ns: int, close: int) -> Bar:
    return Bar("FUND", close_time_ns - 10, close_time_ns, close, close, close, close, 100)


def test_the_last_close_is_the_price_until_a_tick_is_made() -> None:
    series = Series(FUND)
    assert series.price is None
    series.take(bar(10, 5_000))
    assert series.price == 5_000
    series.take_ticks(Ticks("FUND", 15, (Trade(5_003, 1), Trade(5_004, 1))))
    series.take(bar(20, 5_001))
    assert series.price == 5_004


def test_of_one_time_the_quote_is_the_price_and_of_it_the_middle_rounded_down() -> None:
    series = Series(FUND, is_of_ticks=True)
    series.take(bar(10, 5_000))
    # Orders meet ticks, of which there is none yet.
    assert series.price is None
    series.take_ticks(Ticks("FUND", 15, (Trade(9_000, 1),), (Quote(1, 2), Quote(5_000, 5_005))))
    assert series.price == 5_002
    series.take_ticks(Ticks("FUND", 16, quotes=(Quote(-6, -3),)))
    assert series.price == -5
    series.take_ticks(Ticks("FUND", 17, (Trade(4_000, 1),)))
    assert series.price == 4_000


def test_ticks_that_are_not_newer_change_nothing() -> None:
    series = Series(FUND)
    assert series.take_ticks(Ticks("FUND", 15, (Trade(5_003, 1),)))
    for time_ns in (14, 15):
        assert not series.take_ticks(Ticks("FUND", time_ns, (Trade(1, 1),)))
    assert series.price == 5_003


def test_a_strategy_reads_the_price_and_weighs_by_it() -> None:
    nobody: Any = None
    series = Series(FUND, is_of_ticks=True)
    context = LiveContext(nobody, {"FUND": series}, nobody, nobody)
    context.about(None, 1)
    assert math.isnan(context.price())
    with pytest.raises(InvalidArgumentError) as refusal:
        context.target_weight(0.5)
    assert refusal.value.metadata == {"field": "symbol", "value": "FUND"}
    series.take_ticks(Ticks("FUND", 2, quotes=(Quote(5_000, 5_005),)))
    assert context.price("FUND") == 5.002
