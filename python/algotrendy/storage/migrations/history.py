"""Alembic, as this project uses it."""

from pathlib import Path

import alembic.command
import psycopg
import sqlalchemy
import sqlalchemy.exc
from alembic.config import Config

from algotrendy.errors import UnavailableError

_FOLDER = Path(__file__).parent
# Any number of our own: two processes that start at once migrate one after the other.
_LOCK_ID = 7_270_144_017


def configuration() -> Config:
    """Return alembic's configuration, for which no file is needed."""
    config = Config()
    # The path may hold a percent sign, which the configuration's language would interpolate.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def upgrade(dsn: str, to: str) -> None:
    """Apply what is missing, in one transaction; raises `UnavailableError` as its caller says."""
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
            alembic.command.upgrade(config, to)
    except sqlalchemy.exc.OperationalError as error:
        raise UnavailableError(f"PostgreSQL does not answer: {error.orig}.") from error
