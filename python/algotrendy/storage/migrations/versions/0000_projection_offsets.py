"""How far each projection has followed the stream of events."""

from alembic import op

revision = "0000"
down_revision = None


def upgrade() -> None:
    """Make the table of offsets."""
    op.execute("""
        CREATE TABLE projection_offsets (
            name text PRIMARY KEY,
            stream_sequence bigint NOT NULL CHECK (stream_sequence > 0)
        )
    """)
