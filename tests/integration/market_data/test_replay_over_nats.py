"""Lock-step replay over a real NATS server, driven through the area as it is wired."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg_pool
import pytest
from google.protobuf.duration_pb2 import Duration

from algotrendy.api.event.v1 import envelope_pb2
from algotrendy.api.market_data.v1 import market_data_events_pb2 as events_pb
from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.bus import Bus, Delivery
from algotrendy.config import load_settings
from algotrendy.domain.clock import SystemClock
from algotrendy.errors import AcknowledgementMissingError, ReplayFailedError
from algotrendy.market_data import app
from algotrendy.market_data.model import DECIDER, MARKERS, SETTLERS, VENUE
from algotrendy.platform.context import Context
from algotrendy.platform.ports import listen
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.server import create_server
from algotrendy.storage.data_folder import DataFolder

if TYPE_CHECKING:
    from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
        MarketDataServiceAsyncStub,
    )

pytestmark = pytest.mark.integration

CSV = """date,open,high,low,close,volume
2020-01-02,10,11,9,10.5,100
2020-01-03,10.5,12,10,11.25,200
2020-01-06,11,11,10,10.75,300
"""
SUBJECT = "algotrendy.market_data.v1"
Handler = Callable[[Delivery], Awaitable[None]]


class Others:
    """The other areas: they note what they are asked, and acknowledge."""

    def __init__(self, bus: Bus) -> None:
        self.heard: list[str] = []
        self.failure: Exception | None = None
        self.deciding = asyncio.Event()
        # Decisions wait while it is shut.
        self.gate = asyncio.Event()
        self.gate.set()
        self._bus = bus

    async def join(self, stack: AsyncExitStack, *, deciding: bool = True) -> None:
        """Join replays; not `deciding`, without the strategy area."""
        parts: list[tuple[str, str, type, Handler]] = [
            (VENUE, "venue_bar", events_pb.VenueBar, self._trade),
            *((name, "price_update", events_pb.PriceUpdate, self._mark) for name in MARKERS),
        ]
        if deciding:
            parts += [
                (DECIDER, "market_advanced", events_pb.MarketAdvanced, self._approach),
                (DECIDER, "market_data_received", events_pb.MarketDataReceived, self._decide),
            ]
        for name, event, kind, handler in parts:
            await stack.enter_async_context(
                self._bus.participate(name, f"{SUBJECT}.{event}.*", kind, handler)
            )
        for name in SETTLERS:
            await stack.enter_async_context(
                self._bus.consumer(name, ["algotrendy.trading.v1.>"], self._follow)
            )

    async def _approach(self, delivery: Delivery) -> None:
        assert isinstance(delivery.payload, events_pb.MarketAdvanced)
        price = delivery.payload.open.price.value
        self.heard.append(f"opening {price}" if price else "closing")

    async def _trade(self, delivery: Delivery) -> None:
        assert isinstance(delivery.payload, events_pb.VenueBar)
        phase = "open" if delivery.payload.phase == events_pb.VENUE_BAR_PHASE_OPEN else "rest"
        self.heard.append(f"{phase} {delivery.payload.bar.open.value}")

    async def _mark(self, delivery: Delivery) -> None:
        assert isinstance(delivery.payload, events_pb.PriceUpdate)
        # Several are marked, in no order.
        if (mark := f"mark {delivery.payload.price.value}") not in self.heard:
            self.heard.append(mark)

    async def _decide(self, delivery: Delivery) -> None:
        assert isinstance(delivery.payload, events_pb.MarketDataReceived)
        self.heard.append(f"decide {delivery.payload.bar.volume.value}")
        self.deciding.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure

    async def _follow(self, delivery: Delivery) -> None:
        assert isinstance(delivery.envelope, envelope_pb2.Envelope)


@pytest.fixture
async def market_data(
    bus: Bus, pool: psycopg_pool.AsyncConnectionPool, tmp_path: Path
) -> "AsyncIterator[MarketDataServiceAsyncStub]":
    """The area as `app.serve` wires it, with three bars of BRK.B."""
    addresses: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        channels = await stack.enter_async_context(Channels(addresses))
        context = Context(
            settings=load_settings(data_dir=tmp_path / "data"),
            data_folder=DataFolder(tmp_path / "data"),
            postgres=pool,
            bus=bus,
            channels=channels,
            clock=SystemClock(),
            http=stack.enter_context(listen("127.0.0.1", 0)),
        )
        server = create_server("market_data")
        addresses["market_data"] = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        async with app.serve(context, server):
            await server.start()
            stub: MarketDataServiceAsyncStub = MarketDataServiceStub(channels.to("market_data"))
            path = tmp_path / "prices.csv"
            path.write_text(CSV)
            await stub.ImportBars(pb.ImportBarsRequest(symbol="BRK.B", file_path=str(path)))
            yield stub
            await server.stop(None)


@pytest.fixture
async def others(bus: Bus) -> AsyncIterator[Others]:
    others = Others(bus)
    async with AsyncExitStack() as stack:
        await others.join(stack)
        yield others


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
    assert len(await _replay_when_free(market_data)) == 3


async def _replay_when_free(stub: "MarketDataServiceAsyncStub") -> list[pb.ReplayBarsResponse]:
    """Replay once the server has noticed that the call before was cancelled."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await replay(stub)
            except ReplayFailedError:
                await asyncio.sleep(0)
