"""Check 14: orders that would trade with each other."""

from collections.abc import Iterator

from tests.parity.trading.model.orders import Order
from tests.parity.trading.model.rules.candidate import Breach, Candidate


def crossed(c: Candidate) -> list[Order]:
    """The open orders of the other side that the order would trade with."""
    if not c.order.is_crossing or c.waits:
        return []
    return [
        order
        for order in c.others
        if order.is_crossing
        and order.terms["symbol"] == c.terms["symbol"]
        and order.sign != c.order.sign
        and (c.order.place is None or order not in c.members)
        and prices_cross(c.order, order)
    ]


def prices_cross(one: Order, other: Order) -> bool:
    mine, theirs = one.terms["limit_price"], other.terms["limit_price"]
    return mine is None or theirs is None or one.sign * (mine - theirs) >= 0


def self_trade(c: Candidate) -> Iterator[Breach]:
    if c.limits["self_trade"] in ("CANCEL_NEWEST", "CANCEL_BOTH") and crossed(c):
        yield Breach("SELF_TRADE_PREVENTED")
