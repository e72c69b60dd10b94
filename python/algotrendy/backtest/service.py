"""Runs backtests in the background and keeps what came of them."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from algotrendy.backtest import engine
from algotrendy.backtest.book import validate
from algotrendy.backtest.model import Backtest, BacktestOutcome, BacktestTerms
from algotrendy.backtest.ports import (
    Events,
    LoadedStrategy,
    Log,
    MarketData,
    Repository,
    Strategies,
)
from algotrendy.backtest.result import BacktestResult
from algotrendy.domain.bar import BarColumns, Int64Column
from algotrendy.domain.clock import Clock
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import BacktestId, StrategyId, new_id
from algotrendy.domain.requests import Requests
from algotrendy.errors import AlgoTrendyError, BacktestNotFoundError, InsufficientDataError

INTERRUPTED = "The service stopped while it ran."


class BacktestService:
    """The use cases of the backtest area. Runs take turns on one thread."""

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
        make_id: Callable[[], str] = new_id,
    ) -> None:
        self._repository = repository
        self._requests = requests
        self._strategies = strategies
        self._market_data = market_data
        self._events = events
        self._log = log
        self._clock = clock
        self._make_id = make_id
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="backtest")
        self._runs: dict[BacktestId, asyncio.Task[None]] = {}
        self._progress: dict[BacktestId, float] = {}
        self._creating = asyncio.Lock()
        self._closed = False

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
            strategy = await self._strategies.load(strategy_id)
            series = [
                await self._market_data.bars(symbol, terms.end_time_ns)
                for symbol in strategy.terms.spec.symbols
            ]
            validate(series, terms)
            _require_tradable(strategy, series, terms)
            backtest = Backtest(backtest_id, strategy.terms, terms, self._clock.now_ns())
            await self._repository.add(backtest)
            self._progress[backtest_id] = 0.0
            self._runs[backtest_id] = asyncio.create_task(self._run(backtest, strategy, series))
            return backtest

    async def get(self, backtest_id: BacktestId, *, wait: bool = False) -> Backtest:
        """Return a backtest, with `wait` once it has ended; raise `BacktestNotFoundError`."""
        run = self._runs.get(backtest_id)
        if wait and run is not None:
            # A caller that stops waiting must not stop the run.
            await asyncio.shield(run)
        backtest = await self._repository.find(backtest_id)
        if backtest is None:
            raise BacktestNotFoundError(
                f"No backtest has the id {backtest_id!r}.", backtest_id=backtest_id
            )
        return self._current(backtest)

    async def page(self, count: int, before: BacktestId | None) -> list[Backtest]:
        """Return up to `count` backtests older than `before`, newest first."""
        return [self._current(found) for found in await self._repository.page(count, before)]

    async def fills(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[Fill]:
        """Return up to `count` fills after the first `after`, oldest first; empty until it ends."""
        await self.get(backtest_id)
        return await self._repository.fills(backtest_id, count, after)

    async def equity(self, backtest_id: BacktestId) -> tuple[int, Int64Column, Int64Column]:
        """Return scale, close times and equity; empty until it ends."""
        await self.get(backtest_id)
        return await self._repository.equity(backtest_id)

    async def recover(self) -> None:
        """Fail the backtests that ran when the process ended: their runs are gone."""
        for backtest in await self._repository.running():
            await self._finish(backtest.failed(INTERRUPTED), None)

    async def close(self) -> None:
        """End the runs; they fail when the service starts again."""
        self._closed = True
        await asyncio.gather(*self._runs.values(), return_exceptions=True)
        self._worker.shutdown()

    async def _run(
        self, backtest: Backtest, strategy: LoadedStrategy, series: Sequence[BarColumns]
    ) -> None:
        backtest_id = backtest.backtest_id
        try:
            result = await asyncio.get_running_loop().run_in_executor(
                self._worker, self._simulate, backtest, strategy, series
            )
        except _ClosedError:
            return
        except AlgoTrendyError as error:
            await self._finish(backtest.failed(str(error)), None)
        except Exception as error:  # noqa: BLE001  # A defect must not leave it running for ever.
            self._log.failed(backtest, error)
            await self._finish(backtest.failed(f"A defect of AlgoTrendy: {error}"), None)
        else:
            await self._finish(backtest.succeeded(_outcome(result)), result)
        finally:
            self._runs.pop(backtest_id, None)
            self._progress.pop(backtest_id, None)

    def _simulate(
        self, backtest: Backtest, strategy: LoadedStrategy, series: Sequence[BarColumns]
    ) -> BacktestResult:
        def report(progress: float) -> None:
            if self._closed:
                raise _ClosedError
            self._progress[backtest.backtest_id] = progress

        return engine.run(
            backtest.backtest_id,
            series,
            {bars.instrument.symbol: strategy.decider(bars.instrument) for bars in series},
            backtest.terms,
            strategy_id=backtest.strategy.strategy_id,
            on_progress=report,
        )

    async def _finish(self, backtest: Backtest, result: BacktestResult | None) -> None:
        await self._repository.finish(backtest, result)
        await self._events.completed(backtest)

    def _current(self, backtest: Backtest) -> Backtest:
        progress = self._progress.get(backtest.backtest_id)
        if progress is None or backtest.outcome is not None or backtest.error:
            return backtest
        return replace(backtest, progress=progress)


class _ClosedError(Exception):
    """The service stops."""


def _require_tradable(
    strategy: LoadedStrategy, series: Sequence[BarColumns], terms: BacktestTerms
) -> None:
    """Refuse a span without bars to trade, or with bars of a model's training."""
    for bars in series:
        symbol = bars.instrument.symbol
        traded = bars.between(terms.start_time_ns, None)
        if len(traded) == 0:
            raise InsufficientDataError(
                f"{symbol} has no bar in the span to trade.", symbol=symbol, bar_count="0"
            )
        strategy.require_out_of_sample(symbol, int(traded.close_time_ns[0]))


def _outcome(result: BacktestResult) -> BacktestOutcome:
    return BacktestOutcome(
        start_time_ns=result.start_time_ns,
        end_time_ns=int(result.close_time_ns[-1]),
        final_equity=result.final_equity,
        statistics=result.statistics,
        order_count=len(result.orders),
        rejected_count=result.rejected_count,
        fill_count=len(result.fills),
        total_fees=result.total_fees,
    )
