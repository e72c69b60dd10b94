"""Passwords hashed by Argon2id, away from the event loop."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

# A hash takes 64 MiB: a flood of logins waits in line instead of taking all memory.
_CONCURRENCY = 2


class Argon2PasswordHasher:
    """The `PasswordHasher` port on Argon2id with the parameters of RFC 9106 (low memory)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(_CONCURRENCY)

    async def hash(self, password: str) -> str:
        """Return a salted hash, with its parameters in it."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password_hash: str, password: str) -> bool:
        """Tell whether the hash is this password's."""
        async with self._slots:
            return await asyncio.to_thread(self._verify, password_hash, password)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except VerificationError:
            return False
