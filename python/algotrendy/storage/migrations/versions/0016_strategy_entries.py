"""Deployments keep the entries of what they hold, so that stops after bars outlive a restart."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the entries; of what is held already, none are known."""
    op.execute(
        "ALTER TABLE strategy_deployments ADD COLUMN entries jsonb NOT NULL DEFAULT '[]'::jsonb"
    )
