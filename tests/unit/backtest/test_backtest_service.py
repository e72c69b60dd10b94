"""Backtests run in the background, and what came of them is kept."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from numpy.typing import NDArray

from algotrendy.backtest.model import BacktestState, BacktestTerms
from algotrendy.backtest.service import INTERRUPTED, BacktestService
from algotrendy.domain.ids import BacktestId, StrategyId
from algotrendy.errors import (
    BacktestNotFoundError,
    InSampleError,
    InsufficientDataError,
    RequestIdReusedError,
    StrategyNotFoundError,
    SymbolNotFoundError,
)
from algotrendy.strategy.runner import SymbolRunner
from algotrendy.testing.backtest import STRATEGY_ID, BacktestArea
from algotrendy.testing.strategy import MODEL_ID, ScriptedModel

TERMS = BacktestTerms(0)


@pytest.fixture
def area() -> BacktestArea:
    return BacktestArea()


@pytest.fixture
async def service(area: BacktestArea) -> AsyncIterator[BacktestService]:
    service = area.start()
    yield service
    await service.close()


async def test_a_backtest_runs_and_is_kept(service: BacktestService, area: BacktestArea) -> None:
    created = await service.create("r", b"r", STRATEGY_ID, TERMS)
    assert created.state is BacktestState.RUNNING
    done = await service.get(created.backtest_id, wait=True)
    assert (done.state, done.progress) == (BacktestState.SUCCEEDED, 1.0)
    assert done.outcome is not None
    assert (done.outcome.order_count, done.outcome.fill_count) == (2, 2)
    assert area.events.completions == [done]
    fills = await service.fills(done.backtest_id, 10, 0)
    assert [fill.side for fill in fills] == ["BUY", "SELL"]
    assert await service.fills(done.backtest_id, 10, 1) == fills[1:]
    scale, times, equity = await service.equity(done.backtest_id)
    assert (scale, len(times)) == (2, len(equity))
    assert equity[-1] == done.outcome.final_equity * 100


async def test_a_repeated_request_returns_the_first_backtest(
    service: BacktestService, area: BacktestArea
) -> None:
    first, second = await asyncio.gather(
        service.create("r", b"r", STRATEGY_ID, TERMS), service.create("r", b"r", STRATEGY_ID, TERMS)
    )
    assert first.backtest_id == second.backtest_id
    await service.get(first.backtest_id, wait=True)
    again = await service.create("r", b"r", STRATEGY_ID, TERMS)
    assert again.state is BacktestState.SUCCEEDED
    assert len(area.events.completions) == 1
    with pytest.raises(RequestIdReusedError):
        await service.create("r", b"other", STRATEGY_ID, TERMS)


async def test_bars_of_the_training_are_refused_unless_named(area: BacktestArea) -> None:
    closes = area.market_data.series["SPY"].close_time_ns
    area.model = ScriptedModel([0.5] * 8, train_end_time_ns=int(closes[3]))
    service = area.start()
    with pytest.raises(InSampleError):
        await service.create("1", b"", STRATEGY_ID, BacktestTerms(area.opens(3)))
    created = await service.create("2", b"", STRATEGY_ID, BacktestTerms(area.opens(4)))
    done = await service.get(created.backtest_id, wait=True)
    assert (done.state, done.error) == (BacktestState.SUCCEEDED, "")
    assert done.strategy.in_sample_models == ()
    await service.close()

    asked = f'model("{MODEL_ID}", in_sample=True) > 0.5'
    area.spec_changes = {"entry": asked, "exit": f"not ({asked})"}
    service = area.start()
    created = await service.create("3", b"", STRATEGY_ID, TERMS)
    done = await service.get(created.backtest_id, wait=True)
    assert (done.state, done.error) == (BacktestState.SUCCEEDED, "")
    assert done.strategy.in_sample_models == (MODEL_ID,)
    await service.close()


async def test_a_span_without_bars_is_refused(service: BacktestService) -> None:
    with pytest.raises(InsufficientDataError):
        await service.create("r", b"r", STRATEGY_ID, BacktestTerms(2**62))


async def test_an_unknown_strategy_or_symbol_is_not_found(area: BacktestArea) -> None:
    service = area.start("SPY", "NONE")
    with pytest.raises(StrategyNotFoundError):
        await service.create("1", b"", StrategyId("x"), TERMS)
    with pytest.raises(SymbolNotFoundError):
        await service.create("2", b"", STRATEGY_ID, TERMS)
    assert not area.repository.backtests
    await service.close()


async def test_a_run_that_cannot_end_well_says_why(
    service: BacktestService, area: BacktestArea
) -> None:
    created = await service.create("r", b"r", STRATEGY_ID, BacktestTerms(area.opens(7)))
    done = await service.get(created.backtest_id, wait=True)
    assert done.state is BacktestState.FAILED
    assert "needs 2" in done.error
    assert area.events.completions == [done]
    assert await service.fills(done.backtest_id, 10, 0) == []


class BrokenModel(ScriptedModel):
    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        raise ZeroDivisionError("one over nothing")


async def test_a_model_that_cannot_be_evaluated_fails_the_run(area: BacktestArea) -> None:
    area.model = BrokenModel([0.5])
    service = area.start()
    created = await service.create("r", b"r", STRATEGY_ID, TERMS)
    done = await service.get(created.backtest_id, wait=True)
    assert done.state is BacktestState.FAILED
    assert "one over nothing" in done.error
    await service.close()


async def test_a_defect_is_logged_and_fails_the_run(
    area: BacktestArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("one over nothing")

    monkeypatch.setattr(SymbolRunner, "observe", fail)
    service = area.start()
    created = await service.create("r", b"r", STRATEGY_ID, TERMS)
    done = await service.get(created.backtest_id, wait=True)
    assert done.error == "A defect of AlgoTrendy: one over nothing"
    assert [type(error) for error in area.log.errors] == [ZeroDivisionError]
    await service.close()


async def test_what_ran_when_the_process_ended_fails_at_the_next_start(area: BacktestArea) -> None:
    before = area.start()
    created = await before.create("r", b"r", STRATEGY_ID, TERMS)
    await before.close()
    after = area.start()
    await after.recover()
    found = await after.get(created.backtest_id)
    assert (found.state, found.error) == (BacktestState.FAILED, INTERRUPTED)
    assert area.events.completions == [found]
    await after.close()


class WatchingModel(ScriptedModel):
    """Keeps the progress that the service told while it ran."""

    def __init__(self) -> None:
        super().__init__([])
        self.seen: list[float] = []
        self.service: BacktestService | None = None

    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        assert self.service is not None
        self.seen.extend(self.service._progress.values())
        return super().predict(rows)


async def test_progress_is_told_while_it_runs(area: BacktestArea) -> None:
    model = WatchingModel()
    area.model = model
    model.service = area.start()
    created = await model.service.create("r", b"r", STRATEGY_ID, TERMS)
    await model.service.get(created.backtest_id, wait=True)
    assert model.seen == [n / 8 for n in range(8)]
    await model.service.close()


async def test_an_unknown_backtest_is_not_found(service: BacktestService) -> None:
    for call in (service.get, service.equity):
        with pytest.raises(BacktestNotFoundError):
            await call(BacktestId("x"))


async def test_backtests_are_listed_newest_first_in_pages(service: BacktestService) -> None:
    for name in ("a", "b", "c"):
        await service.create(name, b"", STRATEGY_ID, TERMS)
    first = await service.page(2, None)
    rest = await service.page(2, first[-1].backtest_id)
    assert [found.backtest_id for found in [*first, *rest]] == ["id-0003", "id-0002", "id-0001"]
