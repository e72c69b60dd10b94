"""What a client asks for: the terms of orders, of lists of them, and of what corrects a book."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from algotrendy.domain.ids import AccountId, ClientOrderId, OrderId, StrategyId
from algotrendy.domain.order import CLIENT_ORDER_ID_LIMIT, Side
from algotrendy.errors import InvalidArgumentError

STRATEGY_ID_LIMIT = 128
PERSON_LIMIT = 64

# The core keeps covariances as 64-bit integers, in units of this.
COVARIANCE_STEP: Final = 1e-12
_LARGEST_COVARIANCE: Final = 2**63 * COVARIANCE_STEP
_DEVIATION_DIGITS: Final = 3
_MOST_DEVIATIONS: Final = 1000


class OrderType(StrEnum):
    """How an order meets the market (FIX 40)."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"
    STOP_LIMIT = "STOP_LIMIT"
    TRAILING_STOP = "TRAILING_STOP"


class TimeInForce(StrEnum):
    """How long an order works (FIX 59)."""

    GTC = "GTC"
    DAY = "DAY"
    IOC = "IOC"
    FOK = "FOK"
    GTD = "GTD"


class Contingency(StrEnum):
    """How the orders of a list depend on each other (FIX 1385)."""

    OCO = "OCO"
    OTO = "OTO"
    BRACKET = "BRACKET"


@dataclass(frozen=True)
class Trail:
    """How far a trailing stop stays behind the market: a price difference, or basis points."""

    offset: Decimal | None = None
    bps: int | None = None

    def __post_init__(self) -> None:
        if (self.offset is None) == (self.bps is None):
            raise InvalidArgumentError(
                "A trail is either trail_offset or trail_bps.", field="trail_offset"
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
    stop_price: Decimal | None = None
    trail: Trail | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    expire_time_ns: int | None = None
    post_only: bool = False
    reduce_only: bool = False
    strategy_id: StrategyId | None = None
    trader_id: str | None = None
    sending_time_ns: int | None = None
    # What the client calls it, where it says so.
    stated_type: OrderType | None = None

    def __post_init__(self) -> None:
        for name, value, limit in (
            ("client_order_id", self.client_order_id, CLIENT_ORDER_ID_LIMIT),
            ("strategy_id", self.strategy_id or " ", STRATEGY_ID_LIMIT),
            ("trader_id", self.trader_id or " ", PERSON_LIMIT),
        ):
            if not 1 <= len(value) <= limit:
                raise InvalidArgumentError(
                    f"{name} has {len(value)} characters; expected 1 to {limit}.",
                    field=name,
                    value=value[:limit],
                )

    @property
    def order_type(self) -> OrderType:
        """What was stated, or what the prices say: a market order has none."""
        if self.stated_type is not None:
            return self.stated_type
        if self.trail is not None:
            return OrderType.TRAILING_STOP
        if self.stop_price is not None:
            return OrderType.STOP if self.limit_price is None else OrderType.STOP_LIMIT
        return OrderType.MARKET if self.limit_price is None else OrderType.LIMIT


@dataclass(frozen=True)
class NewOrderList:
    """Orders that a client asks for together, all or none."""

    account_id: AccountId
    list_id: str
    contingency: Contingency
    orders: tuple[NewOrder, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.list_id) <= CLIENT_ORDER_ID_LIMIT:
            raise InvalidArgumentError(
                f"list_id has {len(self.list_id)} characters; "
                f"expected 1 to {CLIENT_ORDER_ID_LIMIT}.",
                field="list_id",
                value=self.list_id[:CLIENT_ORDER_ID_LIMIT],
            )
        for order in self.orders:
            if order.account_id != self.account_id:
                raise InvalidArgumentError(
                    f"Order {order.client_order_id!r} is for account {order.account_id!r}; "
                    f"expected {self.account_id!r}, the list's.",
                    field="orders.account_id",
                    value=order.account_id,
                    expected=self.account_id,
                )


@dataclass(frozen=True)
class Replacement:
    """The terms of an order that are to change; None stays."""

    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


@dataclass(frozen=True)
class ReplaceTerms:
    """Which order a client asks to change, and what of it."""

    order_id: OrderId
    replacement: Replacement


@dataclass(frozen=True)
class CloseTerms:
    """Which position a client asks to close, and the id of the order that does it."""

    account_id: AccountId
    symbol: str
    client_order_id: ClientOrderId
    strategy_id: StrategyId | None = None


@dataclass(frozen=True)
class Adoption:
    """An order that the venue has and the account has not, and what of it the account holds."""

    order: NewOrder
    filled_quantity: Decimal
    venue_order_id: str


@dataclass(frozen=True)
class PositionAdjustment:
    """What the venue or the custodian says is held, and who says so."""

    account_id: AccountId
    symbol: str
    quantity: Decimal
    price: Decimal
    person: str
    note: str


@dataclass(frozen=True)
class CovarianceTerms:
    """The covariance of one-day returns by rows, and the deviations that value at risk counts."""

    account_id: AccountId
    symbols: tuple[str, ...]
    covariance: tuple[float, ...]
    deviations: Decimal = Decimal("1.645")

    def __post_init__(self) -> None:
        for place, value in enumerate(self.covariance):
            # NaN is not below anything either.
            if not abs(value) < _LARGEST_COVARIANCE:
                raise InvalidArgumentError(
                    f"covariance[{place}] is {value}; expected a number between "
                    f"-{_LARGEST_COVARIANCE:.0f} and {_LARGEST_COVARIANCE:.0f}.",
                    field=f"covariance[{place}]",
                    value=str(value),
                )
        digits = round(self.deviations, _DEVIATION_DIGITS)
        if digits != self.deviations or not 0 < self.deviations <= _MOST_DEVIATIONS:
            raise InvalidArgumentError(
                f"deviations is {self.deviations}; expected a positive number, at most "
                f"{_MOST_DEVIATIONS}, with at most {_DEVIATION_DIGITS} digits after the point.",
                field="deviations",
                value=str(self.deviations),
            )
