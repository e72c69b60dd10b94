"""Symbols that are ranked or compared are decided on together, time by time."""

from decimal import Decimal

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.fill import Fill
from algotrendy.domain.order import Side
from algotrendy.domain.strategy import Fixed, Hold, Percent, Schedule, Stops, StrategySpec
from algotrendy.strategy.followers import OrderNews, OrderNewsType
from algotrendy.strategy.model import Deployment
from algotrendy.strategy.service import StrategyService
from algotrendy.testing.strategy import ACCOUNT_ID, FakeMarketData, StrategyArea, daily_bars

# From the fourth bar on, QQQ is above SPY.
CLOSES = {
    "SPY": [100_00, 101_00, 102_00, 103_00, 104_00, 105_00, 106_00, 107_00],
    "QQQ": [50_00, 60_00, 70_00, 120_00, 120_00, 50_00, 50_00, 50_00],
}
SYMBOLS = tuple(CLOSES)
TOP = StrategySpec(symbols=SYMBOLS, rank="close", hold=Hold(count=1), size=Fixed(Decimal(5)))
COMPARED = StrategySpec(
    symbols=SYMBOLS,
    entry="cs_rank(close) > 0.9",
    exit="cs_rank(close) < 0.9",
    size=Fixed(Decimal(5)),
)


def market(area: StrategyArea) -> None:
    series = [daily_bars(closes, symbol) for symbol, closes in CLOSES.items()]
    area.market_data = FakeMarketData(*series)


async def deploy(area: StrategyArea, spec: StrategySpec) -> tuple[StrategyService, Deployment]:
    market(area)
    service = area.start()
    strategy_id = await area.create(service, spec)
    return service, await service.deploy("d", b"d", strategy_id, ACCOUNT_ID, area.opens(2))


async def tell(area: StrategyArea, service: StrategyService, index: int, *symbols: str) -> None:
    """Tell the n-th bars of symbols, each as a moment of its own."""
    for symbol in symbols or SYMBOLS:
        await service.on_bar(list(area.market_data.series[symbol])[index], 0)


def sent(area: StrategyArea) -> list[tuple[str, str, int]]:
    orders = [order.intent for order in area.accounts.orders]
    return [(intent.symbol, str(intent.side), intent.quantity) for intent in orders]


async def fill(area: StrategyArea, service: StrategyService, place: int) -> None:
    """Let an order fill, by its place among those sent."""
    order = area.accounts.orders[place]
    intent = order.intent
    sign = 1 if intent.side is Side.BUY else -1
    held = area.accounts.positions.get(intent.symbol, 0)
    area.accounts.positions[intent.symbol] = held + sign * intent.quantity
    area.accounts.working.discard(order.client_order_id)
    filled = Fill(
        *(intent.symbol, intent.side, Decimal(intent.quantity), Decimal(100), Decimal(0), 0),
        client_order_id=order.client_order_id,
    )
    await service.on_order(ACCOUNT_ID, filled)


async def test_it_is_decided_once_all_have_their_bar(area: StrategyArea) -> None:
    service, deployment = await deploy(area, TOP)
    await tell(area, service, 2, "QQQ")
    assert sent(area) == []
    await tell(area, service, 2, "SPY")
    assert sent(area) == [("SPY", "BUY", 5)]
    assert area.stored(deployment).bar_count == 2
    # Again, or late, they change nothing.
    await tell(area, service, 2)
    assert len(area.accounts.orders) == 1


async def test_it_is_decided_without_those_whose_time_has_passed(area: StrategyArea) -> None:
    service, _ = await deploy(area, TOP)
    await tell(area, service, 2, "QQQ")
    close_ns = int(area.market_data.series["QQQ"].close_time_ns[2])
    await service.on_time(close_ns - 1, None)
    assert sent(area) == []
    await service.on_time(close_ns, None)
    assert sent(area) == [("QQQ", "BUY", 5)]
    # What comes of its orders is known before the market goes on; of nothing, nothing does.
    assert area.events.published[-2:] == ["SignalGenerated BUY", "Rest"]
    await service.on_time(close_ns + 1, None)
    assert area.events.published.count("Rest") == 1
    await tell(area, service, 2, "SPY")
    assert len(area.accounts.orders) == 1


async def test_a_later_bar_tells_that_the_time_has_passed_too(area: StrategyArea) -> None:
    service, _ = await deploy(area, TOP)
    await tell(area, service, 2, "QQQ")
    await tell(area, service, 3, "SPY")
    assert sent(area) == [("QQQ", "BUY", 5)]


async def test_what_is_sold_pays_for_what_is_bought(area: StrategyArea) -> None:
    service, _ = await deploy(area, TOP)
    await tell(area, service, 2)
    await fill(area, service, 0)
    await tell(area, service, 3)
    assert sent(area)[1:] == [("SPY", "SELL", 5)]
    assert area.accounts.cancelled == ["SPY"]
    area.accounts.working = {area.accounts.orders[1].client_order_id}
    news = OrderNews(OrderNewsType.ACCEPTED, ACCOUNT_ID, "o", 0)  # type: ignore[arg-type]
    await service.on_order(ACCOUNT_ID, news)
    assert len(area.accounts.orders) == 2, "the sale has not filled"
    await fill(area, service, 1)
    assert sent(area)[2:] == [("QQQ", "BUY", 5)]
    await service.on_order(ACCOUNT_ID, news)
    assert len(area.accounts.orders) == 3, "it is bought once"


async def test_a_sale_that_is_cancelled_lets_the_purchase_go_on(area: StrategyArea) -> None:
    service, _ = await deploy(area, TOP)
    await tell(area, service, 2)
    await fill(area, service, 0)
    await tell(area, service, 3)
    area.accounts.working = set()
    news = OrderNews(OrderNewsType.CANCELED, ACCOUNT_ID, "o", 0)  # type: ignore[arg-type]
    await service.on_order(ACCOUNT_ID, news)
    assert sent(area)[2:] == [("QQQ", "BUY", 5)]


async def test_who_has_no_bar_is_sold_and_nobody_waits_for_it(area: StrategyArea) -> None:
    service, _ = await deploy(area, TOP)
    await tell(area, service, 2)
    await fill(area, service, 0)
    await tell(area, service, 3, "QQQ")
    await service.on_time(area.opens(4), None)
    assert sent(area)[1:] == [("SPY", "SELL", 5), ("QQQ", "BUY", 5)]
    # By a name of its own, though SPY was bought by its last bar.
    assert len({order.client_order_id for order in area.accounts.orders}) == 3


async def test_a_schedule_and_an_age_count_on_over_a_restart(area: StrategyArea) -> None:
    spec = StrategySpec(
        symbols=SYMBOLS,
        rank="close",
        hold=Hold(count=1),
        size=Percent(Decimal("0.1")),
        schedule=Schedule(every=3),
        stops=Stops(max_bars=2),
    )
    service, _ = await deploy(area, spec)
    for index in range(2, 8):
        if index in {4, 6}:
            # What was decided on the bar before fills at this one's open.
            await fill(area, service, -1)
        await tell(area, service, index)
        if index == 4:
            service = area.start()
            await service.resume()
    days = [order.intent.bar_close_time_ns // DAY_NS - 1 for order in area.accounts.orders]
    # The bars 3 and 6 decide; what fills in bar 4 is two bars old in bar 5.
    assert [*zip(days, sent(area), strict=True)] == [
        (3, ("QQQ", "BUY", 83)),
        (5, ("QQQ", "SELL", 83)),
        (6, ("SPY", "BUY", 94)),
    ]


async def test_compared_symbols_are_bought_and_sold_by_themselves(area: StrategyArea) -> None:
    service, _ = await deploy(area, COMPARED)
    await tell(area, service, 2)
    assert sent(area) == [("SPY", "BUY", 5)]
    await fill(area, service, 0)
    await tell(area, service, 3)
    assert sent(area)[1:] == [("SPY", "SELL", 5), ("QQQ", "BUY", 5)]


async def test_bars_before_the_start_are_warm_up(area: StrategyArea) -> None:
    service, deployment = await deploy(area, COMPARED)
    await tell(area, service, 0)
    await tell(area, service, 1)
    assert sent(area) == []
    assert area.stored(deployment).bar_count == 0
