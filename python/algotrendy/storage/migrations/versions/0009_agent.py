"""The agent area's order previews."""

from alembic import op

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    """Make the table. It holds the hash of a token, so that reading it places no order."""
    op.execute("""
        CREATE TABLE agent_previews (
            token_hash bytea PRIMARY KEY,
            expire_time_ns bigint NOT NULL,
            confirm_time_ns bigint,
            account_id text NOT NULL,
            client_order_id text NOT NULL,
            symbol text NOT NULL,
            side text NOT NULL,
            quantity numeric NOT NULL,
            limit_price numeric
        )
    """)
    op.execute("CREATE INDEX ON agent_previews (expire_time_ns) WHERE confirm_time_ns IS NULL")
