"""Order types, lists, replacements, cancels and checks over a real gRPC server."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from google.type.decimal_pb2 import Decimal as WireDecimal
from tests.contract.trading.builders import SPY, applying, limit, market_buy, opening

from algotrendy.api.trading.v1 import order_entry_service_pb2 as entry_pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.api.trading.v1 import trading_service_pb2 as pb
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.ids import AccountId
from algotrendy.errors import (
    AccountNotFoundError,
    AlgoTrendyError,
    ClientOrderIdReusedError,
    InstrumentHaltedError,
    InstrumentNotFoundError,
    InvalidArgumentError,
    MarketClosedError,
    OrderNotFoundError,
    OrderStateError,
    OrderTermsError,
    PriceOffTickError,
    QuantityLimitExceededError,
)
from algotrendy.rpc.time import encode_time
from algotrendy.testing.trading import daily_bar
from algotrendy.trading.model import BarPhase
from algotrendy.trading.service import MarketService

if TYPE_CHECKING:
    from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceAsyncStub
    from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceAsyncStub


def price(value: str) -> WireDecimal:
    return WireDecimal(value=value)


def sell(account_id: str, client_order_id: str, **changes: Any) -> entry_pb.SubmitOrderRequest:
    changes = {"side": trading_pb2.SIDE_SELL, "client_order_id": client_order_id, **changes}
    return market_buy(account_id, **changes)


def bracket(account_id: str, list_id: str = "list-1") -> entry_pb.SubmitOrderListRequest:
    """Buy at the market; sell at 110, or at 95 once the market is there."""
    return entry_pb.SubmitOrderListRequest(
        account_id=account_id,
        list_id=list_id,
        contingency=trading_pb2.CONTINGENCY_BRACKET,
        orders=[
            market_buy(account_id, client_order_id=f"{list_id}-entry"),
            sell(account_id, f"{list_id}-target", limit_price=price("110")),
            sell(account_id, f"{list_id}-stop", stop_price=price("95")),
        ],
    )


async def holding(
    order_entry: "OrderEntryServiceAsyncStub", market: MarketService, account_id: str
) -> None:
    """Buy ten at 100, on the first day."""
    await order_entry.SubmitOrder(market_buy(account_id, client_order_id="opening"))
    await market.trade_bar(daily_bar(1, ("100", "101", "99", "100")))
    await market.mark("SPY", Decimal(100), 2 * DAY_NS, "close")


async def status(trading: "TradingServiceAsyncStub", order: trading_pb2.Order) -> str:
    found = await trading.GetOrder(pb.GetOrderRequest(order_id=order.order_id))
    return trading_pb2.OrderStatus.Name(found.order.status).removeprefix("ORDER_STATUS_")


@pytest.mark.parametrize(
    ("terms", "order_type"),
    [
        ({}, "MARKET"),
        ({"limit_price": price("99")}, "LIMIT"),
        ({"stop_price": price("101")}, "STOP"),
        ({"stop_price": price("101"), "limit_price": price("102")}, "STOP_LIMIT"),
        ({"trail_bps": 100}, "TRAILING_STOP"),
        ({"trail_offset": price("2.50")}, "TRAILING_STOP"),
        ({"order_type": trading_pb2.ORDER_TYPE_MARKET}, "MARKET"),
    ],
)
async def test_an_orders_prices_say_what_it_is(
    order_entry: "OrderEntryServiceAsyncStub",
    account_id: str,
    terms: dict[str, Any],
    order_type: str,
) -> None:
    order = (await order_entry.SubmitOrder(market_buy(account_id, **terms))).order
    assert trading_pb2.OrderType.Name(order.order_type) == f"ORDER_TYPE_{order_type}"
    for name in ("limit_price", "stop_price", "trail_offset"):
        if name in terms:
            assert Decimal(getattr(order, name).value) == Decimal(terms[name].value)
    assert order.trail_bps == terms.get("trail_bps", 0)


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        ({"order_type": trading_pb2.ORDER_TYPE_LIMIT}, OrderTermsError),
        ({"order_type": trading_pb2.ORDER_TYPE_STOP}, OrderTermsError),
        (
            {"order_type": trading_pb2.ORDER_TYPE_MARKET, "limit_price": price("99")},
            OrderTermsError,
        ),
        ({"order_type": 99}, InvalidArgumentError),
        ({"time_in_force": 99}, InvalidArgumentError),
        ({"time_in_force": trading_pb2.TIME_IN_FORCE_GTD}, OrderTermsError),
        ({"trail_bps": 100, "trail_offset": price("1")}, InvalidArgumentError),
        ({"trail_bps": -1}, AlgoTrendyError),
        ({"trail_bps": 10_000}, AlgoTrendyError),
        ({"stop_price": price("101.005")}, PriceOffTickError),
        ({"post_only": True}, OrderTermsError),
    ],
)
async def test_terms_that_contradict_each_other_are_refused(
    order_entry: "OrderEntryServiceAsyncStub",
    account_id: str,
    terms: dict[str, Any],
    error: type[AlgoTrendyError],
) -> None:
    with pytest.raises(error) as refusal:
        await order_entry.SubmitOrder(market_buy(account_id, **terms))
    assert refusal.value.code == "INVALID_ARGUMENT"
    assert refusal.value.metadata


async def test_a_stop_waits_for_its_price_and_a_limit_for_the_venue_to_be_good_enough(
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
    account_id: str,
) -> None:
    stop = (await order_entry.SubmitOrder(market_buy(account_id, stop_price=price("102")))).order
    await market.trade_bar(daily_bar(1, ("100", "101", "99", "100")))
    assert await status(trading, stop) == "NEW"
    await market.trade_bar(daily_bar(2, ("100", "103", "99", "101")))
    filled = (await trading.GetOrder(pb.GetOrderRequest(order_id=stop.order_id))).order
    assert (filled.average_price.value, filled.triggered) == ("102.00000000", True)


async def test_a_bracket_works_from_its_entry_to_one_of_its_exits(
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
    account_id: str,
) -> None:
    entry, target, stop = (await order_entry.SubmitOrderList(bracket(account_id))).orders
    assert (entry.held, target.held, stop.held) == (False, True, True)
    assert target.reduce_only
    assert (stop.list.list_id, stop.list.index) == ("list-1", 2)

    await market.trade_bar(daily_bar(1, ("100", "101", "99", "100")))
    found = (await trading.GetOrder(pb.GetOrderRequest(order_id=target.order_id))).order
    assert (found.held, found.status) == (False, trading_pb2.ORDER_STATUS_NEW)
    await market.trade_bar(daily_bar(2, ("105", "111", "104", "110")))

    statuses = [await status(trading, order) for order in (entry, target, stop)]
    assert statuses == ["FILLED", "FILLED", "CANCELED"]


async def test_a_list_is_submitted_once(
    order_entry: "OrderEntryServiceAsyncStub", account_id: str
) -> None:
    first = (await order_entry.SubmitOrderList(bracket(account_id))).orders
    again = (await order_entry.SubmitOrderList(bracket(account_id))).orders
    assert [order.order_id for order in again] == [order.order_id for order in first]


async def test_a_list_is_refused_as_a_whole_for_what_one_of_its_orders_breaks(
    order_entry: "OrderEntryServiceAsyncStub", trading: "TradingServiceAsyncStub", account_id: str
) -> None:
    request = bracket(account_id)
    for order in request.orders:
        order.quantity.value = "101"
    for _ in range(2):
        with pytest.raises(QuantityLimitExceededError) as refusal:
            await order_entry.SubmitOrderList(request)
        assert refusal.value.metadata["rule"] == "order_quantity"
    listed = await trading.ListOrders(pb.ListOrdersRequest(account_id=account_id))
    assert {order.status for order in listed.orders} == {trading_pb2.ORDER_STATUS_REJECTED}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"contingency": trading_pb2.CONTINGENCY_UNSPECIFIED}, InvalidArgumentError),
        ({"list_id": ""}, InvalidArgumentError),
        ({"list_id": "x" * 65}, InvalidArgumentError),
        ({"account_id": "nobody"}, InvalidArgumentError),
    ],
)
async def test_a_list_that_is_none_is_refused(
    order_entry: "OrderEntryServiceAsyncStub",
    account_id: str,
    changes: dict[str, Any],
    error: type[AlgoTrendyError],
) -> None:
    request = bracket(account_id)
    for name, value in changes.items():
        setattr(request, name, value)
    with pytest.raises(error):
        await order_entry.SubmitOrderList(request)
    request = bracket(account_id)
    del request.orders[1:]
    with pytest.raises(AlgoTrendyError) as refusal:
        await order_entry.SubmitOrderList(request)
    assert refusal.value.code == "INVALID_ARGUMENT"


async def test_a_replacement_changes_quantity_and_price(
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
) -> None:
    request = market_buy(account_id, limit_price=price("90"))
    order = (await order_entry.SubmitOrder(request)).order
    answer = await order_entry.ReplaceOrder(
        entry_pb.ReplaceOrderRequest(
            order_id=order.order_id, quantity=price("7"), limit_price=price("95")
        )
    )
    assert (answer.order.quantity.value, answer.order.limit_price.value) == ("7", "95.00")
    assert answer.order.status == trading_pb2.ORDER_STATUS_NEW
    # What was submitted first is still what is repeated.
    assert (await order_entry.SubmitOrder(request)).order.order_id == order.order_id


async def test_a_replacement_that_a_check_refuses_leaves_the_order_as_it_is(
    order_entry: "OrderEntryServiceAsyncStub", trading: "TradingServiceAsyncStub", account_id: str
) -> None:
    order = (await order_entry.SubmitOrder(market_buy(account_id, limit_price=price("90")))).order
    with pytest.raises(QuantityLimitExceededError) as refusal:
        await order_entry.ReplaceOrder(
            entry_pb.ReplaceOrderRequest(order_id=order.order_id, quantity=price("101"))
        )
    metadata = refusal.value.metadata
    assert (metadata["rule"], Decimal(metadata["limit"])) == ("order_quantity", 100)
    assert (metadata["order_id"], Decimal(metadata["observed"])) == (order.order_id, 101)
    found = (await trading.GetOrder(pb.GetOrderRequest(order_id=order.order_id))).order
    assert (found.quantity.value, found.status) == ("10", trading_pb2.ORDER_STATUS_NEW)


async def test_what_is_not_there_or_has_ended_cannot_be_replaced(
    order_entry: "OrderEntryServiceAsyncStub", account_id: str
) -> None:
    with pytest.raises(OrderNotFoundError):
        await order_entry.ReplaceOrder(entry_pb.ReplaceOrderRequest(order_id="nothing"))
    order = (await order_entry.SubmitOrder(market_buy(account_id))).order
    await order_entry.CancelOrder(entry_pb.CancelOrderRequest(order_id=order.order_id))
    with pytest.raises(OrderStateError):
        await order_entry.ReplaceOrder(
            entry_pb.ReplaceOrderRequest(order_id=order.order_id, quantity=price("7"))
        )


async def test_all_orders_are_cancelled_or_those_that_fit(
    order_entry: "OrderEntryServiceAsyncStub", trading: "TradingServiceAsyncStub", account_id: str
) -> None:
    for name, strategy_id in (("a", "s-1"), ("b", "s-2"), ("c", "s-2")):
        await order_entry.SubmitOrder(
            market_buy(account_id, client_order_id=name, strategy_id=strategy_id)
        )
    answer = await order_entry.CancelAll(
        entry_pb.CancelAllRequest(account_id=account_id, strategy_id="s-2")
    )
    assert [(order.client_order_id, order.status) for order in answer.orders] == [
        ("b", trading_pb2.ORDER_STATUS_CANCELED),
        ("c", trading_pb2.ORDER_STATUS_CANCELED),
    ]
    rest = await order_entry.CancelAll(entry_pb.CancelAllRequest(account_id=account_id))
    assert [order.client_order_id for order in rest.orders] == ["a"]
    assert not (
        await order_entry.CancelAll(entry_pb.CancelAllRequest(account_id=account_id))
    ).orders
    with pytest.raises(AccountNotFoundError):
        await order_entry.CancelAll(entry_pb.CancelAllRequest(account_id="nobody"))


async def test_a_position_is_closed_once_and_its_open_orders_with_it(
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
    account_id: str,
) -> None:
    await holding(order_entry, market, account_id)
    target = (
        await order_entry.SubmitOrder(sell(account_id, "target", limit_price=price("110")))
    ).order
    request = entry_pb.ClosePositionRequest(
        position_id=f"{account_id}:SPY", client_order_id="close-1"
    )
    order = (await order_entry.ClosePosition(request)).order
    assert (order.side, order.quantity.value) == (trading_pb2.SIDE_SELL, "10")
    assert order.reduce_only
    assert (await order_entry.ClosePosition(request)).order.order_id == order.order_id

    await market.trade_bar(daily_bar(2, ("101", "102", "100", "101")))
    account = (await trading.GetAccount(pb.GetAccountRequest(account_id=account_id))).account
    assert not account.positions
    assert await status(trading, target) == "CANCELED"

    flat = entry_pb.ClosePositionRequest(position_id=f"{account_id}:SPY", client_order_id="close-2")
    assert not (await order_entry.ClosePosition(flat)).HasField("order")
    reused = entry_pb.ClosePositionRequest(
        position_id=f"{account_id}:SPY", client_order_id="opening"
    )
    with pytest.raises(ClientOrderIdReusedError):
        await order_entry.ClosePosition(reused)


@pytest.mark.parametrize(
    ("position_id", "error"),
    [
        ("{account_id}", InvalidArgumentError),
        ("{account_id}:NOPE", InstrumentNotFoundError),
        ("nobody:SPY", AccountNotFoundError),
    ],
)
async def test_a_position_that_is_none_cannot_be_closed(
    order_entry: "OrderEntryServiceAsyncStub",
    account_id: str,
    position_id: str,
    error: type[AlgoTrendyError],
) -> None:
    with pytest.raises(error):
        await order_entry.ClosePosition(
            entry_pb.ClosePositionRequest(
                position_id=position_id.format(account_id=account_id), client_order_id="c"
            )
        )


async def test_a_check_tells_of_every_rule_with_its_limit_and_head_room(
    order_entry: "OrderEntryServiceAsyncStub", trading: "TradingServiceAsyncStub", account_id: str
) -> None:
    await trading.ApplyLimits(
        applying(
            account_id,
            max_order_quantity=limit("100"),
            max_order_notional=limit("500", soft=True),
        )
    )
    checked = await order_entry.CheckOrder(entry_pb.CheckOrderRequest(order=market_buy(account_id)))
    rows = {row.rule: row for row in checked.rows}
    assert len(rows) > 25
    quantity, notional = rows["order_quantity"], rows["order_notional"]
    assert quantity.verdict == trading_pb2.VERDICT_PASSED
    assert [Decimal(n.value) for n in (quantity.limit, quantity.observed, quantity.head_room)] == [
        100, 10, 90,
    ]  # fmt: skip
    assert notional.verdict == trading_pb2.VERDICT_NEEDS_APPROVAL
    assert Decimal(notional.head_room.value) == -500
    assert (checked.accepted, checked.needs_approval) == (False, True)
    assert [failure.rule for failure in checked.failures] == ["order_notional"]


async def test_a_halt_stops_orders_until_it_is_lifted(
    order_entry: "OrderEntryServiceAsyncStub", trading: "TradingServiceAsyncStub", account_id: str
) -> None:
    def halting(*, halted: bool) -> pb.ChangeInstrumentRequest:
        change = trading_pb2.InstrumentChange(halted=halted)
        return pb.ChangeInstrumentRequest(account_id=account_id, symbol="SPY", change=change)

    await trading.ChangeInstrument(halting(halted=True))
    with pytest.raises(InstrumentHaltedError):
        await order_entry.SubmitOrder(market_buy(account_id))
    await trading.ChangeInstrument(halting(halted=False))
    await order_entry.SubmitOrder(market_buy(account_id, client_order_id="after"))
    with pytest.raises(InstrumentNotFoundError):
        await trading.ChangeInstrument(
            pb.ChangeInstrumentRequest(account_id=account_id, symbol="NOPE")
        )


async def test_a_new_price_step_holds_for_orders_and_their_fills(
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
) -> None:
    terms = trading_pb2.PaperVenueTerms(slippage_bps=price("1"))
    account = (await trading.OpenAccount(opening(venue_terms=terms))).account.account_id
    await trading.RegisterInstruments(
        pb.RegisterInstrumentsRequest(account_id=account, instruments=[SPY])
    )
    await trading.ApplyLimits(applying(account))
    await market.mark("SPY", Decimal(100), 1, "test")
    change = trading_pb2.InstrumentChange(tick_size=price("0.05"))
    await trading.ChangeInstrument(
        pb.ChangeInstrumentRequest(account_id=account, symbol="SPY", change=change)
    )
    with pytest.raises(PriceOffTickError):
        await order_entry.SubmitOrder(market_buy(account, limit_price=price("99.99")))
    await order_entry.SubmitOrder(market_buy(account, client_order_id="market"))
    await market.trade_bar(daily_bar(1))
    (fill,) = (await trading.ListFills(pb.ListFillsRequest(account_id=account))).fills
    # 100 and a basis point, up to the next step.
    assert fill.price.value == "100.05"
    finer = trading_pb2.InstrumentChange(tick_size=price("0.001"))
    with pytest.raises(InvalidArgumentError):
        await trading.ChangeInstrument(
            pb.ChangeInstrumentRequest(account_id=account, symbol="SPY", change=finer)
        )


async def test_an_instrument_with_a_calendar_trades_in_its_sessions(
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
    account_id: str,
) -> None:
    session = trading_pb2.Session(
        open_time=encode_time(10 * DAY_NS), close_time=encode_time(11 * DAY_NS)
    )
    await trading.SetCalendar(
        pb.SetCalendarRequest(account_id=account_id, calendar_id="once", sessions=[session])
    )
    qqq = type(SPY)()
    qqq.CopyFrom(SPY)
    qqq.symbol, qqq.calendar_id = "QQQ", "once"
    await trading.RegisterInstruments(
        pb.RegisterInstrumentsRequest(account_id=account_id, instruments=[qqq])
    )
    await market.mark("QQQ", Decimal(100), DAY_NS, "close")
    with pytest.raises(MarketClosedError):
        await order_entry.SubmitOrder(market_buy(account_id, symbol="QQQ"))
    await market.mark("QQQ", Decimal(100), 10 * DAY_NS, "open")
    await order_entry.SubmitOrder(market_buy(account_id, symbol="QQQ", client_order_id="open"))
    bad = trading_pb2.Session(open_time=encode_time(2), close_time=encode_time(1))
    with pytest.raises(InvalidArgumentError):
        await trading.SetCalendar(
            pb.SetCalendarRequest(account_id=account_id, calendar_id="bad", sessions=[bad])
        )


async def test_an_order_between_bars_is_sent_at_the_time_that_has_passed(
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
    account_id: str,
) -> None:
    await market.trade_bar(daily_bar(1), BarPhase.OPEN)
    noon_ns = DAY_NS + DAY_NS // 2
    await market.pass_time(AccountId(account_id), noon_ns)
    order = (await order_entry.SubmitOrder(market_buy(account_id, client_order_id="noon"))).order
    assert order.create_time == encode_time(noon_ns)
    # Its bar had opened: it fills with the next one.
    await market.trade_bar(daily_bar(1), BarPhase.CLOSE)
    assert await status(trading, order) == "NEW"
    await market.trade_bar(daily_bar(2), BarPhase.OPEN)
    assert await status(trading, order) == "FILLED"
    with pytest.raises(AccountNotFoundError):
        await market.pass_time(AccountId("nobody"), noon_ns)
