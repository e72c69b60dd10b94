"""`max_bars` counts on over a restart, and what an entry gets is not lost by one."""

from decimal import Decimal

import pytest

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.fill import Fill
from algotrendy.domain.order import Side
from algotrendy.domain.strategy import Distance, Fixed, Stops, StrategySpec
from algotrendy.strategy.model import Deployment
from algotrendy.strategy.service import StrategyService
from algotrendy.testing.strategy import ACCOUNT_ID, StrategyArea

STOPS = Stops(stop_loss=Distance(distance="close / 10"), max_bars=3)
SPEC = StrategySpec(symbols=("SPY",), entry="volume == 5", size=Fixed(Decimal(7)), stops=STOPS)


async def deploy(area: StrategyArea, service: StrategyService) -> Deployment:
    """Deploy from the third bar on; the entry is decided on the fifth."""
    strategy_id = await area.create(service, SPEC)
    return await service.deploy("d", b"d", strategy_id, ACCOUNT_ID, area.opens(2))


async def fill(area: StrategyArea, service: StrategyService, index: int) -> None:
    """Let the entry fill at the open of the n-th bar."""
    area.accounts.position = 7
    (entry,) = area.accounts.orders
    await service.on_order(
        ACCOUNT_ID,
        Fill(
            "SPY",
            Side.BUY,
            Decimal(7),
            Decimal(100),
            Decimal(0),
            area.opens(index),
            execution_id="e-1",
            order_id="o-1",
            client_order_id=entry.client_order_id,
        ),
    )


def closes(area: StrategyArea) -> list[int]:
    """Return after which bars, by number from 0, it was closed for its age."""
    intents = [order.intent for order in area.accounts.orders]
    first_ns = int(area.market_data.series["SPY"].close_time_ns[0])
    ages = [intent for intent in intents if intent.cause == "max_bars"]
    return [(intent.bar_close_time_ns - first_ns) // DAY_NS for intent in ages]


@pytest.mark.parametrize("restart_after", [None, 4, 5, 6])
async def test_a_position_is_closed_after_as_many_bars_with_a_restart_as_without(
    area: StrategyArea, restart_after: int | None
) -> None:
    service = area.start()
    deployment = await deploy(area, service)
    for index in range(2, 9):
        if index == 5:
            await fill(area, service, index)
            (entry,) = area.stored(deployment).entries
            assert (entry.symbol, entry.held_from_ns) == ("SPY", area.opens(4))
        await area.feed(service, index)
        if index == restart_after:
            service = area.start()
            await service.resume()
    # Filled in bar 5, which counts.
    assert closes(area) == [7]
    assert area.stored(deployment).entries == ()


async def test_an_entry_that_fills_after_a_restart_gets_its_stop(area: StrategyArea) -> None:
    before = area.start()
    await deploy(area, before)
    await area.feed(before, 2, 3, 4)
    after = area.start()
    await after.resume()
    await fill(area, after, 5)
    ((stop,),) = area.accounts.exits.values()
    assert (stop.order_type, stop.stop_price, stop.quantity) == ("STOP", 90_00, 7)


async def test_a_fill_that_nobody_heard_of_is_counted_from_the_decision(
    area: StrategyArea,
) -> None:
    before = area.start()
    await deploy(area, before)
    await area.feed(before, 2, 3, 4)
    area.accounts.position = 7
    after = area.start()
    await after.resume()
    await area.feed(after, 5, 6, 7)
    assert closes(area) == [7]


async def test_what_is_closed_is_forgotten(area: StrategyArea) -> None:
    service = area.start()
    deployment = await deploy(area, service)
    await area.feed(service, 2, 3, 4)
    await fill(area, service, 5)
    area.accounts.position = 0
    await area.feed(service, 5)
    assert area.stored(deployment).entries == ()
    # What somebody else has bought since is not this entry's.
    area.accounts.position = 3
    after = area.start()
    await after.resume()
    await area.feed(after, 6, 7, 8)
    assert closes(area) == []
