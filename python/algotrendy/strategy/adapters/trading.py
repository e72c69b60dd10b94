"""The trading area's accounts and order entry, over their contracts."""

from collections.abc import Sequence

import grpc

from algotrendy.api.trading.v1 import order_entry_service_pb2, trading_pb2, trading_service_pb2
from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceStub
from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceStub
from algotrendy.domain.ids import AccountId, StrategyId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, OrderIntent
from algotrendy.rpc.decimal import decode_decimal, decode_optional_decimal, encode_decimal
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.paging import pages
from algotrendy.rpc.trading import encode_side


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
            )
        )

    async def _has_working_order(
        self, account_id: AccountId, strategy_id: StrategyId, symbol: str
    ) -> bool:
        request = trading_service_pb2.ListOrdersRequest(account_id=account_id, open_only=True)
        async for page in pages(self._trading.ListOrders, request):
            if any(o.symbol == symbol and o.strategy_id == strategy_id for o in page.orders):
                return True
        return False
