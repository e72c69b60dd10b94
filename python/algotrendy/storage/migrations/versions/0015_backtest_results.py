"""Backtests keep their orders, positions and refusals, the account at every close, a manifest."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the tables of a run's rows; what ran before has none, and says how it was run."""
    op.execute("""
        ALTER TABLE backtests
            ADD COLUMN bar_count bigint NOT NULL DEFAULT 0,
            ADD COLUMN error_reason text NOT NULL DEFAULT '',
            ADD COLUMN cash bytea NOT NULL DEFAULT '',
            ADD COLUMN gross bytea NOT NULL DEFAULT '',
            ADD COLUMN net bytea NOT NULL DEFAULT '',
            ADD COLUMN manifest text NOT NULL DEFAULT '';
        UPDATE backtests SET
            terms = terms || '{"finish": "hold", "parameters": {}, "time_limit_ns": null}'::jsonb,
            outcome = outcome || '{"trades": null}'::jsonb;

        CREATE TABLE backtest_orders (
            backtest_id text NOT NULL REFERENCES backtests ON DELETE CASCADE,
            sequence bigint NOT NULL,
            order_id text NOT NULL,
            client_order_id text NOT NULL,
            symbol text NOT NULL,
            side text NOT NULL,
            order_type text NOT NULL,
            quantity numeric NOT NULL,
            limit_price numeric,
            stop_price numeric,
            time_in_force text NOT NULL,
            status text NOT NULL,
            filled_quantity numeric NOT NULL,
            create_time_ns bigint NOT NULL,
            end_time_ns bigint,
            reason text NOT NULL,
            rule text NOT NULL,
            PRIMARY KEY (backtest_id, sequence)
        );

        CREATE TABLE backtest_positions (
            backtest_id text NOT NULL REFERENCES backtests ON DELETE CASCADE,
            sequence bigint NOT NULL,
            symbol text NOT NULL,
            side text NOT NULL,
            quantity numeric NOT NULL,
            open_time_ns bigint NOT NULL,
            close_time_ns bigint,
            open_price numeric NOT NULL,
            close_price numeric,
            profit numeric NOT NULL,
            fees numeric NOT NULL,
            PRIMARY KEY (backtest_id, sequence)
        );

        CREATE TABLE backtest_rejections (
            backtest_id text NOT NULL REFERENCES backtests ON DELETE CASCADE,
            sequence bigint NOT NULL,
            order_id text NOT NULL,
            symbol text NOT NULL,
            time_ns bigint NOT NULL,
            reason text NOT NULL,
            rule text NOT NULL,
            "limit" text NOT NULL,
            observed text NOT NULL,
            PRIMARY KEY (backtest_id, sequence)
        );
    """)
