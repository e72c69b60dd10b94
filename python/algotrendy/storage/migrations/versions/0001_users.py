"""Who may use the platform."""

from alembic import op

revision = "0001"
down_revision = "0000"


def upgrade() -> None:
    """Make the table of users."""
    op.execute("""
        CREATE TABLE users (
            username text COLLATE "C" PRIMARY KEY,
            password_hash text NOT NULL,
            role text NOT NULL CHECK (role IN ('VIEWER', 'ADMIN')),
            create_time_ns bigint NOT NULL
        )
    """)
