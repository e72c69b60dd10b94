"""Orders: what was asked, and what has become of it."""

from dataclasses import dataclass, field, replace
from typing import Any

ENDED = ("FILLED", "CANCELED", "REJECTED", "EXPIRED")
NOT_SENT = ("HELD", "PENDING_APPROVAL")
UNANSWERED = ("PENDING_SEND", "SENT", "UNKNOWN")
TERMS: dict[str, Any] = {
    "order_id": None,
    "client_order_id": None,
    "symbol": None,
    "side": None,
    "order_type": None,
    "quantity": None,
    "limit_price": None,
    "stop_price": None,
    "trail": None,
    "time_in_force": None,
    "expire_time_ns": None,
    "post_only": False,
    "reduce_only": False,
    "strategy_id": None,
    "trader_id": None,
    "sending_time_ns": None,
}
TRADED = [
    "symbol",
    "side",
    "order_type",
    "quantity",
    "limit_price",
    "stop_price",
    "trail",
    "time_in_force",
    "expire_time_ns",
    "reduce_only",
]
REPEATED = [*TRADED, "client_order_id", "strategy_id", "trader_id", "post_only"]


def complete(terms: dict[str, Any]) -> dict[str, Any]:
    return {name: terms.get(name, default) for name, default in TERMS.items()}


def asks_the_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in TRADED)


def is_repeated(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in REPEATED)


@dataclass
class Execution:
    execution_id: str
    quantity: int
    price: int
    fee: int
    fee_currency: str
    fees: int
    is_busted: bool = False


@dataclass
class Order:
    number: int
    terms: dict[str, Any]
    state: str
    created_ns: int
    updated_ns: int
    reference_price: int | None = None
    filled: int = 0
    adopted: int = 0
    price_sum: int = 0
    is_triggered: bool = False
    venue_order_id: str | None = None
    reject_reason: str | None = None
    replacement: dict[str, Any] | None = None
    place: dict[str, Any] | None = None
    end_time_ns: int | None = None
    submitted: dict[str, Any] = field(default_factory=dict)
    approval_expires_ns: int | None = None
    before_cancel: str = "ACCEPTED"
    executions: list[Execution] = field(default_factory=list)

    @property
    def sign(self) -> int:
        return 1 if self.terms["side"] == "BUY" else -1

    @property
    def is_open(self) -> bool:
        return self.state not in ENDED

    @property
    def reserves(self) -> bool:
        return self.is_open and self.state != "HELD"

    @property
    def counts(self) -> bool:
        """Whether it is part of worst cases."""
        return self.reserves and not self.terms["reduce_only"]

    @property
    def leaves(self) -> int:
        return max(self.terms["quantity"] - self.filled, 0) if self.is_open else 0

    @property
    def reserved(self) -> int:
        """What it may still fill, a replacement on its way included."""
        return max(version.leaves for version in self.versions())

    @property
    def filled_here(self) -> int:
        """What filled while this core knew the order."""
        return self.filled - self.adopted

    @property
    def status(self) -> str:
        return status(self.state, self.filled)

    @property
    def is_crossing(self) -> bool:
        """Whether it is in the venue's book or on its way there; a stop is once it triggered."""
        waits = self.terms["order_type"] in ("STOP", "STOP_LIMIT", "TRAILING_STOP")
        return self.reserves and (self.is_triggered or not waits)

    def after(self, replacement: dict[str, Any]) -> "Order":
        """The order as a replacement would make it."""
        asked = {name: value for name, value in replacement.items() if value is not None}
        return replace(self, terms={**self.terms, **asked}, replacement=None)

    def versions(self) -> list["Order"]:
        """As it is, and as a replacement on its way will make it: the larger one is reserved."""
        return [self] if self.replacement is None else [self, self.after(self.replacement)]

    def valuation_price(self) -> int | None:
        return valuation_price(self.terms, self.reference_price)

    def as_dict(self) -> dict[str, Any]:
        return {
            **self.terms,
            "list": self.place,
            "state": self.state,
            "status": self.status,
            "filled_quantity": self.filled,
            "leaves_quantity": self.leaves,
            "average_price_numerator": self.price_sum,
            "reference_price": self.reference_price,
            "is_triggered": self.is_triggered,
            "venue_order_id": self.venue_order_id,
            "end_time_ns": self.end_time_ns,
            "reject_reason": self.reject_reason,
            "replacement": self.replacement,
            "create_time_ns": self.created_ns,
            "update_time_ns": self.updated_ns,
        }


def valuation_price(terms: dict[str, Any], reference_price: int | None) -> int | None:
    match terms["order_type"]:
        case "LIMIT" | "STOP_LIMIT":
            price = terms["limit_price"]
        case "STOP" | "TRAILING_STOP" if terms["stop_price"] is not None:
            price = terms["stop_price"]
        case _:
            price = reference_price
    return price


def status(state: str, filled: int) -> str:
    if state in (*NOT_SENT, *UNANSWERED):
        return "PARTIALLY_FILLED" if filled else "PENDING_NEW"
    if state == "ACCEPTED":
        return "PARTIALLY_FILLED" if filled else "NEW"
    return state
