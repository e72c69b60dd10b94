"""Trades and quotes are told before bars of their time; a deployment's orders meet them."""

import asyncio
from decimal import Decimal

import pytest

from algotrendy.domain.bar import Bar
from algotrendy.domain.fill import Fill
from algotrendy.domain.order import Side
from algotrendy.domain.strategy import Fixed, SizeAt, Stops
from algotrendy.domain.tick import Quote, Ticks, Trade
from algotrendy.errors import StrategyUnsupportedError, UnavailableError
from algotrendy.strategy.followers import FinishedBar, Follower, Happening, MadeTicks
from algotrendy.strategy.service import StrategyService
from algotrendy.testing.strategy import (
    ACCOUNT_ID,
    FakeMarketData,
    StrategyArea,
    daily_bars,
    spec,
)


@pytest.fixture
def area() -> StrategyArea:
    series = [daily_bars([100_00] * 10, symbol) for symbol in ("SPY", "QQQ")]
    return StrategyArea(market_data=FakeMarketData(*series))


def bar(area: StrategyArea, index: int, symbol: str = "SPY") -> Bar:
    return list(area.market_data.series[symbol])[index]


def made(time_ns: int, symbol: str = "SPY", price: int = 100_00) -> Ticks:
    return Ticks(symbol, time_ns, (Trade(price, 5),), (Quote(price, price + 2),))


async def hear(follower: Follower, heard: list[Happening]) -> None:
    """Deal with whatever a follower is told."""
    async for happening in follower.happenings():
        heard.append(happening)
        follower.deal()


async def told(
    area: StrategyArea, symbols: list[str], *, follows_ticks: bool, moments: list[list[object]]
) -> list[tuple[str, str, int]]:
    """Return what a follower hears of moments: kind, symbol, and how many follow."""
    service, heard = area.start(), list[Happening]()
    async with service.follow(symbols, None, follows_ticks=follows_ticks) as follower:
        hearing = asyncio.create_task(hear(follower, heard))
        for moment in moments:
            for following_count, item in zip(range(len(moment))[::-1], moment, strict=True):
                if isinstance(item, Bar):
                    known = service.instrument(item.symbol) and item
                    await service.on_bar(known, 0, following_count)
                elif isinstance(item, Ticks):
                    known_ticks = service.instrument(item.symbol) and item
                    await service.on_ticks(known_ticks, following_count)
        hearing.cancel()
    return [
        ("ticks", happening.ticks.symbol, happening.following_count)
        if isinstance(happening, MadeTicks)
        else ("bar", happening.bar.symbol, happening.following_count)
        for happening in heard
        if isinstance(happening, MadeTicks | FinishedBar)
    ]


async def test_ticks_and_bars_of_a_moment_are_told_together_ticks_first(
    area: StrategyArea,
) -> None:
    close_ns = bar(area, 5).close_time_ns
    moment = [made(close_ns), made(close_ns, "QQQ"), bar(area, 5), bar(area, 5, "QQQ")]
    both = await told(area, ["SPY", "QQQ"], follows_ticks=True, moments=[moment])
    assert both == [("ticks", "SPY", 3), ("ticks", "QQQ", 2), ("bar", "SPY", 1), ("bar", "QQQ", 0)]
    # The counts are of what this one is told.
    one = await told(area, ["QQQ"], follows_ticks=True, moments=[moment])
    assert one == [("ticks", "QQQ", 1), ("bar", "QQQ", 0)]
    bars = await told(area, ["SPY", "QQQ"], follows_ticks=False, moments=[moment])
    assert bars == [("bar", "SPY", 1), ("bar", "QQQ", 0)]


async def test_who_follows_no_ticks_hears_nothing_of_a_moment_without_bars(
    area: StrategyArea,
) -> None:
    moments: list[list[object]] = [[made(7), made(7, "QQQ")], [made(8)]]
    assert await told(area, ["SPY"], follows_ticks=False, moments=moments) == []
    heard = await told(area, ["SPY"], follows_ticks=True, moments=moments)
    assert heard == [("ticks", "SPY", 0), ("ticks", "SPY", 0)]


async def test_a_moment_whose_rest_never_comes_is_told_before_the_next(area: StrategyArea) -> None:
    service, heard = area.start(), list[Happening]()
    async with service.follow(["SPY"], None, follows_ticks=True) as follower:
        hearing = asyncio.create_task(hear(follower, heard))
        await service.on_ticks(made(7), following_count=2)
        assert heard == []
        await service.on_ticks(made(9), following_count=1)
        assert heard == [MadeTicks(made(7), 0)]
        # The last of a moment may be about what nobody follows.
        await service.on_ticks(None, following_count=0)
        hearing.cancel()
    assert heard[1:] == [MadeTicks(made(9), 0)]


async def test_a_follower_that_goes_away_fails_the_ticks(area: StrategyArea) -> None:
    service = area.start()
    async with service.follow(["SPY"], None, follows_ticks=True) as follower:
        telling = asyncio.create_task(service.on_ticks(made(7)))
        await anext(follower.happenings())
        follower.go()
        with pytest.raises(UnavailableError):
            await telling


async def deploy(area: StrategyArea, **changes: object) -> StrategyService:
    """Deploy from the third bar on."""
    service = area.start()
    terms = {"size": Fixed(Decimal(7)), "exit": None, **changes}
    strategy_id = await area.create(service, spec(**terms))
    await service.deploy("d", b"d", strategy_id, ACCOUNT_ID, area.opens(2))
    return service


async def fill(area: StrategyArea, service: StrategyService, time_ns: int, position: int) -> None:
    """Fill the order that was sent last."""
    area.accounts.position = position
    sent = area.accounts.orders[-1]
    await service.on_order(
        ACCOUNT_ID,
        Fill(
            *("SPY", Side(sent.intent.side), Decimal(7), Decimal(100), Decimal(0), time_ns),
            client_order_id=sent.client_order_id,
        ),
    )


def sent(area: StrategyArea) -> list[tuple[str, int]]:
    return [(str(order.intent.side), order.intent.quantity) for order in area.accounts.orders]


async def test_a_position_is_turned_around_once_the_tick_has_come_that_closes_it(
    area: StrategyArea,
) -> None:
    service = await deploy(area, entry="volume == 3", short_entry="volume == 4")
    await service.on_ticks(made(area.opens(2)))
    await area.feed(service, 2)
    await fill(area, service, area.opens(3), 7)
    await area.feed(service, 3)
    # What is closed pays for what is opened: a backtest sends that one as the first has filled.
    assert sent(area) == [("BUY", 7), ("SELL", 7)]
    await fill(area, service, area.opens(4), 0)
    assert sent(area) == [("BUY", 7), ("SELL", 7), ("SELL", 7)]
    assert len({order.client_order_id for order in area.accounts.orders}) == 3


async def test_a_bar_that_had_closed_by_the_fill_is_none_for_which_it_is_held(
    area: StrategyArea,
) -> None:
    service = await deploy(area, entry="volume == 3", stops=Stops(max_bars=2))
    await service.on_ticks(made(area.opens(2)))
    await area.feed(service, 2)
    # At the very time of the close of bar 3, which is told after.
    await fill(area, service, bar(area, 3).close_time_ns, 7)
    for index in (3, 4):
        await area.feed(service, index)
        assert sent(area) == [("BUY", 7)]
    await area.feed(service, 5)
    assert sent(area) == [("BUY", 7), ("SELL", 7)]


async def test_what_is_sized_at_an_open_fails_where_orders_meet_ticks(area: StrategyArea) -> None:
    service = await deploy(area, entry="volume == 3", size_at=SizeAt.NEXT_OPEN)
    await area.feed(service, 2)
    with pytest.raises(StrategyUnsupportedError) as refusal:
        await service.on_ticks(made(area.opens(3)))
    metadata = {"field": "size_at", "value": "next_open", "symbol": "SPY"}
    assert refusal.value.metadata == metadata
    (deployment,) = area.repository.deployments.values()
    assert (deployment.state, "size_at" in deployment.error) == ("FAILED", True)
    # Ticks of what it does not trade are none of its business.
    other = await deploy(area, entry="volume == 3", size_at=SizeAt.NEXT_OPEN)
    await other.on_ticks(made(area.opens(3), "QQQ"))
