"""Replays: who is asked what, in which order."""

from contextlib import aclosing

import pytest

from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import (
    AcknowledgementMissingError,
    InvalidArgumentError,
    ReplayFailedError,
    SymbolNotFoundError,
)
from algotrendy.market_data.model import ReplayTerms
from algotrendy.market_data.replay_service import ReplayService
from algotrendy.testing.market_data import FakeAudience, FakeStore, daily_bars


@pytest.fixture
def audience() -> FakeAudience:
    return FakeAudience()


@pytest.fixture
def replays(audience: FakeAudience) -> ReplayService:
    store = FakeStore(
        daily_bars("SPY", [100, 101, 102]),
        daily_bars("QQQ", [50, 51], first_day=1),
        daily_bars("NOON", [10, 11], open_hour=12),
    )
    return ReplayService(store, audience, deadline_s=30)


async def test_each_bar_time_trades_settles_marks_and_decides_symbol_by_symbol(
    replays: ReplayService, audience: FakeAudience
) -> None:
    progress = [
        step
        async for step in replays.replay_bars(ReplayTerms(["SPY", "QQQ"], end_time_ns=2 * DAY_NS))
    ]
    assert audience.asked == [
        ("opening", "SPY", 0),
        ("open", "SPY", 0),
        ("settle", "", 0),
        ("approach", "SPY", 0),
        ("close", "SPY", 0),
        ("settle", "", 0),
        ("mark", "SPY", 0),
        ("decide 0", "SPY", 0),
        ("settle", "", 0),
        ("opening", "QQQ", 1),
        ("open", "QQQ", 1),
        ("opening", "SPY", 1),
        ("open", "SPY", 1),
        ("settle", "", 1),
        ("approach", "QQQ", 1),
        ("close", "QQQ", 1),
        ("close", "SPY", 1),
        ("settle", "", 1),
        ("mark", "QQQ", 1),
        ("mark", "SPY", 1),
        ("decide 1", "QQQ", 1),
        ("decide 0", "SPY", 1),
        ("settle", "", 1),
    ]
    assert [(step.completed_count, step.total_count) for step in progress] == [(1, 2), (2, 2)]
    assert [step.time_ns for step in progress] == [DAY_NS, 2 * DAY_NS]


@pytest.mark.parametrize(("asked", "expected"), [(None, 30), (0.5, 0.5)])
async def test_the_deadline_is_the_callers_or_the_default(
    replays: ReplayService, audience: FakeAudience, asked: float | None, expected: float
) -> None:
    async for _ in replays.replay_bars(ReplayTerms(["SPY"], deadline_s=asked)):
        pass
    assert audience.deadlines_s == {expected}


async def test_two_replays_of_one_symbol_at_once_are_refused(replays: ReplayService) -> None:
    async with aclosing(replays.replay_bars(ReplayTerms(["SPY"]))) as first:
        await anext(first)
        with pytest.raises(ReplayFailedError) as refusal:
            await anext(replays.replay_bars(ReplayTerms(["QQQ", "SPY"])))
        assert refusal.value.metadata == {"symbol": "SPY"}
        assert (await anext(replays.replay_bars(ReplayTerms(["QQQ"])))).completed_count == 1
    assert (await anext(replays.replay_bars(ReplayTerms(["SPY"])))).completed_count == 1


async def test_a_replay_that_is_closed_asks_nothing_more(
    replays: ReplayService, audience: FakeAudience
) -> None:
    async with aclosing(replays.replay_bars(ReplayTerms(["SPY"]))) as replay:
        await anext(replay)
    assert {day for _, _, day in audience.asked} == {0}


async def test_a_missing_acknowledgement_ends_the_replay_and_frees_the_symbol(
    replays: ReplayService, audience: FakeAudience
) -> None:
    audience.failure = AcknowledgementMissingError("No answer.", consumers="strategy")
    with pytest.raises(AcknowledgementMissingError):
        await anext(replays.replay_bars(ReplayTerms(["SPY"])))
    audience.failure = None
    assert (await anext(replays.replay_bars(ReplayTerms(["SPY"])))).completed_count == 1


@pytest.mark.parametrize("symbols", [[], ["SPY", "SPY"], ["S P"], ["NOON", "SPY"]])
async def test_symbols_that_cannot_be_replayed_together_are_refused(
    replays: ReplayService, audience: FakeAudience, symbols: list[str]
) -> None:
    with pytest.raises(InvalidArgumentError):
        await anext(replays.replay_bars(ReplayTerms(symbols)))
    assert not audience.asked


async def test_a_symbol_without_data_and_a_deadline_in_the_past_are_refused(
    replays: ReplayService,
) -> None:
    with pytest.raises(SymbolNotFoundError):
        await anext(replays.replay_bars(ReplayTerms(["DIA"])))
    with pytest.raises(InvalidArgumentError):
        await anext(replays.replay_bars(ReplayTerms(["SPY"], deadline_s=0.0)))
