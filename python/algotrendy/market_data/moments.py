"""What is stored of several symbols, time by time, as a market lived through it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Final

from algotrendy.domain.bar import Bar, BarColumns
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Quote, TickColumns, Ticks, Trade
from algotrendy.market_data.ticks import Columns, QuoteSeries, TickSeries, TradeSeries

# Ticks are turned into objects so many at a time, however long the stored chunks are.
_BLOCK: Final = 4_096


@dataclass(frozen=True)
class Recording:
    """What is stored of one symbol: bars, and trades, quotes or both."""

    bars: BarColumns
    trades: TradeSeries | None = None
    quotes: QuoteSeries | None = None

    @property
    def instrument(self) -> Instrument:
        """What it is of."""
        return self.bars.instrument

    @property
    def tick_count(self) -> int:
        """How many trades and quotes there are."""
        return sum(series.count for series in (self.trades, self.quotes) if series is not None)


@dataclass(frozen=True)
class Moment:
    """What was made at one time (ns UTC), and what closed then: in the order of the symbols.

    `ticks` has an entry without ticks for each symbol of which only a bar closes.
    """

    time_ns: int
    ticks: tuple[Ticks, ...]
    bars: tuple[Bar, ...]

    @cached_property
    def made(self) -> tuple[Ticks, ...]:
        """The ticks of those symbols that have any."""
        return tuple(ticks for ticks in self.ticks if ticks.trades or ticks.quotes)

    @property
    def tick_count(self) -> int:
        """How many trades and quotes were made."""
        return sum(len(ticks.trades) + len(ticks.quotes) for ticks in self.ticks)


def moments(recordings: Sequence[Recording]) -> Iterator[Moment]:
    """Yield, in time order, each time at which a tick was made or a bar closed.

    Chunks of ticks are read as they are come to.
    """
    sources = [_items(place, recording) for place, recording in enumerate(recordings)]
    every = merge(*(items for each in sources for items in each), key=_TIME)
    for time_ns, items in groupby(every, key=_TIME):
        yield _moment(time_ns, list(items), recordings)


_TIME = itemgetter(0)
# A time, the place of a symbol, and what there is of it.
_Item = tuple[int, int, Trade | Quote | Bar]


def _items(place: int, recording: Recording) -> tuple[Iterator[_Item], ...]:
    """Return what is stored of a symbol, each kind in time order."""
    return (
        ((time_ns, place, Trade(*columns)) for time_ns, *columns in _rows(recording.trades)),
        ((time_ns, place, Quote(*columns)) for time_ns, *columns in _rows(recording.quotes)),
        ((bar.close_time_ns, place, bar) for bar in recording.bars),
    )


def _rows(series: TickSeries[Columns] | None) -> Iterator[tuple[int, ...]]:
    chunks: Iterator[TickColumns] = iter(() if series is None else series.chunks)
    for chunk in chunks:
        for start in range(0, len(chunk), _BLOCK):
            block = chunk.rows(slice(start, start + _BLOCK))
            # In the order of the fields: as `Trade` and `Quote` have them.
            yield from zip(*(column.tolist() for column in block.columns().values()), strict=True)


def _moment(time_ns: int, items: list[_Item], recordings: Sequence[Recording]) -> Moment:
    ticks, bars = [], []
    for place in sorted({place for _, place, _ in items}):
        told = [what for _, at, what in items if at == place]
        trades = tuple(what for what in told if isinstance(what, Trade))
        quotes = tuple(what for what in told if isinstance(what, Quote))
        ticks.append(Ticks(recordings[place].instrument.symbol, time_ns, trades, quotes))
        bars += [what for what in told if isinstance(what, Bar)]
    return Moment(time_ns, tuple(ticks), tuple(bars))
