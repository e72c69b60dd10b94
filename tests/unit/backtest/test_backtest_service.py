"""Backtests run in the background, and what came of them is kept."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from algotrendy.backtest.app import RunnableStrategy
from algotrendy.backtest.model import BacktestState, BacktestTerms, Finish, Quota
from algotrendy.backtest.ports import Progress
from algotrendy.backtest.result import Result
from algotrendy.backtest.service import INTERRUPTED, BacktestService
from algotrendy.domain.ids import BacktestId, StrategyId
from algotrendy.domain.strategy import Percent
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import (
    BacktestNotFoundError,
    BacktestQueueFullError,
    BacktestTooLargeError,
    InSampleError,
    InsufficientDataError,
    InvalidArgumentError,
    RequestIdReusedError,
    StrategyNotFoundError,
    SymbolNotFoundError,
)
from algotrendy.strategy.rule import Rule
from algotrendy.testing.backtest import STRATEGY_ID, BacktestArea, FakeSeries
from algotrendy.testing.strategy import MODEL_ID, ScriptedModel, daily_bars

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
    orders = await service.orders(done.backtest_id, 10, 0)
    assert [(order.status, order.filled_quantity) for order in orders] == [
        ("FILLED", fill.quantity) for fill in fills
    ]
    (position,) = await service.positions(done.backtest_id, 10, 0)
    assert (position.side, position.quantity) == ("BUY", fills[0].quantity)
    assert await service.rejections(done.backtest_id, 10, 0) == []
    account = await service.equity(done.backtest_id)
    assert (account.scale, len(account.close_time_ns), len(account.cash)) == (2, 8, 8)
    assert account.equity[-1] == done.outcome.final_equity * 100
    assert done.outcome.trades is not None
    assert done.outcome.trades.trade_count == 1
    manifest = json.loads(await service.manifest(done.backtest_id))
    assert manifest["strategy"]["spec"]["symbols"] == ["SPY"]


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


async def test_a_bar_of_the_training_that_closes_after_the_start_is_refused(
    area: BacktestArea,
) -> None:
    closes = area.market_data.series["SPY"].close_time_ns
    area.model = ScriptedModel([0.5] * 8, train_end_time_ns=int(closes[3]))
    service = area.start()
    # It opened before the start, so that it is none of the bars to trade.
    with pytest.raises(InSampleError) as refusal:
        await service.create("1", b"", STRATEGY_ID, BacktestTerms(area.opens(3) + 1))
    assert refusal.value.metadata["close_time_ns"] == str(closes[3])
    created = await service.create("2", b"", STRATEGY_ID, BacktestTerms(int(closes[3])))
    done = await service.get(created.backtest_id, wait=True)
    assert (done.state, done.error) == (BacktestState.SUCCEEDED, "")
    await service.close()


async def test_a_run_that_is_found_in_sample_on_its_way_fails_for_that(
    area: BacktestArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rule, "require_out_of_sample", lambda *_: None)
    closes = area.market_data.series["SPY"].close_time_ns
    area.model = ScriptedModel([0.5] * 8, train_end_time_ns=int(closes[3]))
    service = area.start()
    created = await service.create("1", b"", STRATEGY_ID, BacktestTerms(area.opens(3)))
    done = await service.get(created.backtest_id, wait=True)
    assert (done.state, done.error_reason) == (BacktestState.FAILED, "MODEL_IN_SAMPLE")
    assert f"closes at {closes[3]} ns" in done.error
    assert area.events.completions == [done]
    assert not area.log.errors
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


async def test_a_run_that_cannot_end_well_says_why(area: BacktestArea) -> None:
    # All of the equity is bought at the close; the next open is far above it.
    crash = daily_bars([100_00, 100_00, 1_00, 1], opens=[100_00, 100_00, 1_00, 1])
    area.market_data = FakeSeries(crash)
    area.model = ScriptedModel([0.9] * 4)
    area.spec_changes = {"size": Percent(Decimal(1))}
    free = BacktestTerms(0, venue_terms=VenueTerms(fee_bps=Decimal(9999)))
    service = area.start()
    created = await service.create("r", b"r", STRATEGY_ID, free)
    done = await service.get(created.backtest_id, wait=True)
    assert (done.state, done.error_reason) == (BacktestState.FAILED, "INSUFFICIENT_FUNDS")
    assert "ruined" in done.error
    assert area.events.completions == [done]
    assert await service.fills(done.backtest_id, 10, 0) == []
    await service.close()


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

    monkeypatch.setattr(RunnableStrategy, "run", fail)
    service = area.start()
    created = await service.create("r", b"r", STRATEGY_ID, TERMS)
    done = await service.get(created.backtest_id, wait=True)
    assert done.error == "A defect of AlgoTrendy: one over nothing"
    assert done.error_reason == "INTERNAL"
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


class Held:
    """Lets runs report a progress and wait there until they are let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached = threading.Semaphore(0)
        self.let_go = threading.Semaphore(0)
        run = RunnableStrategy.run

        def held(
            strategy: RunnableStrategy, series: Any, terms: BacktestTerms, report: Progress
        ) -> Result:
            report(0.5)
            self.reached.release()
            assert self.let_go.acquire(timeout=10)
            report(0.75)
            return run(strategy, series, terms, report)

        monkeypatch.setattr(RunnableStrategy, "run", held)

    async def wait(self) -> None:
        assert await asyncio.to_thread(self.reached.acquire, timeout=10)


async def test_progress_is_told_while_it_runs(
    area: BacktestArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, service = Held(monkeypatch), area.start()
    created = await service.create("r", b"r", STRATEGY_ID, TERMS)
    states = service.watch(created.backtest_id)
    told = [(await anext(states)).progress]
    await held.wait()
    while told[-1] < 0.5:
        told.append((await anext(states)).progress)
    assert (await service.get(created.backtest_id)).progress == 0.5
    held.let_go.release()
    rest = [backtest async for backtest in states]
    assert (rest[-1].state, rest[-1].progress) == (BacktestState.SUCCEEDED, 1.0)
    progress = [*told, *(backtest.progress for backtest in rest)]
    assert progress == sorted(progress)
    assert [backtest async for backtest in service.watch(created.backtest_id)] == [rest[-1]]
    await service.close()


async def test_a_run_is_cancelled_where_it_is_and_where_it_waits(
    area: BacktestArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, service = Held(monkeypatch), area.start()
    running = await service.create("1", b"", STRATEGY_ID, TERMS)
    waiting = await service.create("2", b"", STRATEGY_ID, TERMS)
    await held.wait()
    # It ends at once, though the one before it still runs.
    ended = await service.cancel(waiting.backtest_id)
    assert ended.state is BacktestState.CANCELED
    canceling = asyncio.create_task(service.cancel(running.backtest_id))
    await asyncio.sleep(0)
    held.let_go.release()
    assert (await canceling).state is BacktestState.CANCELED
    assert [done.state for done in area.events.completions] == ["CANCELED", "CANCELED"]
    assert await service.cancel(running.backtest_id) == await service.get(running.backtest_id)
    await service.close()


async def test_a_run_that_has_ended_is_not_cancelled(service: BacktestService) -> None:
    created = await service.create("r", b"r", STRATEGY_ID, TERMS)
    done = await service.get(created.backtest_id, wait=True)
    assert await service.cancel(created.backtest_id) == done


async def test_a_run_that_takes_too_long_fails(
    area: BacktestArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, service = Held(monkeypatch), area.start()
    limited = BacktestTerms(0, time_limit_ns=1000)
    created = await service.create("r", b"r", STRATEGY_ID, limited)
    await held.wait()
    area.clock.time_ns += 1001
    held.let_go.release()
    done = await service.get(created.backtest_id, wait=True)
    assert (done.state, done.error_reason) == (BacktestState.FAILED, "BACKTEST_TIMED_OUT")
    await service.close()


@pytest.mark.parametrize("time_limit_ns", [0, -1, 3_600_000_000_001])
async def test_a_time_limit_beyond_the_services_is_refused(
    service: BacktestService, time_limit_ns: int
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await service.create("r", b"r", STRATEGY_ID, BacktestTerms(0, time_limit_ns=time_limit_ns))
    assert refusal.value.metadata["field"] == "time_limit"


async def test_a_backtest_of_too_many_bars_is_refused(area: BacktestArea) -> None:
    area.quota = Quota(max_bars=7)
    service = area.start()
    with pytest.raises(BacktestTooLargeError) as refusal:
        await service.create("r", b"r", STRATEGY_ID, TERMS)
    assert refusal.value.metadata == {"bar_count": "8", "limit": "7"}
    await service.close()


async def test_no_more_backtests_wait_than_may(
    area: BacktestArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    area.quota = Quota(max_waiting=1)
    held, service = Held(monkeypatch), area.start()
    first = await service.create("1", b"", STRATEGY_ID, TERMS)
    with pytest.raises(BacktestQueueFullError):
        await service.create("2", b"", STRATEGY_ID, TERMS)
    held.let_go.release()
    await service.get(first.backtest_id, wait=True)
    held.let_go.release()
    # The refused request may be repeated.
    second = await service.create("2", b"", STRATEGY_ID, TERMS)
    assert (await service.get(second.backtest_id, wait=True)).state is BacktestState.SUCCEEDED
    await service.close()


async def test_a_parameter_has_another_value_in_a_run(area: BacktestArea) -> None:
    area.spec_changes = {
        "parameters": {"level": 1000},
        "entry": "close > level",
        "exit": "close < level",
    }
    service = area.start()
    traded = []
    for request_id, parameters in (("1", {}), ("2", {"level": 1})):
        terms = BacktestTerms(0, parameters=parameters)
        created = await service.create(request_id, b"", STRATEGY_ID, terms)
        done = await service.get(created.backtest_id, wait=True)
        assert done.outcome is not None
        traded.append(done.outcome.order_count)
    assert traded == [0, 1]
    with pytest.raises(InvalidArgumentError) as refusal:
        await service.create("3", b"", STRATEGY_ID, BacktestTerms(0, parameters={"lever": 1}))
    assert refusal.value.metadata["field"] == "parameters.lever"
    await service.close()


async def test_a_strategys_costs_are_those_of_a_run_that_says_none(area: BacktestArea) -> None:
    dear = VenueTerms(fee_bps=Decimal(50))
    area.spec_changes = {"costs": dear}
    service = area.start()
    told = []
    for request_id, terms in (("1", TERMS), ("2", BacktestTerms(0, venue_terms=VenueTerms()))):
        created = await service.create(request_id, b"", STRATEGY_ID, terms)
        told.append((await service.get(created.backtest_id, wait=True)).terms.venue_terms)
    assert told == [dear, VenueTerms()]
    await service.close()


async def test_positions_are_closed_at_the_end_where_that_is_asked_for(area: BacktestArea) -> None:
    area.model = ScriptedModel([0.9] * 8)
    service = area.start()
    fills = []
    for request_id, finish in (("1", Finish.HOLD), ("2", Finish.LAST_CLOSE)):
        created = await service.create(
            request_id, b"", STRATEGY_ID, BacktestTerms(0, finish=finish)
        )
        done = await service.get(created.backtest_id, wait=True)
        fills.append(len(await service.fills(done.backtest_id, 10, 0)))
    assert fills == [1, 2]
    await service.close()


async def test_an_unknown_backtest_is_not_found(service: BacktestService) -> None:
    for call in (service.get, service.equity, service.manifest, service.cancel):
        with pytest.raises(BacktestNotFoundError):
            await call(BacktestId("x"))


async def test_backtests_are_listed_newest_first_in_pages(service: BacktestService) -> None:
    for name in ("a", "b", "c"):
        await service.create(name, b"", STRATEGY_ID, TERMS)
    first = await service.page(2, None)
    rest = await service.page(2, first[-1].backtest_id)
    assert [found.backtest_id for found in [*first, *rest]] == ["id-0003", "id-0002", "id-0001"]
