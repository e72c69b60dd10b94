"""What happened to an account, as other areas are told it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

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
from algotrendy.trading.terms import Replacement


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
    """An order passed the checks: it is sent, unless it is held or awaits approval."""

    order: Order


@dataclass(frozen=True)
class OrderRejected:
    """An order was refused, by a check, a person or the venue, whose words `text` holds."""

    order: Order
    failure: CheckFailure
    text: str = ""


@dataclass(frozen=True)
class OrderAccepted:
    """The venue took an order."""

    order_id: OrderId
    venue_order_id: str


@dataclass(frozen=True)
class OrderFilled:
    """Part or all of an order was executed; `cash` is the account's afterwards.

    `cash_change` leaves the fee out. A `late` fill crossed the order's cancel or expiry.
    """

    fill: Fill
    status: OrderStatus
    filled_quantity: Decimal
    leaves_quantity: Decimal
    cash: Decimal
    cash_change: Decimal
    late: bool = False
    corrects_execution_id: str = ""


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


@dataclass(frozen=True)
class OrderReleased:
    """The first order of its list filled: the order is sent."""

    order_id: OrderId
    quantity: Decimal


@dataclass(frozen=True)
class OrderApproved:
    """A person approved an order: it is sent."""

    order_id: OrderId
    approver: str
    note: str


@dataclass(frozen=True)
class OrderReplaceRequested:
    """A replacement was asked for."""

    order_id: OrderId
    replacement: Replacement


@dataclass(frozen=True)
class OrderReplaceRefused:
    """A check refused a replacement; the order is as it was."""

    order_id: OrderId
    symbol: str
    replacement: Replacement
    failure: CheckFailure


@dataclass(frozen=True)
class FillBusted:
    """A fill did not count after all; `cash` is the account's afterwards."""

    fill: Fill
    execution_id: str
    status: OrderStatus
    filled_quantity: Decimal
    leaves_quantity: Decimal
    cash: Decimal
    cash_change: Decimal


@dataclass(frozen=True)
class FeeCharged:
    """A fee of an earlier fill was charged; `cash` is the account's afterwards."""

    order_id: OrderId
    execution_id: str
    fill_execution_id: str
    symbol: str
    fee: Decimal
    cash: Decimal


@dataclass(frozen=True)
class PositionAdjusted:
    """A position was made what the venue says it is; cash did not move."""

    position: Position
    previous_quantity: Decimal
    person: str
    note: str


@dataclass(frozen=True)
class VariationSettled:
    """A future's day was settled: its gain or loss became cash."""

    position: Position
    price: Decimal
    amount: Decimal
    cash: Decimal


@dataclass(frozen=True)
class CoreEvent:
    """Any other event of the core, which this area only passes on: `raw` as the core tells it.

    `instrument` is the one it is about, where it is about one; amounts are in `currency`.
    """

    raw: Mapping[str, Any]
    currency: str
    instrument: Instrument | None = None


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
    | OrderReleased
    | OrderApproved
    | OrderReplaceRequested
    | OrderReplaceRefused
    | FillBusted
    | FeeCharged
    | PositionAdjusted
    | VariationSettled
    | CoreEvent
)


# What an order that works at a venue is told to it by.
REQUESTS = (
    OrderCreated,
    OrderReleased,
    OrderApproved,
    OrderReplaceRequested,
    OrderCancelRequested,
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
