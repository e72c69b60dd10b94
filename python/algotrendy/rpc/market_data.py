"""Instruments and bars as the market_data area tells them to every area that asks."""

from typing import Final

import grpc
import numpy as np

from algotrendy.api.market_data.v1 import market_data_pb2, market_data_service_pb2
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.domain.bar import Bar, BarColumns, Int64Column
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import decode_decimal, encode_decimal
from algotrendy.rpc.time import decode_time, encode_optional_time

_KINDS: Final = {
    market_data_pb2.INSTRUMENT_KIND_EQUITY: InstrumentKind.EQUITY,
    market_data_pb2.INSTRUMENT_KIND_INDEX: InstrumentKind.INDEX,
    market_data_pb2.INSTRUMENT_KIND_FUTURE: InstrumentKind.FUTURE,
    market_data_pb2.INSTRUMENT_KIND_CRYPTO: InstrumentKind.CRYPTO,
    market_data_pb2.INSTRUMENT_KIND_FX: InstrumentKind.FX,
}
_WIRE_KINDS: Final = {kind: wire for wire, kind in _KINDS.items()}
_LIMIT: Final = 100_000


def encode_instrument(instrument: Instrument) -> market_data_pb2.Instrument:
    """Return an instrument for the wire."""
    return market_data_pb2.Instrument(
        symbol=instrument.symbol,
        kind=_WIRE_KINDS[instrument.kind],
        currency=instrument.currency,
        tick_size=encode_decimal(instrument.tick_size),
        lot_size=encode_decimal(instrument.lot_size),
        multiplier=instrument.multiplier,
    )


def decode_instrument(message: market_data_pb2.Instrument) -> Instrument:
    """Return an instrument; an unset multiplier is 1."""
    return Instrument(
        symbol=message.symbol,
        kind=decode_kind(message.kind),
        currency=message.currency,
        tick_size=decode_decimal(message, "tick_size"),
        lot_size=decode_decimal(message, "lot_size"),
        multiplier=message.multiplier or 1,
    )


def decode_kind(kind: market_data_pb2.InstrumentKind.ValueType) -> InstrumentKind:
    """Return what kind of thing an instrument is; one must be named."""
    if kind not in _KINDS:
        raise InvalidArgumentError(
            f"instrument.kind is {kind}, which is no kind.",
            field="instrument.kind",
            value=str(kind),
        )
    return _KINDS[kind]


def decode_bar(message: market_data_pb2.Bar, instrument: Instrument) -> Bar:
    """Return one bar in the instrument's units."""

    def price(field: str) -> int:
        return instrument.price_units(decode_decimal(message, field), field=field)

    return Bar(
        symbol=message.symbol,
        open_time_ns=decode_time(message, "open_time"),
        close_time_ns=decode_time(message, "close_time"),
        open=price("open"),
        high=price("high"),
        low=price("low"),
        close=price("close"),
        volume=instrument.quantity_units(decode_decimal(message, "volume"), field="volume"),
    )


def decode_bars(*parts: market_data_service_pb2.GetBarsResponse) -> BarColumns:
    """Return the bars of one symbol that answers hold, oldest answer first."""

    def column(name: str) -> Int64Column:
        columns = [np.array(getattr(part.bars, name), dtype=np.int64) for part in parts]
        return np.concatenate(columns)

    return BarColumns(
        decode_instrument(parts[0].instrument),
        open_time_ns=column("open_time_ns"),
        close_time_ns=column("close_time_ns"),
        open=column("open"),
        high=column("high"),
        low=column("low"),
        close=column("close"),
        volume=column("volume"),
    )


async def fetch_bars(
    channel: grpc.aio.Channel,
    symbol: str,
    start_time_ns: int | None = None,
    end_time_ns: int | None = None,
) -> BarColumns:
    """Return every stored bar whose open time lies in `[start, end)`; None is open.

    Raises
    ------
    SymbolNotFoundError
        If there is no such symbol.
    """

    async def fetch(before_ns: int | None) -> market_data_service_pb2.GetBarsResponse:
        request = market_data_service_pb2.GetBarsRequest(
            symbol=symbol,
            start_time=encode_optional_time(start_time_ns),
            end_time=encode_optional_time(before_ns),
            limit=_LIMIT,
        )
        return await MarketDataServiceStub(channel).GetBars(request)

    # The area gives the newest bars of a range, so a long one is read from its end.
    parts = [await fetch(end_time_ns)]
    while len(parts[0].bars.open_time_ns) == _LIMIT:
        parts.insert(0, await fetch(parts[0].bars.open_time_ns[0]))
    return decode_bars(*parts)
