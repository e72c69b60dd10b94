"""Checks 1, 15 and 24: what can be traded, and when."""

from collections.abc import Iterator
from decimal import Decimal

from tests.parity.trading.model import clock
from tests.parity.trading.model.rules.candidate import Breach, Candidate


def tradable(c: Candidate) -> Iterator[Breach]:
    if c.slot.terms["kind"] == "INDEX":
        yield Breach("INSTRUMENT_NOT_TRADABLE")


def halted(c: Candidate) -> Iterator[Breach]:
    if c.slot.is_halted:
        yield Breach("INSTRUMENT_HALTED")


def expired(c: Candidate) -> Iterator[Breach]:
    expiry = c.slot.terms["expire_time_ns"]
    if expiry is not None and expiry <= c.time_ns:
        yield Breach("INSTRUMENT_EXPIRED", "HARD", Decimal(expiry - 1), Decimal(c.time_ns))


def market_hours(c: Candidate) -> Iterator[Breach]:
    sessions = clock.sessions_of(c.state, c.slot)
    if sessions is None or c.limits["queue_when_closed"]:
        return
    if clock.session_at(sessions, c.time_ns) is None:
        yield Breach("MARKET_CLOSED")


def order_cutoff(c: Candidate) -> Iterator[Breach]:
    session = clock.session_at(clock.sessions_of(c.state, c.slot) or [], c.time_ns)
    cutoff = session and session["order_cutoff_time_ns"]
    if cutoff is not None and cutoff <= c.time_ns:
        yield Breach("ORDER_CUTOFF_PASSED", "HARD", Decimal(cutoff - 1), Decimal(c.time_ns))


def price_band(c: Candidate) -> Iterator[Breach]:
    scale = c.slot.terms["price_scale"]
    for price in (c.terms["limit_price"], c.terms["stop_price"]):
        for band, outside in ((c.slot.lower_band, -1), (c.slot.upper_band, 1)):
            if price is not None and band is not None and (price - band) * outside > 0:
                limit, observed = (Decimal(n).scaleb(-scale) for n in (band, price))
                yield Breach("PRICE_BAND_BREACHED", "HARD", limit, observed)
                break


def expire_time(c: Candidate) -> Iterator[Breach]:
    expiry = c.terms["expire_time_ns"]
    if expiry is not None and expiry <= c.time_ns:
        yield Breach("EXPIRE_TIME_PAST", "HARD", Decimal(expiry - 1), Decimal(c.time_ns))
