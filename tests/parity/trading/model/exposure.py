"""What positions and their worst cases are worth, added up from nothing each time."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from fractions import Fraction

from tests.parity.trading.model import money
from tests.parity.trading.model.orders import Order
from tests.parity.trading.model.state import Slot, State


class Unvalued(Exception):  # noqa: N818 - It is an answer.
    """A price or a rate is missing."""


@dataclass
class Worth:
    """One instrument, or the sums over several, in the account's minor units."""

    equity: int = 0
    notional: int = 0
    worst: int = 0
    longest: int = 0
    shortest: int = 0
    initial_margin: int = 0
    maintenance_margin: int = 0
    fees: int = 0
    open_notional: int = 0

    def __add__(self, other: "Worth") -> "Worth":
        names = [field.name for field in fields(self)]
        return Worth(*(getattr(self, name) + getattr(other, name) for name in names))


def rate(state: State, currency: str) -> Fraction:
    if currency == state.currency:
        return Fraction(1)
    if currency not in state.rates:
        raise Unvalued(currency)
    return state.rates[currency]


def in_account(state: State, amount: int, currency: str) -> int:
    return money.converted(amount, currency, state.currency, rate(state, currency))


def extremes(slot: Slot, orders: Iterable[Order]) -> tuple[int, int]:
    """The longest and the shortest that the position can become."""
    mine = [order for order in orders if order.counts and order.terms["symbol"] == slot.symbol]
    buys = sum(order.reserved for order in mine if order.sign > 0)
    sells = sum(order.reserved for order in mine if order.sign < 0)
    return slot.quantity + buys, slot.quantity - sells


def worth(state: State, slot: Slot, orders: Iterable[Order]) -> Worth:
    """One instrument's worth, with `orders` for its open ones."""
    mine = [o for o in orders if o.reserves and o.terms["symbol"] == slot.symbol]
    terms = slot.terms
    fees = sum(order_fee(slot, order) for order in mine)
    mine = [order for order in mine if order.counts]
    if slot.quantity == 0 and not mine and fees == 0:
        return Worth()
    price = slot.price
    if price is None:
        raise Unvalued(slot.symbol)

    def account(cash: int) -> int:
        return in_account(state, cash, terms["currency"])

    longest, shortest = (
        account(money.value(terms, price, extreme)) for extreme in extremes(slot, mine)
    )
    if terms["kind"] in money.PAID_IN_FULL:
        equity = money.value(terms, price, slot.quantity)
    else:
        held = money.notional(terms, price, slot.quantity)
        equity = money.cash(terms, held - slot.total_cost)
    held = abs(money.notional(terms, price, slot.quantity))
    maintenance = money.margin(terms, "maintenance_margin", held, abs(slot.quantity))
    ordered = sum(order_notional(slot, order) for order in mine)
    return Worth(
        equity=account(equity),
        notional=account(money.value(terms, price, slot.quantity)),
        worst=max(abs(longest), abs(shortest)),
        longest=longest,
        shortest=shortest,
        initial_margin=account(max(side_margin(slot, price, mine, sign) for sign in (1, -1))),
        maintenance_margin=account(maintenance),
        fees=account(fees),
        open_notional=account(money.cash(terms, ordered)),
    )


def priced(order: Order) -> int:
    price = order.valuation_price()
    if price is None:
        raise Unvalued(order.terms["symbol"])
    return price


def order_notional(slot: Slot, order: Order) -> int:
    versions = order.versions()
    return max(abs(money.notional(slot.terms, priced(one), one.leaves)) for one in versions)


def order_fee(slot: Slot, order: Order) -> int:
    versions = order.versions()
    return max(money.commission(slot.terms, priced(one), one.leaves) for one in versions)


def side_margin(slot: Slot, price: int, orders: list[Order], sign: int) -> int:
    """The initial margin if the position ends on one side: what is held, and the excess orders."""
    side = [order for order in orders if order.sign == sign]
    total = sum(order.reserved for order in side)
    held = max(sign * slot.quantity, 0)
    excess = max(total - max(-sign * slot.quantity, 0), 0)
    notional = abs(money.notional(slot.terms, price, held))
    if total:
        ordered = sum(order_notional(slot, order) for order in side)
        notional += money.half_even(ordered * excess, total)
    return money.margin(slot.terms, "initial_margin", notional, held + excess)


def totals(state: State, orders: Iterable[Order]) -> Worth:
    listed = list(orders)
    return sum((worth(state, slot, listed) for slot in state.slots.values()), Worth())


def equity(state: State) -> int:
    cash = sum(in_account(state, amount, name) for name, amount in state.cash.items() if amount)
    return cash + totals(state, state.open_orders()).equity


def valued_equity(state: State) -> int | None:
    try:
        return equity(state)
    except Unvalued:
        return None


def available(state: State, orders: Iterable[Order]) -> int:
    """Equity that no margin and no expected fee takes up."""
    sums = totals(state, orders)
    return equity(state) - sums.initial_margin - sums.fees


def free_cash(state: State, currency: str) -> int:
    """What may be withdrawn of a currency."""
    free = Fraction(max(available(state, state.open_orders()), 0))
    scales = money.cash_scale(currency) - money.cash_scale(state.currency)
    worth = free / rate(state, currency) * Fraction(10) ** scales
    return max(min(state.cash.get(currency, 0), worth // 1), 0)


def only_reduces(held: int, worst: int) -> bool:
    """Whether a side's worst case lies between flat and what is held."""
    return min(held, 0) <= worst <= max(held, 0)
