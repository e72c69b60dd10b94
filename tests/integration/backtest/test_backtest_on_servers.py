"""The backtest area on real NATS and PostgreSQL."""

from decimal import Decimal

import psycopg_pool
import pytest

from algotrendy.api.backtest.v1 import backtest_events_pb2, backtest_service_pb2
from algotrendy.backtest.adapters.nats import NatsEvents
from algotrendy.backtest.adapters.postgres import PostgresBacktests
from algotrendy.backtest.model import BacktestState, BacktestTerms
from algotrendy.bus import Bus
from algotrendy.domain.clock import SystemClock
from algotrendy.domain.limits import Limits
from algotrendy.domain.venue import VenueTerms
from algotrendy.testing.backtest import STRATEGY_ID, BacktestArea, FakeBacktests

pytestmark = pytest.mark.integration

TERMS = BacktestTerms(
    0,
    initial_cash=Decimal("123456.78"),
    venue_terms=VenueTerms(Decimal("0.5"), Decimal("1.25")),
    limits=Limits.of(1, max_order_notional=Decimal("1e6"), max_open_orders=7),
)


async def test_a_backtest_is_kept_whole(pool: psycopg_pool.AsyncConnectionPool) -> None:
    kept, remembered = PostgresBacktests(pool), FakeBacktests()
    found = []
    for repository in (kept, remembered):
        service = BacktestArea(repository=repository).start()  # type: ignore[arg-type]
        created = await service.create("r", b"r", STRATEGY_ID, TERMS)
        done = await service.get(created.backtest_id, wait=True)
        account = await service.equity(done.backtest_id)
        scale, *columns = vars(account).values()
        rows = [
            list(await listed(done.backtest_id, 10, 0))
            for listed in (service.orders, service.fills, service.positions, service.rejections)
        ]
        manifest = await service.manifest(done.backtest_id)
        found.append((done, rows, scale, [column.tolist() for column in columns], manifest))
        await service.close()
    assert found[0] == found[1]
    orders, fills, positions, rejections = found[0][1]
    assert (len(orders), len(fills), len(positions), len(rejections)) == (2, 2, 1, 0)
    assert found[0][4]


async def test_a_run_cut_short_fails_at_the_next_start(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    area = BacktestArea(repository=PostgresBacktests(pool))  # type: ignore[arg-type]
    before = area.start()
    created = await before.create("r", b"r", STRATEGY_ID, TERMS)
    await before.close()
    after = area.start()
    await after.recover()
    found = await after.get(created.backtest_id)
    assert (found.state, found.terms) == (BacktestState.FAILED, created.terms)
    assert found.terms.limits == TERMS.limits
    assert await area.repository.running() == []
    await after.close()


async def test_backtests_and_fills_come_in_pages(pool: psycopg_pool.AsyncConnectionPool) -> None:
    service = BacktestArea(repository=PostgresBacktests(pool)).start()  # type: ignore[arg-type]
    for name in ("a", "b", "c"):
        created = await service.create(name, b"", STRATEGY_ID, TERMS)
        await service.get(created.backtest_id, wait=True)
    first = await service.page(2, None)
    rest = await service.page(2, first[-1].backtest_id)
    assert [found.backtest_id for found in [*first, *rest]] == ["id-0003", "id-0002", "id-0001"]
    fills = await service.fills(created.backtest_id, 10, 0)
    assert list(await service.fills(created.backtest_id, 1, 1)) == list(fills[1:])
    await service.close()


async def test_a_completion_is_published_once(bus: Bus) -> None:
    events = NatsEvents(bus, SystemClock())
    area = BacktestArea(events=events)  # type: ignore[arg-type]
    service = area.start()
    created = await service.create("r", b"r", STRATEGY_ID, TERMS)
    done = await service.get(created.backtest_id, wait=True)
    await events.completed(done)
    (envelope,) = await bus.events("algotrendy.backtest.v1.>")
    event = backtest_events_pb2.BacktestCompleted()
    envelope.payload.Unpack(event)
    assert event.backtest.state == backtest_service_pb2.BACKTEST_STATE_SUCCEEDED
    assert event.backtest.fill_count == 2
    await service.close()
