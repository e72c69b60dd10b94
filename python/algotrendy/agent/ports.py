"""What the agent area needs of the world, which is mostly the other areas."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from algotrendy.agent.model import (
    Backtest,
    Check,
    Exposure,
    Instrument,
    Limits,
    OrderTerms,
    Period,
    Portfolio,
    Strategy,
)
from algotrendy.domain.fill import Fill

# An order as trading tells it: the agent passes it on unread.
OrderT_co = TypeVar("OrderT_co", covariant=True)


class Portfolios(Protocol):
    """The portfolio area."""

    async def list(self) -> Sequence[Portfolio]:
        """Return every portfolio, oldest first."""


class Risk(Protocol):
    """The risk area."""

    async def exposure(self, portfolio_id: str) -> Exposure | None:
        """Return a portfolio's exposure, or None where risk has seen no event of it."""

    async def limits(self, portfolio_id: str) -> Limits | None:
        """Return the limits in force, or None where none were set."""


class Market(Protocol):
    """The market data area."""

    async def instruments(self) -> Sequence[Instrument]:
        """Return every instrument that has data."""

    async def change(self, symbol: str, start_time_ns: int, end_time_ns: int) -> float | None:
        """Return close over close, minus 1, from the bar opening at start to the last before end.

        None where a bar is missing.
        """


class Strategies(Protocol):
    """The strategy area."""

    async def list(self) -> Sequence[Strategy]:
        """Return every strategy, newest first."""


class Backtests(Protocol):
    """The backtest area."""

    async def create(self, request_id: str, strategy_id: str, period: Period) -> str:
        """Start a backtest and return its id."""

    async def wait(self, backtest_id: str) -> Backtest:
        """Return a backtest once it has ended, or as it is after a while."""

    async def get(self, backtest_id: str) -> Backtest:
        """Return a backtest as it is; raise `BacktestNotFoundError` where there is none."""

    async def latest(self, strategy_id: str) -> Backtest | None:
        """Return the newest backtest, of this strategy where one is given, or None."""

    async def fills(self, backtest_id: str) -> Sequence[Fill]:
        """Return a backtest's fills, oldest first."""


class Orders(Protocol[OrderT_co]):
    """The trading area's order entry."""

    async def check(self, terms: OrderTerms) -> Check:
        """Return what the pre-trade checks say of an order now."""

    async def submit(self, terms: OrderTerms) -> OrderT_co:
        """Place an order; repeating it returns the first one."""


class Previews(Protocol):
    """The previews that can be confirmed, by the hash of their token."""

    async def add(self, token_hash: bytes, terms: OrderTerms, expire_time_ns: int) -> None:
        """Keep a preview."""

    async def confirm(self, token_hash: bytes, time_ns: int) -> OrderTerms | None:
        """Mark a preview as confirmed and return its terms.

        None where there is no such preview, or where it ended before it was first confirmed.
        """


class Tokens(Protocol):
    """Makes confirmation tokens."""

    def __call__(self) -> str:
        """Return a token that nobody can guess."""
