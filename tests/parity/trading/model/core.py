"""The model's face: commands in, events or a refusal out."""

from collections.abc import Callable
from typing import Any

from tests.parity.trading.model import account, advance, lists, people, reports, submit
from tests.parity.trading.model.fold import fold
from tests.parity.trading.model.refusal import Refused
from tests.parity.trading.model.state import Event, State

Decide = Callable[["NaiveCore", dict[str, Any], int], None]
COMMANDS: dict[str, Decide] = {
    "Deposit": account.deposit,
    "Withdraw": account.withdraw,
    "SetCalendar": account.set_calendar,
    "RegisterInstrument": account.register,
    "ChangeInstrument": account.change,
    "SetLimits": people.set_limits,
    "SetCovariance": account.set_covariance,
    "Submit": submit.submit,
    "SubmitList": submit.submit_list,
    "Replace": submit.replace,
    "Cancel": submit.cancel,
    "CancelAll": submit.cancel_all,
    "ClosePosition": submit.close_position,
    "Approve": people.approve,
    "Kill": people.kill,
    "Rearm": people.rearm,
    "SetTradingState": people.set_trading_state,
    "SetConnection": people.set_connection,
    "ExecutionReport": reports.report,
    "AdoptOrder": account.adopt,
    "AdjustPosition": account.adjust,
    "Mark": account.mark,
    "MarkRate": account.mark_rate,
    "Advance": advance.advance,
}
# Decisions that value the account: their records carry the prices and rates they read.
READERS = [
    "AdoptOrder",
    "Deposit",
    "Submit",
    "SubmitList",
    "Replace",
    "Advance",
    "Withdraw",
    "ClosePosition",
    "Kill",
]
# After these a list's members may have to follow.
MOVES_A_LIST = [
    "OrderAccepted",
    "OrderTriggered",
    "OrderFilled",
    "FillBusted",
    "OrderReplaced",
    "OrderCanceled",
    "OrderExpired",
    "OrderRejected",
]


def is_reader(body: dict[str, Any]) -> bool:
    """Whether a decision on it values the account; of consents only a grant does."""
    if body["type"] == "Approve":
        return "grant" in body["consent"]
    return body["type"] in READERS


class NaiveCore:
    """One account. `execute` decides and changes; nothing of a refused command stays."""

    def __init__(self, currency: str = "USD") -> None:
        self.state = State(currency)
        self.now_ns = 0
        self._events: list[Event] = []
        self._touched: set[str] = set()
        self._command_id: str | None = None

    def execute(self, command: dict[str, Any], time_ns: int) -> list[Event]:
        if self.state.time_ns is not None and time_ns < self.state.time_ns:
            raise Refused("TIME_WENT_BACK")
        body = {name: entry for name, entry in command.items() if name != "command_id"}
        self._command_id = command.get("command_id")
        if self._command_id in self.state.commands:
            if self.state.commands[self._command_id] != body:
                raise Refused("ALREADY_EXISTS", "command_id")
            return []
        before = self.state.copied()
        self.now_ns, self._events, self._touched = time_ns, [], set()
        try:
            COMMANDS[body["type"]](self, body, time_ns)
            self.sync_lists()
        except Refused:
            self.state = before
            raise
        if self._command_id is not None and self._events:
            self.state.commands[self._command_id] = body
        if self._events and is_reader(body):
            self._record_prices(before, body)
        return self._events

    def _record_prices(self, before: State, body: dict[str, Any]) -> None:
        """What of the marks a recovery will know: those of the decision's instruments."""
        concerned = {order.terms["symbol"] for order in before.open_orders()}
        concerned |= {slot.symbol for slot in before.slots.values() if slot.quantity}
        concerned |= {e["order"]["symbol"] for e in self._events if "order" in e}
        if body.get("symbol") is not None:
            concerned.add(body["symbol"])
        if body.get("order_id") in self.state.orders:
            concerned.add(self.state.orders[body["order_id"]].terms["symbol"])
        for symbol in concerned:
            slot = self.state.slots[symbol]
            if slot.reference is not None and slot.recorded != slot.reference:
                slot.recorded_marks.append((slot.reference["time_ns"], slot.reference["price"]))
            slot.recorded = slot.reference
        self.state.recorded_rates = dict(self.state.rates)

    def recover(self) -> None:
        """Forgets what no record holds: marks that no decision read, and trust in the others."""
        state = self.state
        state.time_ns = state.history[-1]["time_ns"] if state.history else None
        state.rates = dict(state.recorded_rates)
        for slot in state.slots.values():
            slot.reference, slot.suspect_price = slot.recorded, None
            slot.trust = "SUSPECT" if slot.reference is None else "RECOVERED"
            if slot.marks is not None:
                slot.marks = list(slot.recorded_marks)

    def emit(self, kind: str, **entries: Any) -> None:
        """Decides one event: everything after it sees what it changed."""
        event = {
            "sequence": self.state.sequence + 1,
            "record_sequence": self.state.record + (0 if self._events else 1),
            "time_ns": self.now_ns,
            "command": self._command_id,
            "type": kind,
            **entries,
        }
        self._events.append(event)
        if kind in MOVES_A_LIST:
            self._touch(event)
        fold(self.state, event)

    def _touch(self, event: Event) -> None:
        order_id = event["order"]["order_id"] if "order" in event else event["order_id"]
        known = self.state.orders.get(order_id)
        if known is not None and known.place is not None:
            self._touched.add(known.place["list_id"])

    def sync_lists(self) -> None:
        touched, self._touched = self._touched, set()
        if touched:
            lists.sync(self, touched)

    def remember_execution(self, told: dict[str, Any]) -> None:
        names = ("order_id", "kind", "quantity", "price", "fee", "fee_currency")
        essence = tuple(told[name] for name in (*names, "reference_execution_id"))
        self.state.executions[told["execution_id"]] = essence
