"""`ReplayTicks` over a real gRPC server."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from google.protobuf.duration_pb2 import Duration

from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
    MarketDataServiceStub,
    add_MarketDataServiceServicer_to_server,
)
from algotrendy.domain.clock import SECOND_NS
from algotrendy.errors import (
    AcknowledgementMissingError,
    AlgoTrendyError,
    FailedPreconditionError,
    InvalidArgumentError,
    ReplayFailedError,
    SymbolNotFoundError,
)
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.replay_service import ReplayService
from algotrendy.market_data.service import MarketDataService
from algotrendy.market_data.servicer import MarketDataServicer
from algotrendy.rpc.time import encode_time
from algotrendy.testing.market_data import (
    FakeAudience,
    FakeStore,
    daily_bars,
    quotes_of,
    trades_of,
)
from algotrendy.testing.rpc import served

if TYPE_CHECKING:
    from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
        MarketDataServiceAsyncStub,
    )

MINUTE_NS = 60 * SECOND_NS


@pytest.fixture
def audience() -> FakeAudience:
    return FakeAudience()


@pytest.fixture
async def market_data(audience: FakeAudience) -> "AsyncIterator[MarketDataServiceAsyncStub]":
    """SPY has a trade and a quote each minute, QQQ quotes, DIA bars alone."""
    store = FakeStore(*(daily_bars(symbol, [100]) for symbol in ("SPY", "QQQ", "DIA")))
    store.trade_series["SPY"] = trades_of([100, 101, 102], symbol="SPY")
    store.quote_series["SPY"] = quotes_of([99, 100, 101], symbol="SPY")
    store.quote_series["QQQ"] = quotes_of([50, 51, 52], symbol="QQQ")
    service = MarketDataService(store, SourceFiles())
    servicer = MarketDataServicer(service, ReplayService(store, audience, deadline_s=30))
    async with served(
        "market_data", lambda server: add_MarketDataServiceServicer_to_server(servicer, server)
    ) as channel:
        yield MarketDataServiceStub(channel)


async def replay(
    stub: "MarketDataServiceAsyncStub", request: pb.ReplayTicksRequest
) -> list[pb.ReplayTicksResponse]:
    return [progress async for progress in stub.ReplayTicks(request)]


async def test_a_replay_streams_its_progress(
    market_data: "MarketDataServiceAsyncStub", audience: FakeAudience
) -> None:
    request = pb.ReplayTicksRequest(
        symbols=["SPY", "QQQ"],
        start_time=encode_time(MINUTE_NS),
        end_time=encode_time(3 * MINUTE_NS),
        deadline=Duration(nanos=500_000_000),
    )
    assert await replay(market_data, request) == [
        pb.ReplayTicksResponse(
            completed_count=3 * number, total_count=6, time=encode_time(number * MINUTE_NS)
        )
        for number in (1, 2)
    ]
    assert audience.deadlines_s == {0.5}


@pytest.mark.parametrize(
    ("request_", "error", "metadata"),
    [
        (pb.ReplayTicksRequest(symbols=["SPY", "DIA"]), FailedPreconditionError, "symbol"),
        (pb.ReplayTicksRequest(symbols=["XYZ"]), SymbolNotFoundError, "symbol"),
        (pb.ReplayTicksRequest(), InvalidArgumentError, "field"),
        (pb.ReplayTicksRequest(symbols=["SPY", "SPY"]), InvalidArgumentError, "field"),
        (
            pb.ReplayTicksRequest(symbols=["SPY"], deadline=Duration(seconds=-1)),
            InvalidArgumentError,
            "field",
        ),
    ],
)
async def test_what_cannot_be_replayed_is_refused(
    market_data: "MarketDataServiceAsyncStub",
    audience: FakeAudience,
    request_: pb.ReplayTicksRequest,
    error: type[AlgoTrendyError],
    metadata: str,
) -> None:
    with pytest.raises(error) as refusal:
        await replay(market_data, request_)
    assert metadata in refusal.value.metadata
    assert audience.asked == []


@pytest.mark.parametrize(
    "failure",
    [
        AcknowledgementMissingError("No answer.", consumers="strategy"),
        ReplayFailedError("It failed.", consumer="strategy"),
    ],
)
async def test_a_replay_that_fails_names_the_consumer_and_lets_go_of_the_symbols(
    market_data: "MarketDataServiceAsyncStub", audience: FakeAudience, failure: AlgoTrendyError
) -> None:
    request = pb.ReplayTicksRequest(symbols=["SPY"], end_time=encode_time(1))
    audience.failure = failure
    with pytest.raises(type(failure)) as refusal:
        await replay(market_data, request)
    assert refusal.value.metadata == failure.metadata
    audience.failure = None
    assert len(await replay(market_data, request)) == 1
