"""Limits, exposures and alerts."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of the risk area."""
    op.execute("""
        CREATE TABLE risk_limits (
            account_id uuid NOT NULL,
            version bigint NOT NULL CHECK (version > 0),
            max_order_quantity numeric,
            max_order_notional numeric,
            max_position_notional numeric,
            max_open_orders bigint,
            price_collar_bps bigint,
            max_reference_age_s bigint,
            allow_short boolean NOT NULL,
            create_time timestamptz NOT NULL DEFAULT now(),
            apply_time timestamptz,
            PRIMARY KEY (account_id, version)
        );

        CREATE TABLE risk_accounts (
            account_id uuid PRIMARY KEY,
            cash numeric NOT NULL DEFAULT 0,
            event_sequence bigint NOT NULL
        );

        CREATE TABLE risk_exposures (
            account_id uuid NOT NULL REFERENCES risk_accounts,
            symbol text NOT NULL,
            multiplier bigint NOT NULL,
            quantity numeric NOT NULL DEFAULT 0,
            price numeric,
            price_time_ns bigint,
            beyond_limit boolean NOT NULL DEFAULT false,
            PRIMARY KEY (account_id, symbol)
        );

        CREATE TABLE risk_alerts (
            sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            alert_id uuid NOT NULL UNIQUE,
            account_id uuid NOT NULL,
            rule text NOT NULL,
            symbol text NOT NULL,
            limit_value text NOT NULL,
            observed text NOT NULL,
            create_time_ns bigint NOT NULL
        );
        CREATE INDEX risk_alerts_by_account ON risk_alerts (account_id, sequence);
    """)
