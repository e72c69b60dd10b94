"""What the gateway needs of others."""

from pathlib import Path
from typing import Protocol

from algotrendy.gateway.model import Claims, User


class UserRepository(Protocol):
    """Keeps users and the hashes of their passwords."""

    async def add(self, user: User, password_hash: str) -> None:
        """Add a user; `AlreadyExistsError` if there is one of that name."""

    async def find(self, username: str) -> tuple[User, str] | None:
        """Return a user and the hash of its password."""

    async def list(self, after: str, limit: int) -> "list[User]":
        """Return at most `limit` users by name, those after `after` in its order."""


class PasswordHasher(Protocol):
    """Hashes passwords, slowly on purpose."""

    async def hash(self, password: str) -> str:
        """Return a salted hash."""

    async def verify(self, password_hash: str, password: str) -> bool:
        """Tell whether the hash is this password's."""


class TokenIssuer(Protocol):
    """Signs claims and reads them back."""

    def issue(self, claims: Claims) -> str:
        """Return a signed token."""

    def read(self, token: str) -> Claims:
        """Return a token's claims; `TokenError` unless it was signed here. Ignores its expiry."""


class SecretStore(Protocol):
    """Keeps secrets where only their owner reads them."""

    def read(self, name: str) -> bytes | None:
        """Return a secret, if there is one."""

    def write(self, name: str, content: bytes) -> Path:
        """Keep a secret; return where."""
