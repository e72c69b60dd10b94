"""The gateway's ports in memory."""

from pathlib import Path

from algotrendy.errors import AlreadyExistsError
from algotrendy.gateway.model import User


class FakeUserRepository:
    """Users in a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[User, str]] = {}

    async def add(self, user: User, password_hash: str) -> None:
        """Add a user; `AlreadyExistsError` if there is one of that name."""
        if user.username in self.rows:
            raise AlreadyExistsError(f"There is a user {user.username}.", username=user.username)
        self.rows[user.username] = (user, password_hash)

    async def find(self, username: str) -> tuple[User, str] | None:
        """Return a user and the hash of its password."""
        return self.rows.get(username)

    async def list(self, after: str, limit: int) -> "list[User]":
        """Return at most `limit` users by name, those after `after`."""
        return [self.rows[name][0] for name in sorted(self.rows) if name > after][:limit]


class FakePasswordHasher:
    """Hashes fast, and notes what it verified: that is what takes time elsewhere."""

    def __init__(self) -> None:
        self.verified: list[str] = []

    async def hash(self, password: str) -> str:
        """Return a text that only this password has."""
        return f"hash of {password}"

    async def verify(self, password_hash: str, password: str) -> bool:
        """Tell whether the hash is this password's."""
        self.verified.append(password_hash)
        return password_hash == f"hash of {password}"


class FakeSecretStore:
    """Secrets in a dictionary."""

    def __init__(self) -> None:
        self.secrets: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        """Return a secret, if there is one."""
        return self.secrets.get(name)

    def write(self, name: str, content: bytes) -> Path:
        """Keep a secret."""
        self.secrets[name] = content
        return Path("secrets") / name
