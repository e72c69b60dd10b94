"""The core and the model side by side: the same command to both, and the first difference."""

import json
from decimal import Decimal
from typing import Any

from tests.parity.trading.model import NaiveCore, Refused

from algotrendy._core import TradingCore
from algotrendy.errors import AlgoTrendyError

Event = dict[str, Any]
SHOWN = 12


class Pair:
    """A core, a model, and what both were told."""

    def __init__(self, currency: str = "USD") -> None:
        self.currency = currency
        self.core = TradingCore("account", currency=currency)
        self.model = NaiveCore(currency)
        self.records: list[bytes] = []
        self.told: list[tuple[dict[str, Any], int]] = []

    def execute(self, command: dict[str, Any], time_ns: int) -> list[Event]:
        """Tells both; raises where they disagree."""
        self.told.append((command, time_ns))
        expected, refusal = self.asked_model(command, time_ns)
        try:
            decision = self.core.execute(command, time_ns)
        except AlgoTrendyError as error:
            if refusal is None or refusal.reason != error.reason:
                text = f"core refuses: {error.reason} ({error})\nmodel: {refusal or expected}"
                raise AssertionError(self.story(text)) from error
            return []
        events = [normal(event) for event in decision.events]
        if refusal is not None:
            raise AssertionError(self.story(f"model refuses: {refusal}\ncore: {shown(events)}"))
        difference = first_difference([normal(event) for event in expected], events)
        if difference:
            raise AssertionError(self.story(difference))
        if decision.record:
            self.records.append(decision.record)
        return events

    def asked_model(
        self, command: dict[str, Any], time_ns: int
    ) -> tuple[list[Event], Refused | None]:
        try:
            return self.model.execute(command, time_ns), None
        except Refused as refused:
            return [], refused

    def recover(self) -> None:
        """Starts the core again from its records; the model forgets what is not in them."""
        core = TradingCore("account", currency=self.currency)
        for record in self.records:
            core.fold_record(record)
        self.core = core
        self.model.recover()
        self.told.append(({"type": "(recovered from the records)"}, 0))
        self.agree()

    def agree(self) -> None:
        """What can be read of both is the same."""
        state = self.model.state
        cash = {name: amount for name, amount in self.core.cash().items() if amount}
        expected_cash = {name: amount for name, amount in state.cash.items() if amount}
        self.same("cash", expected_cash, cash)
        positions = {
            p["symbol"]: (p["quantity"], p["total_cost"], p["realized_pnl"])
            for p in self.core.positions()
            if p["quantity"] or p["realized_pnl"]
        }
        expected = {
            s.symbol: (s.quantity, s.total_cost, s.realized_pnl)
            for s in state.slots.values()
            if s.quantity or s.realized_pnl
        }
        self.same("positions", expected, positions)
        orders = {order["order_id"]: normal(dict(order)) for order in self.core.open_orders()}
        for order in state.open_orders():
            order_id = order.terms["order_id"]
            self.same(f"order {order_id}", order.as_dict(), orders.pop(order_id, None))
        self.same("open orders beyond the model's", {}, orders)

    def same(self, what: str, expected: Any, found: Any) -> None:
        if expected != found:
            lines = entry_differences(expected, found)
            raise AssertionError(self.story(f"{what} differs\n{lines}"))

    def story(self, difference: str) -> str:
        lines = [f"  {time_ns} {json.dumps(told)}" for told, time_ns in self.told[-SHOWN:]]
        return "\n".join([f"the last {SHOWN} commands of {len(self.told)}:", *lines, difference])


def normal(event: Event) -> Event:
    """An event as it is compared: numbers as numbers, a command by its id alone."""
    changed = dict(event)
    for name in ("limit", "observed"):
        if changed.get(name) is not None:
            changed[name] = Decimal(changed[name])
    if isinstance(changed.get("command"), dict):
        changed["command"] = changed["command"]["id"]
    return changed


def first_difference(expected: list[Event], found: list[Event]) -> str:
    for index, (ours, theirs) in enumerate(zip(expected, found, strict=False)):
        if ours != theirs:
            lines = entry_differences(ours, theirs)
            return f"event {index} differs ({ours['type']} / {theirs['type']})\n{lines}"
    if len(expected) != len(found):
        extra, side = (
            (expected[len(found) :], "model")
            if len(expected) > len(found)
            else (found[len(expected) :], "core")
        )
        return f"only the {side} has: {shown(extra)}"
    return ""


def entry_differences(expected: Any, found: Any, path: str = "") -> str:
    """One line an entry that differs."""
    if isinstance(expected, dict) and isinstance(found, dict):
        names = [*expected, *(name for name in found if name not in expected)]
        parts = (
            entry_differences(expected.get(n, "(none)"), found.get(n, "(none)"), f"{path}.{n}")
            for n in names
        )
        return "\n".join(part for part in parts if part)
    return "" if expected == found else f"  {path}: model {expected!r}, core {found!r}"


def shown(events: list[Event]) -> str:
    return json.dumps(events, default=str)
