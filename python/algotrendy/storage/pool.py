"""PostgreSQL's connection pool, and reading with it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import psycopg_pool
from psycopg.rows import DictRow, dict_row

from algotrendy.errors import UnavailableError

_MIN_SIZE: Final = 2
_MAX_SIZE: Final = 16
_OPEN_DEADLINE_S: Final = 15.0


@asynccontextmanager
async def open_pool(dsn: str) -> AsyncIterator[psycopg_pool.AsyncConnectionPool]:
    """Open a pool of connections that has proved that the server answers.

    Raises
    ------
    UnavailableError
        The server does not answer.
    """
    pool = psycopg_pool.AsyncConnectionPool(
        dsn, min_size=_MIN_SIZE, max_size=_MAX_SIZE, open=False, name="algotrendy"
    )
    try:
        await pool.open(wait=True, timeout=_OPEN_DEADLINE_S)
    except psycopg_pool.PoolTimeout as error:
        await pool.close()
        raise UnavailableError(f"PostgreSQL does not answer: {error}.") from error
    try:
        yield pool
    finally:
        await pool.close()


async def select(
    pool: psycopg_pool.AsyncConnectionPool, query: str, values: Sequence[Any] | Mapping[str, Any]
) -> list[DictRow]:
    """Return the rows of a query, each by its columns' names."""
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), values)
        return await cursor.fetchall()
