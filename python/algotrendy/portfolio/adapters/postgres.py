"""The books in PostgreSQL: `portfolio_books`, `portfolio_holdings`, `portfolio_flows`."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import psycopg
import psycopg_pool
from psycopg.rows import TupleRow

from algotrendy.portfolio.holding import Holding
from algotrendy.portfolio.model import Book, Flow
from algotrendy.storage.projection import Projection

CONSUMER: Final = "portfolio"

_BOOKS: Final = """
SELECT portfolio_id, display_name, currency, update_time_ns, cash, net_deposits, total_fees
FROM portfolio_books
"""
_HOLDINGS: Final = """
SELECT portfolio_id, symbol, multiplier, notional_scale, quantity, total_cost, realized_pnl,
    last_fill_price, is_paid_in_full
FROM portfolio_holdings WHERE portfolio_id = ANY(%s)
"""
_FLOWS: Final = """
SELECT sequence, time_ns, cash, symbol, quantity, price, total_cost
FROM portfolio_flows WHERE portfolio_id = %s ORDER BY sequence
"""
_SAVE_BOOK: Final = """
INSERT INTO portfolio_books
    (portfolio_id, display_name, currency, update_time_ns, cash, net_deposits, total_fees)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (portfolio_id) DO UPDATE SET
    update_time_ns = excluded.update_time_ns, cash = excluded.cash,
    net_deposits = excluded.net_deposits, total_fees = excluded.total_fees
"""
_SAVE_HOLDING: Final = """
INSERT INTO portfolio_holdings
    (portfolio_id, symbol, multiplier, notional_scale, quantity, total_cost, realized_pnl,
     last_fill_price, is_paid_in_full)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (portfolio_id, symbol) DO UPDATE SET
    multiplier = excluded.multiplier, notional_scale = excluded.notional_scale,
    quantity = excluded.quantity, total_cost = excluded.total_cost,
    realized_pnl = excluded.realized_pnl, last_fill_price = excluded.last_fill_price,
    is_paid_in_full = excluded.is_paid_in_full
"""
_ADD_FLOW: Final = """
INSERT INTO portfolio_flows
    (portfolio_id, sequence, time_ns, cash, symbol, quantity, price, total_cost)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""

Connection = psycopg.AsyncConnection[TupleRow]


class PostgresBooks:
    """See `ports.Books`; events are applied exactly once by the offset kept beside the tables."""

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool) -> None:
        self._pool = pool
        self._projection = Projection(pool, CONSUMER)

    @asynccontextmanager
    async def apply(self, stream_sequence: int) -> AsyncIterator["PostgresLedger | None"]:
        """See `ports.Books`."""
        async with self._projection.apply(stream_sequence) as connection:
            yield None if connection is None else PostgresLedger(connection)

    async def find(self, portfolio_id: str) -> Book | None:
        """See `ports.Books`."""
        async with self._pool.connection() as connection:
            return await _find(connection, portfolio_id)

    async def page(self, after: str, limit: int) -> Sequence[Book]:
        """See `ports.Books`."""
        async with self._pool.connection() as connection:
            return await _read(
                connection,
                "WHERE portfolio_id > %s ORDER BY portfolio_id LIMIT %s",
                [after, limit],
            )

    async def flows(self, portfolio_id: str) -> Sequence[Flow]:
        """See `ports.Books`."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_FLOWS, [portfolio_id])
            return [Flow(*row) for row in await cursor.fetchall()]


class PostgresLedger:
    """See `ports.Ledger`; writes on the connection of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(self, portfolio_id: str) -> Book | None:
        """See `ports.Ledger`."""
        return await _find(self._connection, portfolio_id)

    async def save(self, book: Book) -> None:
        """See `ports.Ledger`."""
        await self._connection.execute(
            _SAVE_BOOK,
            [
                book.portfolio_id, book.display_name, book.currency, book.update_time_ns,
                book.cash, book.net_deposits, book.total_fees,
            ],
        )  # fmt: skip

    async def save_holding(self, portfolio_id: str, holding: Holding) -> None:
        """See `ports.Ledger`."""
        await self._connection.execute(
            _SAVE_HOLDING,
            [
                portfolio_id, holding.symbol, holding.multiplier, holding.notional_scale,
                holding.quantity, holding.total_cost, holding.realized_pnl, holding.last_fill_price,
                holding.is_paid_in_full,
            ],
        )  # fmt: skip

    async def add(self, portfolio_id: str, flow: Flow) -> None:
        """See `ports.Ledger`."""
        await self._connection.execute(
            _ADD_FLOW,
            [
                portfolio_id, flow.sequence, flow.time_ns, flow.cash,
                flow.symbol, flow.quantity, flow.price, flow.total_cost,
            ],
        )  # fmt: skip


async def _find(connection: Connection, portfolio_id: str) -> Book | None:
    found = await _read(connection, "WHERE portfolio_id = %s", [portfolio_id])
    return found[0] if found else None


async def _read(connection: Connection, condition: str, values: list[Any]) -> list[Book]:
    books = await (await connection.execute(_BOOKS + condition, values)).fetchall()
    ids = [row[0] for row in books]
    holdings = await (await connection.execute(_HOLDINGS, [ids])).fetchall()
    return [replace(Book(*row), holdings=_holdings_of(row[0], holdings)) for row in books]


def _holdings_of(portfolio_id: str, rows: Iterable[TupleRow]) -> dict[str, Holding]:
    return {row[1]: Holding(*row[1:]) for row in rows if row[0] == portfolio_id}
