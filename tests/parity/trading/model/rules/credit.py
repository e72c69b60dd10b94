"""Check 12: what is open and was traded today."""

from collections.abc import Iterator

from tests.parity.trading.model import exposure, money
from tests.parity.trading.model.orders import Order
from tests.parity.trading.model.rules.candidate import Breach, Candidate
from tests.parity.trading.model.rules.position import of_strategy


def credit(c: Candidate) -> Iterator[Breach]:
    if c.price is None:
        return
    for scope, limit, severity in c.bounds("max_credit"):
        now = used_credit(c, scope)
        added = [credit_of(c, order) for order in [*c.members, c.order]]
        own = 0 if c.as_it_is is None else credit_of(c, c.as_it_is)
        after = now - own + sum(added)
        before = now if c.replaced is not None else after - added[-1]
        if after > before and c.account_cash(after) > limit:
            yield Breach("CREDIT_LIMIT_EXCEEDED", severity, limit, c.account_cash(after))


def credit_of(c: Candidate, order: Order) -> int:
    slot = c.state.slots[order.terms["symbol"]]
    cash = money.cash(slot.terms, exposure.order_notional(slot, order))
    return exposure.in_account(c.state, cash, slot.terms["currency"])


def used_credit(c: Candidate, scope: str) -> int:
    """What was traded today and is open now, by currency at today's rates."""
    amounts: dict[str, int] = {}
    for currency, amount in [*traded_today(c, scope), *open_now(c, scope)]:
        amounts[currency] = amounts.get(currency, 0) + amount
    return sum(exposure.in_account(c.state, a, currency) for currency, a in amounts.items())


def traded_today(c: Candidate, scope: str) -> Iterator[tuple[str, int]]:
    for fill in c.state.of_the_day("OrderFilled"):
        if scope != "strategies" or fill["strategy_id"] == c.strategy:
            terms = c.state.slots[fill["symbol"]].terms
            yield terms["currency"], abs(money.value(terms, fill["price"], fill["quantity"]))


def open_now(c: Candidate, scope: str) -> Iterator[tuple[str, int]]:
    for order in c.state.open_orders():
        if order.reserves and (scope != "strategies" or order in of_strategy(c, [order])):
            slot = c.state.slots[order.terms["symbol"]]
            cash = money.cash(slot.terms, exposure.order_notional(slot, order))
            yield slot.terms["currency"], cash
