"""What the model knows of an account: plain dictionaries, which only `apply` and marks change."""

from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import takewhile
from typing import Any

from tests.parity.trading.model.memory import Memory
from tests.parity.trading.model.orders import Order

Event = dict[str, Any]


@dataclass
class Slot:
    """One instrument: its terms with all changes, its marks, its position."""

    terms: dict[str, Any]
    registered: dict[str, Any]
    is_halted: bool = False
    lower_band: int | None = None
    upper_band: int | None = None
    average_volume: Decimal | None = None
    reference: dict[str, Any] | None = None
    recorded: dict[str, Any] | None = None
    trust: str = "SUSPECT"
    suspect_price: int | None = None
    marks: list[tuple[int, int]] | None = None
    marks_window_ns: int = 0
    # Of those, what records hold.
    recorded_marks: list[tuple[int, int]] = field(default_factory=list)
    quantity: int = 0
    total_cost: int = 0
    realized_pnl: int = 0

    @property
    def symbol(self) -> str:
        return self.terms["symbol"]

    @property
    def price(self) -> int | None:
        return None if self.reference is None else self.reference["price"]


@dataclass
class State:
    currency: str
    time_ns: int | None = None
    sequence: int = 0
    record: int = 0
    cash: dict[str, int] = field(default_factory=dict)
    rates: dict[str, Fraction] = field(default_factory=dict)
    recorded_rates: dict[str, Fraction] = field(default_factory=dict)
    calendars: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    slots: dict[str, Slot] = field(default_factory=dict)
    scheduled: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    limits: dict[str, Any] | None = None
    covariance: dict[str, Any] | None = None
    orders: dict[str, Order] = field(default_factory=dict)
    executions: dict[str, tuple[str, Any]] = field(default_factory=dict)
    commands: dict[str, Any] = field(default_factory=dict)
    killed: dict[str, bool] = field(default_factory=dict)
    rearming: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    overrides: list[dict[str, Any]] = field(default_factory=list)
    trading_state: str = "ACTIVE"
    is_connected: bool = True
    is_margin_called: bool = False
    day_start_ns: int | None = None
    day_equity: int | None = None
    peak: int | None = None
    history: list[Event] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)

    def copied(self) -> "State":
        """A copy that shares nothing that changes."""
        other = copy(self)
        for name, kept in vars(self).items():
            if isinstance(kept, dict | list | set):
                setattr(other, name, copy(kept))
        other.slots = {symbol: copy(slot) for symbol, slot in self.slots.items()}
        for slot in other.slots.values():
            slot.terms = dict(slot.terms)
            slot.marks = None if slot.marks is None else list(slot.marks)
            slot.recorded_marks = list(slot.recorded_marks)
        other.memory = self.memory.copied()
        other.orders = {key: copied_order(order) for key, order in self.orders.items()}
        return other

    def open_orders(self) -> list[Order]:
        return [order for order in self.orders.values() if order.is_open]

    def by_client_id(self, client_order_id: str) -> Order | None:
        known = (o for o in self.orders.values() if o.terms["client_order_id"] == client_order_id)
        return next(known, None)

    def list_members(self, list_id: str) -> list[Order]:
        return [o for o in self.orders.values() if o.place and o.place["list_id"] == list_id]

    def strategy_quantity(self, strategy_id: str, symbol: str) -> int:
        """What a strategy's own fills add up to."""
        return sum(
            order.sign * order.filled_here
            for order in self.orders.values()
            if order.terms["strategy_id"] == strategy_id and order.terms["symbol"] == symbol
        )

    def of_the_day(self, *types: str) -> list[Event]:
        """The events of some types since the trading day began, oldest first."""
        today = takewhile(lambda event: event["type"] != "DayStarted", reversed(self.history))
        return [event for event in today if event["type"] in types][::-1]

    def place(self, event: Event) -> None:
        self.sequence = event["sequence"]
        self.record = event["record_sequence"]
        self.time_ns = event["time_ns"]
        self.history.append(event)


def copied_order(order: Order) -> Order:
    if order.state == "REJECTED":
        return order  # Nothing changes it any more.
    other = Order.__new__(Order)
    vars(other).update(vars(order))
    other.terms = dict(order.terms)
    other.executions = [copy(execution) for execution in order.executions]
    return other


def scope_name(scope: str | dict[str, str]) -> str:
    return scope if isinstance(scope, str) else f"strategy {scope['strategy']}"
