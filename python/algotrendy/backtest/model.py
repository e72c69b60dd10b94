"""Backtests: what is run on which terms, and where a run stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

import numpy as np

from algotrendy.domain.bar import Int64Column
from algotrendy.domain.clock import SECOND_NS
from algotrendy.domain.ids import BacktestId, StrategyId
from algotrendy.domain.limits import Limits
from algotrendy.domain.statistics import BacktestStatistics
from algotrendy.domain.strategy import Parameter, StrategySpec
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import AlgoTrendyError, InvalidArgumentError

DEFAULT_INITIAL_CASH = Decimal(1_000_000)
DEFAULT_VENUE_TERMS = VenueTerms(slippage_bps=Decimal(1), fee_bps=Decimal(1))
# They forbid nothing but short positions; the core counts versions from 1.
NO_LIMITS = Limits(version=1)


class Finish(StrEnum):
    """What becomes of positions at the last bar: held, or closed at its open or its close."""

    HOLD = "hold"
    LAST_OPEN = "last_open"
    LAST_CLOSE = "last_close"


@dataclass(frozen=True)
class Quota:
    """What the area takes on.

    Parameters
    ----------
    max_bars : int
        Bars of one backtest, warm-up included, of all its symbols.
    max_waiting : int
        Backtests that wait for their turn or run.
    time_limit_s : float
        How long one may run.
    threads : int
        How many run at a time.
    """

    max_bars: int = 50_000_000
    max_waiting: int = 100
    time_limit_s: float = 3600.0
    threads: int = 1


@dataclass(frozen=True)
class BacktestTerms:
    """Over which time a strategy is run, with which cash, costs and limits.

    Parameters
    ----------
    start_time_ns : int
        Bars that open before it warm the expressions up and are not traded.
    end_time_ns : int or None
        Bars that open at it or later are not seen; None is open.
    venue_terms : VenueTerms or None
        None: as the strategy's costs say, without those `DEFAULT_VENUE_TERMS`.
    parameters : mapping of str to bool, int or float
        Values of the spec's parameters, instead of its own.
    time_limit_ns : int or None
        How long it may run; None: as long as the service allows.
    """

    start_time_ns: int
    end_time_ns: int | None = None
    initial_cash: Decimal = DEFAULT_INITIAL_CASH
    venue_terms: VenueTerms | None = None
    limits: Limits = NO_LIMITS
    finish: Finish = Finish.HOLD
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    time_limit_ns: int | None = None

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

    def resolved(self, spec: StrategySpec, quota: Quota) -> "BacktestTerms":
        """Return the terms with what they leave to the strategy and to the service.

        Raises
        ------
        InvalidArgumentError
            If the time limit is beyond the service's.
        """
        most_ns = round(quota.time_limit_s * SECOND_NS)
        limit_ns = most_ns if self.time_limit_ns is None else self.time_limit_ns
        if not 0 < limit_ns <= most_ns:
            raise InvalidArgumentError(
                f"time_limit is {limit_ns / SECOND_NS:g} s; expected above 0, at most "
                f"{quota.time_limit_s:g} s.",
                field="time_limit",
                value=str(limit_ns),
            )
        venue_terms = self.venue_terms or spec.costs or DEFAULT_VENUE_TERMS
        return replace(self, venue_terms=venue_terms, time_limit_ns=limit_ns)


def with_parameters(spec: StrategySpec, parameters: Mapping[str, Parameter]) -> StrategySpec:
    """Return a spec with other values of its parameters.

    Raises
    ------
    InvalidArgumentError
        If a parameter is none of the spec's.
    """
    unknown = sorted(set(parameters) - set(spec.parameters))
    if unknown:
        known = ", ".join(sorted(spec.parameters)) or "none"
        raise InvalidArgumentError(
            f"parameters.{unknown[0]} is not one of the strategy's ({known}).",
            field=f"parameters.{unknown[0]}",
            value=str(parameters[unknown[0]]),
        )
    return replace(spec, parameters={**spec.parameters, **parameters})


class BacktestState(StrEnum):
    """Where a backtest stands."""

    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


@dataclass(frozen=True)
class StrategyTerms:
    """A strategy's spec as it was run, and the models it asks with `in_sample=True`."""

    strategy_id: StrategyId
    spec: StrategySpec
    in_sample_models: tuple[str, ...]


@dataclass(frozen=True)
class TradeStatistics:
    """What positions amount to, from flat to flat, and what trading cost.

    Parameters
    ----------
    win_rate, profit_factor, average_trade : float or None
        None without a closed position; the profit factor also without a loss.
    """

    trade_count: int
    open_trade_count: int
    win_rate: float | None
    profit_factor: float | None
    average_trade: float | None
    exposure: float
    turnover: float
    slippage: Decimal


@dataclass(frozen=True)
class BacktestOutcome:
    """What a backtest that ended well amounts to."""

    # Open time of the first bar traded, close time of the last.
    start_time_ns: int
    end_time_ns: int
    final_equity: Decimal
    statistics: BacktestStatistics
    # None: a version that did not measure it ran it.
    trades: TradeStatistics | None
    order_count: int
    rejected_count: int
    fill_count: int
    total_fees: Decimal


@dataclass(frozen=True)
class EquityColumns:
    """The account at every close, in units of 10^-scale of its currency; of equal length."""

    scale: int
    close_time_ns: Int64Column
    equity: Int64Column
    cash: Int64Column
    gross: Int64Column
    net: Int64Column

    @classmethod
    def empty(cls) -> "EquityColumns":
        """Return the columns of a run that has none."""
        nothing = np.array([], dtype=np.int64)
        return cls(0, nothing, nothing, nothing, nothing, nothing)


@dataclass(frozen=True)
class Backtest:
    """A strategy over history: what was asked for, where it stands, what came of it.

    Parameters
    ----------
    error, error_reason : str
        Why it failed, for people and for programs; empty: it did not.
    """

    backtest_id: BacktestId
    strategy: StrategyTerms
    terms: BacktestTerms
    create_time_ns: int
    bar_count: int = 0
    state: BacktestState = BacktestState.RUNNING
    progress: float = 0.0
    outcome: BacktestOutcome | None = None
    error: str = ""
    error_reason: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it will change any more."""
        return self.state is not BacktestState.RUNNING

    def succeeded(self, outcome: BacktestOutcome) -> "Backtest":
        """Return it as ended well."""
        return replace(self, state=BacktestState.SUCCEEDED, progress=1.0, outcome=outcome)

    def failed(self, error: AlgoTrendyError) -> "Backtest":
        """Return it as ended by an error."""
        return replace(
            self, state=BacktestState.FAILED, error=str(error), error_reason=error.reason
        )

    def canceled(self) -> "Backtest":
        """Return it as ended by somebody."""
        return replace(self, state=BacktestState.CANCELED)
