"""Orders on their way in: submitted alone or in lists, replaced, closing a position."""

from typing import TYPE_CHECKING, Any

from tests.parity.trading.model import checks, clock, lists, orders, valid
from tests.parity.trading.model.changes import cancel_order, reject
from tests.parity.trading.model.machine import IMPOSSIBLE, next_state
from tests.parity.trading.model.orders import Order
from tests.parity.trading.model.refusal import Refused
from tests.parity.trading.model.state import State

if TYPE_CHECKING:
    from tests.parity.trading.model.core import NaiveCore

Command = dict[str, Any]


def new_order(core: "NaiveCore", terms: dict[str, Any], time_ns: int) -> Order:
    return Order(
        number=len(core.state.orders),
        terms=dict(terms),
        state="PENDING_SEND",
        created_ns=time_ns,
        updated_ns=time_ns,
        reference_price=core.state.slots[terms["symbol"]].price,
        end_time_ns=clock.end_time(core.state, terms, time_ns),
    )


def is_repeated(state: State, terms: dict[str, Any]) -> bool:
    """Whether the order was submitted before, with the same terms."""
    known = state.by_client_id(terms["client_order_id"])
    if known is not None:
        if orders.is_repeated(known.submitted, terms):
            return True
        raise Refused("CLIENT_ORDER_ID_REUSED", terms["client_order_id"])
    return False


def submit(core: "NaiveCore", command: Command, time_ns: int) -> None:
    terms = orders.complete(command)
    if is_repeated(core.state, terms):
        return
    valid.terms(core.state, terms)
    if terms["order_id"] in core.state.orders:
        raise Refused("ALREADY_EXISTS", terms["order_id"])
    take(core, new_order(core, terms, time_ns), time_ns)


def take(core: "NaiveCore", order: Order, time_ns: int, *, closes: str | None = None) -> None:
    """Checks the order and creates or rejects it, after canceling those that a close cancels."""
    candidate = checks.Candidate(core.state, order, time_ns)
    breach = checks.decide(candidate, soft_counts=True)
    if closes is not None:
        cancel_those(core, closes, None)
    if breach is not None and breach.severity == "HARD":
        cancel_both(core, candidate, breach)
        reject(core, order, breach)
        return
    if breach is None:
        cancel_oldest(core, candidate)
    create(core, order, breach, time_ns)


def cancel_oldest(core: "NaiveCore", candidate: checks.Candidate) -> None:
    """The new order is taken: what it would trade with gives way, where limits say so."""
    if core.state.limits and core.state.limits["self_trade"] == "CANCEL_OLDEST":
        for crossed in checks.crossed(candidate):
            cancel_order(core, crossed)


def cancel_both(core: "NaiveCore", candidate: checks.Candidate, breach: checks.Breach) -> None:
    given = core.state.limits
    if breach.rule == "self_trade" and given and given["self_trade"] == "CANCEL_BOTH":
        for crossed in checks.crossed(candidate):
            cancel_order(core, crossed)


def create(core: "NaiveCore", order: Order, soft: checks.Breach | None, time_ns: int) -> None:
    if soft is not None:
        order.state = "PENDING_APPROVAL"
    core.emit("OrderCreated", order=order.as_dict())
    if soft is not None:
        assert core.state.limits is not None
        core.emit(
            "ApprovalRequested",
            order_id=order.terms["order_id"],
            reason=soft.reason,
            rule=soft.rule,
            limit=soft.limit,
            observed=soft.observed,
            expire_time_ns=time_ns + core.state.limits["approval_ttl_ns"],
        )


def submit_list(core: "NaiveCore", command: Command, time_ns: int) -> None:
    asked = [orders.complete(terms) for terms in command["orders"]]
    if command["contingency"] == "BRACKET":
        asked = [asked[0], *({**exit_, "reduce_only": True} for exit_ in asked[1:])]
    if core.state.list_members(command["list_id"]):
        if is_repeated_list(core.state, command, asked):
            return
        raise Refused("ALREADY_EXISTS", command["list_id"])
    valid.submit_list(core.state, command, asked)
    for terms in asked:
        if core.state.by_client_id(terms["client_order_id"]):
            raise Refused("CLIENT_ORDER_ID_REUSED", terms["client_order_id"])
        if terms["order_id"] in core.state.orders:
            raise Refused("ALREADY_EXISTS", terms["order_id"])
    decide_list(core, command, asked, time_ns)


def is_repeated_list(state: State, command: Command, asked: list[dict[str, Any]]) -> bool:
    known = state.list_members(command["list_id"])
    return (
        len(known) == len(asked)
        and known[0].place is not None
        and known[0].place["contingency"] == command["contingency"]
        and all(
            orders.is_repeated(k.submitted, terms) for k, terms in zip(known, asked, strict=True)
        )
    )


def decide_list(
    core: "NaiveCore", command: Command, asked: list[dict[str, Any]], time_ns: int
) -> None:
    members: list[Order] = []
    breaches: list[checks.Breach | None] = []
    candidates: list[checks.Candidate] = []
    for index, terms in enumerate(asked):
        order = new_order(core, terms, time_ns)
        waits = index > 0 and command["contingency"] != "OCO"
        order.place = {
            "list_id": command["list_id"],
            "contingency": command["contingency"],
            "index": index,
            "first_order_id": asked[0]["order_id"],
        }
        candidate = checks.Candidate(core.state, order, time_ns, waits=waits, members=list(members))
        breaches.append(checks.decide(candidate, soft_counts=True))
        members.append(order)
        candidates.append(candidate)
    if any(breaches):
        # All or none: one that failed has its own reason, the others the list's.
        for candidate, breach in zip(candidates, breaches, strict=True):
            if breach is not None:
                cancel_both(core, candidate, breach)
        for order, breach in zip(members, breaches, strict=True):
            reject(core, order, breach or checks.Breach("LIST_ENDED", rule="list"))
        return
    for candidate in candidates:
        if not candidate.waits:
            cancel_oldest(core, candidate)
    for order, candidate in zip(members, candidates, strict=True):
        if candidate.waits:
            order.state = "HELD"
        create(core, order, None, time_ns)


def replace(core: "NaiveCore", command: Command, time_ns: int) -> None:
    order = known_order(core.state, command["order_id"])
    asked = {name: command["replacement"].get(name) for name in REPLACEABLE}
    if all(value is None for value in asked.values()):
        raise Refused("INVALID_ARGUMENT", "replacement")
    validate_replacement(core.state, order, asked)
    changed = order.after(asked)
    if order.replacement == asked or changed.terms == order.terms:
        return
    if next_state(order.state, "REPLACE") == IMPOSSIBLE:
        raise Refused("ORDER_STATE_CONFLICT", order.state)
    if changed.leaves == 0:
        raise Refused("ORDER_TERMS_INVALID", "quantity")
    # What is sent at the market is worth what it costs now.
    changed.reference_price = core.state.slots[order.terms["symbol"]].price
    candidate = checks.Candidate(core.state, changed, time_ns, replaced=order)
    breach = checks.decide(candidate, soft_counts=True)
    if breach is not None:
        cancel_both(core, candidate, breach)
    if breach is None:
        cancel_oldest(core, candidate)
        core.emit("ReplaceRequested", order_id=command["order_id"], replacement=asked)
        return
    core.emit(
        "ReplaceRefused",
        order_id=command["order_id"],
        replacement=asked,
        reason=breach.reason,
        rule=breach.rule,
        limit=breach.limit,
        observed=breach.observed,
    )


REPLACEABLE = ("quantity", "limit_price", "stop_price")


def validate_replacement(state: State, order: Order, asked: dict[str, Any]) -> None:
    slot, kind = state.slots[order.terms["symbol"]], order.terms["order_type"]
    if asked["quantity"] is not None:
        if lists.is_decided(order):
            raise Refused("ORDER_TERMS_INVALID", "quantity")
        valid.quantity(slot, asked["quantity"])
    for name, kinds in (("limit_price", valid.LIMITED), ("stop_price", valid.TRIGGERED)):
        if asked[name] is not None:
            if kind not in kinds:
                raise Refused("ORDER_TERMS_INVALID", name)
            valid.price(slot, asked[name])


def known_order(state: State, order_id: str) -> Order:
    if order_id not in state.orders:
        raise Refused("ORDER_UNKNOWN", order_id)
    return state.orders[order_id]


def cancel(core: "NaiveCore", command: Command, time_ns: int) -> None:
    cancel_order(core, known_order(core.state, command["order_id"]))


def cancel_all(core: "NaiveCore", command: Command, time_ns: int) -> None:
    if command.get("symbol") is not None:
        valid.slot_of(core.state, command["symbol"])
    cancel_those(core, command.get("symbol"), command.get("strategy_id"))


def cancel_those(core: "NaiveCore", symbol: str | None, strategy_id: str | None) -> None:
    for order in core.state.open_orders():
        fits = symbol in (None, order.terms["symbol"])
        if fits and strategy_id in (None, order.terms["strategy_id"]):
            cancel_order(core, order)


def close_position(core: "NaiveCore", command: Command, time_ns: int) -> None:
    slot = valid.slot_of(core.state, command["symbol"])
    known = core.state.by_client_id(command["client_order_id"])
    if known is not None:
        terms = known.terms
        if (terms["symbol"], terms["order_type"], terms["reduce_only"]) != (
            *(slot.symbol, "MARKET", True),
        ):
            raise Refused("CLIENT_ORDER_ID_REUSED", command["client_order_id"])
        return
    if slot.quantity == 0:
        return
    valid.not_empty(order_id=command["order_id"], client_order_id=command["client_order_id"])
    if command["order_id"] in core.state.orders:
        raise Refused("ALREADY_EXISTS", command["order_id"])
    terms = closing_terms(slot.symbol, slot.quantity, command["order_id"])
    terms["client_order_id"] = command["client_order_id"]
    terms["strategy_id"] = command.get("strategy_id")
    take(core, new_order(core, terms, time_ns), time_ns, closes=slot.symbol)


def closing_terms(symbol: str, quantity: int, order_id: str) -> dict[str, Any]:
    return orders.complete(
        {
            "order_id": order_id,
            "client_order_id": order_id,
            "symbol": symbol,
            "side": "SELL" if quantity > 0 else "BUY",
            "order_type": "MARKET",
            "quantity": abs(quantity),
            "time_in_force": "GTC",
            "reduce_only": True,
        }
    )
