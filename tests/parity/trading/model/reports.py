"""What a venue tells, against what is known: news, a repetition, or a contradiction."""

from typing import TYPE_CHECKING, Any

from tests.parity.trading.model import money, positions, valid
from tests.parity.trading.model.changes import reject, transition
from tests.parity.trading.model.checks import Breach
from tests.parity.trading.model.machine import BACK, IMPOSSIBLE, REPEAT, STAY, next_state
from tests.parity.trading.model.orders import Execution, Order, status
from tests.parity.trading.model.refusal import Refused
from tests.parity.trading.model.submit import known_order

if TYPE_CHECKING:
    from tests.parity.trading.model.core import NaiveCore

Report = dict[str, Any]
DEFAULTS = {
    "quantity": 0,
    "price": 0,
    "fee": 0,
    "fee_currency": None,
    "reference_execution_id": None,
    "reason": None,
    "venue_order_id": None,
    "transact_time_ns": None,
}
WITH_EXECUTION = ("FILL", "BUST", "CORRECT", "FEE")


def report(core: "NaiveCore", command: Report, time_ns: int) -> None:
    told = {**DEFAULTS, **command}
    order = known_order(core.state, told["order_id"])
    if told["kind"] in WITH_EXECUTION:
        executed(core, order, told, time_ns)
    else:
        TELLS.get(told["kind"], simple)(core, order, told)


def moved(order: Order, given: str) -> str:
    state = next_state(order.state, given)
    if state == IMPOSSIBLE:
        raise Refused("ORDER_STATE_CONFLICT", f"{order.state} {given}")
    if state == BACK:
        return without_cancel(order)
    return order.state if state == STAY else state


def without_cancel(order: Order) -> str:
    """Where the order stands if its cancel is refused."""
    if order.before_cancel == "PENDING_SEND":
        return "SENT"
    if order.before_cancel == "PENDING_REPLACE" and order.replacement is None:
        return "ACCEPTED"
    return order.before_cancel


def simple(core: "NaiveCore", order: Order, told: Report) -> None:
    """Reports that say no more than their kind."""
    state = moved(order, told["kind"])
    if state == REPEAT:
        return
    order_id = order.terms["order_id"]
    match told["kind"]:
        case "SENT":
            core.emit("OrderSent", order_id=order_id)
        case "UNCERTAIN":
            core.emit("OrderUncertain", order_id=order_id)
        case "CANCELED":
            transition(core, "OrderCanceled", order, state)
        case "EXPIRED":
            transition(core, "OrderExpired", order, state)


def triggered(core: "NaiveCore", order: Order, told: Report) -> None:
    state = moved(order, "TRIGGERED")
    if state == REPEAT:
        return
    if order.terms["order_type"] not in ("STOP", "STOP_LIMIT", "TRAILING_STOP"):
        raise Refused("ORDER_STATE_CONFLICT", "TRIGGERED")
    if order.is_triggered:
        return
    if state != order.state:
        core.emit("OrderAccepted", **acceptance(order, told, state))
    core.emit("OrderTriggered", order_id=order.terms["order_id"])


def acceptance(order: Order, told: Report, state: str) -> dict[str, Any]:
    return {
        "order_id": order.terms["order_id"],
        "client_order_id": order.terms["client_order_id"],
        "symbol": order.terms["symbol"],
        "venue_order_id": told["venue_order_id"] or order.venue_order_id,
        "state": state,
        "status": status(state, order.filled),
    }


def accepted(core: "NaiveCore", order: Order, told: Report) -> None:
    state = moved(order, "ACCEPTED")
    learnt, known = told["venue_order_id"], order.venue_order_id
    if learnt is not None and known is not None and learnt != known:
        raise Refused("ORDER_STATE_CONFLICT", "venue_order_id")
    is_learnt = learnt is not None and known is None
    if state != order.state or is_learnt:
        core.emit("OrderAccepted", **acceptance(order, told, state))


def rejected(core: "NaiveCore", order: Order, told: Report) -> None:
    if moved(order, "REJECTED") == REPEAT:
        return
    if order.venue_order_id is not None or order.filled:
        raise Refused("ORDER_STATE_CONFLICT", "REJECTED")
    reject(core, order, Breach("REJECTED_BY_VENUE", rule="venue"), told["reason"] or "")


def replaced(core: "NaiveCore", order: Order, told: Report) -> None:
    """What the report leaves out is as was asked for."""
    asked = order.replacement or {}
    changes = {
        "quantity": told["quantity"] or asked.get("quantity"),
        "limit_price": told["price"] or asked.get("limit_price"),
        "stop_price": asked.get("stop_price"),
    }
    after = order.after(changes)
    learnt = told["venue_order_id"]
    is_learnt = learnt is not None and learnt != order.venue_order_id
    if order.replacement is None and after.terms == order.terms and not is_learnt:
        return
    state = moved(order, "REPLACED")
    if state == REPEAT:
        return
    if changes["limit_price"] is not None and order.terms["limit_price"] is None:
        raise Refused("ORDER_STATE_CONFLICT", "limit_price")
    state = state if after.terms["quantity"] > order.filled else "FILLED"
    core.emit(
        "OrderReplaced",
        order_id=order.terms["order_id"],
        venue_order_id=learnt,
        quantity=after.terms["quantity"],
        leaves_quantity=after.leaves,
        limit_price=after.terms["limit_price"],
        stop_price=after.terms["stop_price"],
        state=state,
        status=status(state, order.filled),
    )


def request_rejected(core: "NaiveCore", order: Order, told: Report) -> None:
    state = moved(order, told["kind"])
    is_cancel = told["kind"] == "CANCEL_REJECTED"
    if state == REPEAT or (order.replacement is None and not is_cancel):
        return
    core.emit(
        "CancelRejected" if is_cancel else "ReplaceRejected",
        order_id=order.terms["order_id"],
        state=state,
        status=status(state, order.filled),
        text=told["reason"] or "",
    )


TELLS = {
    "ACCEPTED": accepted,
    "REJECTED": rejected,
    "TRIGGERED": triggered,
    "REPLACED": replaced,
    "REPLACE_REJECTED": request_rejected,
    "CANCEL_REJECTED": request_rejected,
}


def executed(core: "NaiveCore", order: Order, told: Report, time_ns: int) -> None:
    """Reports that move money, each counted once by its execution id."""
    instrument = core.state.slots[order.terms["symbol"]].terms
    told["fee_currency"] = told["fee_currency"] or instrument["currency"]
    if is_repeated(core, told):
        return
    valid.not_empty(execution_id=told["execution_id"])
    match told["kind"]:
        case "FILL":
            moved_by(core, order, told)
            filled(core, order, told, None)
        case "BUST":
            bust(core, order, told)
        case "CORRECT":
            correct(core, order, told)
        case "FEE":
            fee(core, order, told)


def is_repeated(core: "NaiveCore", told: Report) -> bool:
    names = ("order_id", "kind", "quantity", "price", "fee", "fee_currency")
    names = (*names, "reference_execution_id")
    essence = tuple(told[name] for name in names)
    known = core.state.executions.get(told["execution_id"])
    if known is None:
        return False
    if known != essence:
        raise Refused("ORDER_STATE_CONFLICT", told["execution_id"])
    return True


def known_execution(order: Order, told: Report) -> Execution:
    wanted = told["reference_execution_id"]
    found = (e for e in order.executions if e.execution_id == wanted)
    execution = next(found, None)
    if execution is None:
        raise Refused("ORDER_STATE_CONFLICT", f"unknown execution {wanted}")
    return execution


def moved_by(core: "NaiveCore", order: Order, told: Report, undone: int = 0) -> str:
    """The state after the fill, once it is known to be possible; `undone` is busted before it."""
    slot = core.state.slots[order.terms["symbol"]]
    if told["quantity"] <= 0:
        raise Refused("QUANTITY_NOT_POSITIVE")
    if not valid.is_possible(slot, told["price"]):
        raise Refused("PRICE_NOT_POSITIVE")
    unfilled = order.terms["quantity"] - order.filled + undone
    if told["quantity"] > unfilled:
        raise Refused("OVERFILL")
    state = moved(order, "BUST") if undone else order.state
    if next_state(state, "PARTIAL_FILL") == IMPOSSIBLE:
        raise Refused("ORDER_STATE_CONFLICT", f"{state} FILL")
    after = next_state(state, "FULL_FILL" if told["quantity"] == unfilled else "PARTIAL_FILL")
    return state if after == STAY else after


def filled(core: "NaiveCore", order: Order, told: Report, corrects: str | None) -> None:
    state = moved_by(core, order, told)
    slot = core.state.slots[order.terms["symbol"]]
    is_late = not order.is_open
    after = order.filled + told["quantity"]
    signed = order.sign * told["quantity"]
    steps = positions.steps(slot, signed, told["price"])
    core.remember_execution(told)
    core.emit(
        "OrderFilled",
        order_id=order.terms["order_id"],
        client_order_id=order.terms["client_order_id"],
        execution_id=told["execution_id"],
        corrects=corrects,
        symbol=slot.symbol,
        side=order.terms["side"],
        quantity=told["quantity"],
        price=told["price"],
        fee=told["fee"],
        fee_currency=told["fee_currency"],
        currency=slot.terms["currency"],
        cash_change=cash_change(slot, signed, told["price"], steps),
        filled_quantity=after,
        leaves_quantity=0 if is_late else order.terms["quantity"] - after,
        average_price_numerator=order.price_sum + told["price"] * told["quantity"],
        state=state,
        status=status(state, after),
        late=is_late,
        strategy_id=order.terms["strategy_id"],
        transact_time_ns=told["transact_time_ns"],
    )
    move_position(core, slot.symbol, told["execution_id"], steps)
    disable_if_too_many(core, order)


def cash_change(slot: Any, signed: int, price: int, steps: list[positions.Step]) -> int:
    if slot.terms["kind"] in money.PAID_IN_FULL:
        return -money.value(slot.terms, price, signed)
    return sum(step.realized_pnl for step in steps)


def move_position(
    core: "NaiveCore", symbol: str, execution_id: str, steps: list[positions.Step]
) -> None:
    for step in steps:
        core.emit(
            step.kind,
            symbol=symbol,
            execution_id=execution_id,
            quantity=step.quantity,
            total_cost=step.total_cost,
            realized_pnl=step.realized_pnl,
            total_realized_pnl=step.total_realized_pnl,
            currency=core.state.slots[symbol].terms["currency"],
        )


def disable_if_too_many(core: "NaiveCore", order: Order) -> None:
    """Check 8: a strategy that fills too often rests until a person re-arms it."""
    strategy = order.terms["strategy_id"]
    if strategy is None or strategy in core.state.disabled:
        return
    for window in core.state.memory.executions.get(strategy, []):
        if window.count_at(core.now_ns) >= window.rate["count"]:
            core.emit("StrategyDisabled", strategy_id=strategy, count=window.rate["count"])
            return


def bust(core: "NaiveCore", order: Order, told: Report) -> None:
    execution = known_execution(order, told)
    if not execution.is_busted:
        undo(core, order, execution, told)


def undo(core: "NaiveCore", order: Order, execution: Execution, told: Report) -> None:
    state = moved(order, "BUST")
    slot = core.state.slots[order.terms["symbol"]]
    signed = -order.sign * execution.quantity
    steps = positions.steps(slot, signed, execution.price)
    after = order.filled - execution.quantity
    is_open = state not in ("FILLED", "CANCELED", "REJECTED", "EXPIRED")
    if told["kind"] == "BUST":
        core.remember_execution(told)
    core.emit(
        "FillBusted",
        order_id=order.terms["order_id"],
        execution_id=told["execution_id"],
        busted_execution_id=execution.execution_id,
        symbol=slot.symbol,
        side=order.terms["side"],
        quantity=execution.quantity,
        price=execution.price,
        fee=execution.fees,
        fee_currency=execution.fee_currency,
        currency=slot.terms["currency"],
        cash_change=cash_change(slot, signed, execution.price, steps),
        filled_quantity=after,
        leaves_quantity=order.terms["quantity"] - after if is_open else 0,
        average_price_numerator=order.price_sum - execution.price * execution.quantity,
        state=state,
        status=status(state, after),
    )
    move_position(core, slot.symbol, told["execution_id"], steps)


def correct(core: "NaiveCore", order: Order, told: Report) -> None:
    execution = known_execution(order, told)
    if execution.is_busted:
        raise Refused("ORDER_STATE_CONFLICT", "busted already")
    moved_by(core, order, told, undone=execution.quantity)
    undo(core, order, execution, told)
    filled(core, order, told, execution.execution_id)


def fee(core: "NaiveCore", order: Order, told: Report) -> None:
    execution = known_execution(order, told)
    if execution.is_busted:
        raise Refused("ORDER_STATE_CONFLICT", "busted")
    if execution.fee_currency != told["fee_currency"]:
        raise Refused("INVALID_ARGUMENT", "fee_currency")
    core.remember_execution(told)
    core.emit(
        "FeeCharged",
        order_id=order.terms["order_id"],
        execution_id=told["execution_id"],
        reference_execution_id=execution.execution_id,
        fee=told["fee"],
        fee_currency=told["fee_currency"],
    )
