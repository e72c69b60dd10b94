"""Lists: how much each order of a bracket, OCO or OTO is to be, and what makes it so."""

from typing import TYPE_CHECKING

from tests.parity.trading.model.changes import cancel_order, transition
from tests.parity.trading.model.orders import Order

if TYPE_CHECKING:
    from tests.parity.trading.model.core import NaiveCore


def sync(core: "NaiveCore", list_ids: set[str]) -> None:
    """Brings every member of the lists to its desired total, as far as that can be asked now."""
    members = {list_id: core.state.list_members(list_id) for list_id in list_ids}
    for list_id in sorted(list_ids, key=lambda name: members[name][0].number):
        for order in members[list_id]:
            if order.is_open:
                sync_member(core, order, members[list_id])


def sync_member(core: "NaiveCore", order: Order, members: list[Order]) -> None:
    desired = desired_total(order, members)
    first = members[0]
    if desired is None:
        return
    if order.state == "HELD":
        if desired > 0:
            core.emit("OrderReleased", order_id=order.terms["order_id"], quantity=desired)
        elif not first.is_open:
            transition(core, "OrderCanceled", order, "CANCELED")
    elif order.state == "ACCEPTED" and desired != order.terms["quantity"]:
        if desired <= order.filled:
            cancel_order(core, order)
        else:
            replacement = {"quantity": desired, "limit_price": None, "stop_price": None}
            order_id = order.terms["order_id"]
            core.emit("ReplaceRequested", order_id=order_id, replacement=replacement)


def is_decided(order: Order) -> bool:
    """Whether its list decides how much the order is to be."""
    place = order.place
    return place is not None and (place["contingency"] == "OCO" or place["index"] > 0)


def desired_total(order: Order, members: list[Order]) -> int | None:
    """None for an order whose quantity depends on no other."""
    if not is_decided(order):
        return None
    assert order.place is not None
    contingency, first = order.place["contingency"], members[0]
    submitted = order.submitted["quantity"]
    if contingency == "OTO":
        return min(submitted, first.filled)
    siblings = [member for member in members if member is not order]
    if contingency == "OCO":
        return max(submitted - sum(s.filled for s in siblings), 0)
    taken = sum(s.filled for s in siblings if s is not first)
    return max(min(submitted, first.filled) - taken, 0)
