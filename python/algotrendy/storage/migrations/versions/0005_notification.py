"""The notification area's rules and what they delivered."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables; `sequence` is the order in which rows came."""
    op.execute("""
        CREATE TABLE notification_rules (
            rule_id text PRIMARY KEY,
            sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
            event_type text NOT NULL,
            template text NOT NULL,
            create_time_ns bigint NOT NULL
        )
    """)
    op.execute("CREATE INDEX ON notification_rules (event_type)")
    op.execute("""
        CREATE TABLE notifications (
            notification_id text PRIMARY KEY,
            sequence bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
            rule_id text NOT NULL,
            event_id text NOT NULL,
            event_type text NOT NULL,
            text text NOT NULL,
            event_time_ns bigint NOT NULL,
            destination text NOT NULL
        )
    """)
