"""What was stored of models and thresholds is read as expressions."""

from decimal import Decimal

import psycopg
import psycopg_pool
import pytest
from psycopg.types.json import Jsonb

from algotrendy.backtest.adapters.postgres import PostgresBacktests
from algotrendy.domain.ids import BacktestId, StrategyId
from algotrendy.domain.limits import Limits
from algotrendy.domain.strategy import Percent, StrategySpec
from algotrendy.storage.migrations import upgrade
from algotrendy.storage.pool import open_pool
from algotrendy.strategy.adapters.postgres import PostgresStrategies

pytestmark = pytest.mark.integration

SPEC = {
    "symbols": ["SPY"],
    "model_id": "direction-1",
    "entry_probability": 0.56,
    "exit_probability": 0.5,
    "position_weight": "0.5",
}
LIMITS = {"max_order_notional": "1000.50", "max_open_orders": 7, "allow_short": False}
TERMS = {
    "start_time_ns": 0,
    "initial_cash": "1000",
    "venue_terms": {"slippage_bps": "1", "fee_bps": "1"},
    "limits": {"version": 1, **LIMITS},
}


async def test_a_model_and_its_thresholds_become_an_entry_and_an_exit(empty_dsn: str) -> None:
    await upgrade(empty_dsn, to="0011")
    async with await psycopg.AsyncConnection.connect(empty_dsn, autocommit=True) as connection:
        await connection.execute("""
            INSERT INTO strategies (strategy_id, display_name, symbols, position_weight,
                create_time_ns, model_id, entry_probability, exit_probability)
            VALUES ('s', 'Rise', '{SPY}', 0.5, 1, 'direction-1', 0.56, 0.5);
        """)
        for backtest_id, in_sample in (("out", False), ("in", True)):
            await connection.execute(
                "INSERT INTO backtests (backtest_id, strategy, terms, create_time_ns, state, error)"
                " VALUES (%s, %s, %s, 1, 'FAILED', 'x')",
                [
                    backtest_id,
                    Jsonb({**SPEC, "strategy_id": "s"}),
                    Jsonb({**TERMS, "in_sample": in_sample}),
                ],
            )
    await upgrade(empty_dsn)
    async with open_pool(empty_dsn) as pool:
        await check(pool)


async def check(pool: psycopg_pool.AsyncConnectionPool) -> None:
    entry, leave = 'model("direction-1") >= 0.56', 'model("direction-1") <= 0.5'
    strategy = await PostgresStrategies(pool).find_strategy(StrategyId("s"))
    assert strategy is not None
    assert strategy.spec == StrategySpec(("SPY",), entry, leave, size=Percent(Decimal("0.5")))
    backtests = PostgresBacktests(pool)
    out = await backtests.find(BacktestId("out"))
    assert out is not None
    assert (out.strategy.spec.entry, out.strategy.in_sample_models) == (entry, ())
    assert out.terms.limits == Limits.of(
        1, max_order_notional=Decimal("1000.50"), max_open_orders=7
    )
    seen = await backtests.find(BacktestId("in"))
    assert seen is not None
    assert seen.strategy.spec.exit == 'model("direction-1", in_sample=True) <= 0.5'
    assert seen.strategy.in_sample_models == ("direction-1",)
