"""Runs backtests in the background and keeps what came of them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from algotrendy.backtest.admission import outcome_of, require_one_currency, require_tradable
from algotrendy.backtest.model import (
    Backtest,
    BacktestTerms,
    EquityColumns,
    Quota,
)
from algotrendy.backtest.ports import (
    Events,
    LoadedStrategy,
    Log,
    MarketData,
    Repository,
    Stopwatch,
    Strategies,
)
from algotrendy.backtest.result import Result
from algotrendy.backtest.rows import OrderRow, PositionRow, RejectionRow
from algotrendy.backtest.runs import Run, StopRunError
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.clock import Clock
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import BacktestId, StrategyId, new_id
from algotrendy.domain.requests import Requests
from algotrendy.errors import (
    AlgoTrendyError,
    BacktestNotFoundError,
    BacktestQueueFullError,
    BacktestTooLargeError,
    InternalError,
    UnavailableError,
)

INTERRUPTED = "The service stopped while it ran."


class BacktestService:
    """The use cases of the backtest area. Runs take turns on as many threads as the quota says."""

    def __init__(
        self,
        *,
        repository: Repository,
        requests: Requests,
        strategies: Strategies,
        market_data: MarketData,
        events: Events,
        log: Log,
        clock: Clock,
        stopwatch: Stopwatch,
        quota: Quota,
        make_id: Callable[[], str] = new_id,
    ) -> None:
        self._repository = repository
        self._requests = requests
        self._strategies = strategies
        self._market_data = market_data
        self._events = events
        self._log = log
        self._clock = clock
        self._stopwatch = stopwatch
        self._quota = quota
        self._make_id = make_id
        self._worker = ThreadPoolExecutor(quota.threads, thread_name_prefix="backtest")
        self._turns = asyncio.Semaphore(quota.threads)
        self._runs: dict[BacktestId, Run] = {}
        self._tasks: dict[BacktestId, asyncio.Task[None]] = {}
        self._creating = asyncio.Lock()

    async def create(
        self, request_id: str, fingerprint: bytes, strategy_id: StrategyId, terms: BacktestTerms
    ) -> Backtest:
        """Start a backtest of a strategy whose models have not seen the bars to trade."""
        # One at a time: a request that is repeated while it runs must not start two.
        async with self._creating:
            backtest_id = BacktestId(
                await self._requests.reserve(request_id, fingerprint, self._make_id())
            )
            if await self._repository.find(backtest_id):
                return await self.get(backtest_id)
            if len(self._runs) >= self._quota.max_waiting:
                raise BacktestQueueFullError(
                    f"{len(self._runs)} backtests wait or run, as many as may; try again when one "
                    "has ended.",
                    limit=str(self._quota.max_waiting),
                )
            return await self._start(backtest_id, strategy_id, terms)

    async def get(self, backtest_id: BacktestId, *, wait: bool = False) -> Backtest:
        """Return a backtest, with `wait` once it has ended; raise `BacktestNotFoundError`."""
        task = self._tasks.get(backtest_id)
        if wait and task is not None:
            # A caller that stops waiting must not stop the run.
            await asyncio.shield(task)
        backtest = await self._repository.find(backtest_id)
        if backtest is None:
            raise BacktestNotFoundError(
                f"No backtest has the id {backtest_id!r}.", backtest_id=backtest_id
            )
        return self._current(backtest)

    async def watch(self, backtest_id: BacktestId) -> AsyncGenerator[Backtest, None]:
        """Yield a backtest now, whenever it has come further, and once it has ended."""
        while True:
            run, task = self._runs.get(backtest_id), self._tasks.get(backtest_id)
            change = None if run is None else run.change
            backtest = await self.get(backtest_id)
            yield backtest
            if backtest.has_ended or change is None or task is None:
                return
            waiting = asyncio.ensure_future(change.wait())
            try:
                await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()

    async def cancel(self, backtest_id: BacktestId) -> Backtest:
        """End a backtest; one that has ended stays as it is."""
        run, task = self._runs.get(backtest_id), self._tasks.get(backtest_id)
        if run is not None and task is not None:
            run.cancel()
            # A task that was made just now has to begin to wait before it can be woken.
            await asyncio.sleep(0)
            if not run.has_begun:
                task.cancel()
        return await self.get(backtest_id, wait=True)

    async def page(self, count: int, before: BacktestId | None) -> list[Backtest]:
        """Return up to `count` backtests older than `before`, newest first."""
        return [self._current(found) for found in await self._repository.page(count, before)]

    async def orders(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[OrderRow]:
        """Return up to `count` orders after the first `after`; empty until it ends."""
        await self.get(backtest_id)
        return await self._repository.orders(backtest_id, count, after)

    async def fills(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[Fill]:
        """Return up to `count` fills after the first `after`, oldest first; empty until it ends."""
        await self.get(backtest_id)
        return await self._repository.fills(backtest_id, count, after)

    async def positions(
        self, backtest_id: BacktestId, count: int, after: int
    ) -> Sequence[PositionRow]:
        """Return up to `count` positions after the first `after`; empty until it ends."""
        await self.get(backtest_id)
        return await self._repository.positions(backtest_id, count, after)

    async def rejections(
        self, backtest_id: BacktestId, count: int, after: int
    ) -> Sequence[RejectionRow]:
        """Return up to `count` refusals after the first `after`; empty until it ends."""
        await self.get(backtest_id)
        return await self._repository.rejections(backtest_id, count, after)

    async def equity(self, backtest_id: BacktestId) -> EquityColumns:
        """Return the account at every close; empty until it ends."""
        await self.get(backtest_id)
        return await self._repository.equity(backtest_id)

    async def manifest(self, backtest_id: BacktestId) -> str:
        """Return the manifest as JSON; empty until it has ended well."""
        await self.get(backtest_id)
        return await self._repository.manifest(backtest_id)

    async def recover(self) -> None:
        """Fail the backtests that ran when the process ended: their runs are gone."""
        for backtest in await self._repository.running():
            await self._finish(backtest.failed(UnavailableError(INTERRUPTED)), None)

    async def close(self) -> None:
        """End the runs; they fail when the service starts again."""
        for run in self._runs.values():
            run.stop()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._worker.shutdown()

    async def _start(
        self, backtest_id: BacktestId, strategy_id: StrategyId, terms: BacktestTerms
    ) -> Backtest:
        strategy = await self._strategies.load(strategy_id, dict(terms.parameters))
        terms = terms.resolved(strategy.terms.spec, self._quota)
        series = await self._series(strategy.terms.spec.symbols, terms.end_time_ns)
        require_one_currency(series, terms)
        require_tradable(strategy, series, terms)
        backtest = Backtest(
            backtest_id,
            strategy.terms,
            terms,
            self._clock.now_ns(),
            bar_count=sum(map(len, series)),
        )
        await self._repository.add(backtest)
        run = Run(terms.time_limit_ns or 0, self._stopwatch.now_ns)
        self._runs[backtest_id] = run
        self._tasks[backtest_id] = asyncio.create_task(self._run(backtest, run, strategy, series))
        return backtest

    async def _series(
        self, symbols: Sequence[str], end_time_ns: int | None
    ) -> Sequence[BarColumns]:
        series: list[BarColumns] = []
        for symbol in symbols:
            series.append(await self._market_data.bars(symbol, end_time_ns))
            count, limit = sum(map(len, series)), self._quota.max_bars
            if count > limit:
                raise BacktestTooLargeError(
                    f"The backtest has {count} bars or more; expected at most {limit}. Take a "
                    "shorter span or fewer symbols.",
                    bar_count=str(count),
                    limit=str(limit),
                )
        return series

    async def _run(
        self,
        backtest: Backtest,
        run: Run,
        strategy: LoadedStrategy,
        series: Sequence[BarColumns],
    ) -> None:
        try:
            ended, result = await self._take_turn(backtest, run, strategy, series)
            if ended.has_ended:
                await self._finish(ended, result)
        finally:
            self._runs.pop(backtest.backtest_id, None)
            self._tasks.pop(backtest.backtest_id, None)

    async def _take_turn(
        self,
        backtest: Backtest,
        run: Run,
        strategy: LoadedStrategy,
        series: Sequence[BarColumns],
    ) -> tuple[Backtest, Result | None]:
        try:
            async with self._turns:
                run.has_begun = True
                return await asyncio.get_running_loop().run_in_executor(
                    self._worker, self._simulate, backtest, run, strategy, series
                )
        except asyncio.CancelledError:
            # `cancel` wakes one that waits for its turn.
            if not run.is_canceled or run.has_begun:
                raise
            return backtest.canceled(), None

    def _simulate(
        self,
        backtest: Backtest,
        run: Run,
        strategy: LoadedStrategy,
        series: Sequence[BarColumns],
    ) -> tuple[Backtest, Result | None]:
        """Return how it ended; where the service stops, that it still runs."""
        try:
            run.report(0.0)
            result = strategy.run(series, backtest.terms, run.report)
            return backtest.succeeded(outcome_of(result, series, backtest.terms)), result
        except StopRunError:
            return backtest.canceled() if run.is_canceled else backtest, None
        except AlgoTrendyError as error:
            return backtest.failed(error), None
        except Exception as error:  # noqa: BLE001  # A defect must not leave it running for ever.
            self._log.failed(backtest, error)
            return backtest.failed(InternalError(f"A defect of AlgoTrendy: {error}")), None

    async def _finish(self, backtest: Backtest, result: Result | None) -> None:
        await self._repository.finish(backtest, result)
        await self._events.completed(backtest)

    def _current(self, backtest: Backtest) -> Backtest:
        run = self._runs.get(backtest.backtest_id)
        if run is None or backtest.has_ended:
            return backtest
        return replace(backtest, progress=run.progress)
