"""The events that many commands end in: an order moves, is canceled, is rejected."""

from copy import copy
from typing import TYPE_CHECKING

from tests.parity.trading.model import orders
from tests.parity.trading.model.checks import Breach
from tests.parity.trading.model.machine import IMPOSSIBLE, REPEAT, next_state
from tests.parity.trading.model.orders import NOT_SENT, Order
from tests.parity.trading.model.refusal import Refused

if TYPE_CHECKING:
    from tests.parity.trading.model.core import NaiveCore


def transition(core: "NaiveCore", kind: str, order: Order, state: str) -> None:
    core.emit(
        kind,
        order_id=order.terms["order_id"],
        client_order_id=order.terms["client_order_id"],
        symbol=order.terms["symbol"],
        filled_quantity=order.filled,
        state=state,
        status=orders.status(state, order.filled),
    )


def cancel_order(core: "NaiveCore", order: Order) -> None:
    """At once where the venue does not know it, by request where it may."""
    moved = next_state(order.state, "CANCEL")
    if moved == IMPOSSIBLE:
        raise Refused("ORDER_STATE_CONFLICT", order.state)
    if moved == REPEAT:
        return
    kind = "OrderCanceled" if order.state in NOT_SENT else "CancelRequested"
    transition(core, kind, order, moved)
    core.sync_lists()


def reject(core: "NaiveCore", order: Order, breach: Breach, text: str = "") -> None:
    rejected = copy(order)
    rejected.state, rejected.reject_reason = "REJECTED", breach.reason
    rejected.updated_ns = core.now_ns
    rejected.replacement = None
    core.emit(
        "OrderRejected",
        order=rejected.as_dict(),
        reason=breach.reason,
        rule=breach.rule,
        limit=breach.limit,
        observed=breach.observed,
        text=text,
    )
