"""Accounts, orders, fills and positions as people read them; the core holds them as integers."""

import json
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, localcontext
from enum import StrEnum
from typing import Any, Generic, TypeVar

from algotrendy.domain.ids import AccountId, ClientOrderId, OrderId, StrategyId
from algotrendy.domain.limits import TradingState
from algotrendy.domain.money import currency_scale, to_units
from algotrendy.domain.order import Side
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import InvalidArgumentError
from algotrendy.trading.terms import Contingency, OrderType, Replacement, TimeInForce, Trail

DISPLAY_NAME_LIMIT = 128
AVERAGE_PRICE_SCALE = 8

# Enough for any price times any quantity; a rounding would be a defect and raises.
EXACT = Context(prec=96, traps=[Inexact])

_T = TypeVar("_T")


def exact_notional(price: Decimal, quantity: Decimal, multiplier: int) -> Decimal:
    """Return price × quantity × multiplier, not rounded."""
    with localcontext(EXACT):
        return price * quantity * multiplier


class OrderStatus(StrEnum):
    """Where an order stands (FIX 39)."""

    PENDING_NEW = "PENDING_NEW"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    PENDING_CANCEL = "PENDING_CANCEL"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    PENDING_REPLACE = "PENDING_REPLACE"


@dataclass(frozen=True)
class AccountTerms:
    """What an account is opened with: the first payload of its journal."""

    account_id: AccountId
    display_name: str
    currency: str
    initial_cash: Decimal
    venue_terms: VenueTerms
    create_time_ns: int

    def __post_init__(self) -> None:
        if len(self.display_name) > DISPLAY_NAME_LIMIT:
            raise InvalidArgumentError(
                f"display_name has {len(self.display_name)} characters; "
                f"expected at most {DISPLAY_NAME_LIMIT}.",
                field="display_name",
            )
        if self.initial_cash < 0:
            raise InvalidArgumentError(
                f"initial_cash is {self.initial_cash}; expected zero or a positive amount.",
                field="initial_cash",
                value=str(self.initial_cash),
            )
        _ = self.initial_cash_units

    @property
    def initial_cash_units(self) -> int:
        """The first deposit in minor units."""
        return to_units(self.initial_cash, currency_scale(self.currency), field="initial_cash")

    def to_payload(self) -> bytes:
        """Return the terms as the journal keeps them."""
        document = {
            "type": "AccountOpened",
            "account_id": self.account_id,
            "display_name": self.display_name,
            "currency": self.currency,
            "initial_cash": str(self.initial_cash),
            "venue": self.venue_terms.to_config(),
            "create_time_ns": self.create_time_ns,
        }
        return json.dumps(document).encode()

    @classmethod
    def from_payload(cls, payload: bytes) -> "AccountTerms":
        """Return the terms that `to_payload` wrote."""
        document = json.loads(payload)
        return cls(
            account_id=AccountId(document["account_id"]),
            display_name=document["display_name"],
            currency=document["currency"],
            initial_cash=Decimal(document["initial_cash"]),
            venue_terms=_venue_terms(document),
            create_time_ns=document["create_time_ns"],
        )


def _venue_terms(document: dict[str, Any]) -> VenueTerms:
    """Return how the account's venue trades; journals of before tell two rates only."""
    if "venue" in document:
        return VenueTerms.from_config(document["venue"])
    return VenueTerms(Decimal(document["slippage_bps"]), Decimal(document["fee_bps"]))


@dataclass(frozen=True)
class ListPlace:
    """An order's place in a list; 0 is the first."""

    list_id: str
    contingency: Contingency
    index: int


@dataclass(frozen=True)
class Order:
    """An order and what became of it."""

    order_id: OrderId
    client_order_id: ClientOrderId
    account_id: AccountId
    symbol: str
    side: Side
    order_type: OrderType
    quantity: Decimal
    limit_price: Decimal | None
    time_in_force: TimeInForce
    expire_time_ns: int | None
    strategy_id: StrategyId | None
    status: OrderStatus
    filled_quantity: Decimal
    leaves_quantity: Decimal
    average_price: Decimal | None
    reject_reason: str | None
    create_time_ns: int
    update_time_ns: int
    stop_price: Decimal | None = None
    trail: Trail | None = None
    post_only: bool = False
    reduce_only: bool = False
    trader_id: str | None = None
    # Only the venue's own evidence tells its fate.
    uncertain: bool = False
    # It waits for a person, or for the first order of its list to fill.
    awaiting_approval: bool = False
    held: bool = False
    triggered: bool = False
    place: ListPlace | None = None
    replacement: Replacement | None = None
    venue_order_id: str | None = None
    arrival_price: Decimal | None = None


@dataclass(frozen=True)
class Position:
    """A netted position; `average_price` and `unrealized_pnl` are None where they have no value."""

    account_id: AccountId
    symbol: str
    quantity: Decimal
    average_price: Decimal | None
    realized_pnl: Decimal
    current_price: Decimal | None
    unrealized_pnl: Decimal | None
    total_cost: Decimal = Decimal(0)

    @property
    def position_id(self) -> str:
        """`{account_id}:{symbol}`."""
        return f"{self.account_id}:{self.symbol}"


@dataclass(frozen=True)
class Account:
    """An account's book as its core has it; amounts are None where a price is missing."""

    terms: AccountTerms
    cash: Decimal
    equity: Decimal | None
    positions: tuple[Position, ...]
    open_order_count: int
    limits_version: int
    trading_state: TradingState = TradingState.ACTIVE
    available: Decimal | None = None


@dataclass(frozen=True)
class Session:
    """One trading session: half-open."""

    open_time_ns: int
    close_time_ns: int
    order_cutoff_time_ns: int | None = None


@dataclass(frozen=True)
class InstrumentTermsChange:
    """What changes of an instrument; None stays."""

    tick_size: Decimal | None = None
    lot_size: Decimal | None = None
    halted: bool | None = None
    lower_band: Decimal | None = None
    upper_band: Decimal | None = None
    average_volume: Decimal | None = None
    expire_time_ns: int | None = None


class BarPhase(StrEnum):
    """How much of a bar a venue trades: all of it, its open, or what follows its open."""

    WHOLE = "WHOLE"
    OPEN = "OPEN"
    CLOSE = "CLOSE"


@dataclass(frozen=True)
class MarketBar:
    """A bar as simulated venues trade it; each account's instrument says what its units are."""

    symbol: str
    open_time_ns: int
    close_time_ns: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True)
class MarketTrade:
    """A trade of the market."""

    price: Decimal
    quantity: Decimal


@dataclass(frozen=True)
class MarketQuote:
    """The best bid and the best ask of the market."""

    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal


@dataclass(frozen=True)
class MarketTicks:
    """All ticks of one symbol and time: its trades in their order, then its quotes."""

    symbol: str
    time_ns: int
    trades: tuple[MarketTrade, ...] = ()
    quotes: tuple[MarketQuote, ...] = ()


@dataclass(frozen=True)
class CheckFailure:
    """One check that an order failed; numbers are text, empty where it has none."""

    reason: str
    rule: str
    limit: str
    observed: str

    @classmethod
    def from_core(cls, raw: Any) -> "CheckFailure":  # noqa: ANN401  # Any event that tells of one.
        """Return the failure that the core's event tells of."""
        return cls(raw["reason"], raw["rule"], raw["limit"] or "", raw["observed"] or "")


class Verdict(StrEnum):
    """What a check says of an order."""

    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_SET = "NOT_SET"
    PASSED = "PASSED"
    NEEDS_APPROVAL = "NEEDS_APPROVAL"
    REFUSED = "REFUSED"


@dataclass(frozen=True)
class CheckRow:
    """One check applied to an order; numbers are None where it has none."""

    number: int
    rule: str
    reason: str
    verdict: Verdict
    unit: str
    limit: Decimal | None
    observed: Decimal | None
    head_room: Decimal | None

    @property
    def failure(self) -> CheckFailure:
        """The same, as a refusal tells it."""
        return CheckFailure(self.reason, self.rule, _text(self.limit), _text(self.observed))


@dataclass(frozen=True)
class CheckResult:
    """What the checks say of an order, in their order; prices are None where none is known."""

    rows: tuple[CheckRow, ...] = ()
    reference_price: Decimal | None = None
    notional: Decimal | None = None

    @property
    def failures(self) -> tuple[CheckFailure, ...]:
        """The limits it breaks, soft ones included."""
        broken = {Verdict.REFUSED, Verdict.NEEDS_APPROVAL}
        return tuple(row.failure for row in self.rows if row.verdict in broken)

    @property
    def accepted(self) -> bool:
        """Whether the order would be accepted, and sent."""
        return not self.failures

    @property
    def needs_approval(self) -> bool:
        """Whether it would be taken, and wait for a person."""
        verdicts = {row.verdict for row in self.rows}
        return Verdict.NEEDS_APPROVAL in verdicts and Verdict.REFUSED not in verdicts


@dataclass(frozen=True)
class Page(Generic[_T]):
    """Part of a list; `next_start` is the index of the next part's first, None after the last."""

    items: list[_T]
    next_start: int | None = None


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"
