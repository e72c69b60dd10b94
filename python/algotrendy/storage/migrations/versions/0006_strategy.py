"""Strategies and their deployments."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables of the strategy area."""
    op.execute("""
        CREATE TABLE strategies (
            strategy_id text PRIMARY KEY,
            display_name text NOT NULL,
            symbols text[] NOT NULL,
            model_id text NOT NULL,
            entry_probability double precision NOT NULL,
            exit_probability double precision NOT NULL,
            position_weight numeric NOT NULL,
            create_time_ns bigint NOT NULL
        );

        CREATE TABLE strategy_deployments (
            deployment_id text PRIMARY KEY,
            strategy_id text NOT NULL REFERENCES strategies,
            account_id text NOT NULL,
            state text NOT NULL,
            start_time_ns bigint NOT NULL,
            create_time_ns bigint NOT NULL,
            bar_count bigint NOT NULL,
            order_count bigint NOT NULL,
            rejected_count bigint NOT NULL,
            bar_to_signal jsonb NOT NULL,
            order_to_ack jsonb NOT NULL,
            error text NOT NULL,
            last_open_time_ns jsonb NOT NULL
        );
        CREATE INDEX strategy_deployments_active ON strategy_deployments (deployment_id)
            WHERE state = 'ACTIVE';
    """)
