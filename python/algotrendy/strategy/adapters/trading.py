"""The trading area's accounts and order entry, over their contracts."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal

import grpc
from google.type import decimal_pb2

from algotrendy.api.trading.v1 import order_entry_service_pb2, trading_pb2, trading_service_pb2
from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceStub
from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceStub
from algotrendy.domain.ids import AccountId, StrategyId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import CLIENT_ORDER_ID_LIMIT, AccountView, ExitOrder, OrderIntent
from algotrendy.domain.venue import VenueTerms
from algotrendy.rpc.decimal import decode_decimal, decode_optional_decimal, encode_decimal
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.paging import pages
from algotrendy.rpc.trading import encode_side
from algotrendy.rpc.venue import decode_venue_terms


class TradingAccounts:
    """See `ports.Accounts`."""

    def __init__(self, trading: grpc.aio.Channel, order_entry: grpc.aio.Channel) -> None:
        self._trading = TradingServiceStub(trading)
        self._order_entry = OrderEntryServiceStub(order_entry)

    async def register_instruments(
        self, account_id: AccountId, instruments: Sequence[Instrument]
    ) -> None:
        """See `ports.Accounts`."""
        await self._trading.RegisterInstruments(
            trading_service_pb2.RegisterInstrumentsRequest(
                account_id=account_id,
                instruments=[
                    encode_instrument(instrument.as_traded()) for instrument in instruments
                ],
            )
        )

    async def view(
        self, account_id: AccountId, strategy_id: StrategyId, instrument: Instrument
    ) -> AccountView:
        """See `ports.Accounts`."""
        request = trading_service_pb2.GetAccountRequest(account_id=account_id)
        account = (await self._trading.GetAccount(request)).account
        position = next((p for p in account.positions if p.symbol == instrument.symbol), None)
        working = account.open_order_count > 0 and await self._has_working_order(
            account_id, strategy_id, instrument.symbol
        )
        return AccountView(
            position=0
            if position is None
            else instrument.quantity_units(decode_decimal(position, "quantity")),
            equity=decode_optional_decimal(account, "equity"),
            has_working_order=working,
        )

    async def open_orders(self, account_id: AccountId, strategy_id: StrategyId) -> frozenset[str]:
        """See `ports.Accounts`."""
        orders = self._open_orders(account_id, strategy_id)
        return frozenset([order.client_order_id async for order in orders])

    async def venue_terms(self, account_id: AccountId) -> VenueTerms:
        """See `ports.Accounts`."""
        request = trading_service_pb2.GetAccountRequest(account_id=account_id)
        return decode_venue_terms((await self._trading.GetAccount(request)).account.venue_terms)

    async def submit(
        self,
        account_id: AccountId,
        strategy_id: StrategyId,
        instrument: Instrument,
        intent: OrderIntent,
        client_order_id: str,
    ) -> None:
        """See `ports.Accounts`."""
        await self._order_entry.SubmitOrder(
            order_entry_service_pb2.SubmitOrderRequest(
                account_id=account_id,
                client_order_id=client_order_id,
                symbol=intent.symbol,
                side=encode_side(intent.side),
                quantity=encode_decimal(instrument.quantity(intent.quantity)),
                time_in_force=trading_pb2.TIME_IN_FORCE_GTC,
                strategy_id=strategy_id,
                reduce_only=intent.reduce_only,
            )
        )

    async def protect(
        self,
        account_id: AccountId,
        strategy_id: StrategyId,
        instrument: Instrument,
        orders: Sequence[ExitOrder],
        name: str,
    ) -> None:
        """See `ports.Accounts`."""
        requests = [
            _exit_request(account_id, strategy_id, instrument, order, f"{name}:{place}")
            for place, order in enumerate(orders)
        ]
        if len(requests) == 1:
            await self._order_entry.SubmitOrder(requests[0])
            return
        await self._order_entry.SubmitOrderList(
            order_entry_service_pb2.SubmitOrderListRequest(
                account_id=account_id,
                list_id=_id(name),
                contingency=trading_pb2.CONTINGENCY_OCO,
                orders=requests,
            )
        )

    async def cancel_exits(
        self, account_id: AccountId, strategy_id: StrategyId, symbol: str
    ) -> None:
        """See `ports.Accounts`."""
        async for order in self._open_orders(account_id, strategy_id, symbol):
            if _is_exit(order):
                await self._order_entry.CancelOrder(
                    order_entry_service_pb2.CancelOrderRequest(order_id=order.order_id)
                )

    async def average_price(self, order_id: str) -> Decimal:
        """See `ports.Accounts`."""
        request = trading_service_pb2.GetOrderRequest(order_id=order_id)
        return decode_decimal((await self._trading.GetOrder(request)).order, "average_price")

    async def _has_working_order(
        self, account_id: AccountId, strategy_id: StrategyId, symbol: str
    ) -> bool:
        async for order in self._open_orders(account_id, strategy_id, symbol):
            if not _is_exit(order):
                return True
        return False

    async def _open_orders(
        self, account_id: AccountId, strategy_id: StrategyId, symbol: str | None = None
    ) -> AsyncIterator[trading_pb2.Order]:
        request = trading_service_pb2.ListOrdersRequest(account_id=account_id, open_only=True)
        async for page in pages(self._trading.ListOrders, request):
            for order in page.orders:
                if symbol in {None, order.symbol} and order.strategy_id == strategy_id:
                    yield order


def _is_exit(order: trading_pb2.Order) -> bool:
    # A strategy decides market orders only; what protects a position has a price.
    return order.order_type != trading_pb2.ORDER_TYPE_MARKET


def _exit_request(
    account_id: AccountId,
    strategy_id: StrategyId,
    instrument: Instrument,
    order: ExitOrder,
    name: str,
) -> order_entry_service_pb2.SubmitOrderRequest:
    def price(units: int | None) -> decimal_pb2.Decimal | None:
        return None if units is None else encode_decimal(instrument.price(units))

    return order_entry_service_pb2.SubmitOrderRequest(
        account_id=account_id,
        client_order_id=_id(name),
        symbol=instrument.symbol,
        side=encode_side(order.side),
        order_type=trading_pb2.OrderType.Value(f"ORDER_TYPE_{order.order_type}"),
        quantity=encode_decimal(instrument.quantity(order.quantity)),
        limit_price=price(order.limit_price),
        stop_price=price(order.stop_price),
        trail_offset=price(order.trail_offset),
        trail_bps=order.trail_bps or 0,
        time_in_force=trading_pb2.TIME_IN_FORCE_GTC,
        strategy_id=strategy_id,
        reduce_only=True,
    )


def _id(name: str) -> str:
    if len(name) <= CLIENT_ORDER_ID_LIMIT:
        return name
    return hashlib.sha256(name.encode()).hexdigest()
