"""Trades and quotes of the market, in the instrument's integer units."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from algotrendy.domain.bar import Int64Column
from algotrendy.domain.instrument import Instrument

Int8Column = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade. `side` is 1 where a buyer took the liquidity, -1 a seller, 0 where nobody knows."""

    price: int
    quantity: int
    side: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """The best bid and the best ask, and what is bid for and offered there."""

    bid: int
    ask: int
    bid_size: int = 0
    ask_size: int = 0


@dataclass(frozen=True, slots=True)
class Ticks:
    """What of one symbol was made at one time (ns UTC): trades in their order, then quotes."""

    symbol: str
    time_ns: int
    trades: tuple[Trade, ...] = ()
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True)
class TradeColumns:
    """Trades of one instrument as columns of shape (n_trades,), in time order.

    Times are ns UTC and may repeat. `side` is as of `Trade`; None where no trade tells.
    """

    instrument: Instrument
    time_ns: Int64Column
    price: Int64Column
    quantity: Int64Column
    side: Int8Column | None = None

    def __len__(self) -> int:
        return len(self.time_ns)

    def between(self, start_time_ns: int | None, end_time_ns: int | None) -> Self:
        """Return the trades whose time lies in `[start, end)`; None is open."""
        return self.rows(rows_between(self.time_ns, start_time_ns, end_time_ns))

    def rows(self, rows: slice) -> Self:
        """Return the trades at these places."""
        side = None if self.side is None else self.side[rows]
        columns = (self.time_ns[rows], self.price[rows], self.quantity[rows], side)
        return type(self)(self.instrument, *columns)


@dataclass(frozen=True)
class QuoteColumns:
    """Quotes of one instrument as `int64` columns of shape (n_quotes,), in time order.

    Times are ns UTC and may repeat; no ask is below its bid.
    """

    instrument: Instrument
    time_ns: Int64Column
    bid: Int64Column
    ask: Int64Column
    bid_size: Int64Column
    ask_size: Int64Column

    def __len__(self) -> int:
        return len(self.time_ns)

    def between(self, start_time_ns: int | None, end_time_ns: int | None) -> Self:
        """Return the quotes whose time lies in `[start, end)`; None is open."""
        return self.rows(rows_between(self.time_ns, start_time_ns, end_time_ns))

    def rows(self, rows: slice) -> Self:
        """Return the quotes at these places."""
        columns = (self.time_ns, self.bid, self.ask, self.bid_size, self.ask_size)
        return type(self)(self.instrument, *(column[rows] for column in columns))


def rows_between(times_ns: Int64Column, start_ns: int | None, end_ns: int | None) -> slice:
    """Return the places of the times in `[start, end)`; None is open."""
    first = 0 if start_ns is None else int(np.searchsorted(times_ns, start_ns))
    last = len(times_ns) if end_ns is None else int(np.searchsorted(times_ns, end_ns))
    return slice(first, max(first, last))
