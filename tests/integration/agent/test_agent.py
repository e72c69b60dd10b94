"""The agent area beside those it asks, on real NATS and PostgreSQL."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from pathlib import Path

import psycopg_pool
import pytest

from algotrendy.agent.adapters.postgres import PostgresPreviews
from algotrendy.agent.model import OrderTerms
from algotrendy.api.agent.v1 import agent_service_pb2 as pb
from algotrendy.api.agent.v1 import agent_service_pb2_grpc as pb_grpc
from algotrendy.api.market_data.v1 import market_data_service_pb2 as data_pb
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.api.trading.v1 import trading_service_pb2
from algotrendy.bus import Bus
from algotrendy.domain.order import Side
from algotrendy.errors import ConfirmationTokenError, UnavailableError
from algotrendy.platform.nats_server import NatsServer
from algotrendy.platform.supervisor import Running
from algotrendy.testing.areas import running_areas
from algotrendy.testing.market import PaperMarket

pytestmark = pytest.mark.integration

Start = Callable[[], AbstractAsyncContextManager[Running]]

SETTLERS = {"risk", "portfolio"}
TERMS = OrderTerms("account", "agent-1", "SPY", Side.BUY, Decimal("1.50"), Decimal("99.10"))


@pytest.fixture
def start(
    bus: Bus, nats: NatsServer, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Start:
    """Starts the areas, without those that backtests need; again, they find what they left."""
    for absent in ("STRATEGY", "BACKTEST"):
        monkeypatch.setenv(f"ALGOTRENDY_ADDRESS_{absent}", "127.0.0.1:1")
    areas = ("market_data", "trading", "risk", "portfolio", "agent")
    return lambda: running_areas(tmp_path / "data", nats.url, dsn, *areas)


def stub(running: Running) -> "pb_grpc.AgentServiceAsyncStub":
    return pb_grpc.AgentServiceStub(running.context.channels.to("agent"))


async def say(running: Running, text: str) -> pb.ConverseResponse:
    return await stub(running).Converse(pb.ConverseRequest(text=text))


async def funded(running: Running, folder: Path) -> PaperMarket:
    """An account that has seen one day of SPY, of which there is one stored bar."""
    file = folder / "bars.csv"
    file.write_text("date,open,high,low,close,volume\n1970-01-02,100,101,99,100,1\n")
    data = MarketDataServiceStub(running.context.channels.to("market_data"))
    await data.ImportBars(data_pb.ImportBarsRequest(symbol="SPY", file_path=str(file)))
    market = PaperMarket(running, SETTLERS)
    await market.open_account()
    await market.replay(1, "100", "100")
    return market


async def test_an_order_is_previewed_confirmed_once_and_then_held(
    start: Start, tmp_path: Path
) -> None:
    async with start() as running:
        market = await funded(running, tmp_path)
        preview = (await say(running, "buy 10 spy")).order_preview
        account_id = preview.order.account_id
        listed = trading_service_pb2.ListOrdersRequest(account_id=account_id)
        assert (preview.accepted, len((await market.trading.ListOrders(listed)).orders)) == (
            True,
            0,
        )
        confirmation = pb.ConfirmOrderRequest(confirmation_token=preview.confirmation_token)
        order = (await stub(running).ConfirmOrder(confirmation)).order
        assert order.client_order_id == preview.order.client_order_id
    async with start() as running:
        market = PaperMarket(running, SETTLERS)
        again = (await stub(running).ConfirmOrder(confirmation)).order
        assert again.order_id == order.order_id
        assert len((await market.trading.ListOrders(listed)).orders) == 1
        await market.replay(2, "101", "102")
        text = (await say(running, "what do I hold, and at what risk?")).text
    assert text.startswith("Paper is worth 1,000,00")
    assert "It holds 10 SPY bought at 101 on average, now at 102: 1,020.00 USD" in text
    assert "At risk are 1,020.00 USD gross" in text
    assert "One position may be worth at most" in text


async def test_an_unconfirmed_preview_outlives_a_restart(start: Start, tmp_path: Path) -> None:
    async with start() as running:
        await funded(running, tmp_path)
        preview = (await say(running, "buy 10 SPY at 99.50")).order_preview
    async with start() as running:
        await PaperMarket(running, SETTLERS).replay(2, "100", "100")
        order = (
            await stub(running).ConfirmOrder(
                pb.ConfirmOrderRequest(confirmation_token=preview.confirmation_token)
            )
        ).order
    assert (order.symbol, Decimal(order.limit_price.value)) == ("SPY", Decimal("99.5"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("buy 0 SPY", "QUANTITY_NOT_POSITIVE"),
        ("buy -1 SPY", "QUANTITY_NOT_POSITIVE"),
        ("buy 1.5 SPY", "QUANTITY_OFF_LOT"),
        ("buy 1 SPY at 99.505", "PRICE_OFF_TICK"),
        ("sell 1 SPY", "SHORT_NOT_ALLOWED"),
        ("buy 999999999 SPY", "NOTIONAL_LIMIT_EXCEEDED"),
    ],
)
async def test_an_order_that_cannot_be_placed_says_why_and_has_no_token(
    start: Start, tmp_path: Path, text: str, reason: str
) -> None:
    async with start() as running:
        await funded(running, tmp_path)
        response = await say(running, text)
    assert response.intent == pb.INTENT_ORDER
    assert reason in {failure.reason for failure in response.order_preview.failures}
    assert response.order_preview.confirmation_token == ""


async def test_an_area_that_does_not_answer_is_named(start: Start) -> None:
    async with start() as running:
        with pytest.raises(UnavailableError) as refusal:
            await say(running, "backtest Trend in 2016")
    assert refusal.value.metadata == {"service": "strategy"}


async def test_a_preview_is_kept_exactly_and_confirmed_before_it_ends(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    await PostgresPreviews(pool).add(b"hash", TERMS, 100)
    previews = PostgresPreviews(pool)
    assert await previews.confirm(b"other", 99) is None
    assert await previews.confirm(b"hash", 100) is None
    confirmed = await asyncio.gather(*(previews.confirm(b"hash", 99) for _ in range(4)))
    assert confirmed == [TERMS] * 4
    assert await previews.confirm(b"hash", 1_000) == TERMS


async def test_only_previews_that_ended_unconfirmed_are_forgotten(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    previews = PostgresPreviews(pool)
    for token_hash, expire_time_ns in ((b"ended", 100), (b"confirmed", 100), (b"open", 300)):
        await previews.add(token_hash, TERMS, expire_time_ns)
    await previews.confirm(b"confirmed", 50)
    await previews.forget(200)
    assert await previews.confirm(b"ended", 50) is None
    assert await previews.confirm(b"confirmed", 250) == TERMS
    assert await previews.confirm(b"open", 250) == TERMS


async def test_an_unknown_token_places_nothing(start: Start) -> None:
    async with start() as running:
        with pytest.raises(ConfirmationTokenError):
            await stub(running).ConfirmOrder(pb.ConfirmOrderRequest(confirmation_token="guess"))
