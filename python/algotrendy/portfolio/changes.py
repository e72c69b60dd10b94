"""What changes an account's book, as the trading area tells it."""

from dataclasses import dataclass
from decimal import Decimal

from algotrendy.domain.order import Side


@dataclass(frozen=True, slots=True)
class Cause:
    """The trading event behind a change: its id, its place in the account's own order, its time."""

    event_id: str
    sequence: int
    time_ns: int
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """An account was opened."""

    portfolio_id: str
    display_name: str
    currency: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class CashMoved:
    """Cash came in (positive) or went out (negative)."""

    portfolio_id: str
    amount: Decimal
    balance: Decimal
    cause: Cause


@dataclass(frozen=True, slots=True)
class InstrumentRegistered:
    """An instrument became known to the account."""

    portfolio_id: str
    symbol: str
    multiplier: int
    notional_scale: int
    cause: Cause
    is_paid_in_full: bool = True


@dataclass(frozen=True, slots=True)
class Filled:
    """Part or all of an order was executed; a bust is a fill of the other side, its fee negative.

    `quantity` is positive; `cash` is the account's after it.
    """

    portfolio_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    cash: Decimal
    cause: Cause


@dataclass(frozen=True, slots=True)
class FeeCharged:
    """A fee of an earlier fill was charged; `cash` is the account's after it."""

    portfolio_id: str
    symbol: str
    fee: Decimal
    cash: Decimal
    cause: Cause


@dataclass(frozen=True, slots=True)
class PositionSet:
    """A position was settled, or made what the venue says it is; `cash` is None where it stays."""

    portfolio_id: str
    symbol: str
    quantity: Decimal
    total_cost: Decimal
    realized_pnl: Decimal
    cash: Decimal | None
    cause: Cause


@dataclass(frozen=True, slots=True)
class PositionTurned:
    """A position was opened or closed, by the fill told before."""

    portfolio_id: str
    symbol: str
    cause: Cause


Change = (
    AccountOpened
    | CashMoved
    | InstrumentRegistered
    | Filled
    | FeeCharged
    | PositionSet
    | PositionTurned
)
