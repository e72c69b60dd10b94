"""Limits that were stored as columns are read as documents."""

import uuid
from decimal import Decimal

import psycopg
import pytest

from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.risk.adapters.postgres import PostgresLimits
from algotrendy.storage.migrations import upgrade
from algotrendy.storage.pool import open_pool

pytestmark = pytest.mark.integration


async def test_a_column_becomes_a_hard_limit_of_the_account(empty_dsn: str) -> None:
    account_id = AccountId(str(uuid.uuid4()))
    await upgrade(empty_dsn, to="0012")
    async with await psycopg.AsyncConnection.connect(empty_dsn, autocommit=True) as connection:
        await connection.execute(
            """
            INSERT INTO risk_limits (
                account_id, version, max_order_quantity, max_order_notional,
                max_position_notional, max_open_orders, price_collar_bps, max_reference_age_s,
                allow_short, apply_time
            ) VALUES
                (%(id)s, 1, NULL, NULL, NULL, NULL, NULL, NULL, true, now()),
                (%(id)s, 2, 10.5, 1000, 2000, 3, 100, 60, false, NULL)
            """,
            {"id": account_id},
        )
    await upgrade(empty_dsn)
    async with open_pool(empty_dsn) as pool:
        repository = PostgresLimits(pool)
        assert await repository.in_force(account_id) == Limits.of(1, allow_short=True)
        assert await repository.latest(account_id) == Limits.of(
            2,
            max_order_quantity=Decimal("10.5"),
            max_order_notional=1000,
            max_position_notional=2000,
            max_open_orders=3,
            price_collar_bps=100,
            max_reference_age_s=60,
        )
