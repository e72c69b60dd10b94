"""The ids that requests were given."""

from alembic import op

revision = "0011"
down_revision = "0009"


def upgrade() -> None:
    """Make the table of requests."""
    op.execute("""
        CREATE TABLE requests (
            area text NOT NULL,
            request_id text NOT NULL,
            fingerprint bytea NOT NULL,
            resource_id text NOT NULL,
            create_time timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (area, request_id)
        )
    """)
