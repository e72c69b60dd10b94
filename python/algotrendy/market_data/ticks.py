"""Stored trades and quotes, read chunk by chunk and given page by page."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import QuoteColumns, TickColumns, TradeColumns
from algotrendy.errors import InvalidArgumentError
from algotrendy.market_data.model import check_symbol

DEFAULT_PAGE_SIZE: Final = 10_000
LARGEST_PAGE_SIZE: Final = 100_000

Columns = TypeVar("Columns", bound=TickColumns)


@dataclass(frozen=True)
class TickSeries(Generic[Columns]):
    """Stored ticks of one instrument in time order; `count` of them, none outside the two times.

    Chunks are read as they are taken; there is one at least, though it be empty. The digest tells
    one import from another.
    """

    instrument: Instrument
    first_time_ns: int
    last_time_ns: int
    count: int
    digest: str
    chunks: Iterable[Columns]


TradeSeries = TickSeries[TradeColumns]
QuoteSeries = TickSeries[QuoteColumns]


@dataclass(frozen=True)
class PagePlace:
    """Where a page ended: after how many ticks, of which import and range."""

    digest: str
    skip: int


@dataclass(frozen=True)
class TickTerms:
    """Which ticks to give: of those whose time is in `[start, end)`, a page after another."""

    symbol: str
    start_time_ns: int | None = None
    end_time_ns: int | None = None
    page_size: int = DEFAULT_PAGE_SIZE
    after: PagePlace | None = None

    def __post_init__(self) -> None:
        check_symbol(self.symbol)

    @property
    def skip(self) -> int:
        """How many ticks of the range earlier pages gave."""
        return 0 if self.after is None else self.after.skip


@dataclass(frozen=True)
class TickPage(Generic[Columns]):
    """A page of ticks. `end` is where it ended; None: it was the last."""

    ticks: Columns
    end: PagePlace | None


def page_of(series: TickSeries[Columns], terms: TickTerms) -> TickPage[Columns]:
    """Return the first page of a series, whose ticks of earlier pages are left out already.

    Raises
    ------
    InvalidArgumentError
        The earlier page was of another range, or of what was replaced by an import since.
    """
    digest = _digest(series, terms)
    if terms.after is not None and (terms.after.digest != digest or not series.count):
        raise InvalidArgumentError(
            f"page_token is of another range of {terms.symbol}, or of what an import has replaced;"
            " ask for the first page.",
            field="page_token",
            symbol=terms.symbol,
        )
    parts = []
    missing = terms.page_size
    for chunk in series.chunks:
        parts.append(chunk.rows(slice(missing)))
        missing -= len(parts[-1])
        if not missing:
            break
    ends = series.count <= terms.page_size
    end = None if ends else PagePlace(digest, terms.skip + terms.page_size)
    return TickPage(type(parts[0]).joined(parts), end)


def _digest(series: TickSeries[Columns], terms: TickTerms) -> str:
    told = f"{series.digest} {terms.start_time_ns} {terms.end_time_ns}"
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()
