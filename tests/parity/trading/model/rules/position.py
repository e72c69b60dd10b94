"""Checks 9 and 13: what a position can become."""

from collections.abc import Iterator
from decimal import Decimal

from tests.parity.trading.model import exposure, money
from tests.parity.trading.model.orders import Order
from tests.parity.trading.model.rules.candidate import Breach, Candidate


def of_strategy(c: Candidate, orders: list[Order]) -> list[Order]:
    return [order for order in orders if order.terms["strategy_id"] == c.strategy]


def worst_quantity(c: Candidate, scope: str, orders: list[Order]) -> int:
    """The larger of both sides' worst cases: the account's, or a strategy's own."""
    held = c.slot.quantity
    if scope == "strategies" and c.strategy is not None:
        held = c.state.strategy_quantity(c.strategy, c.terms["symbol"])
        orders = of_strategy(c, orders)
    mine = [o for o in orders if o.counts and o.terms["symbol"] == c.terms["symbol"]]
    longest = held + sum(order.reserved for order in mine if order.sign > 0)
    shortest = held - sum(order.reserved for order in mine if order.sign < 0)
    return max(abs(longest), abs(shortest))


def in_account(c: Candidate, amount: int) -> int:
    return exposure.in_account(c.state, amount, c.slot.terms["currency"])


def position_quantity(c: Candidate) -> Iterator[Breach]:
    for scope, limit, severity in c.bounds("max_position_quantity"):
        before = worst_quantity(c, scope, c.without_it)
        after = worst_quantity(c, scope, c.with_it)
        observed = c.quantity(after)
        if observed > limit and after > before and not c.only_lowers:
            yield Breach("POSITION_LIMIT_EXCEEDED", severity, limit, observed)


def position_notional(c: Candidate) -> Iterator[Breach]:
    if c.slot.price is None:
        return
    for scope, limit, severity in c.bounds("max_position_notional"):
        sizes = [worst_quantity(c, scope, orders) for orders in (c.without_it, c.with_it)]
        values = [money.value(c.slot.terms, c.slot.price, size) for size in sizes]
        before, after = (abs(in_account(c, value)) for value in values)
        observed = c.account_cash(after)
        if observed > limit and after > before and not c.only_lowers:
            yield Breach("POSITION_LIMIT_EXCEEDED", severity, limit, observed)


def open_orders(c: Candidate) -> Iterator[Breach]:
    if c.replaced is not None or c.is_granted:
        return

    def count(scope: str) -> Decimal:
        orders = c.with_it
        if scope == "strategies":
            orders = of_strategy(c, orders)
        elif scope == "instruments":
            orders = [o for o in orders if o.terms["symbol"] == c.terms["symbol"]]
        return Decimal(len(orders))

    yield from c.above("max_open_orders", "OPEN_ORDER_LIMIT_EXCEEDED", count)


def newly_short(c: Candidate) -> int:
    """The shortest the position can become, if the order makes that shorter; else zero."""
    if c.order.sign > 0 or c.terms["reduce_only"]:
        return 0
    before, after = (exposure.extremes(c.slot, orders)[1] for orders in (c.without_it, c.with_it))
    return after if after < before else 0


def short(c: Candidate) -> Iterator[Breach]:
    if not c.limits["allow_short"] and (shortest := newly_short(c)) < 0:
        yield Breach("SHORT_NOT_ALLOWED", "HARD", Decimal(0), c.quantity(shortest))


def locate(c: Candidate) -> Iterator[Breach]:
    locates = c.limits["locates"]
    if locates is None:
        return
    shortest = newly_short(c)
    available = Decimal(locates.get(c.terms["symbol"], 0))
    if -c.quantity(shortest) > available:
        yield Breach("LOCATE_MISSING", "HARD", available, -c.quantity(shortest))


def reduce_only(c: Candidate) -> Iterator[Breach]:
    if not c.terms["reduce_only"]:
        return
    held = c.slot.quantity
    if c.waits:
        # It works on the position that the first order makes.
        held += c.members[0].sign * c.members[0].terms["quantity"]
    room = max(-held * c.order.sign, 0)
    if c.order.leaves > room:
        limit, observed = c.quantity(room), c.quantity(c.order.leaves)
        yield Breach("REDUCE_ONLY_VIOLATED", "HARD", limit, observed)
