"""What happened to an account, as other areas are told it."""

from dataclasses import dataclass
from decimal import Decimal

from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import AccountId, OrderId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits
from algotrendy.trading.model import (
    AccountTerms,
    CheckFailure,
    Order,
    OrderStatus,
    Position,
)


@dataclass(frozen=True)
class AccountOpened:
    """The account was opened: sequence 0, before all that its core decides."""

    terms: AccountTerms


@dataclass(frozen=True)
class CashMoved:
    """Cash came in (positive) or went out (negative)."""

    currency: str
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True)
class InstrumentRegistered:
    """An instrument became known."""

    instrument: Instrument


@dataclass(frozen=True)
class LimitsApplied:
    """Limits came into force."""

    limits: Limits


@dataclass(frozen=True)
class OrderCreated:
    """An order passed the checks."""

    order: Order


@dataclass(frozen=True)
class OrderRejected:
    """An order was refused, by a check or by the venue."""

    order: Order
    failure: CheckFailure


@dataclass(frozen=True)
class OrderAccepted:
    """The venue took an order."""

    order_id: OrderId
    venue_order_id: str


@dataclass(frozen=True)
class OrderFilled:
    """Part or all of an order was executed; `cash` is the account's afterwards."""

    fill: Fill
    status: OrderStatus
    filled_quantity: Decimal
    leaves_quantity: Decimal
    cash: Decimal


@dataclass(frozen=True)
class OrderCancelRequested:
    """A cancel was asked for."""

    order_id: OrderId


@dataclass(frozen=True)
class OrderCanceled:
    """An order was cancelled."""

    order_id: OrderId


@dataclass(frozen=True)
class OrderExpired:
    """An order's time was over."""

    order_id: OrderId


@dataclass(frozen=True)
class PositionOpened:
    """A position that was flat no longer is."""

    position: Position


@dataclass(frozen=True)
class PositionChanged:
    """A position grew or shrank."""

    position: Position


@dataclass(frozen=True)
class PositionClosed:
    """A position became flat; `realized_pnl` is what this fill realised."""

    position: Position
    realized_pnl: Decimal


EventBody = (
    AccountOpened
    | CashMoved
    | InstrumentRegistered
    | LimitsApplied
    | OrderCreated
    | OrderRejected
    | OrderAccepted
    | OrderFilled
    | OrderCancelRequested
    | OrderCanceled
    | OrderExpired
    | PositionOpened
    | PositionChanged
    | PositionClosed
)


@dataclass(frozen=True)
class AccountEvent:
    """One event and its place in the account's history: 0 is its opening, then without a gap."""

    account_id: AccountId
    sequence: int
    time_ns: int
    body: EventBody

    @property
    def event_id(self) -> str:
        """Unique for ever: `{account_id}:{sequence}`."""
        return f"{self.account_id}:{self.sequence}"
