"""Runs backtests and explains how they did, and why."""

from algotrendy.agent.explanation import explain
from algotrendy.agent.model import (
    Answer,
    Backtest,
    BacktestReview,
    BacktestRun,
    Intent,
    Strategy,
)
from algotrendy.agent.names import Found, find
from algotrendy.agent.ports import Backtests, Market, Strategies
from algotrendy.domain.fill import round_trips
from algotrendy.domain.ids import new_id
from algotrendy.errors import (
    BacktestNotFoundError,
    FailedPreconditionError,
    InSampleError,
    InvalidArgumentError,
    NotFoundError,
)


class BacktestDesk:
    """Speaks about backtests."""

    def __init__(self, strategies: Strategies, backtests: Backtests, market: Market) -> None:
        self._strategies = strategies
        self._backtests = backtests
        self._market = market

    async def run(self, request: BacktestRun) -> Answer:
        """Run a backtest, wait for its end and explain it."""
        found = await self._find(request.name)
        if found.one is None:
            return Answer(Intent.BACKTEST, found.question)
        if request.period is None:
            return Answer(
                Intent.BACKTEST,
                f"Over which time? Say for example 'backtest {found.one.display_name} from 2013 to "
                "2017'; start after the end of what the model was trained on.",
            )
        try:
            backtest_id = await self._backtests.create(
                new_id(), found.one.strategy_id, request.period
            )
        except InSampleError as error:
            hint = "Choose a later start: a model looks too good on what it was trained on."
            return Answer(Intent.BACKTEST, f"The backtest cannot run: {error.message} {hint}")
        except (InvalidArgumentError, NotFoundError, FailedPreconditionError) as error:
            return Answer(Intent.BACKTEST, f"The backtest cannot run: {error.message}")
        return await self._explained(await self._backtests.wait(backtest_id), found.one)

    async def review(self, request: BacktestReview) -> Answer:
        """Explain the backtest of this id, else the last one."""
        if request.backtest_id:
            try:
                backtest: Backtest | None = await self._backtests.get(request.backtest_id)
            except BacktestNotFoundError as error:
                return Answer(Intent.BACKTEST, error.message)
        elif request.name:
            found = await self._find(request.name)
            if found.one is None:
                return Answer(Intent.BACKTEST, found.question)
            backtest = await self._backtests.latest(found.one.strategy_id)
        else:
            backtest = await self._backtests.latest("")
        if backtest is None:
            return Answer(
                Intent.BACKTEST,
                "No backtest has run yet. Say for example 'backtest strategy Trend from 2013 to "
                "2017'.",
            )
        strategy_id = backtest.strategy_id
        named = (await self._find(strategy_id)).one or Strategy(strategy_id, strategy_id)
        return await self._explained(backtest, named)

    async def _find(self, name: str) -> Found[Strategy]:
        return find(
            name,
            await self._strategies.list(),
            kind="strategy",
            id_of=lambda strategy: strategy.strategy_id,
            name_of=lambda strategy: strategy.display_name,
        )

    async def _explained(self, backtest: Backtest, strategy: Strategy) -> Answer:
        title = f"The backtest {backtest.backtest_id} of {strategy.display_name}"
        if backtest.error:
            text = f"{title} failed: {backtest.error}"
        elif backtest.statistics is None:
            text = f"{title} still runs; ask 'explain backtest {backtest.backtest_id}' later."
        else:
            instruments = {found.symbol: found for found in await self._market.instruments()}
            trips, held = round_trips(
                await self._backtests.fills(backtest.backtest_id),
                {symbol: found.multiplier for symbol, found in instruments.items()},
            )
            changes = {
                symbol: await self._market.change(
                    symbol, backtest.start_time_ns, backtest.end_time_ns
                )
                for symbol in backtest.symbols
            }
            first = instruments.get(backtest.symbols[0]) if backtest.symbols else None
            currency = first.currency if first else "USD"
            still_held = [trip.symbol for trip in held]
            text = explain(
                title, backtest, backtest.statistics, trips, still_held, changes, currency
            )
        return Answer(Intent.BACKTEST, text, backtest_id=backtest.backtest_id)
