"""Stored trades and quotes, read chunk by chunk."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import QuoteColumns, TickColumns, TradeColumns

Columns = TypeVar("Columns", bound=TickColumns)


@dataclass(frozen=True)
class TickSeries(Generic[Columns]):
    """Stored ticks of one instrument in time order; `count` of them, none outside the two times.

    Chunks are read as they are taken. The digest tells one import from another.
    """

    instrument: Instrument
    first_time_ns: int
    last_time_ns: int
    count: int
    digest: str
    chunks: Iterable[Columns]


TradeSeries = TickSeries[TradeColumns]
QuoteSeries = TickSeries[QuoteColumns]
