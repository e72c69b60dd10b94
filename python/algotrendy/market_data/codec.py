"""Market data on the wire, and back."""

from decimal import Decimal

from algotrendy.api.market_data.v1 import market_data_pb2, market_data_service_pb2
from algotrendy.domain.clock import SECOND_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import InvalidArgumentError
from algotrendy.market_data.model import (
    BundledSource,
    FileSource,
    ImportReport,
    ImportTerms,
    ReplayProgress,
    ReplayTerms,
    Source,
)
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import decode_instrument as decode_terms
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.time import decode_optional_duration, decode_optional_time, encode_time


def decode_import(request: market_data_service_pb2.ImportBarsRequest) -> ImportTerms:
    """Return what to import."""
    instrument = None
    if request.HasField("instrument"):
        instrument = decode_instrument(request.instrument, request.symbol)
    return ImportTerms(
        symbol=request.symbol,
        source=_decode_source(request),
        interval_ns=decode_optional_duration(request, "interval"),
        instrument=instrument,
    )


def decode_instrument(message: market_data_pb2.Instrument, symbol: str) -> Instrument:
    """Return an instrument; what is unset is as of an equity in USD."""
    told = market_data_pb2.Instrument(
        symbol=symbol,
        kind=market_data_pb2.INSTRUMENT_KIND_EQUITY,
        currency="USD",
        tick_size=encode_decimal(Decimal("0.01")),
        lot_size=encode_decimal(Decimal(1)),
    )
    told.MergeFrom(message)
    return decode_terms(told)


def encode_report(report: ImportReport) -> market_data_service_pb2.ImportBarsResponse:
    """Return what was imported for the wire."""
    return market_data_service_pb2.ImportBarsResponse(
        instrument=encode_instrument(report.instrument),
        bar_count=report.bar_count,
        start_time=encode_time(report.start_time_ns),
        end_time=encode_time(report.end_time_ns),
        rounded_price_count=report.rounding.count,
        largest_rounding=encode_decimal(report.rounding.largest),
        tick_count=report.tick_count,
    )


def decode_replay(
    request: market_data_service_pb2.ReplayBarsRequest | market_data_service_pb2.ReplayTicksRequest,
) -> ReplayTerms:
    """Return what to replay."""
    deadline_ns = decode_optional_duration(request, "deadline")
    return ReplayTerms(
        symbols=tuple(request.symbols),
        start_time_ns=decode_optional_time(request, "start_time"),
        end_time_ns=decode_optional_time(request, "end_time"),
        deadline_s=None if deadline_ns is None else deadline_ns / SECOND_NS,
    )


def encode_bars_progress(progress: ReplayProgress) -> market_data_service_pb2.ReplayBarsResponse:
    """Return the progress of a replay of bars for the wire."""
    return market_data_service_pb2.ReplayBarsResponse(
        completed_count=progress.completed_count,
        total_count=progress.total_count,
        close_time=encode_time(progress.time_ns),
    )


def encode_ticks_progress(progress: ReplayProgress) -> market_data_service_pb2.ReplayTicksResponse:
    """Return the progress of a replay of ticks for the wire."""
    return market_data_service_pb2.ReplayTicksResponse(
        completed_count=progress.completed_count,
        total_count=progress.total_count,
        time=encode_time(progress.time_ns),
    )


def _decode_source(request: market_data_service_pb2.ImportBarsRequest) -> Source:
    if request.WhichOneof("source") == "bundled_name":
        return BundledSource(request.bundled_name)
    if not request.file_path:
        raise InvalidArgumentError(
            "source is missing: name a file_path or a bundled_name.", field="source"
        )
    return FileSource(request.file_path, dict(request.columns))
