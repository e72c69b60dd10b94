"""The control contract's messages ↔ the model."""

from decimal import Decimal

from algotrendy.api.trading.v1 import control_service_pb2 as pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.domain.ids import AccountId, OrderId, StrategyId
from algotrendy.domain.limits import TradingState
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import decode_decimal, decode_optional_decimal
from algotrendy.rpc.limits import decode_trading_state, encode_trading_state
from algotrendy.rpc.person import PERSON_LIMIT
from algotrendy.rpc.text import decode_id, decode_text
from algotrendy.rpc.time import decode_time, encode_time
from algotrendy.trading import codec, entry_codec
from algotrendy.trading.controls import (
    NOTE_LIMIT,
    Consent,
    KillOrder,
    Override,
    OverrideGrant,
    PendingApproval,
    RearmStep,
    Scope,
    StoppedScope,
    Switches,
)
from algotrendy.trading.model import Order
from algotrendy.trading.terms import Adoption, CovarianceTerms, PositionAdjustment

# --- From the wire ------------------------------------------------------------------------------


def decode_consent(
    request: pb.ApproveOrderRequest | pb.DenyOrderRequest, approver: str, *, grants: bool
) -> Consent:
    """Return what a person says of an order that waits."""
    return Consent(OrderId(decode_id(request, "order_id")), approver, _note(request), grants)


def decode_grant(request: pb.GrantOverrideRequest, approver: str) -> OverrideGrant:
    """Return an override that is asked for."""
    override = Override(
        rule=decode_id(request.override, "rule"),
        until_ns=decode_time(request.override, "until_time"),
        strategy_id=StrategyId(request.override.strategy_id) or None,
        symbol=request.override.symbol or None,
    )
    return OverrideGrant(AccountId(request.account_id), override, approver, _note(request))


def decode_kill(request: pb.KillRequest, person: str) -> KillOrder:
    """Return a kill switch to pull."""
    account_id = AccountId(request.account_id) or None
    scope = decode_scope(request.scope)
    return KillOrder(account_id, scope, person, _note(request), request.flatten)


def decode_rearm(request: pb.RearmRequest, person: str) -> RearmStep:
    """Return a step of re-arming."""
    account_id = AccountId(request.account_id) or None
    return RearmStep(account_id, decode_scope(request.scope), person, request.confirm)


def decode_state(request: pb.SetTradingStateRequest) -> TradingState:
    """Return what an account may do from now on; it must be named."""
    if not request.trading_state:
        raise InvalidArgumentError(
            "trading_state is missing; expected ACTIVE, REDUCING or HALTED.", field="trading_state"
        )
    return decode_trading_state(request.trading_state)


def decode_connected(request: pb.SetConnectionRequest) -> bool:
    """Return whether there is a connection; it must be told."""
    if not request.HasField("connected"):
        raise InvalidArgumentError(
            "connected is missing; expected true or false.", field="connected"
        )
    return request.connected


def decode_covariance(request: pb.SetCovarianceRequest) -> CovarianceTerms:
    """Return a covariance to reckon value at risk from."""
    terms = (AccountId(request.account_id), tuple(request.symbols), tuple(request.covariance))
    deviations = decode_optional_decimal(request, "deviations")
    return CovarianceTerms(*terms) if deviations is None else CovarianceTerms(*terms, deviations)


def decode_adoption(request: pb.AdoptOrderRequest) -> Adoption:
    """Return an order of the venue's to take over."""
    trader_id = decode_text(request.order, "trader_id", limit=PERSON_LIMIT, required=False)
    return Adoption(
        order=entry_codec.decode_new_order(request.order, trader_id or None),
        filled_quantity=decode_optional_decimal(request, "filled_quantity") or Decimal(0),
        venue_order_id=decode_id(request, "venue_order_id"),
    )


def decode_adjustment(request: pb.AdjustPositionRequest, person: str) -> PositionAdjustment:
    """Return what a position is said to be."""
    account_id, symbol = entry_codec.decode_position_id(request.position_id)
    return PositionAdjustment(
        account_id=account_id,
        symbol=symbol,
        quantity=decode_decimal(request, "quantity"),
        price=decode_decimal(request, "price"),
        person=person,
        note=_note(request),
    )


def decode_scope(message: trading_pb2.SwitchScope) -> Scope:
    """Return what a switch is for; unset: the account."""
    match message.WhichOneof("scope"):
        case "all_accounts" if message.all_accounts:
            return Scope(all_accounts=True)
        case "strategy_id":
            return Scope(strategy_id=StrategyId(decode_id(message, "strategy_id")))
        case "all_accounts":
            raise InvalidArgumentError(
                "scope.all_accounts is false; expected true, or no scope for the account.",
                field="scope.all_accounts",
                value="false",
            )
    return Scope()


def _note(
    request: pb.ApproveOrderRequest
    | pb.DenyOrderRequest
    | pb.GrantOverrideRequest
    | pb.KillRequest
    | pb.AdjustPositionRequest,
) -> str:
    return decode_text(request, "note", limit=NOTE_LIMIT, required=False)


# --- To the wire --------------------------------------------------------------------------------


def encode_approval(order: Order, pending: PendingApproval) -> pb.PendingApproval:
    """Return an order that waits for the wire."""
    return pb.PendingApproval(
        order=codec.encode_order(order),
        failure=codec.encode_failure(pending.failure),
        expire_time=encode_time(pending.expire_time_ns),
    )


def encode_switches(switches: Switches) -> pb.GetSwitchesResponse:
    """Return what is stopped and overridden for the wire."""
    return pb.GetSwitchesResponse(
        stopped=[_encode_stopped(stopped) for stopped in switches.stopped],
        overrides=[
            pb.GrantedOverride(override=encode_override(override), approver=approver)
            for override, approver in switches.overrides
        ],
        trading_state=encode_trading_state(switches.trading_state),
        connected=switches.connected,
    )


def encode_override(override: Override) -> trading_pb2.Override:
    """Return an override for the wire."""
    return trading_pb2.Override(
        rule=override.rule,
        strategy_id=override.strategy_id or "",
        symbol=override.symbol or "",
        until_time=encode_time(override.until_ns),
    )


def encode_scope(scope: Scope) -> trading_pb2.SwitchScope:
    """Return what a switch is for, for the wire."""
    if scope.all_accounts:
        return trading_pb2.SwitchScope(all_accounts=True)
    if scope.strategy_id is not None:
        return trading_pb2.SwitchScope(strategy_id=scope.strategy_id)
    return trading_pb2.SwitchScope()


def _encode_stopped(stopped: StoppedScope) -> pb.StoppedScope:
    return pb.StoppedScope(
        scope=encode_scope(stopped.scope),
        killed_by=stopped.killed_by or "",
        rearm_requested_by=stopped.rearm_requested_by or "",
    )
