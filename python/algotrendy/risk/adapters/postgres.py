"""Limits, exposures and alerts in PostgreSQL."""

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Final

import psycopg
import psycopg_pool
from psycopg.types.json import Jsonb

from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.errors import AccountNotFoundError
from algotrendy.risk.model import Alert, Exposure, InstrumentExposure, LimitsVersion
from algotrendy.storage.pool import select
from algotrendy.storage.projection import Projection

# The advisory lock makes "the next version" one version, whoever asks at the same time.
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%(account_id)s::text, 0))"
# A document holds its version, too, which is not known before it is stored.
_APPEND: Final = """
WITH next AS (
    SELECT greatest(coalesce(max(version), 0) + 1, %(version)s) AS version
    FROM risk_limits WHERE account_id = %(account_id)s
    HAVING count(*) = 0 OR NOT %(only_first)s
)
INSERT INTO risk_limits (account_id, version, document)
SELECT %(account_id)s, version, jsonb_set(%(document)s, '{version}', to_jsonb(version)) FROM next
RETURNING version
"""
_SELECT: Final = "SELECT document FROM risk_limits WHERE account_id = %s"
_VERSIONS: Final = """
SELECT document,
    (extract(epoch FROM create_time) * 1000000)::bigint * 1000 AS create_time_ns,
    (extract(epoch FROM apply_time) * 1000000)::bigint * 1000 AS apply_time_ns
FROM risk_limits
WHERE account_id = %(account_id)s AND (%(before)s::bigint IS NULL OR version < %(before)s)
ORDER BY version DESC LIMIT %(count)s
"""
_LAST: Final = " ORDER BY version DESC LIMIT 1"

_ADD_FILL: Final = """
UPDATE risk_exposures SET
    quantity = quantity + %(quantity)s,
    price = coalesce(%(price)s::numeric, price),
    price_time_ns = CASE WHEN %(price)s::numeric IS NULL THEN price_time_ns ELSE %(time_ns)s END
WHERE account_id = %(account_id)s AND symbol = %(symbol)s
RETURNING symbol, quantity, price, multiplier, beyond_limit
"""
_SET_PRICE: Final = """
UPDATE risk_exposures SET price = %(price)s, price_time_ns = %(time_ns)s
WHERE symbol = %(symbol)s AND quantity <> 0
    AND (price_time_ns IS NULL OR price_time_ns <= %(time_ns)s)
RETURNING account_id, symbol, quantity, price, multiplier, beyond_limit
"""
# A price that a power failure takes is told again with the next, so nobody waits for the disk; an
# excursion is told once.
_NEED_NOT_LAST: Final = "SET LOCAL synchronous_commit = off"
_MUST_LAST: Final = "SET LOCAL synchronous_commit = on"
_ADD_ALERT: Final = """
INSERT INTO risk_alerts (
    alert_id, account_id, rule, symbol, limit_value, observed, create_time_ns
) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (alert_id) DO NOTHING
"""
_ALERTS: Final = """
SELECT sequence, alert_id, account_id, rule, symbol, limit_value, observed, create_time_ns
FROM risk_alerts
WHERE (%(account_id)s::uuid IS NULL OR account_id = %(account_id)s)
    AND (%(before)s::bigint IS NULL OR sequence < %(before)s)
ORDER BY sequence DESC LIMIT %(count)s
"""


class PostgresLimits:
    """See `ports.LimitsRepository`."""

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool) -> None:
        self._pool = pool

    async def append(self, account_id: AccountId, limits: Limits, first_version: int) -> Limits:
        """See `LimitsRepository`."""
        version = await self._append(account_id, limits, first_version, only_first=False)
        assert version is not None  # noqa: S101  # Nothing keeps it from being stored.
        return limits.with_version(version)

    async def append_first(self, account_id: AccountId, limits: Limits) -> bool:
        """See `LimitsRepository`."""
        return await self._append(account_id, limits, 1, only_first=True) is not None

    async def latest(self, account_id: AccountId) -> Limits | None:
        """See `LimitsRepository`."""
        return await self._find(_SELECT + _LAST, account_id)

    async def in_force(self, account_id: AccountId) -> Limits | None:
        """See `LimitsRepository`."""
        return await self._find(_SELECT + " AND apply_time IS NOT NULL" + _LAST, account_id)

    async def find(self, account_id: AccountId, version: int) -> Limits | None:
        """See `LimitsRepository`."""
        return await self._find(_SELECT + " AND version = %s", account_id, version)

    async def versions(
        self, account_id: AccountId, before: int | None, count: int
    ) -> list[LimitsVersion]:
        """See `LimitsRepository`."""
        key = _key_or_none(account_id)
        values = {"account_id": key, "before": before, "count": count}
        return [
            LimitsVersion(
                Limits.from_core(row["document"]), row["create_time_ns"], row["apply_time_ns"]
            )
            for row in await select(self._pool, _VERSIONS, values)
        ]

    async def mark_in_force(self, account_id: AccountId, version: int) -> None:
        """See `LimitsRepository`."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "UPDATE risk_limits SET apply_time = coalesce(apply_time, now()) "
                "WHERE account_id = %s AND version = %s",
                [_key(account_id), version],
            )

    async def discard(self, account_id: AccountId, version: int) -> None:
        """See `LimitsRepository`."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM risk_limits "
                "WHERE account_id = %s AND version = %s AND apply_time IS NULL",
                [_key(account_id), version],
            )

    async def _append(
        self, account_id: AccountId, limits: Limits, first_version: int, *, only_first: bool
    ) -> int | None:
        values = {
            "document": Jsonb(limits.to_core()),
            "account_id": _key(account_id),
            "version": first_version,
            "only_first": only_first,
        }
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_LOCK, values)
            cursor = await connection.execute(_APPEND, values)
            row = await cursor.fetchone()
        return None if row is None else int(row[0])

    async def _find(self, query: str, account_id: AccountId, *values: int) -> Limits | None:
        key = _key_or_none(account_id)
        if key is None:
            return None
        rows = await select(self._pool, query, [key, *values])
        return Limits.from_core(rows[0]["document"]) if rows else None


class PostgresWatch:
    """See `ports.Watch`."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._connection = connection

    async def open_account(self, account_id: AccountId) -> None:
        """See `Watch`."""
        await self._connection.execute(
            "INSERT INTO risk_accounts (account_id, event_sequence) VALUES (%s, 0) "
            "ON CONFLICT DO NOTHING",
            [account_id],
        )

    async def advance(self, account_id: AccountId, sequence: int) -> bool:
        """See `Watch`."""
        cursor = await self._connection.execute(
            "UPDATE risk_accounts SET event_sequence = %s "
            "WHERE account_id = %s AND event_sequence < %s",
            [sequence, account_id, sequence],
        )
        return cursor.rowcount > 0

    async def set_cash(self, account_id: AccountId, cash: Decimal) -> None:
        """See `Watch`."""
        await self._connection.execute(
            "UPDATE risk_accounts SET cash = %s WHERE account_id = %s", [cash, account_id]
        )

    async def register(self, account_id: AccountId, symbol: str, multiplier: int) -> None:
        """See `Watch`."""
        await self._connection.execute(
            "INSERT INTO risk_exposures (account_id, symbol, multiplier) VALUES (%s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            [account_id, symbol, multiplier],
        )

    async def add_fill(
        self,
        account_id: AccountId,
        symbol: str,
        signed_quantity: Decimal,
        price: Decimal | None,
        time_ns: int,
    ) -> InstrumentExposure:
        """See `Watch`."""
        values = {
            "account_id": account_id,
            "symbol": symbol,
            "quantity": signed_quantity,
            "price": price,
            "time_ns": time_ns,
        }
        cursor = await self._connection.execute(_ADD_FILL, values)
        row = await cursor.fetchone()
        assert row is not None  # noqa: S101  # Its instrument was registered before it.
        return InstrumentExposure(*row)

    async def set_beyond(self, account_id: AccountId, symbol: str, *, beyond: bool) -> None:
        """See `Watch`."""
        await self._connection.execute(_MUST_LAST)
        await self._connection.execute(
            "UPDATE risk_exposures SET beyond_limit = %s WHERE account_id = %s AND symbol = %s",
            [beyond, account_id, symbol],
        )

    async def set_price(
        self, symbol: str, price: Decimal, time_ns: int
    ) -> Sequence[tuple[AccountId, InstrumentExposure]]:
        """See `Watch`."""
        values = {"symbol": symbol, "price": price, "time_ns": time_ns}
        cursor = await self._connection.execute(_SET_PRICE, values)
        return [
            (AccountId(str(account_id)), InstrumentExposure(*exposure))
            for account_id, *exposure in await cursor.fetchall()
        ]

    async def add_alert(self, alert: Alert) -> None:
        """See `Watch`."""
        values = (
            *(alert.alert_id, alert.account_id, alert.rule, alert.symbol),
            *(alert.limit, alert.observed, alert.create_time_ns),
        )
        await self._connection.execute(_ADD_ALERT, values)


class PostgresExposures:
    """See `ports.Exposures`."""

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool, consumer: str) -> None:
        self._pool = pool
        self._projection = Projection(pool, consumer)

    @asynccontextmanager
    async def apply(self, stream_sequence: int) -> AsyncIterator[PostgresWatch | None]:
        """See `Exposures`."""
        async with self._projection.apply(stream_sequence) as connection:
            yield None if connection is None else PostgresWatch(connection)

    @asynccontextmanager
    async def change(self) -> AsyncIterator[PostgresWatch]:
        """See `Exposures`."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_NEED_NOT_LAST)
            yield PostgresWatch(connection)

    async def find(self, account_id: AccountId) -> Exposure | None:
        """See `Exposures`."""
        key = _key_or_none(account_id)
        if key is None:
            return None
        async with self._pool.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                "SELECT cash, event_sequence FROM risk_accounts WHERE account_id = %s", [key]
            )
            account = await cursor.fetchone()
            cursor = await connection.execute(
                "SELECT symbol, quantity, price, multiplier, beyond_limit FROM risk_exposures "
                "WHERE account_id = %s ORDER BY symbol",
                [key],
            )
            instruments = tuple(InstrumentExposure(*row) for row in await cursor.fetchall())
        if account is None:
            return None
        return Exposure(account_id, account[0], account[1], instruments)

    async def alerts(
        self, account_id: AccountId | None, before: int | None, count: int
    ) -> list[tuple[int, Alert]]:
        """See `Exposures`."""
        key = None if account_id is None else _key(account_id)
        values = {"account_id": key, "before": before, "count": count}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_ALERTS, values)
            return [
                (row[0], Alert(str(row[1]), AccountId(str(row[2])), *row[3:]))
                for row in await cursor.fetchall()
            ]


def _key_or_none(account_id: AccountId) -> uuid.UUID | None:
    try:
        return uuid.UUID(account_id)
    except ValueError:
        return None


def _key(account_id: AccountId) -> uuid.UUID:
    key = _key_or_none(account_id)
    if key is None:
        raise AccountNotFoundError(f"account {account_id!r} does not exist.", account_id=account_id)
    return key
