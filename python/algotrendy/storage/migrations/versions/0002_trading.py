"""The trading area's books as tables: a projection of its journals."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of portfolios, orders, trades and positions."""
    op.execute("""
        CREATE TABLE portfolios (
            id uuid PRIMARY KEY,
            display_name text NOT NULL,
            currency text NOT NULL,
            cash numeric NOT NULL DEFAULT 0,
            event_sequence bigint NOT NULL,
            create_time timestamptz NOT NULL,
            update_time timestamptz NOT NULL
        );

        CREATE TABLE orders (
            id uuid PRIMARY KEY,
            portfolio_id uuid NOT NULL REFERENCES portfolios,
            client_order_id text NOT NULL,
            venue_order_id text,
            symbol text NOT NULL,
            side text NOT NULL,
            order_type text NOT NULL,
            quantity numeric NOT NULL,
            limit_price numeric,
            time_in_force text NOT NULL,
            expire_time timestamptz,
            status text NOT NULL,
            filled_quantity numeric NOT NULL DEFAULT 0,
            avg_price numeric,
            reject_reason text,
            strategy text,
            event_sequence bigint NOT NULL,
            create_time timestamptz NOT NULL,
            update_time timestamptz NOT NULL,
            UNIQUE (portfolio_id, client_order_id)
        );
        CREATE INDEX orders_by_symbol ON orders (portfolio_id, symbol);

        CREATE TABLE trades (
            id uuid PRIMARY KEY,
            portfolio_id uuid NOT NULL REFERENCES portfolios,
            order_id uuid NOT NULL REFERENCES orders,
            execution_id text NOT NULL,
            symbol text NOT NULL,
            side text NOT NULL,
            quantity numeric NOT NULL,
            price numeric NOT NULL,
            fee numeric NOT NULL,
            strategy text,
            event_sequence bigint NOT NULL,
            trade_time timestamptz NOT NULL,
            UNIQUE (portfolio_id, execution_id)
        );
        CREATE INDEX trades_by_time ON trades (portfolio_id, trade_time);

        CREATE TABLE positions (
            id text PRIMARY KEY,
            portfolio_id uuid NOT NULL REFERENCES portfolios,
            symbol text NOT NULL,
            side text NOT NULL,
            quantity numeric NOT NULL,
            avg_price numeric,
            current_price numeric,
            unrealized_pnl numeric,
            realized_pnl numeric NOT NULL,
            strategy text,
            event_sequence bigint NOT NULL,
            open_time timestamptz NOT NULL,
            update_time timestamptz NOT NULL,
            UNIQUE (portfolio_id, symbol)
        );
    """)
