"""Checks 5, 22 and 23: whether prices and clocks can be believed."""

from collections.abc import Iterator
from decimal import Decimal

from tests.parity.trading.model import clock, exposure
from tests.parity.trading.model.rules.candidate import Breach, Candidate


def reference_present(c: Candidate) -> Iterator[Breach]:
    if c.slot.reference is None or c.slot.trust == "RECOVERED":
        yield Breach("REFERENCE_PRICE_MISSING")


def rate_present(c: Candidate) -> Iterator[Breach]:
    try:
        exposure.rate(c.state, c.slot.terms["currency"])
    except exposure.Unvalued:
        yield Breach("RATE_MISSING")


def reference_age(c: Candidate) -> Iterator[Breach]:
    if c.slot.reference is None:
        return
    sessions = clock.sessions_of(c.state, c.slot)
    marked_ns = min(c.slot.reference["price_time_ns"], c.slot.reference["time_ns"])
    limit = c.limits["max_reference_age_ns"]
    age_ns = clock.open_ns_between(sessions, marked_ns, c.time_ns, limit)
    if age_ns > limit:
        yield Breach("REFERENCE_PRICE_STALE", "HARD", Decimal(limit), Decimal(age_ns))


def price_collar(c: Candidate) -> Iterator[Breach]:
    reference = c.slot.price
    if reference is None:
        return
    prices = [p for p in (c.terms["limit_price"], c.terms["stop_price"]) if p is not None]
    worse = max((c.order.sign * (price - reference) for price in prices), default=0)
    if worse > 0:
        yield from c.above_bps("price_collar_bps", "PRICE_COLLAR_BREACHED", worse, abs(reference))


def price_move(c: Candidate) -> Iterator[Breach]:
    step_ns = -(-c.limits["collar_window_ns"] // 16)
    first = c.time_ns // step_ns - 16
    marks = [price for time_ns, price in c.slot.marks or [] if time_ns // step_ns >= first]
    if marks:
        lowest, highest = min(marks), max(marks)
        if highest > lowest:
            move = highest - lowest
            yield from c.above_bps("price_move_bps", "PRICE_MOVE_EXCEEDED", move, abs(lowest))


def market_data(c: Candidate) -> Iterator[Breach]:
    if c.slot.reference is not None and c.slot.trust == "SUSPECT":
        yield Breach("MARKET_DATA_SUSPECT")


def clock_skew(c: Candidate) -> Iterator[Breach]:
    limit, sent = c.limits["max_clock_skew_ns"], c.terms["sending_time_ns"]
    if limit is None:
        return
    skews = [0] if sent is None or c.replaced or c.is_granted else [abs(sent - c.time_ns)]
    if c.slot.reference is not None:
        skews.append(c.slot.reference["price_time_ns"] - c.time_ns)
    if max(skews) > limit:
        yield Breach("CLOCK_STALE", "HARD", Decimal(limit), Decimal(max(skews)))
