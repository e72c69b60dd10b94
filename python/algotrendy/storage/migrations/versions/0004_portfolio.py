"""The portfolio area's books, holdings and flows."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables. Amounts are `numeric`: exact, and of the scale they were written with."""
    op.execute("""
        CREATE TABLE portfolio_books (
            -- UUIDv7 as text, so that pages go from the oldest on in any collation.
            portfolio_id text COLLATE "C" PRIMARY KEY,
            display_name text NOT NULL,
            currency text NOT NULL,
            update_time_ns bigint NOT NULL,
            cash numeric NOT NULL,
            net_deposits numeric NOT NULL,
            total_fees numeric NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE portfolio_holdings (
            portfolio_id text COLLATE "C" NOT NULL REFERENCES portfolio_books,
            symbol text NOT NULL,
            multiplier bigint NOT NULL,
            notional_scale integer NOT NULL,
            quantity numeric NOT NULL,
            total_cost numeric NOT NULL,
            realized_pnl numeric NOT NULL,
            last_fill_price numeric,
            PRIMARY KEY (portfolio_id, symbol)
        )
    """)
    op.execute("""
        CREATE TABLE portfolio_flows (
            portfolio_id text COLLATE "C" NOT NULL REFERENCES portfolio_books,
            sequence bigint NOT NULL,
            time_ns bigint NOT NULL,
            cash numeric NOT NULL,
            symbol text NOT NULL,
            quantity numeric NOT NULL,
            price numeric NOT NULL,
            PRIMARY KEY (portfolio_id, sequence)
        )
    """)
