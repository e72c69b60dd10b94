"""Backtests, their fills and their equity."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables of the backtest area; equity is a column of int64, little-endian."""
    op.execute("""
        CREATE TABLE backtests (
            backtest_id text PRIMARY KEY,
            strategy jsonb NOT NULL,
            terms jsonb NOT NULL,
            create_time_ns bigint NOT NULL,
            state text NOT NULL,
            outcome jsonb,
            error text NOT NULL,
            equity_scale integer NOT NULL DEFAULT 0,
            close_time_ns bytea NOT NULL DEFAULT '',
            equity bytea NOT NULL DEFAULT ''
        );
        CREATE INDEX backtests_running ON backtests (backtest_id) WHERE state = 'RUNNING';

        CREATE TABLE backtest_fills (
            backtest_id text NOT NULL REFERENCES backtests ON DELETE CASCADE,
            sequence bigint NOT NULL,
            symbol text NOT NULL,
            side text NOT NULL,
            quantity numeric NOT NULL,
            price numeric NOT NULL,
            fee numeric NOT NULL,
            fill_time_ns bigint NOT NULL,
            execution_id text NOT NULL,
            order_id text NOT NULL,
            client_order_id text NOT NULL,
            strategy_id text NOT NULL,
            PRIMARY KEY (backtest_id, sequence)
        );
    """)
