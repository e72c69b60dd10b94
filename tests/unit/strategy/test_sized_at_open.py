"""What is sized at the next open is sent as that open is told."""

from decimal import Decimal

import pytest

from algotrendy.domain.fill import Fill
from algotrendy.domain.order import Side
from algotrendy.domain.strategy import Notional, Percent, Size, SizeAt, StrategySpec
from algotrendy.domain.venue import VenueTerms
from algotrendy.strategy.model import OpenedBar
from algotrendy.strategy.service import StrategyService
from algotrendy.testing.strategy import ACCOUNT_ID, StrategyArea

FREE = VenueTerms(slippage_bps=Decimal(0), fee_bps=Decimal(0))
COSTLY = VenueTerms(slippage_bps=Decimal(0), fee_bps=Decimal(100))


async def deploy(area: StrategyArea, **changes: str | Size) -> StrategyService:
    service = area.start()
    terms = {"entry": "volume == 3", "size": Percent(Decimal(1)), **changes}
    spec = StrategySpec(symbols=("SPY",), size_at=SizeAt.NEXT_OPEN, **terms)  # type: ignore[arg-type]
    strategy_id = await area.create(service, spec)
    await service.deploy("d", b"d", strategy_id, ACCOUNT_ID, area.opens(2))
    return service


async def open_bar(area: StrategyArea, service: StrategyService, index: int, price: int) -> None:
    await service.on_time(area.opens(index), OpenedBar("SPY", price, area.opens(index)))


def sent(area: StrategyArea) -> list[tuple[str, int]]:
    return [(str(order.intent.side), order.intent.quantity) for order in area.accounts.orders]


@pytest.mark.parametrize(
    ("size", "venue", "expected"),
    [
        (Percent(Decimal(1)), FREE, 1999),
        (Percent(Decimal("0.5")), FREE, 999),
        (Percent(Decimal(1)), COSTLY, 1980),
        (Notional(Decimal(5_000)), FREE, 99),
    ],
)
async def test_the_quantity_is_what_the_open_makes_of_it(
    area: StrategyArea, size: Size, venue: VenueTerms, expected: int
) -> None:
    area.accounts.venue = venue
    service = await deploy(area, size=size)
    await area.feed(service, 2)
    assert sent(area) == []
    await open_bar(area, service, 3, 50_00)
    assert sent(area) == [("BUY", expected)]
    # It is checked at the price that it is sized at, and only once.
    assert "PriceUpdate SPY 5000" in area.events.published
    await open_bar(area, service, 4, 40_00)
    assert len(area.accounts.orders) == 1


async def test_an_open_of_another_symbol_or_that_nobody_waits_for_sends_nothing(
    area: StrategyArea,
) -> None:
    service = await deploy(area)
    await open_bar(area, service, 2, 50_00)
    await area.feed(service, 2)
    await service.on_time(area.opens(3), OpenedBar("QQQ", 50_00, area.opens(3)))
    await service.on_time(area.opens(3), None)
    assert sent(area) == []


async def test_an_order_whose_open_is_never_told_is_not_sent_and_that_is_told(
    area: StrategyArea,
) -> None:
    service = await deploy(area)
    await area.feed(service, 2, 3)
    await open_bar(area, service, 4, 50_00)
    assert sent(area) == []
    assert area.observer.missed == ["SPY"]


async def test_nothing_is_sent_where_the_open_is_too_dear(area: StrategyArea) -> None:
    service = await deploy(area, size=Notional(Decimal(10)))
    await area.feed(service, 2)
    await open_bar(area, service, 3, 50_00)
    assert sent(area) == []
    assert area.observer.missed == []


async def test_a_reversal_is_sized_once_what_was_held_is_closed(area: StrategyArea) -> None:
    area.accounts.venue = FREE
    service = await deploy(
        area, entry="volume == 3", short_entry="volume == 4", size=Percent(Decimal(1))
    )
    await area.feed(service, 2)
    await open_bar(area, service, 3, 50_00)
    area.accounts.position = 1999
    await area.feed(service, 3)
    await open_bar(area, service, 4, 40_00)
    assert sent(area)[1:] == [("SELL", 1999)]
    close = area.accounts.orders[1].client_order_id
    area.accounts.position = 0
    closing = Fill("SPY", Side.SELL, Decimal(1999), Decimal(40), Decimal(0), area.opens(4))
    await service.on_order(ACCOUNT_ID, closing)
    assert len(area.accounts.orders) == 2
    await service.on_order(
        ACCOUNT_ID,
        Fill(
            *("SPY", Side.SELL, Decimal(1999), Decimal(40), Decimal(0), area.opens(4)),
            client_order_id=close,
        ),
    )
    assert sent(area)[2:] == [("SELL", 2499)]
    assert len({order.client_order_id for order in area.accounts.orders}) == 3
