"""Backtests in PostgreSQL: `backtests`, `backtest_fills`. Amounts are decimal text in the JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, astuple
from decimal import Decimal
from typing import Any, Final

import numpy as np
import psycopg_pool
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from algotrendy.backtest.model import (
    Backtest,
    BacktestOutcome,
    BacktestState,
    BacktestTerms,
    StrategyTerms,
)
from algotrendy.backtest.result import BacktestResult
from algotrendy.domain.bar import Int64Column
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import BacktestId, StrategyId
from algotrendy.domain.limits import Limits
from algotrendy.domain.order import Side
from algotrendy.domain.statistics import BacktestStatistics
from algotrendy.domain.strategy_document import spec_from_document, spec_to_document
from algotrendy.domain.venue import VenueTerms
from algotrendy.storage.pool import select

_COLUMNS: Final = "backtest_id, strategy, terms, create_time_ns, state, outcome, error"
_ADD: Final = """
INSERT INTO backtests (backtest_id, strategy, terms, create_time_ns, state, error)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (backtest_id) DO NOTHING
"""
_FINISH: Final = """
UPDATE backtests SET state = %s, outcome = %s, error = %s, equity_scale = %s, close_time_ns = %s,
    equity = %s
WHERE backtest_id = %s
"""
_ADD_FILL: Final = """
INSERT INTO backtest_fills (backtest_id, sequence, symbol, side, quantity, price, fee,
    fill_time_ns, execution_id, order_id, client_order_id, strategy_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
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
_FILLS: Final = """
SELECT symbol, side, quantity, price, fee, fill_time_ns, execution_id, order_id, client_order_id,
    strategy_id
FROM backtest_fills WHERE backtest_id = %s AND sequence > %s ORDER BY sequence LIMIT %s
"""
_EQUITY: Final = """
SELECT equity_scale, close_time_ns, equity FROM backtests WHERE backtest_id = %s
"""
_INT64: Final = np.dtype("<i8")


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
                    _json(backtest.strategy),
                    _json(backtest.terms),
                    backtest.create_time_ns,
                    backtest.state.value,
                    backtest.error,
                ],
            )

    async def finish(self, backtest: Backtest, result: BacktestResult | None) -> None:
        """See `ports.Repository`."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(
                _FINISH,
                [
                    backtest.state.value,
                    None if backtest.outcome is None else _json(backtest.outcome),
                    backtest.error,
                    0 if result is None else result.equity_scale,
                    b"" if result is None else result.close_time_ns.astype(_INT64).tobytes(),
                    b"" if result is None else result.equity.astype(_INT64).tobytes(),
                    backtest.backtest_id,
                ],
            )
            if result is not None:
                async with connection.cursor() as cursor:
                    await cursor.executemany(
                        _ADD_FILL,
                        [
                            (backtest.backtest_id, sequence, *astuple(fill))
                            for sequence, fill in enumerate(result.fills, start=1)
                        ],
                    )

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

    async def fills(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[Fill]:
        """See `ports.Repository`."""
        rows = await select(self._pool, _FILLS, [backtest_id, after, count])
        return [Fill(**{**row, "side": Side(row["side"])}) for row in rows]

    async def equity(self, backtest_id: BacktestId) -> tuple[int, Int64Column, Int64Column]:
        """See `ports.Repository`."""
        rows = await select(self._pool, _EQUITY, [backtest_id])
        scale, times, equity = rows[0].values() if rows else (0, b"", b"")
        return scale, np.frombuffer(times, _INT64), np.frombuffer(equity, _INT64)


def _json(value: StrategyTerms | BacktestTerms | BacktestOutcome) -> Jsonb:
    document = asdict(value)
    if isinstance(value, StrategyTerms):
        document["spec"] = spec_to_document(value.spec)
    if isinstance(value, BacktestTerms):
        document["limits"] = value.limits.to_core()
        document["venue_terms"] = value.venue_terms.to_config()
    return Jsonb(document, dumps=lambda document: json.dumps(document, default=str))


def _backtest(row: DictRow) -> Backtest:
    outcome = row["outcome"]
    state = BacktestState(row["state"])
    return Backtest(
        backtest_id=BacktestId(row["backtest_id"]),
        strategy=_strategy(row["strategy"]),
        terms=_terms(row["terms"]),
        create_time_ns=row["create_time_ns"],
        state=state,
        progress=1.0 if state is BacktestState.SUCCEEDED else 0.0,
        outcome=None if outcome is None else _outcome(outcome),
        error=row["error"],
    )


def _strategy(document: dict[str, Any]) -> StrategyTerms:
    return StrategyTerms(
        strategy_id=StrategyId(document["strategy_id"]),
        spec=spec_from_document(document["spec"]),
        in_sample_models=tuple(document["in_sample_models"]),
    )


def _terms(document: dict[str, Any]) -> BacktestTerms:
    return BacktestTerms(
        **{
            **document,
            "initial_cash": Decimal(document["initial_cash"]),
            "venue_terms": VenueTerms.from_config(document["venue_terms"]),
            "limits": Limits.from_core(document["limits"]),
        }
    )


def _outcome(document: dict[str, Any]) -> BacktestOutcome:
    return BacktestOutcome(
        **{
            **document,
            "final_equity": Decimal(document["final_equity"]),
            "total_fees": Decimal(document["total_fees"]),
            "statistics": BacktestStatistics(**document["statistics"]),
        }
    )
