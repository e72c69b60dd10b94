"""Accounts, orders, fills and positions as people read them; the core holds them as integers."""

import json
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact, localcontext
from enum import StrEnum
from typing import Generic, TypeVar

from algotrendy.domain.ids import AccountId, ClientOrderId, OrderId, StrategyId
from algotrendy.domain.money import currency_scale, to_units
from algotrendy.domain.order import CLIENT_ORDER_ID_LIMIT, Side
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import InvalidArgumentError

DISPLAY_NAME_LIMIT = 128
STRATEGY_ID_LIMIT = 128
AVERAGE_PRICE_SCALE = 8

# Enough for any price times any quantity; a rounding would be a defect and raises.
EXACT = Context(prec=96, traps=[Inexact])

_T = TypeVar("_T")


def exact_notional(price: Decimal, quantity: Decimal, multiplier: int) -> Decimal:
    """Return price × quantity × multiplier, not rounded."""
    with localcontext(EXACT):
        return price * quantity * multiplier


class OrderType(StrEnum):
    """How an order meets the market (FIX 40)."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"


class TimeInForce(StrEnum):
    """How long an order works (FIX 59)."""

    GTC = "GTC"
    DAY = "DAY"


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
            "slippage_bps": str(self.venue_terms.slippage_bps),
            "fee_bps": str(self.venue_terms.fee_bps),
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
            venue_terms=VenueTerms(Decimal(document["slippage_bps"]), Decimal(document["fee_bps"])),
            create_time_ns=document["create_time_ns"],
        )


@dataclass(frozen=True)
class NewOrder:
    """The terms of an order that a client asks for."""

    account_id: AccountId
    client_order_id: ClientOrderId
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    expire_time_ns: int | None = None
    strategy_id: StrategyId | None = None

    def __post_init__(self) -> None:
        for name, value, limit in (
            ("client_order_id", self.client_order_id, CLIENT_ORDER_ID_LIMIT),
            ("strategy_id", self.strategy_id or " ", STRATEGY_ID_LIMIT),
        ):
            if not 1 <= len(value) <= limit:
                raise InvalidArgumentError(
                    f"{name} has {len(value)} characters; expected 1 to {limit}.",
                    field=name,
                    value=value[:limit],
                )

    @property
    def order_type(self) -> OrderType:
        """A market order has no limit price."""
        return OrderType.MARKET if self.limit_price is None else OrderType.LIMIT


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

    @property
    def position_id(self) -> str:
        """`{account_id}:{symbol}`."""
        return f"{self.account_id}:{self.symbol}"


@dataclass(frozen=True)
class Account:
    """An account's book as its core has it; `equity` is None where a price is missing."""

    terms: AccountTerms
    cash: Decimal
    equity: Decimal | None
    positions: tuple[Position, ...]
    open_order_count: int
    limits_version: int


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
class CheckFailure:
    """One check that an order failed."""

    reason: str
    rule: str
    limit: str
    observed: str


@dataclass(frozen=True)
class CheckResult:
    """What the checks say of an order; prices are None where none is known."""

    failures: tuple[CheckFailure, ...] = field(default=())
    reference_price: Decimal | None = None
    notional: Decimal | None = None

    @property
    def accepted(self) -> bool:
        """Whether the order would be accepted."""
        return not self.failures


@dataclass(frozen=True)
class Page(Generic[_T]):
    """Part of a list; `next_start` is the index of the next part's first, None after the last."""

    items: list[_T]
    next_start: int | None = None
