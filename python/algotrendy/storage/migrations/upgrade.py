"""Brings a database up to this version's schema."""

import asyncio
import logging
from pathlib import Path

import alembic.command
import psycopg
import sqlalchemy
from alembic.config import Config

from algotrendy.errors import UnavailableError

_FOLDER = Path(__file__).parent
# Any number of our own: two processes that start at once migrate one after the other.
_LOCK_ID = 7_270_144_017


async def upgrade(dsn: str) -> None:
    """Apply the migrations that the database at `dsn` lacks; none, if it is current.

    Raises
    ------
    UnavailableError
        The server does not answer.
    """
    await asyncio.to_thread(_upgrade, dsn)


def configuration() -> Config:
    """Return alembic's configuration, for which no file is needed."""
    config = Config()
    # The path may hold a percent sign, which the configuration's language would interpolate.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def _upgrade(dsn: str) -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(dsn),
        poolclass=sqlalchemy.NullPool,
    )
    config = configuration()
    try:
        with engine.begin() as connection:
            connection.execute(
                sqlalchemy.text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID}
            )
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "heads")
    except sqlalchemy.exc.OperationalError as error:
        raise UnavailableError(f"PostgreSQL does not answer: {error.orig}.") from error
