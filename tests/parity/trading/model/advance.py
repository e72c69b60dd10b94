"""Time passing: what is due takes effect, each thing after the one before it."""

from typing import TYPE_CHECKING, Any

from tests.parity.trading.model import clock, exposure, limits, money
from tests.parity.trading.model.changes import reject, transition
from tests.parity.trading.model.checks import Breach
from tests.parity.trading.model.machine import IMPOSSIBLE, REPEAT, next_state
from tests.parity.trading.model.state import Slot

if TYPE_CHECKING:
    from tests.parity.trading.model.core import NaiveCore


def advance(core: "NaiveCore", command: dict[str, Any], time_ns: int) -> None:
    """What is due. Amounts of the account are of the state before all of it."""
    last_ns = core.state.time_ns
    equity = exposure.valued_equity(core.state)
    maintenance = maintenance_margin(core)
    change_instruments(core, time_ns)
    for granted in list(core.state.overrides):
        if granted["until_ns"] <= time_ns:
            core.emit("OverrideExpired", granted=granted)
    expire_approvals(core, time_ns)
    expire_orders(core, time_ns)
    if last_ns is not None:
        for slot in core.state.slots.values():
            settle(core, slot, last_ns, time_ns)
    start_day(core, equity, time_ns)
    raise_peak(core, equity)
    watch_margin(core, equity, maintenance)


def maintenance_margin(core: "NaiveCore") -> int | None:
    try:
        return exposure.totals(core.state, core.state.open_orders()).maintenance_margin
    except exposure.Unvalued:
        return None


def change_instruments(core: "NaiveCore", time_ns: int) -> None:
    due = [entry for entry in core.state.scheduled if entry[0] <= time_ns]
    for effective, symbol, change in sorted(due, key=lambda entry: entry[0]):
        core.emit("InstrumentChanged", symbol=symbol, change=change, effective_time_ns=effective)


def expire_approvals(core: "NaiveCore", time_ns: int) -> None:
    for order in core.state.open_orders():
        expires_ns = order.approval_expires_ns
        if order.state == "PENDING_APPROVAL" and expires_ns is not None and expires_ns <= time_ns:
            reject(core, order, Breach("APPROVAL_EXPIRED", rule="approval"))
            core.sync_lists()


def expire_orders(core: "NaiveCore", time_ns: int) -> None:
    for order in core.state.open_orders():
        if order.end_time_ns is not None and order.end_time_ns <= time_ns:
            state = next_state(order.state, "TIME_EXPIRE")
            if state not in (IMPOSSIBLE, REPEAT):
                transition(core, "OrderExpired", order, state)
                core.sync_lists()


def settle(core: "NaiveCore", slot: Slot, last_ns: int, time_ns: int) -> None:
    """A future's gain or loss of the day becomes cash, and the reference price its cost."""
    if slot.terms["kind"] != "FUTURE" or slot.quantity == 0 or slot.price is None:
        return
    if not clock.closes_between(core.state, slot, last_ns, time_ns):
        return
    cost = money.notional(slot.terms, slot.price, slot.quantity)
    amount = money.cash(slot.terms, cost - slot.total_cost)
    core.emit(
        "VariationSettled",
        symbol=slot.symbol,
        price=slot.price,
        quantity=slot.quantity,
        total_cost=cost,
        amount=amount,
        total_realized_pnl=slot.realized_pnl + amount,
        currency=slot.terms["currency"],
    )


def start_day(core: "NaiveCore", equity: int | None, time_ns: int) -> None:
    start = clock.day_start(core.state, time_ns)
    if core.state.day_start_ns is None or start > core.state.day_start_ns:
        core.emit("DayStarted", day_start_time_ns=start, equity=equity)


def raise_peak(core: "NaiveCore", equity: int | None) -> None:
    if core.state.limits is None or not limits.sets(core.state.limits, "max_drawdown_bps"):
        return
    if equity is not None and (core.state.peak is None or equity > core.state.peak):
        core.emit("EquityPeaked", equity=equity)


def watch_margin(core: "NaiveCore", equity: int | None, maintenance: int | None) -> None:
    if equity is None or maintenance is None:
        return
    is_short = 0 < maintenance > equity
    if is_short != core.state.is_margin_called:
        kind = "MarginCalled" if is_short else "MarginRestored"
        core.emit(kind, equity=equity, maintenance_margin=maintenance)
