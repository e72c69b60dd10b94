"""What the area needs of the world."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from algotrendy.domain.bar import Bar, BarColumns
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import QuoteColumns, Ticks, TradeColumns
from algotrendy.market_data.model import BarRows, FileSource, Source, TradeRows
from algotrendy.market_data.quote_import import QuoteRows
from algotrendy.market_data.ticks import QuoteSeries, TradeSeries


class SourceReader(Protocol):
    """Reads sources of market data; called on a thread."""

    def read(self, source: Source, instrument: Instrument) -> BarRows | TradeRows:
        """Return every row, rounded to the instrument's steps, in the source's order.

        Raises
        ------
        DataFileError
            The source cannot be read, or holds nothing.
        DataColumnsError
            Its columns are not recognised.
        DataValueError
            A value is no number or no time; names the row, the column and the value.
        """

    def read_quotes(self, source: FileSource, instrument: Instrument) -> QuoteRows:
        """Return every row of a source of quotes, as `read` does; sizes it has not are 0."""


class BarStore(Protocol):
    """Keeps one series of bars per symbol, and its trades and quotes; called on a thread."""

    def put(self, bars: BarColumns, trades: TradeColumns | None = None) -> None:
        """Replace the symbol's series and its trades, all or nothing; None: it has no trades.

        It has no quotes any more.
        """

    def get(self, symbol: str) -> BarColumns:
        """Return the symbol's series; raise `SymbolNotFoundError` where there is none."""

    def instrument(self, symbol: str) -> Instrument:
        """Return what the symbol's series is of; raise as `get` does."""

    def trades(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None, *, skip: int = 0
    ) -> TradeSeries | None:
        """Return the trades whose time lies in `[start, end)`; None where the symbol has none.

        The first `skip` of them are left out. They are read as they are taken. Raises
        `SymbolNotFoundError` as `get` does.
        """

    def put_quotes(self, quotes: QuoteColumns) -> None:
        """Replace the quotes of a symbol that has a series, all or nothing.

        Raises `SymbolNotFoundError` as `get` does, and `FailedPreconditionError` where the series
        is of another instrument.
        """

    def quotes(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None, *, skip: int = 0
    ) -> QuoteSeries | None:
        """Return the quotes whose time lies in `[start, end)`, as `trades` does trades."""

    def instruments(self) -> Sequence[Instrument]:
        """Return the instruments that have a series, by symbol."""


class ReplayAudience(Protocol):
    """Those who live through what is replayed; a method returns once all concerned acknowledged.

    Each raises `AcknowledgementMissingError`, naming who did not answer within `deadline_s`, and
    `ReplayFailedError` where one answered with an error.
    """

    async def opening(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """Let strategies act on what is due by the bar's open, and on that open."""

    async def approach(self, symbol: str, time_ns: int, deadline_s: float) -> None:
        """Let strategies act on what is due before a time at which the symbol has data."""

    async def open(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """Let resting orders meet the bar's open at the simulated venue."""

    async def close(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """Let resting orders meet the rest of the bar at the simulated venue."""

    async def trade_ticks(
        self, ticks: Sequence[Ticks], instruments: Mapping[str, Instrument], deadline_s: float
    ) -> None:
        """Let resting orders meet the ticks of one time, and accounts live up to it."""

    async def settle(self, deadline_s: float) -> None:
        """Let everybody handle the events that are published by now."""

    async def rest(self, deadline_s: float) -> None:
        """Let everybody handle them, and what comes of that, until nothing more does."""

    async def mark(
        self, symbol: str, price: Decimal, time_ns: int, source: str, deadline_s: float
    ) -> None:
        """Make a price of that time the reference price."""

    async def decide(
        self, bar: Bar, instrument: Instrument, following_count: int, deadline_s: float
    ) -> None:
        """Let strategies act on the finished bar; so many of the same moment follow."""

    async def decide_ticks(
        self, ticks: Ticks, instrument: Instrument, following_count: int, deadline_s: float
    ) -> None:
        """Let strategies act on ticks of one time; so many of the same moment follow."""
