"""Strategies and their deployments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from algotrendy.domain.ids import AccountId, DeploymentId, StrategyId
from algotrendy.domain.strategy import StrategySpec
from algotrendy.errors import InvalidArgumentError

DISPLAY_NAME_LIMIT = 128


@dataclass(frozen=True)
class Strategy:
    """A stored strategy."""

    strategy_id: StrategyId
    display_name: str
    spec: StrategySpec
    create_time_ns: int

    def __post_init__(self) -> None:
        if len(self.display_name) > DISPLAY_NAME_LIMIT:
            raise InvalidArgumentError(
                f"display_name has {len(self.display_name)} characters; "
                f"expected at most {DISPLAY_NAME_LIMIT}.",
                field="display_name",
            )


class DeploymentState(StrEnum):
    """Whether a deployment runs."""

    ACTIVE = "ACTIVE"
    STOPPED = "STOPPED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class LatencySummary:
    """Quantiles of a latency in microseconds, each one of the samples; 0 without samples."""

    count: int = 0
    p50_us: float = 0.0
    p99_us: float = 0.0

    @classmethod
    def of(cls, samples_ns: Sequence[int]) -> "LatencySummary":
        """Summarise samples in nanoseconds."""
        if not samples_ns:
            return cls()
        p50, p99 = np.percentile(np.asarray(samples_ns), (50, 99), method="inverted_cdf")
        return cls(len(samples_ns), float(p50) / 1000, float(p99) / 1000)


@dataclass(frozen=True, slots=True)
class OpenedBar:
    """A bar that has opened: its first price, in units of the instrument."""

    symbol: str
    price: int
    time_ns: int


@dataclass(frozen=True)
class Entry:
    """The order that opened, or is to open, what a deployment holds of a symbol.

    Parameters
    ----------
    close_time_ns : int
        When the bar closed that it was decided on.
    held_from_ns : int, optional
        When the last bar opened that had closed when it first filled; None: it has not.
    """

    symbol: str
    client_order_id: str
    close_time_ns: int
    held_from_ns: int | None = None


@dataclass(frozen=True)
class Deployment:
    """A strategy that trades an account, and what it has done so far."""

    deployment_id: DeploymentId
    strategy_id: StrategyId
    account_id: AccountId
    state: DeploymentState
    start_time_ns: int
    create_time_ns: int
    bar_count: int = 0
    order_count: int = 0
    rejected_count: int = 0
    bar_to_signal: LatencySummary = LatencySummary()
    order_to_ack: LatencySummary = LatencySummary()
    error: str = ""
    # Open time of the last bar decided on, by symbol: where warm-up ends after a restart.
    last_open_time_ns: tuple[tuple[str, int], ...] = ()
    # Of what is held, by symbol: what stops go by after a restart.
    entries: tuple[Entry, ...] = ()

    def failed(self, error: str) -> "Deployment":
        """Return it as ended by an error."""
        return replace(self, state=DeploymentState.FAILED, error=error)

    def stopped(self) -> "Deployment":
        """Return it as stopped; one that has ended already stays as it is."""
        if self.state is not DeploymentState.ACTIVE:
            return self
        return replace(self, state=DeploymentState.STOPPED)
