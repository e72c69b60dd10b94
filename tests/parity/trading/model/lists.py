"""Lists: how much each order of a bracket, OCO or OTO is to be, and what makes it so."""

from typing import TYPE_CHECKING

from tests.parity.trading.model.orders import Order
from tests.parity.trading.model.submit import cancel_order, transition

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
    if order.state == "HELD":
        if desired > 0:
            core.emit("OrderReleased", order_id=order.terms["order_id"], quantity=desired)
        elif not first.is_open and first.filled == 0:
            transition(core, "OrderCanceled", order, "CANCELED")
    elif desired is None:
        return
    elif order.state == "PENDING_APPROVAL" and desired <= order.filled:
        transition(core, "OrderCanceled", order, "CANCELED")
    elif order.state == "ACCEPTED" and desired != order.terms["quantity"]:
        if desired <= order.filled:
            cancel_order(core, order)
        else:
            replacement = {"quantity": desired, "limit_price": None, "stop_price": None}
            order_id = order.terms["order_id"]
            core.emit("ReplaceRequested", order_id=order_id, replacement=replacement)


def desired_total(order: Order, members: list[Order]) -> int | None:
    """None for an order whose quantity depends on no other."""
    assert order.place is not None
    contingency, first = order.place["contingency"], members[0]
    if contingency == "OCO":
        siblings = [member for member in members if member is not order]
        return max(order.original_quantity - sum(s.filled for s in siblings), 0)
    if order is first:
        return None
    exits = [member for member in members[1:] if member is not order]
    taken = sum(member.filled for member in exits) if contingency == "BRACKET" else 0
    return max(first.filled - taken, 0)
