"""A live strategy knows the last trade or quote before it starts, of the real service."""

from collections.abc import AsyncIterator

import grpc
import pytest

from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import (
    add_MarketDataServiceServicer_to_server,
)
from algotrendy.client.live.ticks_before import ticks_before
from algotrendy.domain.clock import DAY_NS, SECOND_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Quote, Ticks, Trade
from algotrendy.market_data.adapters.source_files import SourceFiles
from algotrendy.market_data.replay_service import ReplayService
from algotrendy.market_data.service import MarketDataService
from algotrendy.market_data.servicer import MarketDataServicer
from algotrendy.testing.market_data import (
    FakeAudience,
    FakeStore,
    daily_bars,
    quotes_of,
    trades_of,
)
from algotrendy.testing.rpc import served


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    """BOTH has trades and quotes, TOLD trades, ASKED quotes, NONE nothing but bars."""
    store = FakeStore(*(daily_bars(symbol, [100]) for symbol in ("BOTH", "TOLD", "ASKED", "NONE")))
    for symbol in ("BOTH", "TOLD"):
        store.put(daily_bars(symbol, [100]), trades_of([100, 101, 102], symbol=symbol))
    for symbol in ("BOTH", "ASKED"):
        store.put_quotes(quotes_of([200, 201, 202], symbol=symbol, seconds=90))
    replays = ReplayService(store, FakeAudience(), deadline_s=30)
    servicer = MarketDataServicer(MarketDataService(store, SourceFiles()), replays)
    async with served(
        "market_data",
        lambda server: add_MarketDataServiceServicer_to_server(servicer, server),
    ) as channel:
        yield channel


def price(last: Ticks | None) -> Trade | Quote | None:
    assert last is not None
    return next(iter((*last.quotes, *last.trades)), None)


@pytest.mark.parametrize(
    ("symbol", "seconds", "expected"),
    [
        # Of one time, the quote.
        ("BOTH", 1, Quote(200, 202)),
        ("BOTH", 60, Quote(200, 202)),
        ("BOTH", 61, Trade(101, 1)),
        ("BOTH", 121, Trade(102, 1)),
        ("BOTH", 181, Quote(202, 204)),
        ("TOLD", 120, Trade(101, 1)),
        ("ASKED", 181, Quote(202, 204)),
        # However long ago it was.
        ("TOLD", 90 * DAY_NS // SECOND_NS, Trade(102, 1)),
        ("BOTH", 9_000, Quote(202, 204)),
    ],
)
async def test_the_last_before_a_time_is_found(
    channel: grpc.aio.Channel, symbol: str, seconds: int, expected: Trade | Quote
) -> None:
    last = await ticks_before(channel, Instrument(symbol), seconds * SECOND_NS)
    assert price(last) == expected


async def test_nothing_made_before_is_not_nothing_stored(channel: grpc.aio.Channel) -> None:
    assert await ticks_before(channel, Instrument("BOTH"), 0) == Ticks("BOTH", 0)
    assert await ticks_before(channel, Instrument("NONE"), DAY_NS) is None
