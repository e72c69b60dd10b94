"""The trading contract's messages ↔ the model."""

from decimal import Decimal

from algotrendy.api.market_data.v1 import market_data_pb2
from algotrendy.api.trading.v1 import (
    order_entry_service_pb2,
    trading_pb2,
    trading_service_pb2,
)
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import OrderId
from algotrendy.rpc.decimal import (
    decode_decimal,
    decode_optional_decimal,
    encode_decimal,
    encode_optional_decimal,
)
from algotrendy.rpc.limits import encode_trading_state
from algotrendy.rpc.paging import decode_page_size, decode_sequence_token
from algotrendy.rpc.time import decode_optional_time, decode_time, encode_optional_time, encode_time
from algotrendy.rpc.trading import encode_side
from algotrendy.rpc.venue import encode_venue_terms
from algotrendy.trading.model import (
    Account,
    CheckFailure,
    CheckResult,
    CheckRow,
    InstrumentTermsChange,
    ListPlace,
    MarketBar,
    MarketQuote,
    MarketTicks,
    MarketTrade,
    Order,
    OrderStatus,
    Page,
    Position,
    Session,
)
from algotrendy.trading.terms import (
    Replacement,
)

# --- From the wire ------------------------------------------------------------------------------


def decode_session(message: trading_pb2.Session) -> Session:
    """Return a trading session."""
    return Session(
        open_time_ns=decode_time(message, "open_time"),
        close_time_ns=decode_time(message, "close_time"),
        order_cutoff_time_ns=decode_optional_time(message, "order_cutoff_time"),
    )


def decode_change(message: trading_pb2.InstrumentChange) -> InstrumentTermsChange:
    """Return what changes of an instrument."""
    return InstrumentTermsChange(
        tick_size=decode_optional_decimal(message, "tick_size"),
        lot_size=decode_optional_decimal(message, "lot_size"),
        halted=message.halted if message.HasField("halted") else None,
        lower_band=decode_optional_decimal(message, "lower_band"),
        upper_band=decode_optional_decimal(message, "upper_band"),
        average_volume=decode_optional_decimal(message, "average_volume"),
        expire_time_ns=decode_optional_time(message, "expire_time"),
    )


def decode_bar(message: market_data_pb2.Bar) -> MarketBar:
    """Return a bar."""
    return MarketBar(
        symbol=message.symbol,
        open_time_ns=decode_time(message, "open_time"),
        close_time_ns=decode_time(message, "close_time"),
        open=decode_decimal(message, "open"),
        high=decode_decimal(message, "high"),
        low=decode_decimal(message, "low"),
        close=decode_decimal(message, "close"),
        volume=decode_optional_decimal(message, "volume") or Decimal(0),
    )


def decode_ticks(message: market_data_pb2.Ticks) -> MarketTicks:
    """Return trades and quotes of one time."""
    trades = (
        MarketTrade(decode_decimal(trade, "price"), decode_decimal(trade, "quantity"))
        for trade in message.trades
    )
    quotes = (
        MarketQuote(
            bid=decode_decimal(quote, "bid"),
            ask=decode_decimal(quote, "ask"),
            bid_size=decode_decimal(quote, "bid_size"),
            ask_size=decode_decimal(quote, "ask_size"),
        )
        for quote in message.quotes
    )
    return MarketTicks(message.symbol, decode_time(message, "time"), tuple(trades), tuple(quotes))


def decode_order_id(
    request: trading_service_pb2.GetOrderRequest | order_entry_service_pb2.CancelOrderRequest,
) -> OrderId:
    """Return the order a request names."""
    return OrderId(request.order_id)


def decode_page(
    request: trading_service_pb2.ListAccountsRequest
    | trading_service_pb2.ListOrdersRequest
    | trading_service_pb2.ListFillsRequest,
) -> tuple[int, int]:
    """Return where a page starts and how many entries it holds."""
    start = decode_sequence_token(request.page_token) or 0
    return start, decode_page_size(request.page_size)


# --- To the wire --------------------------------------------------------------------------------


def encode_token(page: Page[Account] | Page[Order] | Page[Fill]) -> str:
    """Return the token of the next page; empty after the last."""
    return "" if page.next_start is None else str(page.next_start)


def encode_order(order: Order) -> trading_pb2.Order:
    """Return an order for the wire."""
    return trading_pb2.Order(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        account_id=order.account_id,
        symbol=order.symbol,
        side=encode_side(order.side),
        order_type=trading_pb2.OrderType.Value(f"ORDER_TYPE_{order.order_type.value}"),
        quantity=encode_decimal(order.quantity),
        limit_price=encode_optional_decimal(order.limit_price),
        time_in_force=trading_pb2.TimeInForce.Value(f"TIME_IN_FORCE_{order.time_in_force.value}"),
        expire_time=encode_optional_time(order.expire_time_ns),
        strategy_id=order.strategy_id or "",
        status=encode_status(order.status),
        filled_quantity=encode_decimal(order.filled_quantity),
        leaves_quantity=encode_decimal(order.leaves_quantity),
        average_price=encode_optional_decimal(order.average_price),
        reject_reason=order.reject_reason or "",
        create_time=encode_time(order.create_time_ns),
        update_time=encode_time(order.update_time_ns),
        stop_price=encode_optional_decimal(order.stop_price),
        trail_offset=encode_optional_decimal(order.trail.offset if order.trail else None),
        trail_bps=(order.trail.bps if order.trail else None) or 0,
        post_only=order.post_only,
        reduce_only=order.reduce_only,
        trader_id=order.trader_id or "",
        uncertain=order.uncertain,
        awaiting_approval=order.awaiting_approval,
        held=order.held,
        triggered=order.triggered,
        list=None if order.place is None else _encode_place(order.place),
        replacement=None if order.replacement is None else encode_replacement(order.replacement),
        venue_order_id=order.venue_order_id or "",
        arrival_price=encode_optional_decimal(order.arrival_price),
    )


def encode_status(status: OrderStatus) -> trading_pb2.OrderStatus.ValueType:
    """Return where an order stands, for the wire."""
    return trading_pb2.OrderStatus.Value(f"ORDER_STATUS_{status.value}")


def encode_replacement(replacement: Replacement) -> trading_pb2.Replacement:
    """Return what a replacement asks for, for the wire."""
    return trading_pb2.Replacement(
        quantity=encode_optional_decimal(replacement.quantity),
        limit_price=encode_optional_decimal(replacement.limit_price),
        stop_price=encode_optional_decimal(replacement.stop_price),
    )


def encode_change(change: InstrumentTermsChange) -> trading_pb2.InstrumentChange:
    """Return what changes of an instrument, for the wire."""
    return trading_pb2.InstrumentChange(
        tick_size=encode_optional_decimal(change.tick_size),
        lot_size=encode_optional_decimal(change.lot_size),
        halted=change.halted,
        lower_band=encode_optional_decimal(change.lower_band),
        upper_band=encode_optional_decimal(change.upper_band),
        average_volume=encode_optional_decimal(change.average_volume),
        expire_time=encode_optional_time(change.expire_time_ns),
    )


def encode_session(session: Session) -> trading_pb2.Session:
    """Return a trading session for the wire."""
    return trading_pb2.Session(
        open_time=encode_time(session.open_time_ns),
        close_time=encode_time(session.close_time_ns),
        order_cutoff_time=encode_optional_time(session.order_cutoff_time_ns),
    )


def encode_position(position: Position) -> trading_pb2.Position:
    """Return a position for the wire."""
    return trading_pb2.Position(
        position_id=position.position_id,
        account_id=position.account_id,
        symbol=position.symbol,
        quantity=encode_decimal(position.quantity),
        average_price=encode_optional_decimal(position.average_price),
        realized_pnl=encode_decimal(position.realized_pnl),
        current_price=encode_optional_decimal(position.current_price),
        unrealized_pnl=encode_optional_decimal(position.unrealized_pnl),
        total_cost=encode_decimal(position.total_cost),
    )


def encode_account(account: Account) -> trading_pb2.Account:
    """Return an account for the wire."""
    return trading_pb2.Account(
        account_id=account.terms.account_id,
        display_name=account.terms.display_name,
        currency=account.terms.currency,
        cash=encode_decimal(account.cash),
        equity=encode_optional_decimal(account.equity),
        positions=[encode_position(position) for position in account.positions],
        open_order_count=account.open_order_count,
        limits_version=account.limits_version,
        venue_terms=encode_venue_terms(account.terms.venue_terms),
        create_time=encode_time(account.terms.create_time_ns),
        trading_state=encode_trading_state(account.trading_state),
        available=encode_optional_decimal(account.available),
    )


def encode_failure(failure: CheckFailure) -> trading_pb2.CheckFailure:
    """Return a failed check for the wire."""
    return trading_pb2.CheckFailure(
        reason=failure.reason, rule=failure.rule, limit=failure.limit, observed=failure.observed
    )


def encode_check(result: CheckResult) -> order_entry_service_pb2.CheckOrderResponse:
    """Return what the checks say for the wire."""
    return order_entry_service_pb2.CheckOrderResponse(
        accepted=result.accepted,
        failures=[encode_failure(failure) for failure in result.failures],
        reference_price=encode_optional_decimal(result.reference_price),
        notional=encode_optional_decimal(result.notional),
        rows=[_encode_row(row) for row in result.rows],
        needs_approval=result.needs_approval,
    )


def _encode_row(row: CheckRow) -> trading_pb2.CheckRow:
    return trading_pb2.CheckRow(
        number=row.number,
        rule=row.rule,
        reason=row.reason,
        verdict=trading_pb2.Verdict.Value(f"VERDICT_{row.verdict.value}"),
        unit=row.unit,
        limit=encode_optional_decimal(row.limit),
        observed=encode_optional_decimal(row.observed),
        head_room=encode_optional_decimal(row.head_room),
    )


def _encode_place(place: ListPlace) -> trading_pb2.ListPlace:
    contingency = trading_pb2.Contingency.Value(f"CONTINGENCY_{place.contingency.value}")
    return trading_pb2.ListPlace(list_id=place.list_id, contingency=contingency, index=place.index)
