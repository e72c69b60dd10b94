"""Trades and quotes of the market, in the instrument's integer units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from algotrendy.domain.bar import Int64Column, rows_between
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

    @property
    def middle(self) -> int:
        """The middle of bid and ask, rounded down, as simulated venues mark it."""
        return (self.bid + self.ask) // 2


@dataclass(frozen=True, slots=True)
class Ticks:
    """What of one symbol was made at one time (ns UTC): trades in their order, then quotes."""

    symbol: str
    time_ns: int
    trades: tuple[Trade, ...] = ()
    quotes: tuple[Quote, ...] = ()

    @property
    def last_price(self) -> int:
        """The price that they leave: the middle of the last quote, else the last trade's.

        There must be a trade or a quote.
        """
        return self.quotes[-1].middle if self.quotes else self.trades[-1].price


@dataclass(frozen=True)
class TickColumns:
    """What trades and quotes of one instrument have in common: columns, in time order.

    Times are ns UTC and may repeat.
    """

    instrument: Instrument
    time_ns: Int64Column

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the ticks of one instrument that parts hold, oldest part first."""
        columns = {
            name: np.concatenate([vars(part)[name] for part in parts])
            for name in parts[0].columns()
        }
        return cls(parts[0].instrument, **columns)

    def __len__(self) -> int:
        return len(self.time_ns)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the columns there are by name, in the instrument's units; times ns UTC."""
        columns = vars(self).items()
        return {name: each for name, each in columns if name != "instrument" and each is not None}

    def table(self) -> dict[str, NDArray[Any]]:
        """Return the columns as `algotrendy.bars` and `algotrendy.backtest` name them."""
        columns = self.columns()
        return {"time": columns.pop("time_ns"), **columns}

    def between(self, start_time_ns: int | None, end_time_ns: int | None) -> Self:
        """Return those whose time lies in `[start, end)`; None is open."""
        return self.rows(rows_between(self.time_ns, start_time_ns, end_time_ns))

    def rows(self, rows: slice) -> Self:
        """Return those at these places."""
        columns = {name: column[rows] for name, column in self.columns().items()}
        return type(self)(self.instrument, **columns)


@dataclass(frozen=True)
class TradeColumns(TickColumns):
    """Trades of one instrument as columns of shape (n_trades,), in time order.

    `side` is as of `Trade`; None where no trade tells.
    """

    price: Int64Column
    quantity: Int64Column
    side: Int8Column | None = None


@dataclass(frozen=True)
class QuoteColumns(TickColumns):
    """Quotes of one instrument as `int64` columns of shape (n_quotes,), in time order.

    No ask is below its bid.
    """

    bid: Int64Column
    ask: Int64Column
    bid_size: Int64Column
    ask_size: Int64Column
