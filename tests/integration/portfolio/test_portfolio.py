"""The portfolio area beside trading and market data, on real NATS and PostgreSQL."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from pathlib import Path

import psycopg_pool
import pytest

from algotrendy.api.market_data.v1 import market_data_service_pb2 as data_pb
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.api.portfolio.v1 import portfolio_events_pb2
from algotrendy.api.portfolio.v1 import portfolio_service_pb2 as pb
from algotrendy.api.portfolio.v1 import portfolio_service_pb2_grpc as pb_grpc
from algotrendy.api.trading.v1 import trading_service_pb2
from algotrendy.bus import Bus
from algotrendy.domain.order import Side
from algotrendy.errors import UnavailableError
from algotrendy.platform.nats_server import NatsServer
from algotrendy.platform.supervisor import Running
from algotrendy.portfolio.adapters.postgres import PostgresBooks
from algotrendy.portfolio.changes import Cause, Change
from algotrendy.portfolio.model import Book
from algotrendy.portfolio.service import PortfolioService
from algotrendy.testing.areas import running_areas
from algotrendy.testing.market import PaperMarket
from algotrendy.testing.portfolio import (
    PORTFOLIO_ID,
    FakeBars,
    FakeGauge,
    FakePublisher,
    fill,
    opening,
    turned,
)

pytestmark = pytest.mark.integration

Start = Callable[[], AbstractAsyncContextManager[Running]]

SETTLERS = {"risk", "portfolio"}
BOUGHT = fill(4, Side.BUY, "3", "100", cash="699.70", fee="0.30", day=1)


@pytest.fixture
def start(bus: Bus, nats: NatsServer, dsn: str, tmp_path: Path) -> Start:
    """Starts the areas; again, they find what they left."""
    areas = ("market_data", "trading", "risk", "portfolio")
    return lambda: running_areas(tmp_path / "data", nats.url, dsn, *areas)


def stub(running: Running) -> "pb_grpc.PortfolioServiceAsyncStub":
    return pb_grpc.PortfolioServiceStub(running.context.channels.to("portfolio"))


async def portfolio(running: Running, account_id: str) -> pb.Portfolio:
    request = pb.GetPortfolioRequest(portfolio_id=account_id)
    return (await stub(running).GetPortfolio(request)).portfolio


async def assert_told_as_trading_does(running: Running, account_id: str) -> None:
    told = await portfolio(running, account_id)
    client = PaperMarket(running, SETTLERS).trading
    request = trading_service_pb2.GetAccountRequest(account_id=account_id)
    account = (await client.GetAccount(request)).account
    assert Decimal(told.cash.value) == Decimal(account.cash.value)
    assert Decimal(told.equity.value) == Decimal(account.equity.value)
    held = [(p.symbol, Decimal(p.quantity.value)) for p in account.positions]
    assert [(h.symbol, Decimal(h.quantity.value)) for h in told.holdings] == held


async def test_a_portfolio_tells_what_the_trading_area_tells(start: Start, bus: Bus) -> None:
    async with start() as running:
        market = PaperMarket(running, SETTLERS)
        account_id = await market.open_account()
        await market.replay(1, "100", "101")
        await market.order(account_id, "one", 30)
        await market.replay(2, "102", "103.50")
        await assert_told_as_trading_does(running, account_id)
        await market.order(account_id, "two", -10)
        await market.replay(3, "104", "99.25")
        await assert_told_as_trading_does(running, account_id)
        await market.order(account_id, "three", -20)
        await market.replay(4, "98", "97")
        await assert_told_as_trading_does(running, account_id)
        told = await portfolio(running, account_id)

    assert list(told.holdings) == []
    assert Decimal(told.net_deposits.value) == 1_000_000
    made = (104 - 102) * 10 + (98 - 102) * 20
    assert Decimal(told.equity.value) == 1_000_000 + made - Decimal(told.total_fees.value)
    changes = await bus.events("algotrendy.portfolio.v1.portfolio_changed.*")
    quantities = []
    for envelope in changes:
        change = portfolio_events_pb2.PortfolioChanged()
        envelope.payload.Unpack(change)
        quantities.append(change.quantity.value)
        assert envelope.event_id == f"portfolio:{envelope.causation_id}"
    assert quantities == ["30", "0"]


async def test_a_restart_continues_where_it_stopped(start: Start) -> None:
    async with start() as running:
        market = PaperMarket(running, SETTLERS)
        account_id = await market.open_account()
        await market.replay(1, "100", "101")
        await market.order(account_id, "one", 30)
        await market.replay(2, "102", "103")
    async with start() as running:
        market = PaperMarket(running, SETTLERS)
        told = await portfolio(running, account_id)
        # Reference prices are not kept: the last fill's is what is known.
        assert told.holdings[0].current_price.value == "102.00"
        await market.replay(3, "104", "105")
        await market.order(account_id, "two", 10)
        await market.replay(4, "106", "107")
        await assert_told_as_trading_does(running, account_id)


async def test_performance_is_rebuilt_from_fills_and_stored_bars(
    start: Start, tmp_path: Path
) -> None:
    rows = [(2, "102", "103.50"), (3, "104", "99.25"), (4, "98", "97")]
    file = tmp_path / "bars.csv"
    file.write_text(
        "date,open,high,low,close,volume\n"
        + "".join(f"1970-01-0{day + 1},{o},110,90,{c},1\n" for day, o, c in rows)
    )
    async with start() as running:
        data = MarketDataServiceStub(running.context.channels.to("market_data"))
        await data.ImportBars(data_pb.ImportBarsRequest(symbol="SPY", file_path=str(file)))
        market = PaperMarket(running, SETTLERS)
        account_id = await market.open_account()
        await market.replay(1, "100", "101")
        await market.order(account_id, "one", 30)
        for day, open_price, close_price in rows:
            await market.replay(day, open_price, close_price)
        told = await stub(running).GetPerformance(
            pb.GetPerformanceRequest(portfolio_id=account_id, benchmark_symbol="SPY")
        )
        equity = Decimal((await portfolio(running, account_id)).equity.value)

    assert (told.scale, len(told.equity)) == (2, 3)
    assert Decimal(told.equity[-1]).scaleb(-2) == equity
    assert told.equity[0] - told.equity[1] == 30 * 425
    assert told.benchmark.total_return == pytest.approx(97 / 103.5 - 1)
    assert told.correlation == pytest.approx(1.0, abs=1e-4)


class UnsteadyPublisher(FakePublisher):
    """Fails the first time, after everything was committed."""

    failures = 1

    async def portfolio_changed(self, book: Book, symbol: str, cause: Cause) -> None:
        if self.failures:
            self.failures -= 1
            raise UnavailableError("NATS does not answer.")
        await super().portfolio_changed(book, symbol, cause)


async def test_an_event_delivered_again_after_its_commit_has_no_second_effect(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    publisher = UnsteadyPublisher()

    def service() -> PortfolioService:
        return PortfolioService(PostgresBooks(pool), FakeBars(), publisher, FakeGauge())

    changes: list[Change] = [*opening(), BOUGHT]
    for sequence, change in enumerate(changes, start=11):
        await service().apply(sequence, change)
        await service().apply(sequence, change)
    with pytest.raises(UnavailableError):
        await service().apply(15, turned(5))
    await service().apply(15, turned(5))

    valued = await service().get(PORTFOLIO_ID)
    assert (valued.book.cash, valued.book.total_fees) == (Decimal("699.70"), Decimal("0.30"))
    assert valued.holdings[0].holding.quantity == Decimal(3)
    flows = await PostgresBooks(pool).flows(PORTFOLIO_ID)
    assert [(flow.sequence, flow.cash) for flow in flows] == [
        (2, Decimal(1000)), (4, Decimal("-300.30")),
    ]  # fmt: skip
    assert publisher.told == {f"{PORTFOLIO_ID}:5": ("SPY", Decimal(3), Decimal("699.70"))}


async def test_books_are_kept_exactly_and_paged_by_id(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    books = PostgresBooks(pool)
    service = PortfolioService(books, FakeBars(), FakePublisher(), FakeGauge())
    for sequence, change in enumerate([*opening(), BOUGHT], start=1):
        await service.apply(sequence, change)
    [book] = await books.page("", 10)
    assert book == await books.find(PORTFOLIO_ID)
    assert book.holdings["SPY"].total_cost == Decimal(300)
    assert str(book.cash) == "699.70"
    assert await books.page(PORTFOLIO_ID, 10) == []
    assert await books.find("nobody") is None
