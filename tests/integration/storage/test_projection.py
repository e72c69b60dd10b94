import asyncio

import psycopg
import psycopg_pool
import pytest

from algotrendy.errors import UnavailableError
from algotrendy.storage.migrations import upgrade
from algotrendy.storage.pool import open_pool
from algotrendy.storage.projection import Projection

pytestmark = pytest.mark.integration

Pool = psycopg_pool.AsyncConnectionPool


@pytest.fixture
async def projection(pool: Pool) -> Projection:
    async with pool.connection() as connection:
        await connection.execute("CREATE TABLE counted (number bigint)")
    return Projection(pool, "counter")


async def count(projection: Projection, number: int) -> bool:
    """Apply the event `number`; say whether it took effect."""
    async with projection.apply(number) as connection:
        if connection is None:
            return False
        await connection.execute("INSERT INTO counted VALUES (%s)", [number])
        return True


async def fail(projection: Projection, number: int) -> None:
    async with projection.apply(number) as connection:
        assert connection is not None
        await connection.execute("INSERT INTO counted VALUES (%s)", [number])
        await connection.execute("SELECT 1 / 0")


async def counted(pool: Pool) -> list[int]:
    async with pool.connection() as connection:
        cursor = await connection.execute("SELECT number FROM counted ORDER BY number")
        return [row[0] for row in await cursor.fetchall()]


async def test_an_event_takes_effect_once(pool: Pool, projection: Projection) -> None:
    assert await projection.last_applied() == 0
    assert await count(projection, 3)
    assert not await count(projection, 3)
    assert not await count(projection, 2)
    assert await count(projection, 7)
    assert await counted(pool) == [3, 7]
    assert await projection.last_applied() == 7


async def test_a_failure_undoes_the_effect_and_the_offset(
    pool: Pool, projection: Projection
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        await fail(projection, 1)
    assert await counted(pool) == []
    assert await projection.last_applied() == 0
    assert await count(projection, 1)


async def test_two_at_once_take_effect_once(pool: Pool, projection: Projection) -> None:
    await count(projection, 1)
    applied = await asyncio.gather(*(count(projection, 2) for _ in range(4)))
    assert sorted(applied) == [False, False, False, True]
    assert await counted(pool) == [1, 2]


async def test_projections_do_not_disturb_each_other(pool: Pool, projection: Projection) -> None:
    await count(projection, 9)
    assert await Projection(pool, "other").last_applied() == 0


async def test_a_current_schema_is_left_alone(dsn: str, pool: Pool) -> None:
    projection = Projection(pool, "counter")
    async with projection.apply(1):
        pass
    await upgrade(dsn)
    assert await projection.last_applied() == 1


async def test_two_migrations_at_once_follow_each_other(dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA public CASCADE")
        await connection.execute("CREATE SCHEMA public")
    await asyncio.gather(upgrade(dsn), upgrade(dsn))
    async with open_pool(dsn) as pool:
        assert await Projection(pool, "counter").last_applied() == 0


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        await upgrade("postgresql://nobody@127.0.0.1:9/nothing")
