"""The trading area on real NATS and PostgreSQL, its journals on the disk."""

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import psycopg_pool
import pytest

from algotrendy import _core
from algotrendy.api.market_data.v1 import market_data_events_pb2, market_data_pb2
from algotrendy.api.trading.v1 import order_entry_service_pb2 as entry_pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.api.trading.v1 import trading_service_pb2 as pb
from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceStub
from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceStub
from algotrendy.bus import Bus, Event
from algotrendy.domain.ids import AccountId
from algotrendy.errors import ReplayFailedError
from algotrendy.platform.nats_server import NatsServer
from algotrendy.platform.supervisor import Running
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import encode_instrument
from algotrendy.rpc.time import encode_time
from algotrendy.testing.trading import SPY, daily_bar
from algotrendy.trading.adapters.journal import FileJournals
from algotrendy.trading.adapters.postgres import BookTables
from algotrendy.trading.event_codec import encode_event
from algotrendy.trading.replay import Replay, replay

pytestmark = pytest.mark.integration

Start = Callable[[], AbstractAsyncContextManager[Running]]

TABLES = {
    "portfolios": "SELECT * FROM portfolios ORDER BY id",
    "orders": "SELECT * FROM orders ORDER BY id",
    "trades": "SELECT * FROM trades ORDER BY id",
    "positions": "SELECT * FROM positions ORDER BY id",
}


class Client:
    """Asks the running trading area, and replays bars to it in lock-step."""

    def __init__(self, running: Running) -> None:
        channel = running.context.channels.to("trading")
        self.trading = TradingServiceStub(channel)
        self.order_entry = OrderEntryServiceStub(channel)
        self.barrier = running.context.bus.barrier

    async def open_account(self, request_id: str = "request-1") -> str:
        request = pb.OpenAccountRequest(
            request_id=request_id,
            currency="USD",
            initial_cash=encode_decimal(Decimal(100_000)),
            venue_terms=trading_pb2.PaperVenueTerms(fee_bps=encode_decimal(Decimal(5))),
        )
        account_id: str = (await self.trading.OpenAccount(request)).account.account_id
        await self.trading.RegisterInstruments(
            pb.RegisterInstrumentsRequest(
                account_id=account_id, instruments=[encode_instrument(SPY)]
            )
        )
        await self.trading.ApplyLimits(
            pb.ApplyLimitsRequest(account_id=account_id, limits=trading_pb2.Limits(version=1))
        )
        return account_id

    async def submit(
        self,
        account_id: str,
        client_order_id: str,
        *,
        side: trading_pb2.Side.ValueType = trading_pb2.SIDE_BUY,
        limit_price: str | None = None,
    ) -> trading_pb2.Order:
        request = entry_pb.SubmitOrderRequest(
            account_id=account_id,
            client_order_id=client_order_id,
            symbol="SPY",
            side=side,
            quantity=encode_decimal(Decimal(10)),
            limit_price=None if limit_price is None else encode_decimal(Decimal(limit_price)),
            strategy_id="strategy-1",
        )
        return (await self.order_entry.SubmitOrder(request)).order

    async def replay_day(self, day: int, *prices: str) -> None:
        """One day in lock-step: fills, their projection, the reference price."""
        bar = daily_bar(day, prices or ("100", "101", "99", "100.50"))
        message = market_data_pb2.Bar(
            symbol="SPY",
            open_time=encode_time(bar.open_time_ns),
            close_time=encode_time(bar.close_time_ns),
            open=encode_decimal(bar.open),
            high=encode_decimal(bar.high),
            low=encode_decimal(bar.low),
            close=encode_decimal(bar.close),
            volume=encode_decimal(bar.volume),
        )
        venue_bar = market_data_events_pb2.VenueBar(bar=message)
        await self._tell("venue_bar", bar.open_time_ns, venue_bar)
        await self.barrier.settle({"trading.projection"}, 10)
        price = market_data_events_pb2.PriceUpdate(
            symbol="SPY",
            price=encode_decimal(bar.close),
            price_time=encode_time(bar.close_time_ns),
            source="close",
        )
        await self._tell("price_update", bar.close_time_ns, price)

    async def replay_quote(self, time_ns: int, bid: str, ask: str) -> None:
        size = encode_decimal(Decimal(500))
        quote = market_data_pb2.Quote(
            bid=encode_decimal(Decimal(bid)),
            ask=encode_decimal(Decimal(ask)),
            bid_size=size,
            ask_size=size,
        )
        ticks = market_data_pb2.Ticks(symbol="SPY", time=encode_time(time_ns), quotes=[quote])
        message = market_data_events_pb2.VenueTicks(ticks=[ticks])
        await self._tell("venue_ticks", time_ns, message)

    async def _tell(self, name: str, time_ns: int, payload: Any) -> None:
        event = Event(
            event_id=f"{name}:{time_ns}",
            type=payload.DESCRIPTOR.name,
            subject=f"algotrendy.market_data.v1.{name}.SPY",
            create_time_ns=time_ns,
            source="market_data",
            payload=payload,
        )
        await self.barrier.publish_and_wait(event, {"trading"}, 10)


def journalled(data_dir: Path, account_id: str) -> Replay:
    """What the journal holds, read from a copy: the area may have it open."""
    source = data_dir / "journal" / f"{account_id}.journal"
    copy = data_dir / "copy.journal"
    copy.write_bytes(source.read_bytes())
    return replay(_core.Journal.open(copy))


async def published_ids(bus: Bus, account_id: str) -> list[str]:
    envelopes = await bus.events(f"algotrendy.trading.v1.*.{account_id}")
    return [envelope.event_id for envelope in envelopes]


async def query(dsn: str, statement: LiteralString) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        return await (await connection.execute(statement)).fetchall()


async def tables(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    return {table: await query(dsn, statement) for table, statement in TABLES.items()}


async def trade_three_days(client: Client) -> str:
    """One account that buys, waits, cancels and sells."""
    account_id = await client.open_account()
    await client.replay_day(1)
    await client.submit(account_id, "buy")
    waiting = await client.submit(account_id, "waiting", limit_price="50")
    await client.replay_day(2, "101", "103", "100", "102")
    await client.order_entry.CancelOrder(entry_pb.CancelOrderRequest(order_id=waiting.order_id))
    await client.submit(account_id, "sell", side=trading_pb2.SIDE_SELL)
    await client.replay_day(3, "104.01", "105", "103", "104")
    return account_id


async def test_orders_go_through_to_stream_journal_and_tables(
    start: Start, bus: Bus, dsn: str, data_dir: Path
) -> None:
    async with start() as running:
        client = Client(running)
        account_id = await trade_three_days(client)
        answer = await client.trading.GetAccount(pb.GetAccountRequest(account_id=account_id))
        await client.barrier.settle({"trading.projection"}, 10)

    told = journalled(data_dir, account_id)
    assert await published_ids(bus, account_id) == told.event_ids
    assert told.event_ids == [f"{account_id}:{n}" for n in range(len(told.events))]
    # 10 bought at 101.00 and sold at 104.01, each with 5 bps of fee rounded half to even.
    cash = Decimal(100_000) - 1010 - Decimal("0.50") + Decimal("1040.10") - Decimal("0.52")
    assert (Decimal(answer.account.cash.value), told.account.cash) == (cash, cash)
    assert (list(answer.account.positions), told.account.positions) == ([], ())

    orders = await query(
        dsn, "SELECT client_order_id, status, avg_price, strategy FROM orders ORDER BY 1"
    )
    positions = await query(dsn, "SELECT id, side, quantity, realized_pnl, strategy FROM positions")
    assert orders == [
        ("buy", "FILLED", Decimal(101), "strategy-1"),
        ("sell", "FILLED", Decimal("104.01"), "strategy-1"),
        ("waiting", "CANCELED", None, "strategy-1"),
    ]
    assert positions == [(f"{account_id}:SPY", "FLAT", 0, Decimal("30.10"), "strategy-1")]
    assert await query(dsn, "SELECT cash FROM portfolios") == [(cash,)]
    assert await query(dsn, "SELECT count(*) FROM trades") == [(2,)]


async def test_a_restart_goes_on_where_the_last_run_stopped(
    start: Start, bus: Bus, data_dir: Path
) -> None:
    async with start() as running:
        client = Client(running)
        account_id = await client.open_account()
        await client.replay_day(1)
        order = await client.submit(account_id, "buy")

    async with start() as running:
        client = Client(running)
        # The answer of before the restart, and the order still waits at the venue.
        assert (await client.submit(account_id, "buy")).order_id == order.order_id
        await client.replay_day(2, "101", "103", "100", "102")
        response = await client.trading.GetOrder(pb.GetOrderRequest(order_id=order.order_id))
        assert response.order.status == trading_pb2.ORDER_STATUS_FILLED
        assert await client.open_account() == account_id

    assert await published_ids(bus, account_id) == journalled(data_dir, account_id).event_ids


@pytest.mark.parametrize("published_before", [0, 1, 4, 6])
async def test_what_a_killed_process_journalled_is_published_after_a_restart(
    start: Start, bus: Bus, nats: NatsServer, data_dir: Path, published_before: int
) -> None:
    program = Path(__file__).with_name("killed_while_publishing.py")
    arguments = (str(program), nats.url, str(data_dir), str(published_before))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    assert await process.wait() == -signal.SIGKILL
    account_id = FileJournals(data_dir / "journal").account_ids()[0]
    assert len(await published_ids(bus, account_id)) == published_before
    told = journalled(data_dir, account_id)
    assert len(told.events) > published_before

    async with start() as running:
        # A bar is acknowledged only once everything before it is published.
        await Client(running).replay_day(1)
        told = journalled(data_dir, account_id)

    assert await published_ids(bus, account_id) == told.event_ids


async def test_the_tables_are_rebuilt_from_the_journals_alone(
    start: Start, dsn: str, data_dir: Path, pool: psycopg_pool.AsyncConnectionPool
) -> None:
    async with start() as running:
        client = Client(running)
        account_id = await trade_three_days(client)
        await client.open_account("request-2")
        # Answered is not published yet.
        await client.barrier.rest({"trading.projection"}, {"trading"}, 10)
        before = await tables(dsn)

        async with pool.connection() as connection:
            await connection.execute("UPDATE portfolios SET cash = 0")
            await connection.execute("DELETE FROM trades")
        journals = [
            journalled(data_dir, id_) for id_ in sorted(str(row[0]) for row in before["portfolios"])
        ]
        events = [encode_event(event) for journal in journals for event in journal.events]
        await BookTables(pool).rebuild(events)
        assert await tables(dsn) == before

        # What is rebuilt goes on: the stream's later events apply once.
        await client.submit(account_id, "later")
        await client.replay_day(4)
        assert len((await tables(dsn))["trades"]) == len(before["trades"]) + 1


async def test_an_event_delivered_twice_is_applied_once(
    start: Start, dsn: str, pool: psycopg_pool.AsyncConnectionPool, data_dir: Path
) -> None:
    async with start() as running:
        account_id = await trade_three_days(Client(running))
    before = await tables(dsn)
    journals = FileJournals(data_dir / "journal")
    told = replay(journals.open(AccountId(account_id)))
    books = BookTables(pool)
    await books.rebuild([encode_event(event) for event in (*told.events, *told.events)])
    assert await tables(dsn) == before


async def test_a_bar_that_a_venue_cannot_trade_fails_the_replay(start: Start) -> None:
    async with start() as running:
        client = Client(running)
        await client.open_account()
        with pytest.raises(ReplayFailedError, match="low of SPY must be its lowest price"):
            await client.replay_day(1, "100", "101", "102", "100")
        # The account goes on with the next bar.
        await client.replay_day(2)


async def test_quotes_are_traded_and_told_before_they_are_acknowledged(
    start: Start, bus: Bus
) -> None:
    async with start() as running:
        client = Client(running)
        account_id = await client.open_account()
        await client.replay_quote(1, "99.99", "100.01")
        await client.submit(account_id, "taker")
        await client.submit(account_id, "resting", limit_price="99.50")
        await client.replay_quote(2, "99.40", "99.45")
        fills = await bus.events(f"algotrendy.trading.v1.order_filled.{account_id}")
        assert len(fills) == 2
        # The same again trades nothing.
        await client.submit(account_id, "later", limit_price="99.40")
        await client.replay_quote(2, "99.30", "99.35")
        assert len(await bus.events(f"algotrendy.trading.v1.order_filled.{account_id}")) == 2


async def test_a_quote_that_contradicts_itself_fails_the_replay(start: Start) -> None:
    async with start() as running:
        client = Client(running)
        await client.open_account()
        with pytest.raises(ReplayFailedError, match=r"ask of a tick of SPY is 99\.98") as refusal:
            await client.replay_quote(1, "99.99", "99.98")
        assert refusal.value.metadata["consumer"] == "trading"
        # The account goes on with the next.
        await client.replay_quote(1, "99.99", "100.01")
