"""Users in PostgreSQL."""

from psycopg.errors import UniqueViolation
from psycopg_pool import AsyncConnectionPool

from algotrendy.errors import AlreadyExistsError
from algotrendy.gateway.model import Role, User

_ADD = """
INSERT INTO users (username, password_hash, role, create_time_ns) VALUES (%s, %s, %s, %s)
"""
_FIND = "SELECT username, role, create_time_ns, password_hash FROM users WHERE username = %s"
_LIST = """
SELECT username, role, create_time_ns FROM users WHERE username > %s ORDER BY username LIMIT %s
"""


class PostgresUserRepository:
    """The `UserRepository` port on the table `users`."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def add(self, user: User, password_hash: str) -> None:
        """Add a user; `AlreadyExistsError` if there is one of that name."""
        terms = (user.username, password_hash, user.role.value, user.create_time_ns)
        try:
            async with self._pool.connection() as connection:
                await connection.execute(_ADD, terms)
        except UniqueViolation as error:
            raise AlreadyExistsError(
                f"There is a user {user.username}.", username=user.username
            ) from error

    async def find(self, username: str) -> tuple[User, str] | None:
        """Return a user and the hash of its password."""
        if "\0" in username:
            # PostgreSQL's text holds none, so no user is called that.
            return None
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_FIND, [username])).fetchone()
        return None if row is None else (_user(row[:3]), row[3])

    async def list(self, after: str, limit: int) -> "list[User]":
        """Return at most `limit` users by name, those after `after` in its order."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_LIST, [after.replace("\0", ""), limit])
            return [_user(row) for row in await cursor.fetchall()]


def _user(row: tuple[str, str, int]) -> User:
    username, role, create_time_ns = row
    return User(username, Role(role), create_time_ns)
