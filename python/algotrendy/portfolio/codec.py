"""The portfolio area's words on the wire and in its model."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final, cast

from google.protobuf.message import Message

from algotrendy.api.event.v1 import envelope_pb2
from algotrendy.api.market_data.v1 import market_data_events_pb2
from algotrendy.api.portfolio.v1 import portfolio_events_pb2, portfolio_service_pb2
from algotrendy.api.trading.v1 import trading_events_pb2, trading_pb2
from algotrendy.domain.order import Side
from algotrendy.domain.statistics import PerformanceStatistics
from algotrendy.portfolio.changes import (
    AccountOpened,
    CashMoved,
    Cause,
    Change,
    FeeCharged,
    Filled,
    InstrumentRegistered,
    PositionSet,
    PositionTurned,
)
from algotrendy.portfolio.model import Book, ValuedBook, ValuedHolding
from algotrendy.portfolio.performance import Performance
from algotrendy.rpc.decimal import decode_decimal, encode_decimal
from algotrendy.rpc.market_data import decode_instrument
from algotrendy.rpc.time import decode_time, encode_time
from algotrendy.rpc.trading import decode_side


def decode_change(envelope: envelope_pb2.Envelope, payload: Message) -> Change | None:
    """Return what a trading event means for a book; None where it means nothing."""
    decode = _DECODERS.get(payload.DESCRIPTOR.name)
    if decode is None:
        return None
    cause = Cause(
        event_id=envelope.event_id,
        sequence=envelope.sequence,
        time_ns=decode_time(envelope, "create_time"),
        correlation_id=envelope.correlation_id,
    )
    return decode(payload, cause)


def decode_price(payload: market_data_events_pb2.PriceUpdate) -> tuple[str, Decimal]:
    """Return a symbol and its new reference price."""
    return payload.symbol, decode_decimal(payload, "price")


def encode_changed(book: Book, symbol: str) -> portfolio_events_pb2.PortfolioChanged:
    """Return the event that tells how a portfolio now stands."""
    return portfolio_events_pb2.PortfolioChanged(
        portfolio_id=book.portfolio_id,
        symbol=symbol,
        quantity=encode_decimal(book.holding(symbol).quantity),
        cash=encode_decimal(book.cash),
    )


def encode_portfolio(valued: ValuedBook) -> portfolio_service_pb2.Portfolio:
    """Return a valued book for the wire."""
    book = valued.book
    return portfolio_service_pb2.Portfolio(
        portfolio_id=book.portfolio_id,
        display_name=book.display_name,
        currency=book.currency,
        cash=encode_decimal(book.cash),
        equity=encode_decimal(valued.equity),
        net_deposits=encode_decimal(book.net_deposits),
        total_fees=encode_decimal(book.total_fees),
        holdings=[_encode_holding(holding) for holding in valued.holdings],
        update_time=encode_time(book.update_time_ns),
    )


def encode_performance(
    performance: Performance,
) -> portfolio_service_pb2.GetPerformanceResponse:
    """Return a performance for the wire."""
    return portfolio_service_pb2.GetPerformanceResponse(
        portfolio=_encode_statistics(performance.portfolio),
        benchmark=_encode_statistics(performance.benchmark) if performance.benchmark else None,
        correlation=performance.correlation,
        scale=performance.curve.scale,
        close_time_ns=performance.curve.close_time_ns,
        equity=performance.curve.equity,
    )


def _encode_holding(valued: ValuedHolding) -> portfolio_service_pb2.Holding:
    holding = valued.holding
    return portfolio_service_pb2.Holding(
        symbol=holding.symbol,
        quantity=encode_decimal(holding.quantity),
        average_price=encode_decimal(holding.average_price),
        current_price=encode_decimal(valued.current_price),
        market_value=encode_decimal(valued.market_value),
        unrealized_pnl=encode_decimal(valued.unrealized_pnl),
        realized_pnl=encode_decimal(holding.realized_pnl),
        weight=valued.weight,
    )


def _encode_statistics(
    statistics: PerformanceStatistics,
) -> portfolio_service_pb2.SeriesStatistics:
    return portfolio_service_pb2.SeriesStatistics(
        total_return=statistics.total_return,
        cagr=statistics.cagr,
        sharpe_ratio=statistics.sharpe_ratio,
        volatility=statistics.volatility,
        max_drawdown=statistics.max_drawdown,
    )


def _decode_opened(payload: Message, cause: Cause) -> AccountOpened:
    opened = cast("trading_events_pb2.AccountOpened", payload)
    return AccountOpened(opened.account_id, opened.display_name, opened.currency, cause)


def _decode_cash(payload: Message, cause: Cause) -> CashMoved:
    moved = cast("trading_events_pb2.CashMoved", payload)
    amount, balance = decode_decimal(moved, "amount"), decode_decimal(moved, "balance")
    return CashMoved(moved.account_id, amount, balance, cause)


def _decode_registered(payload: Message, cause: Cause) -> InstrumentRegistered:
    registered = cast("trading_events_pb2.InstrumentRegistered", payload)
    instrument = decode_instrument(registered.instrument)
    return InstrumentRegistered(
        portfolio_id=registered.account_id,
        symbol=instrument.symbol,
        multiplier=instrument.multiplier,
        notional_scale=instrument.price_scale + instrument.quantity_scale,
        cause=cause,
        is_paid_in_full=instrument.kind.is_paid_in_full,
    )


def _decode_filled(payload: Message, cause: Cause) -> Filled:
    filled = cast("trading_events_pb2.OrderFilled", payload)
    fill = filled.fill
    return Filled(
        portfolio_id=fill.account_id,
        symbol=fill.symbol,
        side=decode_side(fill.side),
        quantity=decode_decimal(fill, "quantity"),
        price=decode_decimal(fill, "price"),
        fee=decode_decimal(fill, "fee"),
        cash=decode_decimal(filled, "cash"),
        cause=replace(cause, time_ns=decode_time(fill, "fill_time")),
    )


def _decode_busted(payload: Message, cause: Cause) -> Filled:
    busted = cast("trading_events_pb2.FillBusted", payload)
    fill = busted.fill
    return Filled(
        portfolio_id=fill.account_id,
        symbol=fill.symbol,
        side=Side.SELL if decode_side(fill.side) is Side.BUY else Side.BUY,
        quantity=decode_decimal(fill, "quantity"),
        price=decode_decimal(fill, "price"),
        fee=-decode_decimal(fill, "fee"),
        cash=decode_decimal(busted, "cash"),
        cause=cause,
    )


def _decode_fee(payload: Message, cause: Cause) -> FeeCharged:
    charged = cast("trading_events_pb2.FeeCharged", payload)
    fee, cash = decode_decimal(charged, "fee"), decode_decimal(charged, "cash")
    return FeeCharged(charged.account_id, charged.symbol, fee, cash, cause)


def _decode_settled(payload: Message, cause: Cause) -> PositionSet:
    settled = cast("trading_events_pb2.VariationSettled", payload)
    return _position_set(settled.position, decode_decimal(settled, "cash"), cause)


def _decode_adjusted(payload: Message, cause: Cause) -> PositionSet:
    adjusted = cast("trading_events_pb2.PositionAdjusted", payload)
    return _position_set(adjusted.position, None, cause)


def _position_set(
    position: trading_pb2.Position, cash: Decimal | None, cause: Cause
) -> PositionSet:
    return PositionSet(
        portfolio_id=position.account_id,
        symbol=position.symbol,
        quantity=decode_decimal(position, "quantity"),
        total_cost=decode_decimal(position, "total_cost"),
        realized_pnl=decode_decimal(position, "realized_pnl"),
        cash=cash,
        cause=cause,
    )


def _decode_turned(payload: Message, cause: Cause) -> PositionTurned:
    turned = cast("trading_events_pb2.PositionOpened", payload)
    return PositionTurned(turned.position.account_id, turned.position.symbol, cause)


_DECODERS: Final[dict[str, Callable[[Message, Cause], Change]]] = {
    "AccountOpened": _decode_opened,
    "CashMoved": _decode_cash,
    "InstrumentRegistered": _decode_registered,
    "OrderFilled": _decode_filled,
    "FillBusted": _decode_busted,
    "FeeCharged": _decode_fee,
    "VariationSettled": _decode_settled,
    "PositionAdjusted": _decode_adjusted,
    "PositionOpened": _decode_turned,
    "PositionClosed": _decode_turned,
}
