"""Fakes of what the backtest area needs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from algotrendy.backtest.app import RunnableStrategy
from algotrendy.backtest.model import (
    Backtest,
    BacktestState,
    BacktestTerms,
    EquityColumns,
    Quota,
    with_parameters,
)
from algotrendy.backtest.ports import Progress
from algotrendy.backtest.result import Result
from algotrendy.backtest.rows import (
    OrderRow,
    PositionRow,
    RejectionRow,
    equity_of,
    fills_of,
    orders_of,
    positions_of,
    rejections_of,
)
from algotrendy.backtest.service import BacktestService
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import BacktestId, StrategyId
from algotrendy.domain.strategy import Parameter, StrategySpec
from algotrendy.errors import StrategyNotFoundError, SymbolNotFoundError
from algotrendy.testing.clock import FakeClock
from algotrendy.testing.requests import FakeRequests
from algotrendy.testing.strategy import ScriptedModel, daily_bars, rule, spec

_Row = TypeVar("_Row")

STRATEGY_ID = StrategyId("01900000-0000-7000-8000-00000000000b")
_BAR_COUNT = 8


def run_spec(
    chosen: StrategySpec,
    series: Sequence[BarColumns],
    terms: BacktestTerms,
    *models: ScriptedModel,
    on_progress: Progress = lambda _: None,
) -> Result:
    """Run a spec over bars as the service does."""
    strategy = RunnableStrategy(STRATEGY_ID, rule(chosen, *models))
    return strategy.run(series, terms.resolved(chosen, Quota()), on_progress)


class FakeLoadedStrategies:
    """One strategy on one model."""

    def __init__(self, chosen: StrategySpec, model: ScriptedModel) -> None:
        self._spec = chosen
        self._model = model

    async def load(
        self, strategy_id: StrategyId, parameters: Mapping[str, Parameter]
    ) -> RunnableStrategy:
        """See `Strategies`."""
        if strategy_id != STRATEGY_ID:
            raise StrategyNotFoundError(f"No strategy has the id {strategy_id!r}.")
        chosen = with_parameters(self._spec, parameters)
        return RunnableStrategy(STRATEGY_ID, rule(chosen, self._model))


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
        self.results: dict[BacktestId, Result] = {}

    async def add(self, backtest: Backtest) -> None:
        """See `Repository`."""
        self.backtests.setdefault(backtest.backtest_id, backtest)

    async def finish(self, backtest: Backtest, result: Result | None) -> None:
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

    async def orders(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[OrderRow]:
        """See `Repository`."""
        return self._rows(backtest_id, orders_of)[after : after + count]

    async def fills(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[Fill]:
        """See `Repository`."""
        strategy_id = self.backtests[backtest_id].strategy.strategy_id
        rows = self._rows(backtest_id, lambda result: fills_of(result, strategy_id))
        return rows[after : after + count]

    async def positions(
        self, backtest_id: BacktestId, count: int, after: int
    ) -> Sequence[PositionRow]:
        """See `Repository`."""
        return self._rows(backtest_id, positions_of)[after : after + count]

    async def rejections(
        self, backtest_id: BacktestId, count: int, after: int
    ) -> Sequence[RejectionRow]:
        """See `Repository`."""
        return self._rows(backtest_id, rejections_of)[after : after + count]

    async def equity(self, backtest_id: BacktestId) -> EquityColumns:
        """See `Repository`."""
        result = self.results.get(backtest_id)
        return EquityColumns.empty() if result is None else equity_of(result)

    async def manifest(self, backtest_id: BacktestId) -> str:
        """See `Repository`."""
        result = self.results.get(backtest_id)
        return "" if result is None else result.record.to_json()

    def _rows(
        self, backtest_id: BacktestId, rows_of: Callable[[Result], Sequence[_Row]]
    ) -> Sequence[_Row]:
        result = self.results.get(backtest_id)
        return [] if result is None else rows_of(result)


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
    spec_changes: dict[str, Any] = field(default_factory=dict)
    market_data: FakeSeries = field(
        default_factory=lambda: FakeSeries(daily_bars([100_00 + 10 * n for n in range(_BAR_COUNT)]))
    )
    repository: FakeBacktests = field(default_factory=FakeBacktests)
    requests: FakeRequests = field(default_factory=FakeRequests)
    events: FakeBacktestEvents = field(default_factory=FakeBacktestEvents)
    log: FakeLog = field(default_factory=FakeLog)
    clock: FakeClock = field(default_factory=lambda: FakeClock(1_000_000))
    quota: Quota = field(default_factory=Quota)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def start(self, *symbols: str) -> BacktestService:
        """Return the service as a process that starts now has it."""
        chosen = spec(symbols or ("SPY",), **self.spec_changes)
        return BacktestService(
            repository=self.repository,
            requests=self.requests,
            strategies=FakeLoadedStrategies(chosen, self.model),
            market_data=self.market_data,
            events=self.events,
            log=self.log,
            clock=self.clock,
            stopwatch=self.clock,
            quota=self.quota,
            make_id=lambda: f"id-{next(self.ids):04}",
        )

    def opens(self, index: int) -> int:
        """When the n-th bar of SPY opens."""
        return int(self.market_data.series["SPY"].open_time_ns[index])
