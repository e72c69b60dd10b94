"""Moments are what a naive sort of everything comes to, read as they are come to."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Quote, QuoteColumns, Ticks, Trade, TradeColumns
from algotrendy.market_data.moments import Moment, Recording, moments
from algotrendy.market_data.ticks import Columns, TickSeries
from algotrendy.testing.market_data import daily_bars

TIMES = st.lists(st.integers(0, 12), max_size=15).map(sorted)
SYMBOLS = ("BBB", "AAA", "CCC")


def series_of(columns: Columns, chunk_size: int) -> TickSeries[Columns]:
    chunks = [columns.rows(slice(at, at + chunk_size)) for at in range(0, len(columns), chunk_size)]
    return TickSeries(columns.instrument, 0, 0, len(columns), "", chunks or [columns])


def int64(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@st.composite
def recordings(draw: st.DrawFn) -> list[Recording]:
    """Of up to three symbols; prices count, so that an order that is changed is seen."""
    found = []
    for symbol in SYMBOLS[: draw(st.integers(1, 3))]:
        instrument = Instrument(symbol)
        chunk_size = draw(st.integers(1, 4))
        trade_times, quote_times = draw(TIMES), draw(TIMES)
        price = np.arange(len(trade_times), dtype=np.int64) + 1
        side = draw(st.sampled_from([None, np.resize([1, -1, 0], len(price)).astype(np.int8)]))
        trades = TradeColumns(instrument, int64(trade_times), price, price * 2, side)
        bid = np.arange(len(quote_times), dtype=np.int64) + 1
        quotes = QuoteColumns(instrument, int64(quote_times), bid, bid + 1, bid + 2, bid + 3)
        closes = int64(sorted(draw(st.sets(st.integers(1, 12), max_size=5))))
        bars = BarColumns(instrument, closes - 1, closes, *([closes] * 5))
        has_trades, has_quotes = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
        found.append(
            Recording(
                bars,
                series_of(trades, chunk_size) if has_trades else None,
                series_of(quotes, chunk_size) if has_quotes else None,
            )
        )
    return found


def naive(every: list[Recording]) -> Iterator[Moment]:
    for time_ns in range(14):
        ticks, bars = [], []
        for recording in every:
            trades, quotes = [], []
            for traded in recording.trades.chunks if recording.trades else ():
                for row in np.flatnonzero(traded.time_ns == time_ns):
                    side = 0 if traded.side is None else int(traded.side[row])
                    trades.append(Trade(int(traded.price[row]), int(traded.quantity[row]), side))
            for quoted in recording.quotes.chunks if recording.quotes else ():
                for row in np.flatnonzero(quoted.time_ns == time_ns):
                    columns = (quoted.bid, quoted.ask, quoted.bid_size, quoted.ask_size)
                    quotes.append(Quote(*(int(column[row]) for column in columns)))
            closing = [bar for bar in recording.bars if bar.close_time_ns == time_ns]
            if trades or quotes or closing:
                symbol = recording.instrument.symbol
                ticks.append(Ticks(symbol, time_ns, tuple(trades), tuple(quotes)))
            bars += closing
        if ticks:
            yield Moment(time_ns, tuple(ticks), tuple(bars))


@given(recordings())
def test_moments_are_what_sorting_everything_comes_to(every: list[Recording]) -> None:
    found = list(moments(every))
    assert found == list(naive(every))
    assert sum(moment.tick_count for moment in found) == sum(each.tick_count for each in every)


def test_of_symbols_without_ticks_at_a_time_only_those_whose_bar_closes_are_named() -> None:
    trades = TradeColumns(Instrument("AAA"), int64([5]), int64([7]), int64([1]))
    bars = daily_bars("BBB", [10])
    quotes = QuoteColumns(Instrument("BBB"), *(int64([]) for _ in range(5)))
    every = [
        Recording(daily_bars("AAA", []), series_of(trades, 1)),
        Recording(bars, quotes=series_of(quotes, 1)),
    ]
    first, second = moments(every)
    assert [ticks.symbol for ticks in first.ticks] == ["AAA"]
    assert [ticks.symbol for ticks in second.ticks] == ["BBB"]
    assert not second.made
    assert [bar.symbol for bar in second.bars] == ["BBB"]


def test_chunks_are_read_as_they_are_come_to() -> None:
    read: list[int] = []

    def chunks() -> Iterator[TradeColumns]:
        for chunk in range(1_000):
            read.append(chunk)
            times = np.arange(10_000, dtype=np.int64) + chunk * 10_000
            yield TradeColumns(Instrument("AAA"), times, times + 1, times + 1)

    series = TickSeries(Instrument("AAA"), 0, 0, 10_000_000, "", chunks())
    every = moments([Recording(daily_bars("AAA", []), series)])
    assert [moment.time_ns for moment in islice(every, 10_001)][-1] == 10_000
    assert read == [0, 1]
