"""Backtests in PostgreSQL: `backtests`, and a table for each kind of row that a run leaves behind.

Amounts are decimal text in the JSON; the account at every close is columns of int64.
"""

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any, Final, TypeVar

import numpy as np
import psycopg
import psycopg_pool
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from algotrendy.backtest.adapters import documents
from algotrendy.backtest.model import Backtest, BacktestState, EquityColumns
from algotrendy.backtest.result import Result
from algotrendy.backtest.rows import (
    OrderRow,
    PositionRow,
    RejectionRow,
    equity_of,
    fills_of,
    orders_of,
    positions_of,
    rejections_of,
)
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import BacktestId
from algotrendy.domain.order import Side
from algotrendy.storage.pool import select

_COLUMNS: Final = (
    "backtest_id, strategy, terms, create_time_ns, bar_count, state, outcome, error, error_reason"
)
_ADD: Final = """
INSERT INTO backtests (backtest_id, strategy, terms, create_time_ns, bar_count, state, error)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (backtest_id) DO NOTHING
"""
_FINISH: Final = """
UPDATE backtests SET state = %s, outcome = %s, error = %s, error_reason = %s, manifest = %s,
    equity_scale = %s, close_time_ns = %s, equity = %s, cash = %s, gross = %s, net = %s
WHERE backtest_id = %s
"""
_FIND: Final = f"SELECT {_COLUMNS} FROM backtests WHERE backtest_id = %s"  # noqa: S608  # As below.
# Ids are UUIDv7: their order is that of creation.
_LIST: Final = f"""
SELECT {_COLUMNS} FROM backtests
WHERE %(before)s::text IS NULL OR backtest_id < %(before)s
ORDER BY backtest_id DESC LIMIT %(count)s
"""  # noqa: S608  # The columns are a constant.
_RUNNING: Final = f"""
SELECT {_COLUMNS} FROM backtests WHERE state = 'RUNNING' ORDER BY backtest_id
"""  # noqa: S608  # The columns are a constant.
_MANIFEST: Final = "SELECT manifest FROM backtests WHERE backtest_id = %s"
_EQUITY: Final = """
SELECT equity_scale, close_time_ns, equity, cash, gross, net FROM backtests WHERE backtest_id = %s
"""
_INT64: Final = np.dtype("<i8")

Row = TypeVar("Row", OrderRow, Fill, PositionRow, RejectionRow)

_TABLES: Final[dict[type, str]] = {
    OrderRow: "backtest_orders",
    Fill: "backtest_fills",
    PositionRow: "backtest_positions",
    RejectionRow: "backtest_rejections",
}


class PostgresBacktests:
    """See `ports.Repository`."""

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool) -> None:
        self._pool = pool

    async def add(self, backtest: Backtest) -> None:
        """See `ports.Repository`."""
        async with self._pool.connection() as connection:
            await connection.execute(
                _ADD,
                [
                    backtest.backtest_id,
                    Jsonb(documents.of_strategy(backtest.strategy)),
                    Jsonb(documents.of_terms(backtest.terms)),
                    backtest.create_time_ns,
                    backtest.bar_count,
                    backtest.state.value,
                    backtest.error,
                ],
            )

    async def finish(self, backtest: Backtest, result: Result | None) -> None:
        """See `ports.Repository`."""
        backtest_id = backtest.backtest_id
        account = EquityColumns.empty() if result is None else equity_of(result)
        scale, *columns = vars(account).values()
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(
                _FINISH,
                [
                    backtest.state.value,
                    None
                    if backtest.outcome is None
                    else Jsonb(documents.of_outcome(backtest.outcome)),
                    backtest.error,
                    backtest.error_reason,
                    "" if result is None else result.record.to_json(),
                    scale,
                    *(column.astype(_INT64).tobytes() for column in columns),
                    backtest_id,
                ],
            )
            if result is not None:
                fills = fills_of(result, backtest.strategy.strategy_id)
                for kind, rows in (
                    (OrderRow, orders_of(result)),
                    (Fill, fills),
                    (PositionRow, positions_of(result)),
                    (RejectionRow, rejections_of(result)),
                ):
                    await _copy(connection, backtest_id, kind, rows)

    async def find(self, backtest_id: BacktestId) -> Backtest | None:
        """See `ports.Repository`."""
        rows = await select(self._pool, _FIND, [backtest_id])
        return _backtest(rows[0]) if rows else None

    async def page(self, count: int, before: BacktestId | None) -> Sequence[Backtest]:
        """See `ports.Repository`."""
        rows = await select(self._pool, _LIST, {"before": before, "count": count})
        return [_backtest(row) for row in rows]

    async def running(self) -> Sequence[Backtest]:
        """See `ports.Repository`."""
        return [_backtest(row) for row in await select(self._pool, _RUNNING, [])]

    async def orders(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[OrderRow]:
        """See `ports.Repository`."""
        return await self._rows(OrderRow, backtest_id, count, after)

    async def fills(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[Fill]:
        """See `ports.Repository`."""
        return await self._rows(Fill, backtest_id, count, after)

    async def positions(
        self, backtest_id: BacktestId, count: int, after: int
    ) -> Sequence[PositionRow]:
        """See `ports.Repository`."""
        return await self._rows(PositionRow, backtest_id, count, after)

    async def rejections(
        self, backtest_id: BacktestId, count: int, after: int
    ) -> Sequence[RejectionRow]:
        """See `ports.Repository`."""
        return await self._rows(RejectionRow, backtest_id, count, after)

    async def equity(self, backtest_id: BacktestId) -> EquityColumns:
        """See `ports.Repository`."""
        rows = await select(self._pool, _EQUITY, [backtest_id])
        if not rows:
            return EquityColumns.empty()
        scale, *columns = rows[0].values()
        return EquityColumns(scale, *(np.frombuffer(column, _INT64) for column in columns))

    async def manifest(self, backtest_id: BacktestId) -> str:
        """See `ports.Repository`."""
        rows = await select(self._pool, _MANIFEST, [backtest_id])
        return str(rows[0]["manifest"]) if rows else ""

    async def _rows(
        self, kind: type[Row], backtest_id: BacktestId, count: int, after: int
    ) -> list[Row]:
        query = (
            f"SELECT {_names(kind)} FROM {_TABLES[kind]} "  # noqa: S608  # Constants.
            "WHERE backtest_id = %s AND sequence > %s ORDER BY sequence LIMIT %s"
        )
        rows = await select(self._pool, query, [backtest_id, after, count])
        return [_row(kind, row) for row in rows]


async def _copy(
    connection: psycopg.AsyncConnection[Any],
    backtest_id: BacktestId,
    kind: type[Any],
    rows: Sequence[Any],
) -> None:
    query = f"COPY {_TABLES[kind]} (backtest_id, sequence, {_names(kind)}) FROM STDIN"
    async with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
        for sequence, row in enumerate(rows, start=1):
            await copy.write_row((backtest_id, sequence, *astuple(row)))


def _names(kind: type[Any]) -> str:
    # Quoted, because SQL has a word LIMIT of its own.
    return ", ".join(f'"{field.name}"' for field in fields(kind))


def _row(kind: type[Row], row: DictRow) -> Row:
    return kind(**{**row, "side": Side(row["side"])} if "side" in row else row)


def _backtest(row: DictRow) -> Backtest:
    outcome = row["outcome"]
    state = BacktestState(row["state"])
    return Backtest(
        backtest_id=BacktestId(row["backtest_id"]),
        strategy=documents.strategy_of(row["strategy"]),
        terms=documents.terms_of(row["terms"]),
        create_time_ns=row["create_time_ns"],
        bar_count=row["bar_count"],
        state=state,
        progress=1.0 if state is BacktestState.SUCCEEDED else 0.0,
        outcome=None if outcome is None else documents.outcome_of(outcome),
        error=row["error"],
        error_reason=row["error_reason"],
    )
