"""`TradingControlService` over a real gRPC server."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from tests.contract.trading.builders import applying, limit, market_buy, opening

from algotrendy.api.trading.v1 import control_service_pb2 as pb
from algotrendy.api.trading.v1 import order_entry_service_pb2 as entry_pb
from algotrendy.api.trading.v1 import trading_pb2, trading_service_pb2
from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import (
    AccountNotFoundError,
    AlgoTrendyError,
    FailedPreconditionError,
    InvalidArgumentError,
    KillSwitchOnError,
    NotionalLimitExceededError,
    OrderNotFoundError,
    OrderStateError,
    PermissionDeniedError,
    TradingHaltedError,
    TradingReducingError,
)
from algotrendy.rpc.person import USER_KEY
from algotrendy.rpc.time import encode_time
from algotrendy.testing.trading import daily_bar
from algotrendy.trading.service import MarketService

if TYPE_CHECKING:
    from algotrendy.api.trading.v1.control_service_pb2_grpc import TradingControlServiceAsyncStub
    from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceAsyncStub
    from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceAsyncStub


@pytest.fixture
async def waiting(
    order_entry: "OrderEntryServiceAsyncStub", trading: "TradingServiceAsyncStub", account_id: str
) -> trading_pb2.Order:
    """An order of Ann's for 1000, where more than 500 wants approval."""
    await trading.ApplyLimits(applying(account_id, max_order_notional=limit("500", soft=True)))
    return (await order_entry.SubmitOrder(market_buy(account_id, trader_id="ann"))).order


async def test_an_order_above_a_soft_limit_waits_and_is_sent_once_it_is_approved(
    controls: "TradingControlServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
    waiting: trading_pb2.Order,
) -> None:
    assert (waiting.awaiting_approval, waiting.status) == (
        True,
        trading_pb2.ORDER_STATUS_PENDING_NEW,
    )
    request = pb.ListPendingApprovalsRequest(account_id=account_id)
    (approval,) = (await controls.ListPendingApprovals(request)).approvals
    assert approval.order == waiting
    assert (approval.failure.reason, approval.failure.rule) == (
        "NOTIONAL_LIMIT_EXCEEDED",
        "order_notional",
    )
    assert (Decimal(approval.failure.limit), Decimal(approval.failure.observed)) == (500, 1000)
    assert approval.HasField("expire_time")

    answer = await controls.ApproveOrder(
        pb.ApproveOrderRequest(order_id=waiting.order_id, approver="bob", note="fine")
    )
    assert not answer.order.awaiting_approval
    assert not (await controls.ListPendingApprovals(request)).approvals
    found = await trading.GetOrder(trading_service_pb2.GetOrderRequest(order_id=waiting.order_id))
    assert found.order.status == trading_pb2.ORDER_STATUS_NEW


async def test_an_order_that_is_denied_is_rejected(
    controls: "TradingControlServiceAsyncStub", account_id: str, waiting: trading_pb2.Order
) -> None:
    answer = await controls.DenyOrder(
        pb.DenyOrderRequest(order_id=waiting.order_id, approver="bob", note="no")
    )
    assert answer.order.status == trading_pb2.ORDER_STATUS_REJECTED
    assert answer.order.reject_reason == "APPROVAL_DENIED"
    request = pb.ListPendingApprovalsRequest(account_id=account_id)
    assert not (await controls.ListPendingApprovals(request)).approvals
    with pytest.raises(OrderStateError):
        await controls.ApproveOrder(
            pb.ApproveOrderRequest(order_id=waiting.order_id, approver="bob")
        )


async def test_an_order_that_nobody_approves_in_time_is_rejected(
    controls: "TradingControlServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
    account_id: str,
    waiting: trading_pb2.Order,
) -> None:
    await market.trade_bar(daily_bar(1))
    request = pb.ListPendingApprovalsRequest(account_id=account_id)
    assert not (await controls.ListPendingApprovals(request)).approvals
    found = await trading.GetOrder(trading_service_pb2.GetOrderRequest(order_id=waiting.order_id))
    assert found.order.reject_reason == "APPROVAL_EXPIRED"


async def test_hard_limits_are_checked_again_when_an_order_is_approved(
    controls: "TradingControlServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
    waiting: trading_pb2.Order,
) -> None:
    await trading.ApplyLimits(applying(account_id, version=3, max_order_notional=limit("600")))
    with pytest.raises(NotionalLimitExceededError) as refusal:
        await controls.ApproveOrder(
            pb.ApproveOrderRequest(order_id=waiting.order_id, approver="bob")
        )
    assert Decimal(refusal.value.metadata["limit"]) == 600


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"approver": ""}, InvalidArgumentError),
        ({"approver": "x" * 65}, InvalidArgumentError),
        ({"approver": "ann"}, AlgoTrendyError),
        ({"note": "x" * 1025}, InvalidArgumentError),
        ({"order_id": "nothing"}, OrderNotFoundError),
        ({"order_id": ""}, InvalidArgumentError),
    ],
)
async def test_not_everybody_may_approve_everything(
    controls: "TradingControlServiceAsyncStub",
    waiting: trading_pb2.Order,
    changes: dict[str, Any],
    error: type[AlgoTrendyError],
) -> None:
    terms: dict[str, Any] = {"order_id": waiting.order_id, "approver": "bob", **changes}
    with pytest.raises(error):
        await controls.ApproveOrder(pb.ApproveOrderRequest(**terms))


async def test_who_is_logged_in_approves_and_nobody_else(
    controls: "TradingControlServiceAsyncStub", waiting: trading_pb2.Order
) -> None:
    user = grpc.aio.Metadata((USER_KEY, "bob"))
    other = pb.ApproveOrderRequest(order_id=waiting.order_id, approver="carl")
    with pytest.raises(PermissionDeniedError):
        await controls.ApproveOrder(other, metadata=user)
    trader = grpc.aio.Metadata((USER_KEY, "ann"))
    with pytest.raises(AlgoTrendyError):
        await controls.ApproveOrder(
            pb.ApproveOrderRequest(order_id=waiting.order_id), metadata=trader
        )
    await controls.ApproveOrder(pb.ApproveOrderRequest(order_id=waiting.order_id), metadata=user)


async def test_an_override_lets_a_rule_pass_until_it_ends(
    controls: "TradingControlServiceAsyncStub",
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
    account_id: str,
) -> None:
    await trading.ApplyLimits(applying(account_id, max_order_notional=limit("500")))
    override = trading_pb2.Override(
        rule="order_notional", symbol="SPY", until_time=encode_time(DAY_NS)
    )
    await controls.GrantOverride(
        pb.GrantOverrideRequest(
            account_id=account_id, override=override, approver="bob", note="once"
        )
    )
    switches = await controls.GetSwitches(pb.GetSwitchesRequest(account_id=account_id))
    assert [(granted.override, granted.approver) for granted in switches.overrides] == [
        (override, "bob")
    ]
    checked = await order_entry.CheckOrder(entry_pb.CheckOrderRequest(order=market_buy(account_id)))
    assert checked.accepted
    await order_entry.SubmitOrder(market_buy(account_id))

    await market.trade_bar(daily_bar(1))
    await market.mark("SPY", Decimal(100), 2 * DAY_NS, "close")
    with pytest.raises(NotionalLimitExceededError):
        await order_entry.SubmitOrder(market_buy(account_id, client_order_id="late"))
    switches = await controls.GetSwitches(pb.GetSwitchesRequest(account_id=account_id))
    assert not switches.overrides


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "no_such_rule"},
        {"rule": ""},
        {"rule": "kill_switch"},
        {"until_time": encode_time(0)},
        {"until_time": None},
    ],
)
async def test_an_override_of_nothing_is_refused(
    controls: "TradingControlServiceAsyncStub", account_id: str, changes: dict[str, Any]
) -> None:
    terms: dict[str, Any] = {"rule": "order_notional", "until_time": encode_time(DAY_NS)}
    override = trading_pb2.Override(**{**terms, **changes})
    with pytest.raises(InvalidArgumentError):
        await controls.GrantOverride(
            pb.GrantOverrideRequest(account_id=account_id, override=override, approver="bob")
        )


async def test_a_kill_switch_cancels_refuses_closes_and_is_rearmed_in_two_steps(
    controls: "TradingControlServiceAsyncStub",
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
    account_id: str,
) -> None:
    await order_entry.SubmitOrder(market_buy(account_id))
    await market.trade_bar(daily_bar(1))
    await market.mark("SPY", Decimal(100), 2 * DAY_NS, "close")
    waits = (await order_entry.SubmitOrder(market_buy(account_id, client_order_id="b"))).order

    kill = pb.KillRequest(account_id=account_id, person="ann", note="a storm", flatten=True)
    for _ in range(2):
        await controls.Kill(kill)
    with pytest.raises(KillSwitchOnError) as refusal:
        await order_entry.SubmitOrder(market_buy(account_id, client_order_id="c"))
    assert refusal.value.metadata["rule"] == "kill_switch"
    found = await trading.GetOrder(trading_service_pb2.GetOrderRequest(order_id=waits.order_id))
    assert found.order.status == trading_pb2.ORDER_STATUS_CANCELED
    await market.trade_bar(daily_bar(2))
    await market.mark("SPY", Decimal(100), 3 * DAY_NS, "close")
    account = await trading.GetAccount(trading_service_pb2.GetAccountRequest(account_id=account_id))
    assert not account.account.positions

    def rearm(*, confirm: bool) -> pb.RearmRequest:
        return pb.RearmRequest(account_id=account_id, person="bob", confirm=confirm)

    with pytest.raises(FailedPreconditionError):
        await controls.Rearm(rearm(confirm=True))
    await controls.Rearm(rearm(confirm=False))
    switches = await controls.GetSwitches(pb.GetSwitchesRequest(account_id=account_id))
    (stopped,) = switches.stopped
    assert (stopped.killed_by, stopped.rearm_requested_by) == ("ann", "bob")
    with pytest.raises(KillSwitchOnError):
        await order_entry.SubmitOrder(market_buy(account_id, client_order_id="d"))
    await controls.Rearm(rearm(confirm=True))
    switches = await controls.GetSwitches(pb.GetSwitchesRequest(account_id=account_id))
    assert not switches.stopped
    await order_entry.SubmitOrder(market_buy(account_id, client_order_id="e"))


async def test_a_kill_switch_of_a_strategy_stops_no_other(
    controls: "TradingControlServiceAsyncStub",
    order_entry: "OrderEntryServiceAsyncStub",
    account_id: str,
) -> None:
    scope = trading_pb2.SwitchScope(strategy_id="s-1")
    await controls.Kill(pb.KillRequest(account_id=account_id, scope=scope, person="ann"))
    with pytest.raises(KillSwitchOnError):
        await order_entry.SubmitOrder(market_buy(account_id, strategy_id="s-1"))
    await order_entry.SubmitOrder(
        market_buy(account_id, strategy_id="s-2", client_order_id="other")
    )


async def test_a_global_kill_switch_stops_every_account_also_one_that_is_opened_later(
    controls: "TradingControlServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
) -> None:
    second = (await trading.OpenAccount(opening(request_id="second"))).account.account_id
    scope = trading_pb2.SwitchScope(all_accounts=True)
    await controls.Kill(pb.KillRequest(scope=scope, person="ann"))
    third = (await trading.OpenAccount(opening(request_id="third"))).account.account_id
    for account in (account_id, second, third):
        switches = await controls.GetSwitches(pb.GetSwitchesRequest(account_id=account))
        assert [stopped.scope for stopped in switches.stopped] == [scope]
    for confirm in (False, True):
        await controls.Rearm(pb.RearmRequest(scope=scope, person="ann", confirm=confirm))
    for account in (account_id, second, third):
        switches = await controls.GetSwitches(pb.GetSwitchesRequest(account_id=account))
        assert not switches.stopped


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"person": ""}, InvalidArgumentError),
        ({"account_id": ""}, InvalidArgumentError),
        ({"account_id": "nobody"}, AccountNotFoundError),
        ({"scope": trading_pb2.SwitchScope(all_accounts=True)}, InvalidArgumentError),
        ({"scope": trading_pb2.SwitchScope(all_accounts=False)}, InvalidArgumentError),
        ({"scope": trading_pb2.SwitchScope(strategy_id="")}, InvalidArgumentError),
    ],
)
async def test_a_kill_switch_of_nothing_is_refused(
    controls: "TradingControlServiceAsyncStub",
    account_id: str,
    changes: dict[str, Any],
    error: type[AlgoTrendyError],
) -> None:
    terms: dict[str, Any] = {"account_id": account_id, "person": "ann", **changes}
    with pytest.raises(error):
        await controls.Kill(pb.KillRequest(**terms))
    await controls.Rearm(pb.RearmRequest(account_id=account_id, person="ann"))
    switches = await controls.GetSwitches(pb.GetSwitchesRequest(account_id=account_id))
    assert not switches.stopped


async def test_an_account_may_only_reduce_or_trade_nothing_at_all(
    controls: "TradingControlServiceAsyncStub",
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
) -> None:
    for name, error in (("REDUCING", TradingReducingError), ("HALTED", TradingHaltedError)):
        state = trading_pb2.TradingState.Value(f"TRADING_STATE_{name}")
        await controls.SetTradingState(
            pb.SetTradingStateRequest(account_id=account_id, trading_state=state, person="ann")
        )
        with pytest.raises(error):
            await order_entry.SubmitOrder(market_buy(account_id, client_order_id=name))
        account = await trading.GetAccount(
            trading_service_pb2.GetAccountRequest(account_id=account_id)
        )
        assert account.account.trading_state == state
    with pytest.raises(InvalidArgumentError):
        await controls.SetTradingState(
            pb.SetTradingStateRequest(account_id=account_id, person="ann")
        )
