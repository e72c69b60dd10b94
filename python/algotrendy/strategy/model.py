"""Strategies and their rule: the one place that says when to trade, in backtests and live."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from enum import StrEnum

import numpy as np

from algotrendy.domain.bar import Bar
from algotrendy.domain.ids import AccountId, DeploymentId, StrategyId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, OrderIntent, Side
from algotrendy.domain.strategy import Percent, Signal, StrategySpec
from algotrendy.errors import InvalidArgumentError

EXACT_DIGITS = 60
DISPLAY_NAME_LIMIT = 128


def decide(
    spec: StrategySpec,
    instrument: Instrument,
    bar: Bar,
    signal: Signal,
    account: AccountView,
) -> OrderIntent | None:
    """Return the order the strategy wants at this bar's close, if any. Pure.

    Flat, and the entry holds but not the exit: buy the size's share of the equity, rounded down
    to the lot. Long, and the exit holds: sell the position. Nothing while an order works.
    """
    if account.has_working_order:
        return None
    if account.position == 0 and signal.entry and not signal.exit:
        equal = Decimal(1) / len(spec.symbols)
        weight = spec.size.percent if isinstance(spec.size, Percent) else equal
        quantity = _entry_quantity(weight, account.equity, instrument, bar.close)
        side, expression = Side.BUY, spec.entry
    elif account.position > 0 and signal.exit:
        quantity, side, expression = account.position, Side.SELL, spec.exit
    else:
        return None
    if quantity <= 0:
        return None
    return OrderIntent(
        bar.symbol, side, quantity, bar.close_time_ns, expression or "", signal.model_outputs
    )


def _entry_quantity(
    weight: Decimal, equity: Decimal | None, instrument: Instrument, close: int
) -> int:
    """Units of quantity that `weight` of `equity` buys at `close`, down to the lot; exact."""
    if equity is None:
        return 0
    with localcontext(prec=EXACT_DIGITS):
        amount = weight * equity
        lot_price = instrument.price(close) * instrument.lot_size * instrument.multiplier
        if amount <= 0 or lot_price <= 0:
            return 0
        return instrument.quantity_units(amount // lot_price * instrument.lot_size)


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

    def failed(self, error: str) -> "Deployment":
        """Return it as ended by an error."""
        return replace(self, state=DeploymentState.FAILED, error=error)

    def stopped(self) -> "Deployment":
        """Return it as stopped; one that has ended already stays as it is."""
        if self.state is not DeploymentState.ACTIVE:
            return self
        return replace(self, state=DeploymentState.STOPPED)
