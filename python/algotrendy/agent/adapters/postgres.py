"""The previews in PostgreSQL: `agent_previews`. A token itself is never stored."""

from typing import Final

import psycopg_pool

from algotrendy.agent.model import OrderTerms
from algotrendy.domain.order import Side

_ADD: Final = """
INSERT INTO agent_previews
    (token_hash, expire_time_ns, account_id, client_order_id, symbol, side, quantity, limit_price)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
# Previews that ended unconfirmed are of no use; a confirmed one stays, so that repeating is safe.
_FORGET: Final = "DELETE FROM agent_previews WHERE expire_time_ns <= %s AND confirm_time_ns IS NULL"
_CONFIRM: Final = """
UPDATE agent_previews SET confirm_time_ns = coalesce(confirm_time_ns, %(time_ns)s)
WHERE token_hash = %(token_hash)s AND (confirm_time_ns IS NOT NULL OR expire_time_ns > %(time_ns)s)
RETURNING account_id, client_order_id, symbol, side, quantity, limit_price
"""


class PostgresPreviews:
    """See `ports.Previews`."""

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool) -> None:
        self._pool = pool

    async def add(self, token_hash: bytes, terms: OrderTerms, expire_time_ns: int) -> None:
        """See `ports.Previews`."""
        async with self._pool.connection() as connection:
            await connection.execute(
                _ADD,
                [
                    token_hash, expire_time_ns, terms.account_id, terms.client_order_id,
                    terms.symbol, terms.side.value, terms.quantity, terms.limit_price,
                ],
            )  # fmt: skip

    async def forget(self, time_ns: int) -> None:
        """Remove the previews that ended before `time_ns` without being confirmed."""
        async with self._pool.connection() as connection:
            await connection.execute(_FORGET, [time_ns])

    async def confirm(self, token_hash: bytes, time_ns: int) -> OrderTerms | None:
        """See `ports.Previews`."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                _CONFIRM, {"token_hash": token_hash, "time_ns": time_ns}
            )
            row = await cursor.fetchone()
        if row is None:
            return None
        account_id, client_order_id, symbol, side, quantity, limit_price = row
        return OrderTerms(account_id, client_order_id, symbol, Side(side), quantity, limit_price)
