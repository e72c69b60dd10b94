"""An order as it would be, and the limits that bound it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.parity.trading.model import exposure, limits, money
from tests.parity.trading.model.orders import Order
from tests.parity.trading.model.state import Slot, State


@dataclass(frozen=True)
class Breach:
    reason: str
    severity: str = "HARD"
    limit: Decimal | None = None
    observed: Decimal | None = None
    rule: str = ""


@dataclass
class Candidate:
    """An order as it would be, or an open one as a replacement would make it."""

    state: State
    order: Order
    time_ns: int
    replaced: Order | None = None
    is_granted: bool = False
    waits: bool = False
    members: list[Order] = field(default_factory=list)

    @property
    def terms(self) -> dict[str, Any]:
        return self.order.terms

    @property
    def slot(self) -> Slot:
        return self.state.slots[self.terms["symbol"]]

    @property
    def limits(self) -> dict[str, Any]:
        assert self.state.limits is not None
        return self.state.limits

    @property
    def strategy(self) -> str | None:
        return self.terms["strategy_id"]

    @property
    def others(self) -> list[Order]:
        """The open orders but for the one itself, with the members of its list before it."""
        own = self.terms["order_id"]
        known = [o for o in self.state.open_orders() if o.terms["order_id"] != own]
        return known + self.members

    @property
    def with_it(self) -> list[Order]:
        return [*self.others, self.order]

    @property
    def price(self) -> int | None:
        """What the order is measured at; nothing is measured without a reference price."""
        return None if self.slot.price is None else self.order.valuation_price()

    @property
    def notional(self) -> int:
        """Of what may fill of it, in the account's currency."""
        if self.price is None:
            raise exposure.Unvalued(self.terms["symbol"])
        cash = money.value(self.slot.terms, self.price, self.order.leaves)
        return abs(exposure.in_account(self.state, cash, self.slot.terms["currency"]))

    def side_worst(self, held: int, orders: list[Order]) -> int:
        mine = [o for o in orders if o.counts and o.sign == self.order.sign]
        mine = [o for o in mine if o.terms["symbol"] == self.terms["symbol"]]
        return held + self.order.sign * sum(order.reserved for order in mine)

    @property
    def only_reduces(self) -> bool:
        if self.terms["reduce_only"]:
            return True
        held = self.slot.quantity
        return exposure.only_reduces(held, self.side_worst(held, self.with_it))

    @property
    def as_it_is(self) -> Order | None:
        """The open order that the candidate takes the place of."""
        return self.state.orders.get(self.terms["order_id"])

    @property
    def without_it(self) -> list[Order]:
        """What is open now: a replaced order as it is."""
        return self.others if self.replaced is None else [*self.others, self.replaced]

    @property
    def only_lowers(self) -> bool:
        """A replacement that lowers the quantity and nothing else."""
        if self.replaced is None:
            return False
        before = self.replaced.terms
        same = all(self.terms[n] == before[n] for n in ("limit_price", "stop_price"))
        return same and self.terms["quantity"] <= before["quantity"]

    def bounds(self, name: str) -> Iterator[tuple[str, Decimal, str]]:
        """The values of a limit that apply, each with its scope and severity."""
        for scope, values in limits.sets_for(self.limits, self.strategy, self.terms["symbol"]):
            if values.get(name) is not None:
                limit = Decimal(values[name]["value"])
                if name.endswith("_quantity"):
                    # What lies below the quantity's unit allows nothing more.
                    unit = self.quantity(1)
                    limit = limit // unit * unit
                yield scope, limit, values[name]["severity"]

    def above(
        self, name: str, reason: str, observed: Decimal | Callable[[str], Decimal]
    ) -> Iterator[Breach]:
        """The values that `observed`, which may depend on the scope, exceeds."""
        for scope, limit, severity in self.bounds(name):
            measured = observed(scope) if callable(observed) else observed
            if measured > limit:
                yield Breach(reason, severity, limit, measured)

    def above_bps(
        self, name: str, reason: str, part: int | Fraction, whole: int | Fraction
    ) -> Iterator[Breach]:
        for _, limit, severity in self.bounds(name):
            if whole <= 0:
                yield Breach(reason, severity, limit, None)
            elif (exact := Fraction(part) * money.BPS / Fraction(whole)) > Fraction(limit):
                yield Breach(reason, severity, limit, money.ceil_hundredths(exact))

    def account_cash(self, amount: int) -> Decimal:
        return money.in_currency(amount, self.state.currency)

    def quantity(self, units: int) -> Decimal:
        return Decimal(units).scaleb(-self.slot.terms["quantity_scale"])


Rule = Callable[[Candidate], Iterator[Breach]]
