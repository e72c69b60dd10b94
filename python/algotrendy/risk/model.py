"""Exposure and alerts, and what breaches a limit."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact, localcontext
from typing import Final

from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits

POSITION_RULE: Final = "position_notional"
POSITION_LIMIT: Final = "max_position_notional"

_ALERT_IDS: Final = uuid.UUID("2b1b7f0e-6a55-5d0c-8f2e-94f1c0a7d3b6")
# Enough for any price times any quantity; a rounding would be a defect and raises.
_EXACT: Final = Context(prec=96, traps=[Inexact])


@dataclass(frozen=True)
class Cause:
    """The trading area's event that something follows from, and its place in its account."""

    event_id: str
    account_id: AccountId
    sequence: int
    stream_sequence: int
    time_ns: int


@dataclass(frozen=True)
class InstrumentExposure:
    """What one instrument contributes; `price` is the last one seen, None before the first."""

    symbol: str
    quantity: Decimal
    price: Decimal | None
    multiplier: int = 1
    # Whether it was beyond the position limit when it was last looked at.
    beyond_limit: bool = False

    @property
    def notional(self) -> Decimal:
        """Quantity × price × multiplier, signed; 0 without a price."""
        with localcontext(_EXACT):
            return self.quantity * (self.price or 0) * self.multiplier

    def limit(self, limits: Limits | None) -> Decimal | None:
        """Return the notional that the position may have, if it is limited."""
        return limits.tightest(POSITION_LIMIT, self.symbol) if limits else None

    def is_beyond(self, limits: Limits | None) -> bool:
        """Whether the position is larger than its limit allows."""
        limit = self.limit(limits)
        return limit is not None and abs(self.notional) > limit


@dataclass(frozen=True)
class Exposure:
    """An account's exposure by the events seen up to `event_sequence`."""

    account_id: AccountId
    cash: Decimal
    event_sequence: int
    instruments: tuple[InstrumentExposure, ...] = field(default=())

    @property
    def gross_notional(self) -> Decimal:
        """Sum of the notionals' absolute values."""
        return _sum(abs(instrument.notional) for instrument in self.instruments)

    @property
    def net_notional(self) -> Decimal:
        """Sum of the notionals."""
        return _sum(instrument.notional for instrument in self.instruments)


@dataclass(frozen=True)
class LimitsVersion:
    """One version of an account's limits; `apply_time_ns` is None where it is not in force yet."""

    limits: Limits
    create_time_ns: int
    apply_time_ns: int | None


@dataclass(frozen=True)
class Alert:
    """A breach of a limit: a refused order, or a position beyond its limit."""

    alert_id: str
    account_id: AccountId
    rule: str
    symbol: str
    limit: str
    observed: str
    create_time_ns: int


def alert_id(cause: str, rule: str) -> str:
    """Return the id of the alert that `cause` raises by `rule`: the same cause, the same alert."""
    return str(uuid.uuid5(_ALERT_IDS, f"{cause}:{rule}"))


def position_alert(
    cause: str,
    account_id: AccountId,
    exposure: InstrumentExposure,
    limits: Limits,
    time_ns: int,
) -> Alert:
    """Return the alert of a position beyond its limit."""
    return Alert(
        alert_id=alert_id(cause, POSITION_RULE),
        account_id=account_id,
        rule=POSITION_RULE,
        symbol=exposure.symbol,
        limit=f"{exposure.limit(limits):f}",
        observed=f"{abs(exposure.notional):f}",
        create_time_ns=time_ns,
    )


def _sum(values: Iterable[Decimal]) -> Decimal:
    with localcontext(_EXACT):
        return sum(values, Decimal(0))
