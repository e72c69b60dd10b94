"""The schema of PostgreSQL: one linear history, each step plain SQL in `versions/`."""

import asyncio
import logging


async def upgrade(dsn: str, *, to: str = "heads") -> None:
    """Apply the migrations that the database at `dsn` lacks up to one; none, if it is there.

    Raises
    ------
    UnavailableError
        The server does not answer.
    """
    await asyncio.to_thread(_upgrade, dsn, to)


def _upgrade(dsn: str, to: str) -> None:
    # Its lines about its own plugins, written at import, are of no use to operators.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Alembic takes over a second to import: in this thread, other starts go on meanwhile.
    from algotrendy.storage.migrations import history  # noqa: PLC0415  # Alembic is slow to import.

    history.upgrade(dsn, to)
