"""Lock-step replay of trades and quotes over a real NATS server."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from google.protobuf.duration_pb2 import Duration
from tests.integration.market_data.others import Others, when_free

from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.bus import Bus
from algotrendy.domain.clock import SECOND_NS
from algotrendy.errors import (
    AcknowledgementMissingError,
    FailedPreconditionError,
    ReplayFailedError,
)
from algotrendy.market_data.model import DECIDER
from algotrendy.rpc.time import decode_time

if TYPE_CHECKING:
    from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
        MarketDataServiceAsyncStub,
    )

pytestmark = pytest.mark.integration

START_S = 1_600_000_020
TRADES = f"""time,price,quantity
{START_S + 1},10.00,5
{START_S + 1},10.10,5
{START_S + 60},10.20,1
"""
QUOTES = f"""time,bid,ask,bid_size,ask_size
{START_S + 1},9.99,10.02,7,8
{START_S + 30},10.00,10.03,7,8
"""


@pytest.fixture
async def ticks(
    market_data: "MarketDataServiceAsyncStub", tmp_path: Path
) -> "MarketDataServiceAsyncStub":
    """Three trades and two quotes of BRK.A, and bars of a minute made of the trades."""
    trades, quotes = tmp_path / "trades.csv", tmp_path / "quotes.csv"
    trades.write_text(TRADES)
    quotes.write_text(QUOTES)
    await market_data.ImportBars(
        pb.ImportBarsRequest(symbol="BRK.A", file_path=str(trades), interval=Duration(seconds=60))
    )
    await market_data.ImportQuotes(pb.ImportQuotesRequest(symbol="BRK.A", file_path=str(quotes)))
    return market_data


async def replay(
    stub: "MarketDataServiceAsyncStub", deadline_s: int = 10
) -> list[pb.ReplayTicksResponse]:
    request = pb.ReplayTicksRequest(symbols=["BRK.A"], deadline=Duration(seconds=deadline_s))
    return [progress async for progress in stub.ReplayTicks(request)]


async def test_ticks_reach_venue_then_prices_then_strategies_time_by_time(
    ticks: "MarketDataServiceAsyncStub", others: Others
) -> None:
    progress = await replay(ticks)
    assert [(step.completed_count, step.total_count) for step in progress] == [
        *((3, 5), (4, 5), (5, 5), (5, 5)),
    ]
    times = [decode_time(step, "time") // SECOND_NS - START_S for step in progress]
    assert times == [1, 30, 60, 120]
    assert others.heard == [
        "closing",
        "trade BRK.A[10.00 10.10 9.99/10.02]",
        "mark 10.00",
        "decide BRK.A[10.00 10.10 9.99/10.02], 0 follow",
        "rest",
        *("closing", "trade BRK.A[10.00/10.03]", "mark 10.01"),
        *("decide BRK.A[10.00/10.03], 0 follow", "rest"),
        *("closing", "trade BRK.A[10.20]", "mark 10.20"),
        # The bar that closes as the trade is made does not hold it.
        *("decide BRK.A[10.20], 1 follow", "decide 10", "rest"),
        *("closing", "trade BRK.A[]", "decide 1", "rest"),
    ]


async def test_a_symbol_of_bars_alone_is_refused(
    ticks: "MarketDataServiceAsyncStub", others: Others
) -> None:
    with pytest.raises(FailedPreconditionError) as refusal:
        async for _ in ticks.ReplayTicks(pb.ReplayTicksRequest(symbols=["BRK.A", "BRK.B"])):
            pass
    assert refusal.value.metadata["symbol"] == "BRK.B"
    assert others.heard == []


async def test_a_consumer_that_is_not_there_is_named(
    ticks: "MarketDataServiceAsyncStub", bus: Bus
) -> None:
    async with AsyncExitStack() as stack:
        await Others(bus).join(stack, deciding=False)
        with pytest.raises(AcknowledgementMissingError) as refusal:
            await replay(ticks)
    assert refusal.value.metadata["consumers"] == DECIDER


async def test_a_consumer_that_does_not_answer_is_named_and_the_symbol_let_go_of(
    ticks: "MarketDataServiceAsyncStub", others: Others
) -> None:
    others.gate.clear()
    with pytest.raises(AcknowledgementMissingError) as refusal:
        await replay(ticks, deadline_s=1)
    assert refusal.value.metadata["consumers"] == DECIDER
    others.gate.set()
    assert len(await replay(ticks)) == 4


async def test_an_error_of_a_consumer_ends_the_replay_and_lets_go_of_the_symbol(
    ticks: "MarketDataServiceAsyncStub", others: Others
) -> None:
    others.failure = ValueError("no model")
    with pytest.raises(ReplayFailedError) as refusal:
        await replay(ticks)
    assert refusal.value.metadata["consumer"] == DECIDER
    assert refusal.value.metadata["cause"] == "no model"
    assert others.heard[-1].startswith("decide BRK.A[10.00")
    others.failure = None
    assert len(await replay(ticks)) == 4


async def test_a_cancelled_call_stops_the_replay_and_frees_the_symbol(
    ticks: "MarketDataServiceAsyncStub", others: Others
) -> None:
    others.gate.clear()
    call = ticks.ReplayTicks(pb.ReplayTicksRequest(symbols=["BRK.A"]))
    first = asyncio.ensure_future(anext(aiter(call)))
    await others.deciding.wait()
    with pytest.raises(ReplayFailedError, match="being replayed already"):
        await replay(ticks)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    others.gate.set()
    assert len(await when_free(lambda: replay(ticks))) == 4
