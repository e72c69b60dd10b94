"""Strategies and deployments in PostgreSQL: `strategies`, `strategy_deployments`."""

from dataclasses import asdict
from typing import Any, Final

import psycopg_pool
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from algotrendy.domain.ids import AccountId, DeploymentId, StrategyId
from algotrendy.domain.strategy_document import spec_from_document, spec_to_document
from algotrendy.storage.pool import select
from algotrendy.strategy.model import (
    Deployment,
    DeploymentState,
    Entry,
    LatencySummary,
    Strategy,
)

_ADD_STRATEGY: Final = """
INSERT INTO strategies (strategy_id, display_name, spec, create_time_ns)
VALUES (%s, %s, %s, %s)
ON CONFLICT (strategy_id) DO NOTHING
"""
_FIND_STRATEGY: Final = "SELECT * FROM strategies WHERE strategy_id = %s"
# Ids are UUIDv7: their order is that of creation.
_LIST_STRATEGIES: Final = """
SELECT * FROM strategies WHERE %(before)s::text IS NULL OR strategy_id < %(before)s
ORDER BY strategy_id DESC LIMIT %(count)s
"""
_ADD_DEPLOYMENT: Final = """
INSERT INTO strategy_deployments (deployment_id, strategy_id, account_id, state, start_time_ns,
    create_time_ns, bar_count, order_count, rejected_count, bar_to_signal, order_to_ack, error,
    last_open_time_ns, entries)
VALUES (%(deployment_id)s, %(strategy_id)s, %(account_id)s, %(state)s, %(start_time_ns)s,
    %(create_time_ns)s, %(bar_count)s, %(order_count)s, %(rejected_count)s, %(bar_to_signal)s,
    %(order_to_ack)s, %(error)s, %(last_open_time_ns)s, %(entries)s)
ON CONFLICT (deployment_id) DO NOTHING
"""
_SAVE_DEPLOYMENT: Final = """
UPDATE strategy_deployments SET state = %(state)s, bar_count = %(bar_count)s,
    order_count = %(order_count)s, rejected_count = %(rejected_count)s,
    bar_to_signal = %(bar_to_signal)s, order_to_ack = %(order_to_ack)s, error = %(error)s,
    last_open_time_ns = %(last_open_time_ns)s, entries = %(entries)s
WHERE deployment_id = %(deployment_id)s
"""
_FIND_DEPLOYMENT: Final = "SELECT * FROM strategy_deployments WHERE deployment_id = %s"
_ACTIVE_DEPLOYMENTS: Final = """
SELECT * FROM strategy_deployments WHERE state = 'ACTIVE' ORDER BY deployment_id
"""


class PostgresStrategies:
    """See `ports.Repository`."""

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool) -> None:
        self._pool = pool

    async def add_strategy(self, strategy: Strategy) -> None:
        """See `ports.Repository`."""
        await self._execute(
            _ADD_STRATEGY,
            [
                strategy.strategy_id,
                strategy.display_name,
                Jsonb(spec_to_document(strategy.spec)),
                strategy.create_time_ns,
            ],
        )

    async def find_strategy(self, strategy_id: StrategyId) -> Strategy | None:
        """See `ports.Repository`."""
        rows = await select(self._pool, _FIND_STRATEGY, [strategy_id])
        return _strategy(rows[0]) if rows else None

    async def list_strategies(self, count: int, before: StrategyId | None) -> list[Strategy]:
        """See `ports.Repository`."""
        rows = await select(self._pool, _LIST_STRATEGIES, {"before": before, "count": count})
        return [_strategy(row) for row in rows]

    async def add_deployment(self, deployment: Deployment) -> None:
        """See `ports.Repository`."""
        await self._execute(_ADD_DEPLOYMENT, _parameters(deployment))

    async def save_deployment(self, deployment: Deployment) -> None:
        """See `ports.Repository`."""
        await self._execute(_SAVE_DEPLOYMENT, _parameters(deployment))

    async def find_deployment(self, deployment_id: DeploymentId) -> Deployment | None:
        """See `ports.Repository`."""
        rows = await select(self._pool, _FIND_DEPLOYMENT, [deployment_id])
        return _deployment(rows[0]) if rows else None

    async def active_deployments(self) -> list[Deployment]:
        """See `ports.Repository`."""
        return [_deployment(row) for row in await select(self._pool, _ACTIVE_DEPLOYMENTS, [])]

    async def _execute(self, query: str, parameters: list[Any] | dict[str, Any]) -> None:
        async with self._pool.connection() as connection:
            await connection.execute(query, parameters)


def _parameters(deployment: Deployment) -> dict[str, Any]:
    return {
        **vars(deployment),
        "state": deployment.state.value,
        "bar_to_signal": Jsonb(asdict(deployment.bar_to_signal)),
        "order_to_ack": Jsonb(asdict(deployment.order_to_ack)),
        "last_open_time_ns": Jsonb(dict(deployment.last_open_time_ns)),
        "entries": Jsonb([asdict(entry) for entry in deployment.entries]),
    }


def _strategy(row: DictRow) -> Strategy:
    return Strategy(
        strategy_id=StrategyId(row["strategy_id"]),
        display_name=row["display_name"],
        spec=spec_from_document(row["spec"]),
        create_time_ns=row["create_time_ns"],
    )


def _deployment(row: DictRow) -> Deployment:
    return Deployment(
        **{
            **row,
            "deployment_id": DeploymentId(row["deployment_id"]),
            "strategy_id": StrategyId(row["strategy_id"]),
            "account_id": AccountId(row["account_id"]),
            "state": DeploymentState(row["state"]),
            "bar_to_signal": LatencySummary(**row["bar_to_signal"]),
            "order_to_ack": LatencySummary(**row["order_to_ack"]),
            "last_open_time_ns": tuple(sorted(row["last_open_time_ns"].items())),
            "entries": tuple(Entry(**entry) for entry in row["entries"]),
        }
    )
