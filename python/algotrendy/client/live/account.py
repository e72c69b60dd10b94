"""A strategy's account on a running platform: what it holds, and orders under the strategy's names.

Orders are named as in a backtest, `o-1`, `o-2` and so on; the account knows them by a name that
begins with the run's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import grpc

from algotrendy.api.trading.v1 import order_entry_service_pb2 as entry_pb
from algotrendy.api.trading.v1 import trading_pb2, trading_service_pb2
from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceStub
from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceStub
from algotrendy.client.live.events import OpenOrder, OrderEvent, OrderFilled
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import FailedPreconditionError, InvalidArgumentError
from algotrendy.rpc.decimal import (
    decode_decimal,
    decode_optional_decimal,
    encode_optional_decimal,
)
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.paging import pages
from algotrendy.rpc.time import decode_time

_NEWS = {
    "ACCEPTED": "OrderAccepted",
    "REJECTED": "OrderRejected",
    "CANCELED": "OrderCanceled",
    "EXPIRED": "OrderExpired",
    "TRIGGERED": "OrderTriggered",
    "RELEASED": "OrderReleased",
    "REPLACED": "OrderReplaced",
}


@dataclass(frozen=True)
class Holdings:
    """What an account has at a moment; `equity` is None where a price is missing."""

    cash: Decimal
    equity: Decimal | None
    positions: dict[str, Decimal]


class LiveAccount:
    """The orders of one run of a strategy on one account.

    Parameters
    ----------
    run_id : str
        Begins the names by which the account knows the orders; unique in the account.
    """

    def __init__(self, channel: grpc.aio.Channel, account_id: str, run_id: str) -> None:
        self._trading = TradingServiceStub(channel)
        self._entry = OrderEntryServiceStub(channel)
        self._account_id = account_id
        self._run_id = run_id
        self._order_count = 0
        self._list_count = 0
        # The strategy's name by the account's client_order_id, and by its order_id.
        self._names: dict[str, str] = {}
        self._names_by_order_id: dict[str, str] = {}
        self._order_ids: dict[str, str] = {}
        self._symbols: dict[str, str] = {}
        self._client_order_ids: dict[str, str] = {}

    async def register(self, instruments: Sequence[Instrument]) -> None:
        """Make what is traded known to the account."""
        await self._trading.RegisterInstruments(
            trading_service_pb2.RegisterInstrumentsRequest(
                account_id=self._account_id,
                instruments=[encode_instrument(each.as_traded()) for each in instruments],
            )
        )

    async def holdings(self) -> Holdings:
        """Return what the account has now."""
        request = trading_service_pb2.GetAccountRequest(account_id=self._account_id)
        account = (await self._trading.GetAccount(request)).account
        return Holdings(
            cash=decode_decimal(account, "cash"),
            equity=decode_optional_decimal(account, "equity"),
            positions={p.symbol: decode_decimal(p, "quantity") for p in account.positions},
        )

    async def submit(self, order: entry_pb.SubmitOrderRequest) -> str:
        """Send an order and return its name; a refusal is told by the market, and is no error."""
        name = self._name(order)
        try:
            response = await self._entry.SubmitOrder(order)
        except FailedPreconditionError:
            return name
        self._note(name, response.order.order_id)
        return name

    async def submit_list(
        self, contingency: int, orders: Sequence[entry_pb.SubmitOrderRequest]
    ) -> list[str]:
        """Send orders that depend on each other and return their names."""
        names = [self._name(order) for order in orders]
        self._list_count += 1
        request = entry_pb.SubmitOrderListRequest(
            account_id=self._account_id,
            list_id=f"{self._run_id}:l-{self._list_count}",
            contingency=trading_pb2.Contingency.ValueType(contingency),
            orders=orders,
        )
        try:
            response = await self._entry.SubmitOrderList(request)
        except FailedPreconditionError:
            return names
        for name, order in zip(names, response.orders, strict=True):
            self._note(name, order.order_id)
        return names

    async def cancel(self, name: str) -> None:
        """Ask for a cancel; an order that has ended, or was refused, stays as it is."""
        self._require(name)
        order_id = self._order_ids.get(name)
        if order_id is None:
            return
        try:
            await self._entry.CancelOrder(entry_pb.CancelOrderRequest(order_id=order_id))
        except FailedPreconditionError:
            return

    async def cancel_all(self, symbol: str | None) -> None:
        """Ask for cancels of the run's open orders, of one symbol or of all."""
        for order in await self.open_orders(symbol):
            await self.cancel(order.order_id)

    async def replace(
        self,
        name: str,
        quantity: Decimal | None,
        limit_price: Decimal | None,
        stop_price: Decimal | None,
    ) -> None:
        """Ask for a change of an open order."""
        self._require(name)
        await self._entry.ReplaceOrder(
            entry_pb.ReplaceOrderRequest(
                order_id=self._order_ids.get(name, name),
                quantity=encode_optional_decimal(quantity),
                limit_price=encode_optional_decimal(limit_price),
                stop_price=encode_optional_decimal(stop_price),
            )
        )

    async def open_orders(self, symbol: str | None) -> list[OpenOrder]:
        """Return the run's orders that may still fill, of one symbol or of all."""
        request = trading_service_pb2.ListOrdersRequest(account_id=self._account_id, open_only=True)
        return [
            self._open_order(order)
            async for page in pages(self._trading.ListOrders, request)
            for order in page.orders
            if order.client_order_id in self._names and symbol in {None, order.symbol}
        ]

    def symbol_of(self, name: str) -> str:
        """Return the symbol of an order of the run."""
        self._require(name)
        return self._symbols[name]

    def filled(self, message: trading_pb2.Fill) -> OrderFilled | None:
        """Return what a fill is to the strategy; None where the order is another's."""
        name = self._names.get(message.client_order_id)
        if name is None:
            return None
        return OrderFilled(
            order_id=name,
            client_order_id=message.client_order_id,
            execution_id=message.execution_id,
            symbol=message.symbol,
            side=trading_pb2.Side.Name(message.side).removeprefix("SIDE_"),
            quantity=decode_decimal(message, "quantity"),
            price=decode_decimal(message, "price"),
            fee=decode_decimal(message, "fee"),
            time_ns=decode_time(message, "fill_time"),
        )

    async def order_event(
        self, news: str, order_id: str, time_ns: int, reason: str
    ) -> OrderEvent | None:
        """Return what news of an order are to the strategy; None where the order is another's."""
        if order_id not in self._names_by_order_id:
            # One that was refused has told its id to nobody yet.
            request = trading_service_pb2.GetOrderRequest(order_id=order_id)
            order = (await self._trading.GetOrder(request)).order
            if order.client_order_id not in self._names:
                return None
            self._note(self._names[order.client_order_id], order_id)
        name = self._names_by_order_id[order_id]
        own = self._client_order_ids[name]
        return OrderEvent(_NEWS[news], name, own, self._symbols[name], time_ns, reason)

    def _name(self, order: entry_pb.SubmitOrderRequest) -> str:
        self._order_count += 1
        name = f"o-{self._order_count}"
        if not order.client_order_id:
            order.client_order_id = f"{self._run_id}:{name}"
        order.account_id = self._account_id
        self._names[order.client_order_id] = name
        self._symbols[name] = order.symbol
        self._client_order_ids[name] = order.client_order_id
        return name

    def _note(self, name: str, order_id: str) -> None:
        self._order_ids[name] = order_id
        self._names_by_order_id[order_id] = name

    def _require(self, name: str) -> None:
        if name not in self._symbols:
            raise InvalidArgumentError(
                f"order_id is {name!r}; expected what buy, sell or order returned.",
                field="order_id",
                value=name,
            )

    def _open_order(self, order: trading_pb2.Order) -> OpenOrder:
        return OpenOrder(
            order_id=self._names[order.client_order_id],
            client_order_id=order.client_order_id,
            symbol=order.symbol,
            side=trading_pb2.Side.Name(order.side).removeprefix("SIDE_"),
            order_type=trading_pb2.OrderType.Name(order.order_type).removeprefix("ORDER_TYPE_"),
            quantity=decode_decimal(order, "quantity"),
            filled_quantity=decode_decimal(order, "filled_quantity"),
            limit_price=decode_optional_decimal(order, "limit_price"),
            stop_price=decode_optional_decimal(order, "stop_price"),
            status=trading_pb2.OrderStatus.Name(order.status).removeprefix("ORDER_STATUS_"),
        )
