"""Instruments and bars as the market_data area tells them to every area that asks."""

from typing import Final

import grpc
import numpy as np
from google.protobuf.message import Message

from algotrendy.api.market_data.v1 import market_data_pb2, market_data_service_pb2
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.domain.bar import Bar, BarColumns, Int64Column
from algotrendy.domain.cost import Commission, Margin, Percentage, PerContract, PerShare
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.domain.tick import Quote, Ticks, Trade
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import (
    decode_decimal,
    decode_optional_decimal,
    encode_decimal,
    encode_optional_decimal,
)
from algotrendy.rpc.time import (
    decode_optional_time,
    decode_time,
    encode_optional_time,
    encode_time,
)

_KINDS: Final = {
    market_data_pb2.INSTRUMENT_KIND_EQUITY: InstrumentKind.EQUITY,
    market_data_pb2.INSTRUMENT_KIND_INDEX: InstrumentKind.INDEX,
    market_data_pb2.INSTRUMENT_KIND_FUTURE: InstrumentKind.FUTURE,
    market_data_pb2.INSTRUMENT_KIND_CRYPTO: InstrumentKind.CRYPTO,
    market_data_pb2.INSTRUMENT_KIND_FX: InstrumentKind.FX,
    market_data_pb2.INSTRUMENT_KIND_PERPETUAL: InstrumentKind.PERPETUAL,
}
_WIRE_KINDS: Final = {kind: wire for wire, kind in _KINDS.items()}
_SIDES: Final = {
    market_data_pb2.AGGRESSOR_SIDE_UNSPECIFIED: 0,
    market_data_pb2.AGGRESSOR_SIDE_BUYER: 1,
    market_data_pb2.AGGRESSOR_SIDE_SELLER: -1,
}
_WIRE_SIDES: Final = {side: wire for wire, side in _SIDES.items()}
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
        allow_negative_prices=instrument.allow_negative_prices,
        initial_margin=_encode_margin(instrument.initial_margin),
        maintenance_margin=_encode_margin(instrument.maintenance_margin),
        commission=_encode_commission(instrument.commission),
        expire_time=encode_optional_time(instrument.expire_time_ns),
        calendar_id=instrument.calendar_id or "",
        sector=instrument.sector or "",
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
        allow_negative_prices=message.allow_negative_prices,
        initial_margin=_decode_margin(message, "initial_margin"),
        maintenance_margin=_decode_margin(message, "maintenance_margin"),
        commission=_decode_commission(message.commission),
        expire_time_ns=decode_optional_time(message, "expire_time"),
        calendar_id=message.calendar_id or None,
        sector=message.sector or None,
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


def encode_bar(bar: Bar, instrument: Instrument) -> market_data_pb2.Bar:
    """Return one bar for the wire."""
    return market_data_pb2.Bar(
        symbol=bar.symbol,
        open_time=encode_time(bar.open_time_ns),
        close_time=encode_time(bar.close_time_ns),
        open=encode_decimal(instrument.price(bar.open)),
        high=encode_decimal(instrument.price(bar.high)),
        low=encode_decimal(instrument.price(bar.low)),
        close=encode_decimal(instrument.price(bar.close)),
        volume=encode_decimal(instrument.quantity(bar.volume)),
    )


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


def encode_ticks(ticks: Ticks, instrument: Instrument) -> market_data_pb2.Ticks:
    """Return trades and quotes of one time for the wire."""
    price, quantity = instrument.price, instrument.quantity
    trades = (
        market_data_pb2.Trade(
            price=encode_decimal(price(trade.price)),
            quantity=encode_decimal(quantity(trade.quantity)),
            side=_WIRE_SIDES[trade.side],
        )
        for trade in ticks.trades
    )
    quotes = (
        market_data_pb2.Quote(
            bid=encode_decimal(price(quote.bid)),
            ask=encode_decimal(price(quote.ask)),
            bid_size=encode_decimal(quantity(quote.bid_size)),
            ask_size=encode_decimal(quantity(quote.ask_size)),
        )
        for quote in ticks.quotes
    )
    return market_data_pb2.Ticks(
        symbol=ticks.symbol, time=encode_time(ticks.time_ns), trades=trades, quotes=quotes
    )


def decode_ticks(message: market_data_pb2.Ticks, instrument: Instrument) -> Ticks:
    """Return trades and quotes of one time in the instrument's units."""

    def price(of: Message, field: str) -> int:
        return instrument.price_units(decode_decimal(of, field), field=field)

    def quantity(of: Message, field: str) -> int:
        return instrument.quantity_units(decode_decimal(of, field), field=field)

    trades = (
        Trade(price(trade, "price"), quantity(trade, "quantity"), _SIDES.get(trade.side, 0))
        for trade in message.trades
    )
    quotes = (
        Quote(
            bid=price(quote, "bid"),
            ask=price(quote, "ask"),
            bid_size=quantity(quote, "bid_size"),
            ask_size=quantity(quote, "ask_size"),
        )
        for quote in message.quotes
    )
    return Ticks(message.symbol, decode_time(message, "time"), tuple(trades), tuple(quotes))


def decode_bars(message: market_data_service_pb2.GetBarsResponse) -> BarColumns:
    """Return the bars of an answer in the instrument's units.

    Raises
    ------
    InvalidArgumentError
        If their prices are finer than the instrument's, as means are: nobody trades at those.
    """
    instrument = decode_instrument(message.instrument)
    if message.bars.price_scale != instrument.price_scale:
        raise InvalidArgumentError(
            f"The bars have prices of {message.bars.price_scale} digits after the point, and"
            f" {instrument.symbol} trades at {instrument.price_scale}; expected a style of traded"
            " prices.",
            field="style",
            value=str(message.bars.price_scale),
        )

    def column(name: str) -> Int64Column:
        return np.array(getattr(message.bars, name), dtype=np.int64)

    return BarColumns(
        instrument,
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
    return BarColumns.joined([decode_bars(part) for part in parts])


def _encode_margin(margin: Margin | None) -> market_data_pb2.Margin | None:
    if margin is None:
        return None
    if margin.per_contract is not None:
        return market_data_pb2.Margin(per_contract=encode_decimal(margin.per_contract))
    return market_data_pb2.Margin(bps=margin.bps or 0)


def _decode_margin(message: market_data_pb2.Instrument, field: str) -> Margin | None:
    margin: market_data_pb2.Margin = getattr(message, field)
    match margin.WhichOneof("margin"):
        case "bps":
            return Margin(bps=margin.bps)
        case "per_contract":
            return Margin(per_contract=decode_decimal(margin, "per_contract"))
    return None


def _encode_commission(commission: Commission | None) -> market_data_pb2.Commission | None:
    match commission:
        case PerShare():
            per_share = market_data_pb2.PerShareCommission(
                rate=encode_decimal(commission.rate),
                minimum=encode_optional_decimal(commission.minimum),
                maximum_bps=encode_optional_decimal(commission.maximum_bps),
            )
            return market_data_pb2.Commission(per_share=per_share)
        case PerContract():
            return market_data_pb2.Commission(per_contract=encode_decimal(commission.rate))
        case Percentage():
            percentage = market_data_pb2.PercentageCommission(
                maker_bps=encode_decimal(commission.maker_bps),
                taker_bps=encode_decimal(commission.taker_bps),
            )
            return market_data_pb2.Commission(percentage=percentage)
    return None


def _decode_commission(message: market_data_pb2.Commission) -> Commission | None:
    match message.WhichOneof("commission"):
        case "per_share":
            return PerShare(
                rate=decode_decimal(message.per_share, "rate"),
                minimum=decode_optional_decimal(message.per_share, "minimum"),
                maximum_bps=decode_optional_decimal(message.per_share, "maximum_bps"),
            )
        case "per_contract":
            return PerContract(decode_decimal(message, "per_contract"))
        case "percentage":
            return Percentage(
                maker_bps=decode_decimal(message.percentage, "maker_bps"),
                taker_bps=decode_decimal(message.percentage, "taker_bps"),
            )
    return None
