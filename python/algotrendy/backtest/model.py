"""Backtests: what is run on which terms, and where a run stands."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from algotrendy.domain.ids import BacktestId, StrategyId
from algotrendy.domain.limits import Limits
from algotrendy.domain.statistics import BacktestStatistics
from algotrendy.domain.strategy import StrategySpec
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import InvalidArgumentError

DEFAULT_INITIAL_CASH = Decimal(1_000_000)
DEFAULT_VENUE_TERMS = VenueTerms(slippage_bps=Decimal(1), fee_bps=Decimal(1))
# They forbid nothing but short positions; the core counts versions from 1.
NO_LIMITS = Limits(version=1)


@dataclass(frozen=True)
class BacktestTerms:
    """Over which time a strategy is run, with which cash, costs and limits.

    Parameters
    ----------
    start_time_ns : int
        Bars that open before it warm the expressions up and are not traded.
    end_time_ns : int or None
        Bars that open at it or later are not seen; None is open.
    """

    start_time_ns: int
    end_time_ns: int | None = None
    initial_cash: Decimal = DEFAULT_INITIAL_CASH
    venue_terms: VenueTerms = DEFAULT_VENUE_TERMS
    limits: Limits = NO_LIMITS

    def __post_init__(self) -> None:
        if self.end_time_ns is not None and self.end_time_ns <= self.start_time_ns:
            raise InvalidArgumentError(
                "end_time is not after start_time.",
                field="end_time",
                value=str(self.end_time_ns),
            )
        if not self.initial_cash.is_finite() or self.initial_cash <= 0:
            raise InvalidArgumentError(
                f"initial_cash is {self.initial_cash}; expected a positive amount.",
                field="initial_cash",
                value=str(self.initial_cash),
            )


class BacktestState(StrEnum):
    """Where a backtest stands."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class StrategyTerms:
    """A strategy's spec as it was run, and the models it asks with `in_sample=True`."""

    strategy_id: StrategyId
    spec: StrategySpec
    in_sample_models: tuple[str, ...]


@dataclass(frozen=True)
class BacktestOutcome:
    """What a backtest that ended well amounts to."""

    # Open time of the first bar traded, close time of the last.
    start_time_ns: int
    end_time_ns: int
    final_equity: Decimal
    statistics: BacktestStatistics
    order_count: int
    rejected_count: int
    fill_count: int
    total_fees: Decimal


@dataclass(frozen=True)
class Backtest:
    """A strategy over history: what was asked for, where it stands, what came of it."""

    backtest_id: BacktestId
    strategy: StrategyTerms
    terms: BacktestTerms
    create_time_ns: int
    state: BacktestState = BacktestState.RUNNING
    progress: float = 0.0
    outcome: BacktestOutcome | None = None
    error: str = ""

    def succeeded(self, outcome: BacktestOutcome) -> "Backtest":
        """Return it as ended well."""
        return replace(self, state=BacktestState.SUCCEEDED, progress=1.0, outcome=outcome)

    def failed(self, error: str) -> "Backtest":
        """Return it as ended by an error."""
        return replace(self, state=BacktestState.FAILED, error=error)
