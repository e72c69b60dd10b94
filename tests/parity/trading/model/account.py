"""Cash, instruments, calendars, positions taken over, and the prices of things."""

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.parity.trading.model import exposure, orders, positions, submit, valid
from tests.parity.trading.model.refusal import Refused
from tests.parity.trading.model.state import Slot

if TYPE_CHECKING:
    from tests.parity.trading.model.core import NaiveCore

Command = dict[str, Any]
INSTRUMENT_DEFAULTS: dict[str, Any] = {
    "multiplier": 1,
    "allow_negative_prices": False,
    "initial_margin": None,
    "maintenance_margin": None,
    "commission": None,
    "expire_time_ns": None,
    "calendar_id": None,
    "sector": None,
}
CHANGES = [
    "tick_size",
    "lot_size",
    "is_halted",
    "lower_band",
    "upper_band",
    "average_volume",
    "expire_time_ns",
]


def deposit(core: "NaiveCore", command: Command, time_ns: int) -> None:
    move_cash(core, "CashDeposited", command, 1)


def withdraw(core: "NaiveCore", command: Command, time_ns: int) -> None:
    if command["amount"] > 0:
        try:
            free = exposure.free_cash(core.state, command["currency"])
        except exposure.Unvalued:
            raise Refused("RATE_MISSING", "unvalued") from None
        if command["amount"] > free:
            raise Refused("INSUFFICIENT_FUNDS", str(free))
    move_cash(core, "CashWithdrawn", command, -1)


def move_cash(core: "NaiveCore", kind: str, command: Command, sign: int) -> None:
    currency, amount = command["currency"], command["amount"]
    if amount <= 0:
        raise Refused("INVALID_ARGUMENT", "amount")
    balance = core.state.cash.get(currency, 0) + sign * amount
    core.emit(kind, currency=currency, amount=amount, balance=balance)


def set_calendar(core: "NaiveCore", command: Command, time_ns: int) -> None:
    sessions = [{"order_cutoff_time_ns": None, **s} for s in command["sessions"]]
    last = None
    for session in sessions:
        start, end = session["open_time_ns"], session["close_time_ns"]
        cutoff = session["order_cutoff_time_ns"]
        is_right = start < end and (last is None or last <= start)
        if not is_right or (cutoff is not None and not start <= cutoff <= end):
            raise Refused("INSTRUMENT_INVALID", "sessions")
        last = end
    if core.state.calendars.get(command["calendar_id"]) != sessions:
        core.emit("CalendarSet", calendar_id=command["calendar_id"], sessions=sessions)


def register(core: "NaiveCore", command: Command, time_ns: int) -> None:
    terms = {**INSTRUMENT_DEFAULTS, **command["instrument"]}
    known = core.state.slots.get(terms["symbol"])
    if known is None:
        core.emit("InstrumentRegistered", instrument=terms)
    elif known.registered != terms:
        raise Refused("ALREADY_EXISTS", terms["symbol"])


def change(core: "NaiveCore", command: Command, time_ns: int) -> None:
    slot = valid.slot_of(core.state, command["symbol"])
    asked = {name: command["change"].get(name) for name in CHANGES}
    for name in ("tick_size", "lot_size"):
        if asked[name] is not None and asked[name] <= 0:
            raise Refused("INSTRUMENT_INVALID", name)
    if asked["expire_time_ns"] is not None and slot.terms["kind"] != "FUTURE":
        raise Refused("INSTRUMENT_INVALID", "expire_time_ns")
    if asked["average_volume"] is not None and Decimal(asked["average_volume"]) < 0:
        raise Refused("INSTRUMENT_INVALID", "average_volume")
    effective = command.get("effective_time_ns")
    effective = time_ns if effective is None else effective
    kind = "InstrumentChanged" if effective <= time_ns else "InstrumentChangeScheduled"
    core.emit(kind, symbol=command["symbol"], change=asked, effective_time_ns=effective)


def adopt(core: "NaiveCore", command: Command, time_ns: int) -> None:
    terms = orders.complete(command["terms"])
    slot = valid.slot_of(core.state, terms["symbol"])
    if submit.is_repeated(core.state, terms):
        return
    valid.terms(core.state, terms)
    if terms["order_id"] in core.state.orders:
        raise Refused("ALREADY_EXISTS", terms["order_id"])
    filled = command.get("filled_quantity", 0)
    if not 0 <= filled < terms["quantity"]:
        raise Refused("INVALID_ARGUMENT", "filled_quantity")
    order = submit.new_order(core, terms, time_ns)
    order.state, order.filled = "ACCEPTED", filled
    order.venue_order_id = command["venue_order_id"]
    order.reference_price = slot.price
    core.emit("OrderAdopted", order=order.as_dict())


def adjust(core: "NaiveCore", command: Command, time_ns: int) -> None:
    valid.not_empty(person=command["person"])
    slot = valid.slot_of(core.state, command["symbol"])
    if not valid.is_possible(slot, command["price"]):
        raise Refused("PRICE_NOT_POSITIVE")
    difference = command["quantity"] - slot.quantity
    if difference:
        last = positions.steps(slot, difference, command["price"])[-1]
        core.emit(
            "PositionAdjusted",
            symbol=slot.symbol,
            previous_quantity=slot.quantity,
            quantity=last.quantity,
            total_cost=last.total_cost,
            total_realized_pnl=last.total_realized_pnl,
            person=command["person"],
            note=command.get("note", ""),
        )


def set_covariance(core: "NaiveCore", command: Command, time_ns: int) -> None:
    size, matrix = len(command["symbols"]), command["covariance"]
    cells = range(size)
    is_right = len(matrix) == size * size and all(
        matrix[a * size + b] == matrix[b * size + a] and matrix[a * size + a] >= 0
        for a in cells
        for b in cells
    )
    if not is_right:
        raise Refused("INVALID_ARGUMENT", "covariance")
    names = ("symbols", "covariance", "deviations_thousandths")
    core.emit("CovarianceSet", **{name: command[name] for name in names})


def mark(core: "NaiveCore", command: Command, time_ns: int) -> None:
    slot = valid.slot_of(core.state, command["symbol"])
    price = command["price"]
    if not valid.is_possible(slot, price):
        raise Refused("PRICE_NOT_POSITIVE")
    if not is_believed(core, slot, price):
        slot.trust, slot.suspect_price = "SUSPECT", price
        return
    told = command.get("price_time_ns")
    slot.trust, slot.suspect_price = "FRESH", None
    if slot.marks is not None:
        slot.marks.append((time_ns, price))
    slot.reference = {
        "price": price,
        "time_ns": time_ns,
        "price_time_ns": time_ns if told is None else told,
        "source": command["source"],
    }


def is_believed(core: "NaiveCore", slot: Slot, price: int) -> bool:
    limit = core.state.limits and core.state.limits["max_mark_move_bps"]
    if limit is None or slot.price is None:
        return True
    known = [slot.price] + ([] if slot.suspect_price is None else [slot.suspect_price])
    return any(abs(price - last) * 10_000 <= limit * abs(last) for last in known)


def mark_rate(core: "NaiveCore", command: Command, time_ns: int) -> None:
    rate = Fraction(Decimal(command["rate"]))
    if rate <= 0 or command["currency"] == core.state.currency:
        raise Refused("INVALID_ARGUMENT", "rate")
    core.state.rates[command["currency"]] = rate
