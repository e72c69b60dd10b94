"""Tables that follow a stream of events: each event takes effect exactly once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import psycopg_pool

_READ = "SELECT stream_sequence FROM projection_offsets WHERE name = %s"
# One round trip moves the offset and tells whether it moved: no row, no effect.
_ADVANCE = """
INSERT INTO projection_offsets AS stored (name, stream_sequence) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET stream_sequence = excluded.stream_sequence
WHERE stored.stream_sequence < excluded.stream_sequence
RETURNING stream_sequence
"""


class Projection:
    """Applies events to tables, the offset in the same transaction as their effects.

    Parameters
    ----------
    name : str
        Names the offset: one per consumer. One process applies a projection at a time.
    """

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool, name: str) -> None:
        self._pool = pool
        self._name = name

    @asynccontextmanager
    async def apply(self, stream_sequence: int) -> AsyncIterator[psycopg.AsyncConnection | None]:
        """Give the connection on which to apply the event, or None if it was applied before.

        Leaving the block commits effects and offset together; an exception undoes both.
        """
        async with self._pool.connection() as connection, connection.transaction():
            advanced = await connection.execute(_ADVANCE, [self._name, stream_sequence])
            yield connection if await advanced.fetchone() else None

    async def last_applied(self) -> int:
        """Return the stream sequence of the last event applied; 0 before the first."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_READ, [self._name])
            row = await cursor.fetchone()
        return int(row[0]) if row else 0
