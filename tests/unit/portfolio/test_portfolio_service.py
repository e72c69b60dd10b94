from decimal import Decimal

import pytest

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.order import Side
from algotrendy.errors import (
    AccountNotFoundError,
    InsufficientDataError,
    InvalidArgumentError,
    SymbolNotFoundError,
)
from algotrendy.portfolio.changes import Change
from algotrendy.portfolio.service import PortfolioService
from algotrendy.testing.portfolio import (
    PORTFOLIO_ID,
    FakeBars,
    FakeBooks,
    FakeGauge,
    FakePublisher,
    daily_closes,
    fill,
    opening,
    turned,
)

BOUGHT = fill(4, Side.BUY, "3", "100", cash="700", day=1)
BARS = FakeBars(daily_closes("SPY", "90", "101", "102", first_day=0), daily_closes("SPX", "5", "6"))


class Platform:
    """A service over fakes, fed by the stream."""

    def __init__(self) -> None:
        self.books = FakeBooks()
        self.publisher = FakePublisher()
        self.gauge = FakeGauge()
        self.service = self.restarted()
        self._sequence = 0

    def restarted(self) -> PortfolioService:
        return PortfolioService(self.books, BARS, self.publisher, self.gauge)

    async def feed(self, *changes: Change) -> None:
        for change in changes:
            self._sequence += 1
            await self.service.apply(self._sequence, change)

    async def feed_again(self, change: Change) -> None:
        await self.service.apply(self._sequence, change)


@pytest.fixture
async def platform() -> Platform:
    platform = Platform()
    await platform.feed(*opening())
    return platform


async def test_an_event_that_is_delivered_again_has_no_second_effect(platform: Platform) -> None:
    await platform.feed(BOUGHT)
    await platform.feed_again(BOUGHT)
    valued = await platform.service.get(PORTFOLIO_ID)
    assert (valued.equity, valued.holdings[0].holding.quantity) == (Decimal(1000), Decimal(3))
    assert len(await platform.books.flows(PORTFOLIO_ID)) == 2


async def test_a_portfolio_is_valued_at_the_last_reference_price(platform: Platform) -> None:
    await platform.feed(BOUGHT)
    platform.service.mark("SPY", Decimal(105))
    platform.service.mark("SPY", Decimal(104))
    assert (await platform.service.get(PORTFOLIO_ID)).equity == Decimal(1012)


async def test_after_a_restart_it_is_valued_at_the_last_fill(platform: Platform) -> None:
    await platform.feed(BOUGHT)
    platform.service.mark("SPY", Decimal(105))
    service = platform.restarted()
    await service.start()
    assert (await service.get(PORTFOLIO_ID)).equity == Decimal(1000)
    assert platform.gauge.shown == {PORTFOLIO_ID: Decimal(1000)}


async def test_the_gauge_follows_fills_and_prices(platform: Platform) -> None:
    assert platform.gauge.shown == {PORTFOLIO_ID: Decimal(1000)}
    await platform.feed(BOUGHT)
    platform.service.mark("SPY", Decimal(110))
    platform.service.mark("QQQ", Decimal(1))
    assert platform.gauge.shown == {PORTFOLIO_ID: Decimal(1030)}


async def test_a_position_that_turned_is_told_once_even_if_delivered_twice(
    platform: Platform,
) -> None:
    await platform.feed(BOUGHT, turned(5))
    await platform.feed_again(turned(5))
    assert platform.publisher.count == 2
    assert platform.publisher.told == {f"{PORTFOLIO_ID}:5": ("SPY", Decimal(3), Decimal(700))}


async def test_an_event_of_an_unknown_account_is_not_applied() -> None:
    platform = Platform()
    with pytest.raises(AccountNotFoundError):
        await platform.feed(BOUGHT)
    assert await platform.books.page("", 10) == []


async def test_portfolios_are_paged_by_id(platform: Platform) -> None:
    assert [row.book.portfolio_id for row in await platform.service.page("", 10)] == [PORTFOLIO_ID]
    assert await platform.service.page(PORTFOLIO_ID, 10) == []


async def test_an_unknown_portfolio_is_named(platform: Platform) -> None:
    with pytest.raises(AccountNotFoundError) as refusal:
        await platform.service.get("nobody")
    assert refusal.value.metadata == {"portfolio_id": "nobody"}


async def test_performance_begins_at_the_first_fill(platform: Platform) -> None:
    await platform.feed(BOUGHT)
    found = await platform.service.performance(PORTFOLIO_ID, "SPX", None, None)
    assert found.curve.equity == [100_300, 100_600]
    assert found.benchmark is not None
    assert found.benchmark.total_return == pytest.approx(0.2)


async def test_performance_begins_and_ends_where_it_is_told(platform: Platform) -> None:
    await platform.feed(BOUGHT)
    found = await platform.service.performance(PORTFOLIO_ID, "", 0, 2 * DAY_NS)
    assert (found.curve.equity, found.benchmark) == ([100_000, 100_300], None)


async def test_performance_without_a_fill_is_refused(platform: Platform) -> None:
    with pytest.raises(InsufficientDataError) as refusal:
        await platform.service.performance(PORTFOLIO_ID, "", None, None)
    assert refusal.value.metadata == {"portfolio_id": PORTFOLIO_ID}


async def test_an_unknown_benchmark_is_named(platform: Platform) -> None:
    await platform.feed(BOUGHT)
    with pytest.raises(SymbolNotFoundError) as refusal:
        await platform.service.performance(PORTFOLIO_ID, "NOPE", None, None)
    assert refusal.value.metadata == {"symbol": "NOPE"}


async def test_a_period_that_ends_before_it_starts_is_refused(platform: Platform) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await platform.service.performance(PORTFOLIO_ID, "", 5, 5)
    assert refusal.value.metadata == {"field": "end_time"}
