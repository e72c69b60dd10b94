"""Quotes to import and pages of trades and quotes on the wire, and back."""

import re
from typing import Final

from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.domain.tick import QuoteColumns, TradeColumns
from algotrendy.errors import InvalidArgumentError
from algotrendy.market_data.model import FileSource
from algotrendy.market_data.quote_import import QuoteImportReport, QuoteImportTerms
from algotrendy.market_data.ticks import (
    DEFAULT_PAGE_SIZE,
    LARGEST_PAGE_SIZE,
    PagePlace,
    TickPage,
    TickTerms,
)
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.paging import decode_page_size, refuse_page_token
from algotrendy.rpc.tick_columns import encode_quote_columns, encode_trade_columns
from algotrendy.rpc.time import decode_optional_time, encode_time

_TOKEN: Final = re.compile(r"([0-9a-f]{32})-([0-9]{1,18})", re.ASCII)


def decode_quote_import(request: pb.ImportQuotesRequest) -> QuoteImportTerms:
    """Return which quotes to import."""
    if not request.file_path:
        raise InvalidArgumentError(
            "file_path is missing: name a CSV or Parquet file.", field="file_path", value=""
        )
    return QuoteImportTerms(request.symbol, FileSource(request.file_path, dict(request.columns)))


def encode_quote_report(report: QuoteImportReport) -> pb.ImportQuotesResponse:
    """Return what was imported for the wire."""
    return pb.ImportQuotesResponse(
        quote_count=report.quote_count,
        start_time=encode_time(report.start_time_ns),
        end_time=encode_time(report.end_time_ns),
        rounded_price_count=report.rounding.count,
        largest_rounding=encode_decimal(report.rounding.largest),
    )


def decode_tick_terms(request: pb.ListTradesRequest | pb.ListQuotesRequest) -> TickTerms:
    """Return which page is asked for."""
    return TickTerms(
        symbol=request.symbol,
        start_time_ns=decode_optional_time(request, "start_time"),
        end_time_ns=decode_optional_time(request, "end_time"),
        page_size=decode_page_size(
            request.page_size, default=DEFAULT_PAGE_SIZE, largest=LARGEST_PAGE_SIZE
        ),
        after=_decode_place(request.page_token),
    )


def encode_trades(page: TickPage[TradeColumns]) -> pb.ListTradesResponse:
    """Return a page of trades for the wire."""
    return pb.ListTradesResponse(
        instrument=encode_instrument(page.ticks.instrument),
        trades=encode_trade_columns(page.ticks),
        next_page_token=_encode_place(page.end),
    )


def encode_quotes(page: TickPage[QuoteColumns]) -> pb.ListQuotesResponse:
    """Return a page of quotes for the wire."""
    return pb.ListQuotesResponse(
        instrument=encode_instrument(page.ticks.instrument),
        quotes=encode_quote_columns(page.ticks),
        next_page_token=_encode_place(page.end),
    )


def _decode_place(page_token: str) -> PagePlace | None:
    if not page_token:
        return None
    parts = _TOKEN.fullmatch(page_token)
    if parts is None:
        refuse_page_token(page_token)
    return PagePlace(parts[1], int(parts[2]))


def _encode_place(place: PagePlace | None) -> str:
    return "" if place is None else f"{place.digest}-{place.skip}"
