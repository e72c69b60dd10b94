from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial

import pytest

from algotrendy.api.portfolio.v1 import portfolio_service_pb2 as pb
from algotrendy.api.portfolio.v1 import portfolio_service_pb2_grpc as pb_grpc
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.order import Side
from algotrendy.errors import (
    AccountNotFoundError,
    InsufficientDataError,
    InvalidArgumentError,
    SymbolNotFoundError,
)
from algotrendy.portfolio.changes import AccountOpened, CashMoved, Change
from algotrendy.portfolio.service import PortfolioService
from algotrendy.portfolio.servicer import PortfolioServicer
from algotrendy.rpc.time import encode_time
from algotrendy.testing.portfolio import (
    PORTFOLIO_ID,
    FakeBars,
    FakeBooks,
    FakeGauge,
    FakePublisher,
    cause,
    daily_closes,
    fill,
    opening,
)
from algotrendy.testing.rpc import served

SECOND_ID = "01900000-0000-7000-8000-000000000002"


@pytest.fixture
async def service() -> PortfolioService:
    """A portfolio that bought SPY on its second day, and one that only has cash."""
    bars = FakeBars(
        daily_closes("SPY", "100", "101", "99", first_day=1),
        daily_closes("SPX", "10", "11", "12", first_day=1),
    )
    service = PortfolioService(FakeBooks(), bars, FakePublisher(), FakeGauge())
    bought = fill(4, Side.BUY, "3", "100", cash="699.50", fee="0.50", day=1)
    second: list[Change] = [
        AccountOpened(SECOND_ID, "Second", "USD", cause(1)),
        CashMoved(SECOND_ID, Decimal(5), Decimal(5), cause(2)),
    ]
    for sequence, change in enumerate([*opening(), bought, *second], start=1):
        await service.apply(sequence, change)
    service.mark("SPY", Decimal("101.25"))
    return service


@pytest.fixture
async def stub(service: PortfolioService) -> AsyncIterator["pb_grpc.PortfolioServiceAsyncStub"]:
    add = partial(pb_grpc.add_PortfolioServiceServicer_to_server, PortfolioServicer(service))
    async with served("portfolio", add) as channel:
        yield pb_grpc.PortfolioServiceStub(channel)


async def test_a_portfolio_tells_its_holdings_at_the_last_prices(
    stub: "pb_grpc.PortfolioServiceAsyncStub",
) -> None:
    request = pb.GetPortfolioRequest(portfolio_id=PORTFOLIO_ID)
    portfolio = (await stub.GetPortfolio(request)).portfolio
    assert (portfolio.display_name, portfolio.currency) == ("Paper", "USD")
    assert (portfolio.cash.value, portfolio.equity.value) == ("699.50", "1003.25")
    assert (portfolio.net_deposits.value, portfolio.total_fees.value) == ("1000", "0.50")
    assert portfolio.update_time == encode_time(DAY_NS)
    [holding] = portfolio.holdings
    assert (holding.symbol, holding.quantity.value) == ("SPY", "3")
    assert Decimal(holding.average_price.value) == 100
    assert (holding.current_price.value, holding.market_value.value) == ("101.25", "303.75")
    assert (holding.unrealized_pnl.value, holding.realized_pnl.value) == ("3.75", "0")
    assert holding.weight == pytest.approx(303.75 / 1003.25)


async def test_portfolios_are_listed_page_by_page(
    stub: "pb_grpc.PortfolioServiceAsyncStub",
) -> None:
    first = await stub.ListPortfolios(pb.ListPortfoliosRequest(page_size=1))
    assert [found.portfolio_id for found in first.portfolios] == [PORTFOLIO_ID]
    second = await stub.ListPortfolios(
        pb.ListPortfoliosRequest(page_size=1, page_token=first.next_page_token)
    )
    assert [found.portfolio_id for found in second.portfolios] == [SECOND_ID]
    third = await stub.ListPortfolios(
        pb.ListPortfoliosRequest(page_size=1, page_token=second.next_page_token)
    )
    assert (list(third.portfolios), third.next_page_token) == ([], "")


async def test_performance_is_told_next_to_the_benchmark(
    stub: "pb_grpc.PortfolioServiceAsyncStub",
) -> None:
    found = await stub.GetPerformance(
        pb.GetPerformanceRequest(portfolio_id=PORTFOLIO_ID, benchmark_symbol="SPX")
    )
    assert (found.scale, list(found.equity)) == (2, [99_950, 100_250, 99_650])
    assert list(found.close_time_ns) == [2 * DAY_NS - 1, 3 * DAY_NS - 1, 4 * DAY_NS - 1]
    assert found.portfolio.total_return == pytest.approx(996.5 / 999.5 - 1)
    assert found.benchmark.total_return == pytest.approx(0.2)
    assert -1 <= found.correlation <= 1


async def test_performance_without_a_benchmark_has_none(
    stub: "pb_grpc.PortfolioServiceAsyncStub",
) -> None:
    found = await stub.GetPerformance(pb.GetPerformanceRequest(portfolio_id=PORTFOLIO_ID))
    assert (found.HasField("benchmark"), found.correlation) == (False, 0.0)


async def test_an_unknown_portfolio_is_not_found(stub: "pb_grpc.PortfolioServiceAsyncStub") -> None:
    with pytest.raises(AccountNotFoundError) as refusal:
        await stub.GetPortfolio(pb.GetPortfolioRequest(portfolio_id="nobody"))
    assert refusal.value.metadata == {"portfolio_id": "nobody"}


@pytest.mark.parametrize("portfolio_id", ["", "x" * 129, "a\0b"])
async def test_a_malformed_id_is_refused_by_name(
    stub: "pb_grpc.PortfolioServiceAsyncStub", portfolio_id: str
) -> None:
    for call in (
        stub.GetPortfolio(pb.GetPortfolioRequest(portfolio_id=portfolio_id)),
        stub.GetPerformance(pb.GetPerformanceRequest(portfolio_id=portfolio_id)),
    ):
        with pytest.raises(InvalidArgumentError) as refusal:
            await call
        assert refusal.value.metadata["field"] == "portfolio_id"


@pytest.mark.parametrize("page_size", [-1, 1001])
async def test_a_page_size_out_of_range_is_refused(
    stub: "pb_grpc.PortfolioServiceAsyncStub", page_size: int
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await stub.ListPortfolios(pb.ListPortfoliosRequest(page_size=page_size))
    assert refusal.value.metadata == {"field": "page_size", "value": str(page_size)}


async def test_an_unknown_benchmark_is_not_found(stub: "pb_grpc.PortfolioServiceAsyncStub") -> None:
    with pytest.raises(SymbolNotFoundError):
        await stub.GetPerformance(
            pb.GetPerformanceRequest(portfolio_id=PORTFOLIO_ID, benchmark_symbol="NOPE")
        )


async def test_a_portfolio_without_fills_has_no_performance_yet(
    stub: "pb_grpc.PortfolioServiceAsyncStub",
) -> None:
    with pytest.raises(InsufficientDataError):
        await stub.GetPerformance(pb.GetPerformanceRequest(portfolio_id=SECOND_ID))


async def test_a_period_that_ends_before_it_starts_is_refused(
    stub: "pb_grpc.PortfolioServiceAsyncStub",
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await stub.GetPerformance(
            pb.GetPerformanceRequest(
                portfolio_id=PORTFOLIO_ID, start_time=encode_time(2), end_time=encode_time(1)
            )
        )
    assert refusal.value.metadata == {"field": "end_time"}
