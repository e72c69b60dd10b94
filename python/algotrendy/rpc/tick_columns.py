"""Trades and quotes as columns on the wire, and whole series of them, page by page."""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import grpc
import numpy as np

from algotrendy.api.market_data.v1 import market_data_pb2
from algotrendy.api.market_data.v1.market_data_service_pb2 import (
    ListQuotesRequest,
    ListTradesRequest,
)
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.domain.bar import Int64Column
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Int8Column, QuoteColumns, TradeColumns
from algotrendy.errors import FailedPreconditionError
from algotrendy.rpc.market_data import decode_instrument
from algotrendy.rpc.paging import pages
from algotrendy.rpc.time import encode_optional_time

_Columns = TypeVar("_Columns", TradeColumns, QuoteColumns)

# As many ticks as the service gives at once, 4 MB of quotes.
PAGE_SIZE: Final = 100_000

# Sides by their number on the wire; one that came later than this code is unknown.
_SIDES: Final = np.array([0, 1, -1, 0], dtype=np.int8)
# And back: at -1, the last place, is the seller.
_WIRE_SIDES: Final = np.array(
    [
        market_data_pb2.AGGRESSOR_SIDE_UNSPECIFIED,
        market_data_pb2.AGGRESSOR_SIDE_BUYER,
        market_data_pb2.AGGRESSOR_SIDE_SELLER,
    ]
)


def encode_trade_columns(trades: TradeColumns) -> market_data_pb2.TradeColumns:
    """Return trades for the wire."""
    return market_data_pb2.TradeColumns(
        price_scale=trades.instrument.price_scale,
        quantity_scale=trades.instrument.quantity_scale,
        time_ns=trades.time_ns.tolist(),
        price=trades.price.tolist(),
        quantity=trades.quantity.tolist(),
        side=None if trades.side is None else _WIRE_SIDES[trades.side].tolist(),
    )


def decode_trade_columns(
    message: market_data_pb2.TradeColumns, instrument: Instrument
) -> TradeColumns:
    """Return trades in the instrument's units."""
    return TradeColumns(
        instrument,
        time_ns=_column(message.time_ns),
        price=_column(message.price),
        quantity=_column(message.quantity),
        side=_sides(message.side) if message.side else None,
    )


def encode_quote_columns(quotes: QuoteColumns) -> market_data_pb2.QuoteColumns:
    """Return quotes for the wire."""
    return market_data_pb2.QuoteColumns(
        price_scale=quotes.instrument.price_scale,
        quantity_scale=quotes.instrument.quantity_scale,
        **{name: column.tolist() for name, column in quotes.columns().items()},
    )


def decode_quote_columns(
    message: market_data_pb2.QuoteColumns, instrument: Instrument
) -> QuoteColumns:
    """Return quotes in the instrument's units."""
    return QuoteColumns(
        instrument,
        time_ns=_column(message.time_ns),
        bid=_column(message.bid),
        ask=_column(message.ask),
        bid_size=_column(message.bid_size),
        ask_size=_column(message.ask_size),
    )


async def fetch_trades(
    channel: grpc.aio.Channel,
    symbol: str,
    start_time_ns: int | None = None,
    end_time_ns: int | None = None,
) -> TradeColumns | None:
    """Return every stored trade whose time lies in `[start, end)`, where None is open.

    The answer is None where no trades of the symbol are stored.

    Raises
    ------
    SymbolNotFoundError
        If there is no such symbol.
    """
    request = ListTradesRequest(
        symbol=symbol,
        start_time=encode_optional_time(start_time_ns),
        end_time=encode_optional_time(end_time_ns),
        page_size=PAGE_SIZE,
    )
    parts = await _parts(
        MarketDataServiceStub(channel).ListTrades,
        request,
        lambda page: decode_trade_columns(page.trades, decode_instrument(page.instrument)),
    )
    return None if parts is None else TradeColumns.joined(parts)


async def fetch_quotes(
    channel: grpc.aio.Channel,
    symbol: str,
    start_time_ns: int | None = None,
    end_time_ns: int | None = None,
) -> QuoteColumns | None:
    """Return every stored quote of a range, as `fetch_trades` does trades."""
    request = ListQuotesRequest(
        symbol=symbol,
        start_time=encode_optional_time(start_time_ns),
        end_time=encode_optional_time(end_time_ns),
        page_size=PAGE_SIZE,
    )
    parts = await _parts(
        MarketDataServiceStub(channel).ListQuotes,
        request,
        lambda page: decode_quote_columns(page.quotes, decode_instrument(page.instrument)),
    )
    return None if parts is None else QuoteColumns.joined(parts)


async def _parts(
    call: Any,  # noqa: ANN401  # As `pages` takes them.
    request: ListTradesRequest | ListQuotesRequest,
    decode: Callable[[Any], _Columns],
) -> list[_Columns] | None:
    """Return the columns of every page; None where nothing of the kind is stored."""
    try:
        return [decode(page) async for page in pages(call, request)]
    except FailedPreconditionError:
        return None


def _column(numbers: Iterable[int]) -> Int64Column:
    return np.array(numbers, dtype=np.int64)


def _sides(numbers: Iterable[int]) -> Int8Column:
    return _SIDES.take(np.array(numbers), mode="clip")
