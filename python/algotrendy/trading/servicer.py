"""The trading area's two gRPC services: decode, call, encode."""

from decimal import Decimal

from algotrendy.api.trading.v1 import order_entry_service_pb2 as entry_pb
from algotrendy.api.trading.v1 import order_entry_service_pb2_grpc as entry_grpc
from algotrendy.api.trading.v1 import trading_service_pb2 as pb
from algotrendy.api.trading.v1 import trading_service_pb2_grpc as trading_grpc
from algotrendy.domain.ids import AccountId, StrategyId
from algotrendy.rpc.decimal import decode_optional_decimal
from algotrendy.rpc.limits import decode_limits
from algotrendy.rpc.market_data import decode_instrument
from algotrendy.rpc.person import decode_optional_person
from algotrendy.rpc.server import Context
from algotrendy.rpc.text import decode_id, decode_text
from algotrendy.rpc.time import decode_optional_time
from algotrendy.rpc.trading import encode_fill
from algotrendy.rpc.venue import decode_venue_terms
from algotrendy.storage.requests import REQUEST_ID_LIMIT, fingerprint
from algotrendy.trading import codec, entry_codec
from algotrendy.trading.model import DISPLAY_NAME_LIMIT
from algotrendy.trading.service import AccountService, OrderService


class OrderEntryServicer(entry_grpc.OrderEntryServiceServicer):
    """The hot path."""

    def __init__(self, orders: OrderService) -> None:
        self._orders = orders

    async def SubmitOrder(
        self, request: entry_pb.SubmitOrderRequest, context: Context
    ) -> entry_pb.SubmitOrderResponse:
        trader_id = decode_optional_person(request, "trader_id", context)
        order = await self._orders.submit(entry_codec.decode_new_order(request, trader_id))
        return entry_pb.SubmitOrderResponse(order=codec.encode_order(order))

    async def SubmitOrderList(
        self, request: entry_pb.SubmitOrderListRequest, context: Context
    ) -> entry_pb.SubmitOrderListResponse:
        traders = [decode_optional_person(order, "trader_id", context) for order in request.orders]
        orders = await self._orders.submit_list(entry_codec.decode_order_list(request, traders))
        return entry_pb.SubmitOrderListResponse(orders=map(codec.encode_order, orders))

    async def ReplaceOrder(
        self, request: entry_pb.ReplaceOrderRequest, context: Context
    ) -> entry_pb.ReplaceOrderResponse:
        order = await self._orders.replace(entry_codec.decode_replacement(request))
        return entry_pb.ReplaceOrderResponse(order=codec.encode_order(order))

    async def CancelAll(
        self, request: entry_pb.CancelAllRequest, context: Context
    ) -> entry_pb.CancelAllResponse:
        orders = await self._orders.cancel_all(
            AccountId(request.account_id),
            request.symbol or None,
            StrategyId(request.strategy_id) or None,
        )
        return entry_pb.CancelAllResponse(orders=map(codec.encode_order, orders))

    async def ClosePosition(
        self, request: entry_pb.ClosePositionRequest, context: Context
    ) -> entry_pb.ClosePositionResponse:
        order = await self._orders.close_position(entry_codec.decode_close(request))
        return entry_pb.ClosePositionResponse(
            order=None if order is None else codec.encode_order(order)
        )

    async def CancelOrder(
        self, request: entry_pb.CancelOrderRequest, context: Context
    ) -> entry_pb.CancelOrderResponse:
        order = await self._orders.cancel(codec.decode_order_id(request))
        return entry_pb.CancelOrderResponse(order=codec.encode_order(order))

    async def CheckOrder(
        self, request: entry_pb.CheckOrderRequest, context: Context
    ) -> entry_pb.CheckOrderResponse:
        trader_id = decode_optional_person(request.order, "trader_id", context)
        order = entry_codec.decode_new_order(request.order, trader_id)
        return codec.encode_check(await self._orders.check(order))


class TradingServicer(trading_grpc.TradingServiceServicer):
    """Accounts and what they hold."""

    def __init__(self, accounts: AccountService, orders: OrderService) -> None:
        self._accounts = accounts
        self._orders = orders

    async def OpenAccount(
        self, request: pb.OpenAccountRequest, context: Context
    ) -> pb.OpenAccountResponse:
        account = await self._accounts.open(
            request_id=decode_text(request, "request_id", limit=REQUEST_ID_LIMIT),
            fingerprint=fingerprint(request),
            display_name=decode_text(
                request, "display_name", limit=DISPLAY_NAME_LIMIT, required=False
            ),
            currency=request.currency,
            initial_cash=decode_optional_decimal(request, "initial_cash") or Decimal(0),
            venue_terms=decode_venue_terms(request.venue_terms),
        )
        return pb.OpenAccountResponse(account=codec.encode_account(account))

    async def ListAccounts(
        self, request: pb.ListAccountsRequest, context: Context
    ) -> pb.ListAccountsResponse:
        page = await self._accounts.list(*codec.decode_page(request))
        return pb.ListAccountsResponse(
            accounts=[codec.encode_account(account) for account in page.items],
            next_page_token=codec.encode_token(page),
        )

    async def GetAccount(
        self, request: pb.GetAccountRequest, context: Context
    ) -> pb.GetAccountResponse:
        account = await self._accounts.get(AccountId(request.account_id))
        return pb.GetAccountResponse(account=codec.encode_account(account))

    async def RegisterInstruments(
        self, request: pb.RegisterInstrumentsRequest, context: Context
    ) -> pb.RegisterInstrumentsResponse:
        instruments = [decode_instrument(message) for message in request.instruments]
        await self._accounts.register(AccountId(request.account_id), instruments)
        return pb.RegisterInstrumentsResponse()

    async def ApplyLimits(
        self, request: pb.ApplyLimitsRequest, context: Context
    ) -> pb.ApplyLimitsResponse:
        await self._accounts.apply_limits(
            AccountId(request.account_id), decode_limits(request.limits)
        )
        return pb.ApplyLimitsResponse()

    async def ChangeInstrument(
        self, request: pb.ChangeInstrumentRequest, context: Context
    ) -> pb.ChangeInstrumentResponse:
        await self._accounts.change_instrument(
            AccountId(request.account_id),
            request.symbol,
            codec.decode_change(request.change),
            decode_optional_time(request, "effective_time"),
        )
        return pb.ChangeInstrumentResponse()

    async def SetCalendar(
        self, request: pb.SetCalendarRequest, context: Context
    ) -> pb.SetCalendarResponse:
        await self._accounts.set_calendar(
            AccountId(request.account_id),
            decode_id(request, "calendar_id"),
            [codec.decode_session(session) for session in request.sessions],
        )
        return pb.SetCalendarResponse()

    async def GetOrder(self, request: pb.GetOrderRequest, context: Context) -> pb.GetOrderResponse:
        order = await self._orders.get(codec.decode_order_id(request))
        return pb.GetOrderResponse(order=codec.encode_order(order))

    async def ListOrders(
        self, request: pb.ListOrdersRequest, context: Context
    ) -> pb.ListOrdersResponse:
        page = await self._orders.list(
            AccountId(request.account_id),
            *codec.decode_page(request),
            open_only=request.open_only,
        )
        return pb.ListOrdersResponse(
            orders=[codec.encode_order(order) for order in page.items],
            next_page_token=codec.encode_token(page),
        )

    async def ListFills(
        self, request: pb.ListFillsRequest, context: Context
    ) -> pb.ListFillsResponse:
        account_id = AccountId(request.account_id)
        page = await self._orders.fills(account_id, *codec.decode_page(request))
        return pb.ListFillsResponse(
            fills=[encode_fill(fill, account_id) for fill in page.items],
            next_page_token=codec.encode_token(page),
        )
