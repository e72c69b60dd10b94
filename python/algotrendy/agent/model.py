"""What people ask, what the other areas tell, and what is answered."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from algotrendy.domain.order import Side
from algotrendy.domain.statistics import BacktestStatistics

TEXT_LIMIT: Final = 2000
_CLIENT_ORDER_ID_DIGITS: Final = 40


class Intent(Enum):
    """What a message was understood as."""

    UNKNOWN = "UNKNOWN"
    PORTFOLIO = "PORTFOLIO"
    BACKTEST = "BACKTEST"
    ORDER = "ORDER"


# --- What is asked ------------------------------------------------------------------------------


@dataclass(frozen=True)
class PortfolioQuestion:
    """Positions and risk; `name` is the portfolio, as it was written, or empty."""

    name: str = ""


@dataclass(frozen=True)
class Period:
    """From `start_time_ns` on, up to but without `end_time_ns`; None is the last bar."""

    start_time_ns: int
    end_time_ns: int | None


@dataclass(frozen=True)
class BacktestRun:
    """Run a backtest; `name` is the strategy, as it was written, or empty."""

    name: str = ""
    period: Period | None = None


@dataclass(frozen=True)
class BacktestReview:
    """Explain a backtest: of this id, else the last one, of the named strategy if there is one."""

    backtest_id: str = ""
    name: str = ""


@dataclass(frozen=True)
class OrderRequest:
    """Preview an order. No quantity means all that is held; no limit price, a market order."""

    side: Side
    quantity: Decimal | None
    symbol: str
    limit_price: Decimal | None = None
    portfolio: str = ""


@dataclass(frozen=True)
class Unclear:
    """A request of a known kind that lacks something, or says more than is understood."""

    intent: Intent
    text: str


Request = PortfolioQuestion | BacktestRun | BacktestReview | OrderRequest | Unclear


# --- What the other areas tell ------------------------------------------------------------------


@dataclass(frozen=True)
class Holding:
    """What a portfolio holds of one instrument; `weight` is its share of the equity."""

    symbol: str
    quantity: Decimal
    average_price: Decimal
    current_price: Decimal
    market_value: Decimal
    unrealized_pnl: Decimal
    weight: float


@dataclass(frozen=True)
class Portfolio:
    """A valued portfolio."""

    portfolio_id: str
    display_name: str
    currency: str
    cash: Decimal
    equity: Decimal
    net_deposits: Decimal
    total_fees: Decimal
    holdings: tuple[Holding, ...] = ()


@dataclass(frozen=True)
class Exposure:
    """Sum of the notionals' absolute values, and of the notionals."""

    gross_notional: Decimal
    net_notional: Decimal


@dataclass(frozen=True)
class Limits:
    """The limits in force, as far as an answer tells them; None forbids nothing."""

    max_order_notional: Decimal | None = None
    max_position_notional: Decimal | None = None
    allow_short: bool = False


@dataclass(frozen=True)
class Instrument:
    """What can be named in an order."""

    symbol: str
    currency: str = "USD"
    multiplier: int = 1


@dataclass(frozen=True)
class Strategy:
    """A stored strategy."""

    strategy_id: str
    display_name: str


@dataclass(frozen=True)
class Backtest:
    """A backtest. It has `statistics` once it has succeeded, and an `error` if it failed."""

    backtest_id: str
    strategy_id: str
    symbols: tuple[str, ...]
    start_time_ns: int
    end_time_ns: int
    initial_cash: Decimal
    final_equity: Decimal
    slippage_bps: Decimal
    fee_bps: Decimal
    total_fees: Decimal
    order_count: int
    rejected_count: int
    fill_count: int
    in_sample: bool = False
    statistics: BacktestStatistics | None = None
    error: str = ""


# --- Orders -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OrderTerms:
    """An order as it would be placed: good till cancelled."""

    account_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    limit_price: Decimal | None


@dataclass(frozen=True)
class CheckFailure:
    """One check that an order failed."""

    reason: str
    rule: str
    limit: str
    observed: str


@dataclass(frozen=True)
class Check:
    """What the pre-trade checks say of an order now."""

    accepted: bool
    failures: tuple[CheckFailure, ...] = ()
    reference_price: Decimal | None = None
    notional: Decimal | None = None


@dataclass(frozen=True)
class Preview:
    """An order that was checked; without a token, it cannot be placed."""

    terms: OrderTerms
    check: Check
    token: str = ""
    expire_time_ns: int = 0


@dataclass(frozen=True)
class Answer:
    """What is said in reply."""

    intent: Intent
    text: str
    preview: Preview | None = None
    backtest_id: str = ""


def token_hash(token: str) -> bytes:
    """Return what is kept of a token: who reads the table cannot place the order."""
    return hashlib.sha256(token.encode()).digest()


def client_order_id(token: str) -> str:
    """Return the id of the order that a token places; repeating the token repeats the order."""
    digest = hashlib.sha256(b"client_order_id\n" + token.encode()).hexdigest()
    return f"agent-{digest[:_CLIENT_ORDER_ID_DIGITS]}"
