"""Imports of quotes: where they come from, and what makes them valid."""

from dataclasses import dataclass

import numpy as np

from algotrendy.domain.tick import QuoteColumns
from algotrendy.market_data.model import FileSource, Rounding, check_symbol
from algotrendy.market_data.row_checks import (
    check_order,
    check_price,
    first_place,
    refuse_value,
)


@dataclass(frozen=True)
class QuoteImportTerms:
    """Which file to import as the quotes of a symbol."""

    symbol: str
    source: FileSource

    def __post_init__(self) -> None:
        check_symbol(self.symbol)


@dataclass(frozen=True)
class QuoteRows:
    """Rows of a source of quotes, in the instrument's units."""

    name: str
    quotes: QuoteColumns
    rounding: Rounding


@dataclass(frozen=True)
class QuoteImportReport:
    """What an import of quotes stored."""

    quote_count: int
    start_time_ns: int
    end_time_ns: int
    rounding: Rounding


def checked_quotes(rows: QuoteRows) -> QuoteColumns:
    """Return the quotes that the rows are.

    Raises
    ------
    DataValueError
        An ask is below its bid, a size is negative, or a price is not positive where the
        instrument's must be; names the row, counted from 1, and the value.
    DataOrderError
        A row is before the one above it.
    """
    quotes, name = rows.quotes, rows.name
    instrument = quotes.instrument
    # Quotes may share a time stamp, as trades may.
    check_order(name, quotes.time_ns, np.diff(quotes.time_ns) < 0)
    check_price(name, "bid", quotes.bid, instrument)
    check_price(name, "ask", quotes.ask, instrument)
    if (place := first_place(quotes.ask < quotes.bid)) is not None:
        bid, ask = (instrument.price(int(each[place])) for each in (quotes.bid, quotes.ask))
        refuse_value(name, "ask", place, str(ask), f"the bid is {bid}")
    for column, sizes in (("bid_size", quotes.bid_size), ("ask_size", quotes.ask_size)):
        if (place := first_place(sizes < 0)) is not None:
            size = instrument.quantity(int(sizes[place]))
            refuse_value(name, column, place, str(size), "expected 0 or more")
    return quotes
