"""Events into the state: one function a type, each doing what the event says and no more."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.parity.trading.model import memory
from tests.parity.trading.model.exposure import Unvalued, in_account
from tests.parity.trading.model.orders import TERMS, Execution, Order
from tests.parity.trading.model.state import Event, Slot, State, scope_name

Fold = Callable[[State, Event], None]
FOLDS: dict[str, Fold] = {}


def fold(state: State, event: Event) -> None:
    state.place(event)
    FOLDS[event["type"]](state, event)
    memory.note(state, event)


def folds(*types: str) -> Callable[[Fold], Fold]:
    def register(function: Fold) -> Fold:
        FOLDS.update(dict.fromkeys(types, function))
        return function

    return register


@folds("InstrumentChangeScheduled")
def scheduled(state: State, event: Event) -> None:
    state.scheduled.append((event["effective_time_ns"], event["symbol"], event["change"]))


@folds("InstrumentChanged")
def instrument_changed(state: State, event: Event) -> None:
    entry = (event["effective_time_ns"], event["symbol"], event["change"])
    if entry in state.scheduled:
        state.scheduled.remove(entry)
    slot, change = state.slots[event["symbol"]], event["change"]
    for name in ("tick_size", "lot_size", "expire_time_ns"):
        if change[name] is not None:
            slot.terms[name] = change[name]
    if change["is_halted"] is not None:
        slot.is_halted = change["is_halted"]
    for name in ("lower_band", "upper_band"):
        if change[name] is not None:
            setattr(slot, name, change[name] if change[name] > 0 else None)
    if change["average_volume"] is not None:
        slot.average_volume = Decimal(change["average_volume"])


@folds("CashDeposited", "CashWithdrawn")
def cash_moved(state: State, event: Event) -> None:
    currency, amount = event["currency"], event["amount"]
    state.cash[currency] = event["balance"]
    # What is paid in or out is neither profit nor loss.
    try:
        moved = in_account(state, amount, currency)
    except Unvalued:
        return
    moved = moved if event["type"] == "CashDeposited" else -moved
    if state.day_equity is not None:
        state.day_equity += moved
    if state.peak is not None:
        state.peak += moved


@folds("CalendarSet")
def calendar_set(state: State, event: Event) -> None:
    state.calendars[event["calendar_id"]] = event["sessions"]


@folds("InstrumentRegistered")
def registered(state: State, event: Event) -> None:
    terms = event["instrument"]
    slot = state.slots[terms["symbol"]] = Slot(terms=dict(terms), registered=terms)
    if state.limits is not None:
        memory.remember_marks(state, slot)


@folds("LimitsSet")
def limits_set(state: State, event: Event) -> None:
    state.limits = event["limits"]


@folds("CovarianceSet")
def covariance_set(state: State, event: Event) -> None:
    state.covariance = event


@folds("OrderCreated", "OrderAdopted")
def created(state: State, event: Event) -> None:
    remember(state, event["order"])


@folds("OrderRejected")
def rejected(state: State, event: Event) -> None:
    known = state.orders.get(event["order"]["order_id"])
    if known is None:
        remember(state, event["order"])
    else:
        known.reject_reason = event["reason"]
        enter(known, event, "REJECTED")


def remember(state: State, fields: dict[str, Any]) -> None:
    order = Order(
        number=len(state.orders),
        terms={name: fields[name] for name in TERMS},
        state=fields["state"],
        created_ns=fields["create_time_ns"],
        updated_ns=fields["update_time_ns"],
        reference_price=fields["reference_price"],
        filled=fields["filled_quantity"],
        adopted=fields["filled_quantity"],
        venue_order_id=fields["venue_order_id"],
        reject_reason=fields["reject_reason"],
        place=fields["list"],
        end_time_ns=fields["end_time_ns"],
        submitted={name: fields[name] for name in TERMS},
    )
    state.orders[fields["order_id"]] = order


def enter(order: Order, event: Event, state: str) -> None:
    if state == "PENDING_CANCEL":
        # Whatever the venue tells of it meanwhile shows that it works.
        order.before_cancel = "ACCEPTED" if order.state == "PENDING_CANCEL" else order.state
    order.state = state
    order.updated_ns = event["time_ns"]


@folds("ApprovalRequested")
def approval_requested(state: State, event: Event) -> None:
    state.orders[event["order_id"]].approval_expires_ns = event["expire_time_ns"]


@folds("OrderApproved")
def approved(state: State, event: Event) -> None:
    enter(state.orders[event["order_id"]], event, "PENDING_SEND")


@folds("OrderReleased")
def released(state: State, event: Event) -> None:
    order = state.orders[event["order_id"]]
    order.terms["quantity"] = event["quantity"]
    enter(order, event, "PENDING_SEND")


@folds("OrderSent")
def sent(state: State, event: Event) -> None:
    enter(state.orders[event["order_id"]], event, "SENT")


@folds("OrderUncertain")
def uncertain(state: State, event: Event) -> None:
    enter(state.orders[event["order_id"]], event, "UNKNOWN")


@folds("OrderAccepted")
def accepted(state: State, event: Event) -> None:
    order = state.orders[event["order_id"]]
    order.venue_order_id = event["venue_order_id"] or order.venue_order_id
    enter(order, event, event["state"])


@folds("OrderTriggered")
def triggered(state: State, event: Event) -> None:
    order = state.orders[event["order_id"]]
    order.is_triggered = True
    order.before_cancel = "ACCEPTED"
    order.updated_ns = event["time_ns"]


@folds("OrderFilled")
def filled(state: State, event: Event) -> None:
    order = traded(state, event)
    execution = Execution(
        event["execution_id"],
        event["quantity"],
        event["price"],
        event["fee"],
        event["fee_currency"],
        event["fee"],
    )
    order.executions.append(execution)
    charge(state, event["fee_currency"], event["fee"])


@folds("FillBusted")
def busted(state: State, event: Event) -> None:
    order = traded(state, event)
    for execution in order.executions:
        if execution.execution_id == event["busted_execution_id"]:
            execution.is_busted = True
    charge(state, event["fee_currency"], -event["fee"])


def traded(state: State, event: Event) -> Order:
    order = state.orders[event["order_id"]]
    order.filled = event["filled_quantity"]
    order.price_sum = event["average_price_numerator"]
    enter(order, event, event["state"])
    currency = event["currency"]
    state.cash[currency] = state.cash.get(currency, 0) + event["cash_change"]
    return order


def charge(state: State, currency: str, fee: int) -> None:
    state.cash[currency] = state.cash.get(currency, 0) - fee


@folds("FeeCharged")
def fee_charged(state: State, event: Event) -> None:
    charge(state, event["fee_currency"], event["fee"])
    for execution in state.orders[event["order_id"]].executions:
        if execution.execution_id == event["reference_execution_id"]:
            execution.fees += event["fee"]


@folds("ReplaceRequested")
def replace_requested(state: State, event: Event) -> None:
    order = state.orders[event["order_id"]]
    order.replacement = event["replacement"]
    enter(order, event, "PENDING_REPLACE")


@folds("ReplaceRefused")
def replace_refused(state: State, event: Event) -> None:
    """The order stays as it is."""


@folds("OrderReplaced")
def replaced(state: State, event: Event) -> None:
    order = state.orders[event["order_id"]]
    for name in ("quantity", "limit_price", "stop_price"):
        order.terms[name] = event[name]
    order.venue_order_id = event["venue_order_id"] or order.venue_order_id
    order.replacement = None
    enter(order, event, event["state"])


@folds("ReplaceRejected")
def replace_rejected(state: State, event: Event) -> None:
    order = state.orders[event["order_id"]]
    order.replacement = None
    enter(order, event, event["state"])


@folds("CancelRequested", "CancelRejected", "OrderCanceled", "OrderExpired")
def moved(state: State, event: Event) -> None:
    enter(state.orders[event["order_id"]], event, event["state"])


@folds("PositionOpened", "PositionChanged", "PositionClosed", "PositionAdjusted")
def position_moved(state: State, event: Event) -> None:
    slot = state.slots[event["symbol"]]
    slot.quantity = event["quantity"]
    slot.total_cost = event["total_cost"]
    slot.realized_pnl = event["total_realized_pnl"]


@folds("VariationSettled")
def settled(state: State, event: Event) -> None:
    slot = state.slots[event["symbol"]]
    slot.total_cost = event["total_cost"]
    slot.realized_pnl = event["total_realized_pnl"]
    charge(state, event["currency"], -event["amount"])


@folds("OverrideGranted")
def granted(state: State, event: Event) -> None:
    state.overrides.append(event["granted"])


@folds("OverrideExpired")
def override_expired(state: State, event: Event) -> None:
    state.overrides.remove(event["granted"])


@folds("Killed")
def killed(state: State, event: Event) -> None:
    name = scope_name(event["scope"])
    state.killed[name] = event["flatten"]
    state.rearming.pop(name, None)


@folds("RearmRequested")
def rearm_requested(state: State, event: Event) -> None:
    state.rearming[scope_name(event["scope"])] = event["person"]


@folds("Rearmed")
def rearmed(state: State, event: Event) -> None:
    name = scope_name(event["scope"])
    state.killed.pop(name, None)
    state.rearming.pop(name, None)
    if isinstance(event["scope"], dict):
        state.disabled.discard(event["scope"]["strategy"])


@folds("StrategyDisabled")
def strategy_disabled(state: State, event: Event) -> None:
    state.disabled.add(event["strategy_id"])
    # A request to re-arm from before was not about this.
    state.rearming.pop(f"strategy {event['strategy_id']}", None)


@folds("TradingStateChanged")
def trading_state_changed(state: State, event: Event) -> None:
    state.trading_state = event["trading_state"]


@folds("ConnectionChanged")
def connection_changed(state: State, event: Event) -> None:
    state.is_connected = event["connected"]


@folds("DayStarted")
def day_started(state: State, event: Event) -> None:
    state.day_start_ns = event["day_start_time_ns"]
    state.day_equity = event["equity"]


@folds("EquityPeaked")
def equity_peaked(state: State, event: Event) -> None:
    state.peak = event["equity"]


@folds("MarginCalled")
def margin_called(state: State, event: Event) -> None:
    state.is_margin_called = True


@folds("MarginRestored")
def margin_restored(state: State, event: Event) -> None:
    state.is_margin_called = False
