"""Importing and serving market data."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Protocol

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import QuoteColumns, TradeColumns
from algotrendy.errors import FailedPreconditionError, InvalidArgumentError
from algotrendy.market_data.bar_style import (
    BarMaker,
    BarSource,
    BarStyle,
    BarTerms,
    SourceTables,
    StyledBars,
)
from algotrendy.market_data.model import (
    ImportReport,
    ImportTerms,
    TradeRows,
    bars_of,
    check_symbol,
)
from algotrendy.market_data.ports import BarStore, SourceReader
from algotrendy.market_data.quote_import import (
    QuoteImportReport,
    QuoteImportTerms,
    checked_quotes,
)
from algotrendy.market_data.ticks import Columns, TickPage, TickSeries, TickTerms, page_of


class MarketDataService:
    """Takes market data in and gives bars out. Files and folds are handled on threads."""

    def __init__(self, store: BarStore, reader: SourceReader) -> None:
        self._store = store
        self._reader = reader

    async def import_bars(self, terms: ImportTerms) -> ImportReport:
        """Replace a symbol's bars by those of a source; nothing is stored if a row is wrong."""
        return await asyncio.to_thread(self._import, terms)

    async def import_quotes(self, terms: QuoteImportTerms) -> QuoteImportReport:
        """Replace a symbol's quotes by those of a file; nothing is stored if a row is wrong.

        Raises
        ------
        SymbolNotFoundError
            Nothing is stored of the symbol: its instrument is that of its bars.
        """
        return await asyncio.to_thread(self._import_quotes, terms)

    async def instruments(self, page_size: int, after: str) -> tuple[Sequence[Instrument], bool]:
        """Return the first `page_size` instruments after a symbol, and whether more follow."""
        instruments = await asyncio.to_thread(self._store.instruments)
        following = [instrument for instrument in instruments if instrument.symbol > after]
        return following[:page_size], len(following) > page_size

    async def bars(self, terms: BarTerms) -> BarColumns | StyledBars:
        """Return stored bars, or bars of a style.

        Raises
        ------
        SymbolNotFoundError
            Nothing is stored of the symbol.
        InvalidArgumentError
            A parameter of the style is wrong; the metadata name it.
        FailedPreconditionError
            Ticks are needed, and none of the symbol are stored.
        """
        check_symbol(terms.symbol)
        if terms.style is not None:
            return await asyncio.to_thread(self._make, terms, terms.style)
        bars = await asyncio.to_thread(self._store.get, terms.symbol)
        return bars.between(terms.start_time_ns, terms.end_time_ns).last(terms.limit)

    async def trades(self, terms: TickTerms) -> TickPage[TradeColumns]:
        """Return a page of stored trades.

        Raises
        ------
        SymbolNotFoundError
            Nothing is stored of the symbol.
        FailedPreconditionError
            No trades of it are.
        InvalidArgumentError
            The page before is of another range or import.
        """
        return await asyncio.to_thread(_page, "trades", self._store.trades, terms)

    async def quotes(self, terms: TickTerms) -> TickPage[QuoteColumns]:
        """Return a page of stored quotes, as `trades` does of trades."""
        return await asyncio.to_thread(_page, "quotes", self._store.quotes, terms)

    def _make(self, terms: BarTerms, style: BarStyle) -> StyledBars:
        refusal: InvalidArgumentError | None = None
        for origin in self._origins(terms):
            try:
                maker = BarMaker(style, origin)
            except InvalidArgumentError as error:
                if error.metadata.get("field") != "source" or terms.source is not None:
                    raise
                refusal = error
                continue
            return maker.make(terms.limit)
        cause = "" if refusal is None else f" ({refusal.message})"
        raise FailedPreconditionError(
            f"No ticks of {terms.symbol} are stored, which {style.name} bars are to be made of"
            f"{cause}; import ticks.",
            symbol=terms.symbol,
            style=style.name,
        ) from refusal

    def _origins(self, terms: BarTerms) -> Iterator[SourceTables]:
        """Yield what the bars may be made of, the better first."""
        time_range = (terms.start_time_ns, terms.end_time_ns)
        if terms.source is not BarSource.BARS:
            trades = self._store.trades(terms.symbol, *time_range)
            if trades is not None:
                yield SourceTables.of_trades(trades)
        if terms.source is not BarSource.TICKS:
            yield SourceTables.of_bars(self._store.get(terms.symbol).between(*time_range))

    def _import(self, terms: ImportTerms) -> ImportReport:
        instrument = terms.imported_instrument()
        rows = self._reader.read(terms.source, instrument)
        bars = bars_of(rows, instrument, terms.interval_ns)
        trades = rows.trades if isinstance(rows, TradeRows) else None
        self._store.put(bars, trades)
        return ImportReport(
            instrument=instrument,
            bar_count=len(bars),
            start_time_ns=int(bars.open_time_ns[0]),
            end_time_ns=int(bars.close_time_ns[-1]),
            rounding=rows.rounding,
            tick_count=0 if trades is None else len(trades),
        )

    def _import_quotes(self, terms: QuoteImportTerms) -> QuoteImportReport:
        rows = self._reader.read_quotes(terms.source, self._store.instrument(terms.symbol))
        quotes = checked_quotes(rows)
        self._store.put_quotes(quotes)
        return QuoteImportReport(
            quote_count=len(quotes),
            start_time_ns=int(quotes.time_ns[0]),
            end_time_ns=int(quotes.time_ns[-1]),
            rounding=rows.rounding,
        )


class _Stored(Protocol[Columns]):
    """How a store tells of its trades, or of its quotes."""

    def __call__(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None, *, skip: int
    ) -> TickSeries[Columns] | None: ...


def _page(kind: str, stored: _Stored[Columns], terms: TickTerms) -> TickPage[Columns]:
    series = stored(terms.symbol, terms.start_time_ns, terms.end_time_ns, skip=terms.skip)
    if series is None:
        raise FailedPreconditionError(
            f"No {kind} of {terms.symbol} are stored; import {kind}.", symbol=terms.symbol
        )
    return page_of(series, terms)
