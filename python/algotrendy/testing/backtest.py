"""Fakes of what the backtest area needs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from algotrendy.backtest.app import RunnableStrategy
from algotrendy.backtest.model import Backtest, BacktestState
from algotrendy.backtest.result import BacktestResult
from algotrendy.backtest.service import BacktestService
from algotrendy.domain.bar import BarColumns, Int64Column
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import BacktestId, StrategyId
from algotrendy.errors import StrategyNotFoundError, SymbolNotFoundError
from algotrendy.testing.clock import FakeClock
from algotrendy.testing.requests import FakeRequests
from algotrendy.testing.strategy import ScriptedModel, daily_bars, rule, spec

STRATEGY_ID = StrategyId("01900000-0000-7000-8000-00000000000b")
_BAR_COUNT = 8


class FakeLoadedStrategies:
    """One strategy on one model."""

    def __init__(self, strategy: RunnableStrategy) -> None:
        self.strategy = strategy

    async def load(self, strategy_id: StrategyId) -> RunnableStrategy:
        """See `Strategies`."""
        if strategy_id != self.strategy.terms.strategy_id:
            raise StrategyNotFoundError(f"No strategy has the id {strategy_id!r}.")
        return self.strategy


class FakeSeries:
    """Series by symbol."""

    def __init__(self, *series: BarColumns) -> None:
        self.series = {bars.instrument.symbol: bars for bars in series}

    async def bars(self, symbol: str, end_time_ns: int | None) -> BarColumns:
        """See `MarketData`."""
        if symbol not in self.series:
            raise SymbolNotFoundError(f"No data has the symbol {symbol!r}.", symbol=symbol)
        return self.series[symbol].between(None, end_time_ns)


class FakeBacktests:
    """Backtests and their results in memory."""

    def __init__(self) -> None:
        self.backtests: dict[BacktestId, Backtest] = {}
        self.results: dict[BacktestId, BacktestResult] = {}

    async def add(self, backtest: Backtest) -> None:
        """See `Repository`."""
        self.backtests.setdefault(backtest.backtest_id, backtest)

    async def finish(self, backtest: Backtest, result: BacktestResult | None) -> None:
        """See `Repository`."""
        self.backtests[backtest.backtest_id] = backtest
        if result is not None:
            self.results[backtest.backtest_id] = result

    async def find(self, backtest_id: BacktestId) -> Backtest | None:
        """See `Repository`."""
        return self.backtests.get(backtest_id)

    async def page(self, count: int, before: BacktestId | None) -> Sequence[Backtest]:
        """See `Repository`."""
        found = sorted(self.backtests, reverse=True)
        return [self.backtests[i] for i in found if before is None or i < before][:count]

    async def running(self) -> Sequence[Backtest]:
        """See `Repository`."""
        return [b for b in self.backtests.values() if b.state is BacktestState.RUNNING]

    async def fills(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[Fill]:
        """See `Repository`."""
        result = self.results.get(backtest_id)
        return [] if result is None else result.fills[after : after + count]

    async def equity(self, backtest_id: BacktestId) -> tuple[int, Int64Column, Int64Column]:
        """See `Repository`."""
        result = self.results.get(backtest_id)
        if result is None:
            nothing = np.array([], dtype=np.int64)
            return 0, nothing, nothing
        return result.equity_scale, result.close_time_ns, result.equity


class FakeBacktestEvents:
    """The backtests that completed, in order."""

    def __init__(self) -> None:
        self.completions: list[Backtest] = []

    async def completed(self, backtest: Backtest) -> None:
        """See `Events`."""
        self.completions.append(backtest)


class FakeLog:
    """The defects that were logged."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []

    def failed(self, backtest: Backtest, error: Exception) -> None:
        """See `Log`."""
        self.errors.append(error)


@dataclass
class BacktestArea:
    """The backtest area on fakes: SPY has eight bars, the model buys on the third, sells later."""

    model: ScriptedModel = field(
        default_factory=lambda: ScriptedModel([0.5, 0.5, 0.9, 0.5, 0.5, 0.1, 0.5, 0.5])
    )
    spec_changes: dict[str, str] = field(default_factory=dict)
    market_data: FakeSeries = field(
        default_factory=lambda: FakeSeries(daily_bars([100_00 + 10 * n for n in range(_BAR_COUNT)]))
    )
    repository: FakeBacktests = field(default_factory=FakeBacktests)
    requests: FakeRequests = field(default_factory=FakeRequests)
    events: FakeBacktestEvents = field(default_factory=FakeBacktestEvents)
    log: FakeLog = field(default_factory=FakeLog)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def start(self, *symbols: str) -> BacktestService:
        """Return the service as a process that starts now has it."""
        chosen = spec(symbols or ("SPY",), **self.spec_changes)
        strategy = RunnableStrategy(STRATEGY_ID, rule(chosen, self.model))
        return BacktestService(
            repository=self.repository,
            requests=self.requests,
            strategies=FakeLoadedStrategies(strategy),
            market_data=self.market_data,
            events=self.events,
            log=self.log,
            clock=FakeClock(1_000_000),
            make_id=lambda: f"id-{next(self.ids):04}",
        )

    def opens(self, index: int) -> int:
        """When the n-th bar of SPY opens."""
        return int(self.market_data.series["SPY"].open_time_ns[index])
