"""The strategy area on real NATS and PostgreSQL."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import psycopg_pool
import pytest

from algotrendy.api.market_data.v1 import market_data_events_pb2, market_data_pb2
from algotrendy.api.strategy.v1 import strategy_events_pb2
from algotrendy.bus import Bus, Delivery, Event
from algotrendy.domain.bar import Bar
from algotrendy.domain.clock import SystemClock
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.strategy import SizeAt
from algotrendy.domain.tick import Quote, Ticks, Trade
from algotrendy.errors import (
    AcknowledgementMissingError,
    ReplayFailedError,
    UnavailableError,
)
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import encode_ticks
from algotrendy.rpc.time import decode_time, encode_time
from algotrendy.strategy.adapters.nats import NatsEvents, follow_market
from algotrendy.strategy.adapters.postgres import PostgresStrategies
from algotrendy.strategy.followers import FinishedBar, Follower, Happening, MadeTicks
from algotrendy.strategy.model import DeploymentState, LatencySummary
from algotrendy.testing.strategy import ACCOUNT_ID, MODEL_ID, StrategyArea, spec

pytestmark = pytest.mark.integration

DEADLINE_S = 10.0
PARTICIPANTS = frozenset({"strategy"})


async def publish(bus: Bus, bar: Bar, instrument: Instrument) -> None:
    """Publish a bar as a replay does, and wait until it is acknowledged."""
    prices = {
        name: encode_decimal(instrument.price(getattr(bar, name)))
        for name in ("open", "high", "low", "close")
    }
    message = market_data_pb2.Bar(
        symbol=bar.symbol,
        open_time=encode_time(bar.open_time_ns),
        close_time=encode_time(bar.close_time_ns),
        volume=encode_decimal(instrument.quantity(bar.volume)),
        **prices,
    )
    event = Event(
        event_id=f"{bar.symbol}:{bar.open_time_ns}",
        type="MarketDataReceived",
        subject=f"algotrendy.market_data.v1.market_data_received.{bar.symbol}",
        create_time_ns=SystemClock().now_ns(),
        source="market_data",
        payload=market_data_events_pb2.MarketDataReceived(bar=message),
    )
    await bus.barrier.publish_and_wait(event, PARTICIPANTS, DEADLINE_S)


async def test_a_published_bar_leads_to_an_order_and_a_stored_signal(bus: Bus) -> None:
    area = StrategyArea(events=NatsEvents(bus, SystemClock()))  # type: ignore[arg-type]
    service = area.start()
    deployment = await area.deploy(service, first_bar=5)
    bars = area.market_data.series["SPY"]
    async with follow_market(bus, service):
        await publish(bus, list(bars)[5], bars.instrument)
        await service.stop(deployment.deployment_id)
    (order,) = area.accounts.orders
    published = await bus.events("algotrendy.strategy.v1.>")
    assert [envelope.type for envelope in published] == [
        "StrategyActivated",
        "SignalGenerated",
        "StrategyDeactivated",
    ]
    signal = strategy_events_pb2.SignalGenerated()
    published[1].payload.Unpack(signal)
    assert (signal.symbol, signal.quantity.value) == ("SPY", "500")
    assert signal.expression == spec().entry
    assert dict(signal.model_outputs) == {MODEL_ID: 0.9}
    assert signal.client_order_id == order.client_order_id
    assert signal.bar_close_time == encode_time(int(bars.close_time_ns[5]))


async def test_a_failure_is_reported_in_the_acknowledgement(bus: Bus) -> None:
    area = StrategyArea()
    service = area.start()
    await area.deploy(service, first_bar=5)
    area.accounts.failure = UnavailableError("trading does not answer.")
    bars = area.market_data.series["SPY"]
    async with follow_market(bus, service):
        with pytest.raises(ReplayFailedError) as failure:
            await publish(bus, list(bars)[5], bars.instrument)
    assert failure.value.metadata["consumer"] == "strategy"
    assert failure.value.metadata["cause"] == "trading does not answer."


async def test_a_bar_that_nobody_trades_is_acknowledged(bus: Bus) -> None:
    area = StrategyArea()
    bars = area.market_data.series["SPY"]
    async with follow_market(bus, area.start()):
        await publish(bus, next(iter(bars)), bars.instrument)


async def test_a_symbol_with_dots_is_heard(bus: Bus) -> None:
    area = StrategyArea()
    bars = area.market_data.series["SPY"]
    dotted = replace(next(iter(bars)), symbol="BRK.B")
    async with follow_market(bus, area.start()):
        await publish(bus, dotted, bars.instrument)


async def test_ticks_are_told_before_the_bars_of_their_time(bus: Bus) -> None:
    area = StrategyArea()
    service, heard = area.start(), list[Happening]()
    bars = area.market_data.series["SPY"]
    bar = next(iter(bars))
    ticks = Ticks("SPY", bar.close_time_ns, (Trade(100_00, 5, 1),), (Quote(99_99, 100_01, 3, 4),))

    async def tell(made: Ticks, following_count: int) -> None:
        message = market_data_events_pb2.TicksReceived(
            ticks=encode_ticks(made, bars.instrument), following_count=following_count
        )
        event = Event(
            event_id=made.symbol,
            type="TicksReceived",
            subject=f"algotrendy.market_data.v1.ticks_received.{made.symbol}",
            create_time_ns=0,
            source="market_data",
            payload=message,
        )
        await bus.barrier.publish_and_wait(event, PARTICIPANTS, DEADLINE_S)

    async def deal(follower: Follower) -> None:
        async for happening in follower.happenings():
            heard.append(happening)
            follower.deal()

    following = service.follow(["SPY"], None, follows_ticks=True)
    async with follow_market(bus, service), following as follower:
        dealing = asyncio.create_task(deal(follower))
        await tell(ticks, 2)
        # Nobody follows it, and it is counted all the same.
        await tell(replace(ticks, symbol="BRK.B"), 1)
        assert heard == []
        await publish(bus, bar, bars.instrument)
        dealing.cancel()
    assert heard == [MadeTicks(ticks, 1), FinishedBar(bar, 0)]


async def test_what_is_sized_at_an_open_is_sent_once_accounts_know_it(bus: Bus) -> None:
    area = StrategyArea(events=NatsEvents(bus, SystemClock()))  # type: ignore[arg-type]
    service = area.start()
    at_open = spec(entry="volume == 6", exit="volume == 0", size_at=SizeAt.NEXT_OPEN)
    strategy_id = await area.create(service, at_open)
    await service.deploy("d", b"d", strategy_id, ACCOUNT_ID, area.opens(5))
    bars = area.market_data.series["SPY"]
    heard: list[str] = []

    async def mark(delivery: Delivery) -> None:
        assert isinstance(delivery.payload, market_data_events_pb2.PriceUpdate)
        heard.append(f"{delivery.payload.price.value} {len(area.accounts.orders)}")

    prices = "algotrendy.market_data.v1.price_update.*"
    trading = bus.participate("trading", prices, market_data_events_pb2.PriceUpdate, mark)
    async with follow_market(bus, service), trading:
        await publish(bus, list(bars)[5], bars.instrument)
        assert area.accounts.orders == []
        opened = market_data_events_pb2.BarOpen(symbol="SPY", price=encode_decimal(Decimal(50)))
        message = market_data_events_pb2.MarketAdvanced(
            time=encode_time(area.opens(6)), open=opened
        )
        event = Event(
            event_id="open",
            type="MarketAdvanced",
            subject="algotrendy.market_data.v1.market_advanced.SPY",
            create_time_ns=0,
            source="market_data",
            payload=message,
        )
        await bus.barrier.publish_and_wait(event, PARTICIPANTS, DEADLINE_S)
    assert heard == ["50.00 0"]
    (order,) = area.accounts.orders
    # Half of 100,000 at 50, a basis point of slippage and of fee in it.
    assert order.intent.quantity == 999


async def test_an_account_lives_up_to_the_time_at_which_its_strategy_is_woken(bus: Bus) -> None:
    times: list[tuple[str, int]] = []

    async def pass_time(delivery: Delivery) -> None:
        payload = delivery.payload
        assert isinstance(payload, market_data_events_pb2.TimePassed)
        times.append((payload.account_id, decode_time(payload, "time")))

    subject = "algotrendy.market_data.v1.time_passed.*"
    kind = market_data_events_pb2.TimePassed
    events = NatsEvents(bus, SystemClock())
    async with bus.participate("trading", subject, kind, pass_time):
        await events.time_passed(ACCOUNT_ID, 7)
    assert times == [(ACCOUNT_ID, 7)]
    with pytest.raises(AcknowledgementMissingError):
        await events.time_passed(ACCOUNT_ID, 8)


async def test_strategies_and_deployments_are_kept(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    area = StrategyArea(repository=PostgresStrategies(pool))  # type: ignore[arg-type]
    service = area.start()
    deployment = await area.deploy(service, first_bar=5)
    await area.feed(service, 5, 6)
    again = PostgresStrategies(pool)
    strategy = await again.find_strategy(deployment.strategy_id)
    assert strategy == await service.get(deployment.strategy_id)
    assert strategy is not None
    assert strategy.spec == spec()
    (active,) = await again.active_deployments()
    assert (active.bar_count, active.order_count) == (2, 2)
    assert active.last_open_time_ns == (("SPY", area.opens(6)),)
    last = int(area.market_data.series["SPY"].close_time_ns[6])
    assert [(entry.symbol, entry.close_time_ns) for entry in active.entries] == [("SPY", last)]
    stopped = await service.stop(deployment.deployment_id)
    assert await again.find_deployment(deployment.deployment_id) == stopped
    assert stopped.bar_to_signal == LatencySummary(2, 5.0, 5.0)
    assert await again.active_deployments() == []


async def test_a_restart_resumes_from_what_was_kept(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    area = StrategyArea(repository=PostgresStrategies(pool))  # type: ignore[arg-type]
    before = area.start()
    deployment = await area.deploy(before, first_bar=5)
    await area.feed(before, 5)
    after = area.start()
    await after.resume()
    await area.feed(after, 5, 6)
    found = await after.get_deployment(deployment.deployment_id)
    assert (found.state, found.bar_count) == (DeploymentState.ACTIVE, 2)


async def test_strategies_are_listed_newest_first(pool: psycopg_pool.AsyncConnectionPool) -> None:
    area = StrategyArea(repository=PostgresStrategies(pool))  # type: ignore[arg-type]
    service = area.start()
    for name in ("a", "b", "c"):
        await service.create(name, name.encode(), name, spec())
    first = await service.page(2, None)
    rest = await service.page(2, first[-1].strategy_id)
    assert [strategy.display_name for strategy in first + rest] == ["c", "b", "a"]
