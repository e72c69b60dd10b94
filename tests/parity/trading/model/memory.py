"""What is remembered of messages, fills, terms and marks: no more than limits in force ask for.

A window begins when limits first set its rate. Another rate keeps as much of what was remembered as
it has room for; limits without the rate forget everything.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.parity.trading.model import limits as limit_sets

if TYPE_CHECKING:
    from tests.parity.trading.model.state import Event, Slot, State

RATES = ("order_rate", "replace_rate")
SCOPES = ("global", "account", "strategies", "instruments")
Rate = dict[str, int]


@dataclass
class Window:
    """The times of the last events, at most as many as the rate counts."""

    rate: Rate
    times: list[int] = field(default_factory=list)

    def note(self, time_ns: int) -> None:
        self.times = [*self.times, time_ns][-self.rate["count"] :]

    def count_at(self, time_ns: int) -> int:
        return sum(time_ns - at < self.rate["window_ns"] for at in self.times)

    def resized(self, rate: Rate) -> "Window":
        return Window(rate, self.times[-rate["count"] :])


@dataclass
class Memory:
    windows: dict[tuple[str, ...], Window] = field(default_factory=dict)
    executions: dict[str, list[Window]] = field(default_factory=dict)
    recent: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def copied(self) -> "Memory":
        return Memory(
            {key: Window(w.rate, w.times) for key, w in self.windows.items()},
            {key: [Window(w.rate, w.times) for w in ws] for key, ws in self.executions.items()},
            list(self.recent),
        )


def note(state: "State", event: "Event") -> None:
    """Takes an event into what is remembered; after it was folded."""
    kind, time_ns = event["type"], event["time_ns"]
    if kind == "LimitsSet":
        resize(state)
    elif kind in ("OrderCreated", "OrderAdopted"):
        known(state, event["order"]["strategy_id"])
        if kind == "OrderCreated" and event["order"]["state"] != "PENDING_APPROVAL":
            note_sent(state, event["order"], time_ns)
    elif kind == "OrderApproved":
        note_sent(state, state.orders[event["order_id"]].terms, time_ns)
    elif kind == "ReplaceRequested":
        note_rate(state, "replace_rate", state.orders[event["order_id"]].terms, time_ns)
    elif kind == "OrderFilled":
        for window in known(state, event["strategy_id"]):
            window.note(time_ns)
    elif kind == "Rearmed" and isinstance(event["scope"], dict):
        for window in state.memory.executions.get(event["scope"]["strategy"], []):
            window.times = []


def note_sent(state: "State", terms: dict[str, Any], time_ns: int) -> None:
    note_rate(state, "order_rate", terms, time_ns)
    if state.limits is not None and state.limits["duplicate_window_ns"]:
        state.memory.recent.append((time_ns, dict(terms)))


def note_rate(state: "State", name: str, terms: dict[str, Any], time_ns: int) -> None:
    for scope in SCOPES:
        window = state.memory.windows.get(key_of(name, scope, terms))
        if window is not None:
            window.note(time_ns)


def key_of(name: str, scope: str, terms: dict[str, Any]) -> tuple[str, ...]:
    owner = {"strategies": terms["strategy_id"], "instruments": terms["symbol"]}.get(scope)
    return (name, scope) if owner is None else (name, scope, owner)


def resize(state: "State") -> None:
    """Makes room for what new limits ask for."""
    given, memory = state.limits, state.memory
    assert given is not None
    wanted: dict[tuple[str, ...], Rate | None] = {}
    for name in RATES:
        for scope in ("global", "account"):
            wanted[name, scope] = given[scope][name]
        for scope in ("strategies", "instruments"):
            wanted |= {(name, scope, own): values[name] for own, values in given[scope].items()}
    memory.windows = {
        key: memory.windows.get(key, Window(rate)).resized(rate)
        for key, rate in wanted.items()
        if rate is not None
    }
    for strategy in [*memory.executions, *given["strategies"]]:
        memory.executions[strategy] = executions(state, strategy)
    if given["duplicate_window_ns"] == 0:
        memory.recent = []
    for slot in state.slots.values():
        remember_marks(state, slot)


def known(state: "State", strategy: str | None) -> list[Window]:
    """The windows of a strategy's fills, from its first order on."""
    if strategy is None:
        return []
    if strategy not in state.memory.executions:
        state.memory.executions[strategy] = executions(state, strategy)
    return state.memory.executions[strategy]


def executions(state: "State", strategy: str) -> list[Window]:
    given = state.limits
    if given is None:
        return []
    sets = (given["global"], given["account"], given["strategies"].get(strategy, {}))
    rates = [values["execution_rate"] for values in sets if values.get("execution_rate")]
    before = state.memory.executions.get(strategy, [])
    longest = max(before, key=lambda window: window.rate["count"], default=None)
    return [Window(rate) if longest is None else longest.resized(rate) for rate in rates]


def remember_marks(state: "State", slot: "Slot") -> None:
    """Marks are remembered while some limit asks how far they moved."""
    given = state.limits
    assert given is not None
    sets = [values for _, values in limit_sets.sets_for(given, None, slot.symbol)]
    sets += given["strategies"].values()
    if not any(values.get("price_move_bps") for values in sets):
        slot.marks = None
    elif slot.marks is None or slot.marks_window_ns != given["collar_window_ns"]:
        slot.marks, slot.recorded_marks = first_mark(slot.reference), first_mark(slot.recorded)
        slot.marks_window_ns = given["collar_window_ns"]


def first_mark(reference: dict[str, Any] | None) -> list[tuple[int, int]]:
    return [] if reference is None else [(reference["time_ns"], reference["price"])]
