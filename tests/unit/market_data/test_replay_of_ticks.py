"""Replays of ticks: who is asked what, in which order."""

from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.tick import Quote, Ticks, Trade
from algotrendy.errors import (
    AcknowledgementMissingError,
    FailedPreconditionError,
    InvalidArgumentError,
    ReplayFailedError,
    SymbolNotFoundError,
)
from algotrendy.market_data.model import ReplayTerms
from algotrendy.market_data.replay_service import ReplayService
from algotrendy.testing.market_data import (
    FakeAudience,
    FakeStore,
    daily_bars,
    quotes_of,
    trades_of,
)

DAY_S = DAY_NS // 1_000_000_000


@pytest.fixture
def audience() -> FakeAudience:
    return FakeAudience()


@pytest.fixture
def store() -> FakeStore:
    """Bars of both that close at days 1, 2 and 3; a tick of SPY each day from 0, of QQQ from 1."""
    store = FakeStore(daily_bars("QQQ", [50, 51, 52]), daily_bars("SPY", [100, 101, 102]))
    store.trade_series["SPY"] = trades_of([100, 101, 102, 103], symbol="SPY", seconds=DAY_S)
    quotes = quotes_of([50, 51, 53], symbol="QQQ", seconds=DAY_S, spread=3)
    store.quote_series["QQQ"] = replace(quotes, time_ns=quotes.time_ns + DAY_NS)
    store.put(daily_bars("DIA", [10, 11]))
    return store


@pytest.fixture
def replays(store: FakeStore, audience: FakeAudience) -> ReplayService:
    return ReplayService(store, audience, deadline_s=30)


async def test_each_time_trades_marks_settles_and_decides_in_the_order_of_the_symbols(
    replays: ReplayService, audience: FakeAudience
) -> None:
    terms = ReplayTerms(["SPY", "QQQ"], end_time_ns=2 * DAY_NS)
    progress = [step async for step in replays.replay_ticks(terms)]
    assert audience.asked == [
        ("approach", "SPY", -1),
        ("trade", "SPY", 0),
        ("mark", "SPY", 0),
        ("settle", "", 0),
        ("decide ticks 0", "SPY", 0),
        ("rest", "", 0),
        ("approach", "SPY", 0),
        ("trade", "SPY QQQ", 1),
        ("mark", "SPY", 1),
        ("mark", "QQQ", 1),
        ("settle", "", 1),
        ("decide ticks 3", "SPY", 1),
        ("decide ticks 2", "QQQ", 1),
        # The bars that close as the ticks are made opened the day before.
        ("decide 1", "SPY", 0),
        ("decide 0", "QQQ", 0),
        ("rest", "", 0),
        # Only bars close: accounts live up to it, and nothing trades or is marked.
        ("approach", "SPY", 1),
        ("trade", "SPY QQQ", 2),
        ("settle", "", 2),
        ("decide 1", "SPY", 1),
        ("decide 0", "QQQ", 1),
        ("rest", "", 1),
    ]
    assert [(step.completed_count, step.total_count) for step in progress] == [
        (1, 3),
        (3, 3),
        (3, 3),
    ]
    assert [step.time_ns for step in progress] == [0, DAY_NS, 2 * DAY_NS]


async def test_the_price_that_ticks_leave_is_a_trades_or_the_middle_of_a_quote_rounded_down(
    replays: ReplayService, audience: FakeAudience
) -> None:
    terms = ReplayTerms(["QQQ", "SPY"], start_time_ns=DAY_NS, end_time_ns=2 * DAY_NS)
    async for _ in replays.replay_ticks(terms):
        pass
    assert audience.marks == [
        ("QQQ", Decimal("0.51"), "middle"),
        ("SPY", Decimal("1.01"), "trade"),
    ]


async def test_all_ticks_of_one_time_are_told_at_once_trades_first(
    replays: ReplayService, audience: FakeAudience, store: FakeStore
) -> None:
    trades = trades_of([100, 101, 102, 103], symbol="SPY")
    store.trade_series["SPY"] = replace(trades, time_ns=np.array([5, 5, 5, 5]))
    store.quote_series["SPY"] = replace(quotes_of([99], symbol="SPY"), time_ns=np.array([5]))
    (progress,) = [step async for step in replays.replay_ticks(ReplayTerms(["SPY"], end_time_ns=6))]
    assert (progress.completed_count, progress.total_count) == (5, 5)
    assert audience.ticks == [
        Ticks(
            "SPY",
            5,
            tuple(Trade(price, 1) for price in (100, 101, 102, 103)),
            (Quote(99, 101, 100, 100),),
        )
    ]
    assert audience.marks == [("SPY", Decimal("1.00"), "middle")]


async def test_bars_that_open_before_the_range_or_close_after_it_are_not_told(
    replays: ReplayService, audience: FakeAudience
) -> None:
    terms = ReplayTerms(["SPY"], start_time_ns=1, end_time_ns=3 * DAY_NS - 1)
    async for _ in replays.replay_ticks(terms):
        pass
    decided = [(name, day) for name, _, day in audience.asked if name.startswith("decide")]
    assert decided == [
        ("decide ticks 0", 1),
        ("decide ticks 1", 2),
        ("decide 0", 1),
    ]


async def test_a_range_without_data_is_replayed_at_once(
    replays: ReplayService, audience: FakeAudience
) -> None:
    terms = ReplayTerms(["SPY"], start_time_ns=9 * DAY_NS)
    assert [step async for step in replays.replay_ticks(terms)] == []
    assert not audience.asked


async def test_a_symbol_without_ticks_is_refused_by_its_name_and_let_go_of(
    replays: ReplayService, audience: FakeAudience
) -> None:
    for _ in range(2):
        with pytest.raises(FailedPreconditionError) as refusal:
            await anext(replays.replay_ticks(ReplayTerms(["SPY", "DIA"])))
        assert refusal.value.metadata == {"symbol": "DIA"}
    assert not audience.asked
    assert (await anext(replays.replay_ticks(ReplayTerms(["SPY"])))).completed_count == 1


@pytest.mark.parametrize("symbols", [[], ["SPY", "SPY"], ["S P"]])
async def test_symbols_that_cannot_be_replayed_together_are_refused(
    replays: ReplayService, audience: FakeAudience, symbols: list[str]
) -> None:
    with pytest.raises(InvalidArgumentError):
        await anext(replays.replay_ticks(ReplayTerms(symbols)))
    assert not audience.asked


async def test_an_unknown_symbol_is_refused(replays: ReplayService) -> None:
    with pytest.raises(SymbolNotFoundError):
        await anext(replays.replay_ticks(ReplayTerms(["XYZ"])))


async def test_a_symbol_whose_bars_are_replayed_is_not_replayed_at_once(
    replays: ReplayService,
) -> None:
    async with aclosing(replays.replay_bars(ReplayTerms(["SPY"]))) as bars:
        await anext(bars)
        with pytest.raises(ReplayFailedError) as refusal:
            await anext(replays.replay_ticks(ReplayTerms(["QQQ", "SPY"])))
        assert refusal.value.metadata == {"symbol": "SPY"}
    async with aclosing(replays.replay_ticks(ReplayTerms(["SPY"]))) as ticks:
        await anext(ticks)
        with pytest.raises(ReplayFailedError):
            await anext(replays.replay_bars(ReplayTerms(["SPY"])))


async def test_a_missing_acknowledgement_ends_the_replay_and_frees_the_symbol(
    replays: ReplayService, audience: FakeAudience
) -> None:
    audience.failure = AcknowledgementMissingError("No answer.", consumers="strategy")
    with pytest.raises(AcknowledgementMissingError):
        await anext(replays.replay_ticks(ReplayTerms(["SPY"])))
    audience.failure = None
    assert (await anext(replays.replay_ticks(ReplayTerms(["SPY"])))).completed_count == 1


@pytest.mark.parametrize(("asked", "expected"), [(None, 30), (0.5, 0.5)])
async def test_the_deadline_is_the_callers_or_the_default(
    replays: ReplayService, audience: FakeAudience, asked: float | None, expected: float
) -> None:
    async for _ in replays.replay_ticks(ReplayTerms(["SPY"], deadline_s=asked)):
        pass
    assert audience.deadlines_s == {expected}
