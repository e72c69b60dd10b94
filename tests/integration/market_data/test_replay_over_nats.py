"""Lock-step replay of bars over a real NATS server, driven through the area as it is wired."""

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from google.protobuf.duration_pb2 import Duration
from tests.integration.market_data.others import Others, when_free

from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.bus import Bus
from algotrendy.errors import AcknowledgementMissingError, ReplayFailedError
from algotrendy.market_data.model import DECIDER

if TYPE_CHECKING:
    from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
        MarketDataServiceAsyncStub,
    )

pytestmark = pytest.mark.integration


async def replay(
    stub: "MarketDataServiceAsyncStub", deadline_s: int = 10
) -> list[pb.ReplayBarsResponse]:
    request = pb.ReplayBarsRequest(symbols=["BRK.B"], deadline=Duration(seconds=deadline_s))
    return [progress async for progress in stub.ReplayBars(request)]


async def test_bars_reach_venue_then_prices_then_strategies_one_at_a_time(
    market_data: "MarketDataServiceAsyncStub", others: Others
) -> None:
    progress = await replay(market_data)
    assert [step.completed_count for step in progress] == [1, 2, 3]
    assert others.heard == [
        *("opening 10.00", "open 10.00", "closing", "rest 10.00", "mark 10.50", "decide 100"),
        *("opening 10.50", "open 10.50", "closing", "rest 10.50", "mark 11.25", "decide 200"),
        *("opening 11.00", "open 11.00", "closing", "rest 11.00", "mark 10.75", "decide 300"),
    ]


async def test_a_consumer_that_does_not_answer_is_named(
    market_data: "MarketDataServiceAsyncStub", others: Others
) -> None:
    others.gate.clear()
    with pytest.raises(AcknowledgementMissingError) as refusal:
        await replay(market_data, deadline_s=1)
    assert refusal.value.metadata["consumers"] == DECIDER
    others.gate.set()


async def test_a_consumer_that_is_not_there_is_named(
    market_data: "MarketDataServiceAsyncStub", bus: Bus
) -> None:
    async with AsyncExitStack() as stack:
        await Others(bus).join(stack, deciding=False)
        with pytest.raises(AcknowledgementMissingError) as refusal:
            await replay(market_data)
    assert refusal.value.metadata["consumers"] == DECIDER


async def test_an_error_of_a_consumer_ends_the_replay(
    market_data: "MarketDataServiceAsyncStub", others: Others
) -> None:
    others.failure = ValueError("no model")
    with pytest.raises(ReplayFailedError) as refusal:
        await replay(market_data)
    assert refusal.value.metadata["consumer"] == DECIDER
    assert refusal.value.metadata["cause"] == "no model"
    assert others.heard[-1] == "decide 100"


async def test_a_cancelled_call_stops_the_replay_and_frees_the_symbol(
    market_data: "MarketDataServiceAsyncStub", others: Others
) -> None:
    others.gate.clear()
    call = market_data.ReplayBars(pb.ReplayBarsRequest(symbols=["BRK.B"]))
    first = asyncio.ensure_future(anext(aiter(call)))
    await others.deciding.wait()
    with pytest.raises(ReplayFailedError, match="being replayed already"):
        await replay(market_data)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    others.gate.set()
    assert len(await when_free(lambda: replay(market_data))) == 3
