"""The schema of PostgreSQL: one linear history, each step plain SQL in `versions/`."""

from algotrendy.storage.migrations.upgrade import upgrade

__all__ = ["upgrade"]
