"""The risk area beside the trading area, on real NATS and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from decimal import Decimal
from typing import Any

import psycopg_pool
import pytest

from algotrendy.api.event.v1 import envelope_pb2
from algotrendy.api.market_data.v1 import market_data_events_pb2, market_data_pb2
from algotrendy.api.risk.v1 import risk_events_pb2, risk_service_pb2
from algotrendy.api.risk.v1.risk_service_pb2_grpc import RiskServiceStub
from algotrendy.api.trading.v1 import order_entry_service_pb2 as entry_pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.api.trading.v1 import trading_service_pb2 as pb
from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceStub
from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceStub
from algotrendy.bus import Bus, Delivery, Event
from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.errors import (
    AccountNotFoundError,
    InvalidArgumentError,
    LimitsMissingError,
    NotionalLimitExceededError,
)
from algotrendy.platform.supervisor import Running
from algotrendy.risk.adapters.postgres import PostgresLimits
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.time import encode_time
from algotrendy.testing.trading import SPY, daily_bar

pytestmark = pytest.mark.integration

Start = Callable[..., AbstractAsyncContextManager[Running]]


def decimal(text: str) -> Any:
    return encode_decimal(Decimal(text))


class Client:
    """Asks trading and risk, and replays bars to them."""

    def __init__(self, running: Running) -> None:
        channels = running.context.channels
        self.trading = TradingServiceStub(channels.to("trading"))
        self.order_entry = OrderEntryServiceStub(channels.to("trading"))
        self.risk = RiskServiceStub(channels.to("risk"))
        self.barrier = running.context.bus.barrier

    async def open_account(self) -> str:
        request = pb.OpenAccountRequest(
            request_id="request-1", currency="USD", initial_cash=decimal("1000000")
        )
        account_id: str = (await self.trading.OpenAccount(request)).account.account_id
        await self.trading.RegisterInstruments(
            pb.RegisterInstrumentsRequest(
                account_id=account_id, instruments=[encode_instrument(SPY)]
            )
        )
        return account_id

    async def set_limits(self, account_id: str, **limits: Any) -> trading_pb2.Limits:
        request = risk_service_pb2.SetLimitsRequest(
            account_id=account_id, limits=trading_pb2.Limits(**limits)
        )
        return (await self.risk.SetLimits(request)).limits

    async def get_limits(self, account_id: str) -> trading_pb2.Limits:
        request = risk_service_pb2.GetLimitsRequest(account_id=account_id)
        return (await self.risk.GetLimits(request)).limits

    async def version_in_force(self, account_id: str) -> int:
        response = await self.trading.GetAccount(pb.GetAccountRequest(account_id=account_id))
        return response.account.limits_version

    async def buy(self, account_id: str, quantity: str, client_order_id: str = "order-1") -> None:
        request = entry_pb.SubmitOrderRequest(
            account_id=account_id,
            client_order_id=client_order_id,
            symbol="SPY",
            side=trading_pb2.SIDE_BUY,
            quantity=decimal(quantity),
        )
        await self.order_entry.SubmitOrder(request)

    async def replay_day(self, day: int, price: str = "100") -> None:
        """One day at one price: fills, what risk makes of them, the reference price."""
        bar = daily_bar(day, (price,) * 4)
        message = market_data_pb2.Bar(
            symbol="SPY",
            open_time=encode_time(bar.open_time_ns),
            close_time=encode_time(bar.close_time_ns),
            open=encode_decimal(bar.open),
            high=encode_decimal(bar.high),
            low=encode_decimal(bar.low),
            close=encode_decimal(bar.close),
        )
        venue_bar = market_data_events_pb2.VenueBar(bar=message)
        await self._tell("venue_bar", bar.open_time_ns, venue_bar, {"trading"})
        await self.barrier.settle({"risk"}, 10)
        update = market_data_events_pb2.PriceUpdate(
            symbol="SPY",
            price=encode_decimal(bar.close),
            price_time=encode_time(bar.close_time_ns),
            source="close",
        )
        await self._tell("price_update", bar.close_time_ns, update, {"trading", "risk"})

    async def _tell(self, name: str, time_ns: int, payload: Any, expected: set[str]) -> None:
        event = Event(
            event_id=f"{name}:{time_ns}",
            type=payload.DESCRIPTOR.name,
            subject=f"algotrendy.market_data.v1.{name}.SPY",
            create_time_ns=time_ns,
            source="market_data",
            payload=payload,
        )
        await self.barrier.publish_and_wait(event, expected, 10)


@asynccontextmanager
async def awaited(bus: Bus, subject: str) -> AsyncIterator[None]:
    """Waits, at the block's end, until something was published on the subject."""
    heard = asyncio.Event()

    async def hear(_: Delivery) -> None:
        heard.set()

    async with bus.subscribe(subject, hear):
        yield
        await asyncio.wait_for(heard.wait(), 10)


async def events(bus: Bus, name: str) -> list[envelope_pb2.Envelope]:
    return await bus.events(f"algotrendy.risk.v1.{name}.*")


async def test_a_new_account_gets_the_defaults_and_explicit_limits_win(
    start: Start, bus: Bus
) -> None:
    async with start("trading", "risk") as running:
        client = Client(running)
        account_id = await client.open_account()
        await client.replay_day(1)
        defaults = await client.get_limits(account_id)
        assert (defaults.version, defaults.max_order_notional.value) == (1, "100000")
        assert await client.version_in_force(account_id) == 1

        explicit = await client.set_limits(account_id, max_order_notional=decimal("500.50"))
        assert (explicit.version, explicit.max_order_notional.value) == (2, "500.50")
        assert await client.get_limits(account_id) == explicit
        assert await client.version_in_force(account_id) == 2

    ids = [envelope.event_id for envelope in await events(bus, "limits_changed")]
    assert ids == [f"risk:{account_id}:limits:{version}" for version in (1, 2)]


async def test_limits_set_at_once_are_not_replaced_by_the_defaults(start: Start) -> None:
    async with start("trading", "risk") as running:
        client = Client(running)
        account_id = await client.open_account()
        explicit = await client.set_limits(account_id, max_open_orders=7)
        await client.replay_day(1)
        assert await client.get_limits(account_id) == explicit


async def test_a_refused_order_becomes_an_alert_and_an_event_once(start: Start, bus: Bus) -> None:
    async with start("trading", "risk") as running:
        client = Client(running)
        account_id = await client.open_account()
        await client.set_limits(account_id, max_order_notional=decimal("1000"))
        await client.replay_day(1)
        for _ in range(2):
            with pytest.raises(NotionalLimitExceededError):
                await client.buy(account_id, "11")
        await client.replay_day(2)
        listed = await client.risk.ListAlerts(
            risk_service_pb2.ListAlertsRequest(account_id=account_id)
        )

    (alert,) = listed.alerts
    assert (alert.rule, alert.symbol) == ("order_notional", "SPY")
    assert Decimal(alert.observed) == 1100
    (envelope,) = await events(bus, "risk_threshold_breached")
    payload = risk_events_pb2.RiskThresholdBreached()
    envelope.payload.Unpack(payload)
    assert payload.alert == alert
    assert envelope.causation_id.startswith(f"{account_id}:")


async def test_a_position_beyond_its_limit_is_told_once_an_excursion(
    start: Start, bus: Bus
) -> None:
    async with start("trading", "risk") as running:
        client = Client(running)
        account_id = await client.open_account()
        await client.set_limits(account_id, max_position_notional=decimal("1050"))
        await client.replay_day(1)
        await client.buy(account_id, "10")
        for day, price in enumerate(("100", "106", "107", "104", "108"), start=2):
            await client.replay_day(day, price)
        exposure = await client.risk.GetExposure(
            risk_service_pb2.GetExposureRequest(portfolio_id=account_id)
        )
        listed = await client.risk.ListAlerts(risk_service_pb2.ListAlertsRequest(page_size=1))
        rest = await client.risk.ListAlerts(
            risk_service_pb2.ListAlertsRequest(page_token=listed.next_page_token)
        )

    observed = [alert.observed for alert in (*listed.alerts, *rest.alerts)]
    assert observed == ["1080", "1060"]
    assert len(await events(bus, "position_limit_exceeded")) == 2
    assert (exposure.gross_notional.value, exposure.cash.value) == ("1080", "999000.00")
    (instrument,) = exposure.instruments
    assert (instrument.symbol, instrument.quantity.value) == ("SPY", "10")


async def test_limits_that_trading_missed_are_put_in_force_by_the_next_start(
    start: Start, pool: psycopg_pool.AsyncConnectionPool, bus: Bus
) -> None:
    async with start("trading", "risk") as running:
        account_id = await Client(running).open_account()
        limits = await Client(running).set_limits(account_id, max_open_orders=7)
    # As if the process had stopped after storing them.
    missed = await PostgresLimits(pool).append(
        AccountId(account_id), Limits.of(max_open_orders=3), 1
    )
    assert missed.version == limits.version + 1

    async with AsyncExitStack() as stack:
        async with awaited(bus, "algotrendy.risk.v1.limits_changed.*"):
            running = await stack.enter_async_context(start("trading", "risk"))
        assert await Client(running).version_in_force(account_id) == missed.version

        async def open_orders() -> int | None:
            return (await Client(running).get_limits(account_id)).max_open_orders

        # They are told of before they are noted, so that a crash in between tells of them again.
        async with asyncio.timeout(10):
            while await open_orders() != 3:  # noqa: ASYNC110  # Nothing tells of the note.
                await asyncio.sleep(0.01)


async def test_unknown_accounts_and_bad_limits_are_refused(start: Start) -> None:
    nobody = "01900000-0000-7000-8000-000000000001"
    async with start("trading", "risk") as running:
        client = Client(running)
        for account_id in (nobody, "nobody"):
            with pytest.raises(AccountNotFoundError):
                await client.set_limits(account_id)
            with pytest.raises(LimitsMissingError):
                await client.get_limits(account_id)
            with pytest.raises(AccountNotFoundError):
                await client.risk.GetExposure(
                    risk_service_pb2.GetExposureRequest(portfolio_id=account_id)
                )
        account_id = await client.open_account()
        with pytest.raises(InvalidArgumentError) as refusal:
            await client.set_limits(account_id, max_order_notional=decimal("-1"))
        assert refusal.value.metadata["field"] == "max_order_notional"
