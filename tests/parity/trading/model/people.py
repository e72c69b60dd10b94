"""What people do: consent, override, stop, re-arm."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.parity.trading.model import changes, checks, limits, submit, valid
from tests.parity.trading.model.refusal import Refused
from tests.parity.trading.model.state import scope_name

if TYPE_CHECKING:
    from tests.parity.trading.model.core import NaiveCore

Command = dict[str, Any]


def approve(core: "NaiveCore", command: Command, time_ns: int) -> None:
    valid.not_empty(approver=command["approver"])
    ((kind, subject),) = command["consent"].items()
    if kind == "override":
        override(core, command, subject, time_ns)
        return
    order = submit.known_order(core.state, subject)
    if order.state != "PENDING_APPROVAL":
        raise Refused("ORDER_STATE_CONFLICT", order.state)
    if kind == "grant" and order.terms["trader_id"] == command["approver"]:
        raise Refused("INVALID_ARGUMENT", "approver")
    note = command.get("note", "")
    if kind == "deny":
        changes.reject(core, order, checks.Breach("APPROVAL_DENIED", rule="approval"), note)
        return
    # What is sent at the market is worth what it costs now.
    price = core.state.slots[order.terms["symbol"]].price
    as_sent = replace(order, reference_price=price)
    candidate = checks.Candidate(core.state, as_sent, time_ns, is_granted=True)
    breach = checks.decide(candidate, soft_counts=False)
    if breach is not None:
        submit.cancel_both(core, candidate, breach)
        changes.reject(core, order, breach)
        return
    submit.cancel_oldest(core, candidate)
    core.emit("OrderApproved", order_id=subject, approver=command["approver"], note=note)


def override(core: "NaiveCore", command: Command, subject: Any, time_ns: int) -> None:
    granted = {"strategy_id": None, "symbol": None, **subject}
    if granted["rule"] not in checks.OVERRIDABLE or granted["until_ns"] <= time_ns:
        raise Refused("INVALID_ARGUMENT", "override")
    if granted["symbol"] is not None:
        valid.slot_of(core.state, granted["symbol"])
    if granted in core.state.overrides:
        return
    core.emit(
        "OverrideGranted",
        granted=granted,
        approver=command["approver"],
        note=command.get("note", ""),
    )


def kill(core: "NaiveCore", command: Command, time_ns: int) -> None:
    valid.not_empty(person=command["person"])
    scope, flatten = command["scope"], command.get("flatten", False)
    known = core.state.killed.get(scope_name(scope))
    if known is not None and (known or not flatten):
        return
    core.emit(
        "Killed",
        scope=scope,
        person=command["person"],
        note=command.get("note", ""),
        flatten=flatten,
    )
    strategy = scope["strategy"] if isinstance(scope, dict) else None
    submit.cancel_those(core, None, strategy)
    core.sync_lists()
    if flatten:
        close_all(core, strategy, time_ns)


def close_all(core: "NaiveCore", strategy: str | None, time_ns: int) -> None:
    for slot in list(core.state.slots.values()):
        quantity = slot.quantity
        if strategy is not None:
            own = core.state.strategy_quantity(strategy, slot.symbol)
            # Only what the strategy has of the position: its own part, if that has the same sign.
            sign = 1 if quantity > 0 else -1
            quantity = sign * min(abs(own), abs(quantity)) if own * quantity > 0 else 0
        if quantity:
            order_id = f"flatten-{core.state.sequence + 1}"
            terms = submit.closing_terms(slot.symbol, quantity, order_id)
            terms["strategy_id"] = strategy
            order = submit.new_order(core, terms, time_ns)
            core.emit("OrderCreated", order=order.as_dict())


def rearm(core: "NaiveCore", command: Command, time_ns: int) -> None:
    valid.not_empty(person=command["person"])
    name, scope = scope_name(command["scope"]), command["scope"]
    is_stopped = name in core.state.killed
    if isinstance(scope, dict):
        is_stopped = is_stopped or scope["strategy"] in core.state.disabled
    if not is_stopped:
        return
    requester = core.state.rearming.get(name)
    if command["confirm"]:
        if requester is None:
            raise Refused("FAILED_PRECONDITION", name)
        core.emit("Rearmed", scope=scope, person=command["person"])
    elif requester != command["person"]:
        core.emit("RearmRequested", scope=scope, person=command["person"])


def set_trading_state(core: "NaiveCore", command: Command, time_ns: int) -> None:
    valid.not_empty(person=command["person"])
    if command["trading_state"] != core.state.trading_state:
        core.emit(
            "TradingStateChanged",
            trading_state=command["trading_state"],
            person=command["person"],
        )


def set_connection(core: "NaiveCore", command: Command, time_ns: int) -> None:
    if command["connected"] == core.state.is_connected:
        return
    core.emit("ConnectionChanged", connected=command["connected"])
    given = core.state.limits
    if not command["connected"] and given is not None and given["cancel_on_disconnect"]:
        submit.cancel_those(core, None, None)


def set_limits(core: "NaiveCore", command: Command, time_ns: int) -> None:
    given = limits.complete(command["limits"])
    limits.validate(given)
    current = core.state.limits
    if current == given:
        return
    if current is not None and given["version"] <= current["version"]:
        raise Refused("FAILED_PRECONDITION", "version")
    core.emit("LimitsSet", limits=given)
