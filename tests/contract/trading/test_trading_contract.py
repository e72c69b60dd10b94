"""`OrderEntryService` and `TradingService` over a real gRPC server."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.type.decimal_pb2 import Decimal as WireDecimal
from grpc_status import rpc_status
from tests.contract.trading.builders import SPY, market_buy, opening

from algotrendy.api.trading.v1 import (
    order_entry_service_pb2 as entry_pb,
)
from algotrendy.api.trading.v1 import (
    order_entry_service_pb2_grpc,
    trading_pb2,
)
from algotrendy.api.trading.v1 import (
    trading_service_pb2 as pb,
)
from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import (
    AccountNotFoundError,
    AlgoTrendyError,
    AlreadyExistsError,
    ClientOrderIdReusedError,
    FailedPreconditionError,
    InstrumentNotFoundError,
    InvalidArgumentError,
    LimitsMissingError,
    OrderNotFoundError,
    OverflowValueError,
    PriceOffTickError,
    QuantityLimitExceededError,
    QuantityNotPositiveError,
    RequestIdReusedError,
)
from algotrendy.rpc.errors import error_info
from algotrendy.testing.trading import daily_bar
from algotrendy.trading.service import MarketService

if TYPE_CHECKING:
    from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceAsyncStub
    from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceAsyncStub


async def test_an_order_goes_from_submit_to_fill(
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
    account_id: str,
) -> None:
    taken = (await order_entry.SubmitOrder(market_buy(account_id, strategy_id="s-1"))).order
    assert taken.status == trading_pb2.ORDER_STATUS_PENDING_NEW
    assert taken.order_type == trading_pb2.ORDER_TYPE_MARKET

    await market.trade_bar(daily_bar(1, ("100.25", "101", "99", "100")))
    await market.mark("SPY", Decimal(101), 2 * DAY_NS, "close")

    order = (await trading.GetOrder(pb.GetOrderRequest(order_id=taken.order_id))).order
    assert order.status == trading_pb2.ORDER_STATUS_FILLED
    assert Decimal(order.average_price.value) == Decimal("100.25")
    (fill,) = (await trading.ListFills(pb.ListFillsRequest(account_id=account_id))).fills
    assert (fill.price.value, fill.fee.value, fill.strategy_id) == ("100.25", "1.00", "s-1")
    account = (await trading.GetAccount(pb.GetAccountRequest(account_id=account_id))).account
    assert Decimal(account.cash.value) == Decimal(100000) - Decimal("1002.50") - 1
    assert Decimal(account.equity.value) == Decimal(account.cash.value) + 1010
    (position,) = account.positions
    assert position.position_id == f"{account_id}:SPY"
    assert (position.unrealized_pnl.value, account.limits_version) == ("7.50", 1)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"quantity": WireDecimal(value="0")}, QuantityNotPositiveError),
        ({"quantity": WireDecimal(value="-1")}, QuantityNotPositiveError),
        ({"quantity": WireDecimal(value="1e30")}, OverflowValueError),
        ({"quantity": WireDecimal(value="ten")}, InvalidArgumentError),
        ({"quantity": None}, InvalidArgumentError),
        ({"quantity": WireDecimal(value="101")}, QuantityLimitExceededError),
        ({"limit_price": WireDecimal(value="100.001")}, PriceOffTickError),
        ({"side": trading_pb2.SIDE_UNSPECIFIED}, InvalidArgumentError),
        ({"side": 7}, InvalidArgumentError),
        ({"symbol": "NOPE"}, InstrumentNotFoundError),
        ({"client_order_id": ""}, InvalidArgumentError),
    ],
)
async def test_a_bad_order_is_refused_with_its_reason(
    order_entry: "OrderEntryServiceAsyncStub",
    account_id: str,
    changes: dict[str, Any],
    error: type[AlgoTrendyError],
) -> None:
    with pytest.raises(error) as refusal:
        await order_entry.SubmitOrder(market_buy(account_id, **changes))
    assert type(refusal.value) is error
    assert refusal.value.metadata


async def test_an_order_of_an_unknown_account_is_refused(
    order_entry: "OrderEntryServiceAsyncStub",
) -> None:
    with pytest.raises(AccountNotFoundError) as refusal:
        await order_entry.SubmitOrder(market_buy("nobody"))
    assert refusal.value.metadata == {"account_id": "nobody"}


async def test_a_refusal_carries_code_reason_and_values_on_the_wire(
    address: str, account_id: str
) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        stub = order_entry_service_pb2_grpc.OrderEntryServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await stub.SubmitOrder(market_buy(account_id, quantity="101"))
    assert failure.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    info = error_info(rpc_status.from_call(failure.value))  # type: ignore[arg-type]  # It is a call.
    assert info is not None
    assert info.reason == "QUANTITY_LIMIT_EXCEEDED"
    assert info.metadata["rule"] == "order_quantity"
    assert Decimal(info.metadata["limit"]) == 100
    assert Decimal(info.metadata["observed"]) == 101


async def test_a_repeated_client_order_id_gets_the_first_answer_or_a_refusal(
    order_entry: "OrderEntryServiceAsyncStub", account_id: str
) -> None:
    first = await order_entry.SubmitOrder(market_buy(account_id))
    again = await order_entry.SubmitOrder(market_buy(account_id, quantity="10.00"))
    assert again.order.order_id == first.order.order_id
    with pytest.raises(ClientOrderIdReusedError):
        await order_entry.SubmitOrder(market_buy(account_id, quantity="11"))


async def test_an_account_without_limits_trades_nothing(
    order_entry: "OrderEntryServiceAsyncStub", trading: "TradingServiceAsyncStub"
) -> None:
    account_id = (await trading.OpenAccount(opening())).account.account_id
    await trading.RegisterInstruments(
        pb.RegisterInstrumentsRequest(account_id=account_id, instruments=[SPY])
    )
    with pytest.raises(LimitsMissingError):
        await order_entry.SubmitOrder(market_buy(account_id))


async def test_an_order_is_cancelled_once(
    order_entry: "OrderEntryServiceAsyncStub", account_id: str
) -> None:
    order = (await order_entry.SubmitOrder(market_buy(account_id))).order
    for _ in range(2):
        answer = await order_entry.CancelOrder(entry_pb.CancelOrderRequest(order_id=order.order_id))
        assert answer.order.status == trading_pb2.ORDER_STATUS_CANCELED
    with pytest.raises(OrderNotFoundError):
        await order_entry.CancelOrder(entry_pb.CancelOrderRequest(order_id="nothing"))


async def test_check_is_an_answer_even_where_it_refuses(
    order_entry: "OrderEntryServiceAsyncStub", account_id: str
) -> None:
    checked = await order_entry.CheckOrder(
        entry_pb.CheckOrderRequest(order=market_buy(account_id, quantity="101"))
    )
    assert (checked.accepted, checked.failures[0].reason) == (False, "QUANTITY_LIMIT_EXCEEDED")
    assert checked.reference_price.value == "100.00"
    assert Decimal(checked.notional.value) == 10100


async def test_opening_an_account_again_returns_the_first(
    trading: "TradingServiceAsyncStub",
) -> None:
    first = (await trading.OpenAccount(opening())).account
    again = (await trading.OpenAccount(opening())).account
    assert (again.account_id, again.cash.value) == (first.account_id, "100000.00")
    with pytest.raises(RequestIdReusedError):
        await trading.OpenAccount(opening(display_name="Other"))
    assert len((await trading.ListAccounts(pb.ListAccountsRequest())).accounts) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "XXX"},
        {"currency": ""},
        {"initial_cash": WireDecimal(value="-1")},
        {"initial_cash": WireDecimal(value="0.001")},
        {"initial_cash": WireDecimal(value="1e30")},
        {"display_name": "x" * 129},
        {"venue_terms": trading_pb2.PaperVenueTerms(slippage_bps=WireDecimal(value="-1"))},
        {"venue_terms": trading_pb2.PaperVenueTerms(fee_bps=WireDecimal(value="10000"))},
    ],
)
async def test_an_account_with_impossible_terms_is_refused(
    trading: "TradingServiceAsyncStub", changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgumentError):
        await trading.OpenAccount(opening(**changes))
    assert not (await trading.ListAccounts(pb.ListAccountsRequest())).accounts


async def test_instruments_are_registered_once_with_the_same_terms(
    trading: "TradingServiceAsyncStub", account_id: str
) -> None:
    request = pb.RegisterInstrumentsRequest(account_id=account_id, instruments=[SPY])
    await trading.RegisterInstruments(request)
    request.instruments[0].tick_size.value = "0.05"
    with pytest.raises(AlreadyExistsError):
        await trading.RegisterInstruments(request)
    request.instruments[0].symbol = "SAP"
    request.instruments[0].currency = "EUR"
    with pytest.raises(InvalidArgumentError):
        await trading.RegisterInstruments(request)


async def test_limits_older_than_those_in_force_are_refused(
    trading: "TradingServiceAsyncStub", account_id: str
) -> None:
    newer = trading_pb2.Limits(version=3, max_open_orders=1)
    request = pb.ApplyLimitsRequest(account_id=account_id, limits=newer)
    await trading.ApplyLimits(request)
    await trading.ApplyLimits(request)
    older = trading_pb2.Limits(version=2)
    with pytest.raises(FailedPreconditionError):
        await trading.ApplyLimits(pb.ApplyLimitsRequest(account_id=account_id, limits=older))


async def test_lists_come_in_pages(
    order_entry: "OrderEntryServiceAsyncStub", trading: "TradingServiceAsyncStub", account_id: str
) -> None:
    for n in range(3):
        await order_entry.SubmitOrder(
            market_buy(account_id, quantity="1", client_order_id=f"order-{n}")
        )
    found: list[str] = []
    token = ""
    while True:
        page = await trading.ListOrders(
            pb.ListOrdersRequest(account_id=account_id, page_size=2, page_token=token)
        )
        found += [order.client_order_id for order in page.orders]
        token = page.next_page_token
        if not token:
            break
    assert found == ["order-0", "order-1", "order-2"]
    bad_pages: list[dict[str, Any]] = [{"page_size": -1}, {"page_size": 1001}, {"page_token": "x"}]
    for bad in bad_pages:
        with pytest.raises(InvalidArgumentError):
            await trading.ListOrders(pb.ListOrdersRequest(account_id=account_id, **bad))
