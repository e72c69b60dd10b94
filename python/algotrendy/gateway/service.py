"""Who may use the platform: logins, users, tokens."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from algotrendy.domain.clock import HOUR_NS, Clock
from algotrendy.errors import AlreadyExistsError, LoginError, TokenError
from algotrendy.gateway.model import PASSWORD_LENGTHS, Claims, Login, Role, User, check_password
from algotrendy.gateway.ports import PasswordHasher, SecretStore, TokenIssuer, UserRepository

ADMIN_USERNAME = "admin"
ADMIN_PASSWORD_SECRET = "admin-password"  # noqa: S105  # A file's name.
TOKEN_LIFETIME_NS = 12 * HOUR_NS


@dataclass(frozen=True)
class UserPage:
    """A page of users, and where the next one starts; empty when this was the last."""

    users: list[User]
    next_page_token: str


class AuthService:
    """Logs users in, adds them, and tells who a token's bearer is."""

    def __init__(
        self,
        users: UserRepository,
        hasher: PasswordHasher,
        tokens: TokenIssuer,
        clock: Clock,
        decoy_hash: str,
    ) -> None:
        self._users = users
        self._hasher = hasher
        self._tokens = tokens
        self._clock = clock
        self._decoy_hash = decoy_hash

    async def login(self, username: str, password: str) -> Login:
        """Exchange a name and a password for an access token."""
        found = await self._users.find(username)
        # An unknown user is verified against a decoy, so that the time taken tells no names.
        password_hash = found[1] if found else self._decoy_hash
        candidate = password[: PASSWORD_LENGTHS[-1] + 1]
        if not await self._hasher.verify(password_hash, candidate) or found is None:
            raise LoginError("The user name or the password is wrong.")
        now_ns = self._clock.now_ns()
        claims = Claims(username, found[0].role, now_ns, now_ns + TOKEN_LIFETIME_NS)
        return Login(self._tokens.issue(claims), claims)

    def authenticate(self, token: str) -> Claims:
        """Return the claims of a token that is ours and has not expired."""
        claims = self._tokens.read(token)
        if claims.expire_time_ns <= self._clock.now_ns():
            raise TokenError("The access token has expired: log in again.")
        return claims

    async def create_user(self, username: str, password: str, role: Role) -> User:
        """Add a user."""
        user = User(username, role, self._clock.now_ns())
        check_password(password)
        if await self._users.find(username):
            # Found out before the costly hash; `add` still guards against a race.
            raise AlreadyExistsError(f"There is a user {username}.", username=username)
        await self._users.add(user, await self._hasher.hash(password))
        return user

    async def list_users(self, page_size: int, page_token: str) -> UserPage:
        """Return at most `page_size` users, by name, those after the user the token names."""
        users = await self._users.list(after=page_token, limit=page_size + 1)
        more = len(users) > page_size
        return UserPage(users[:page_size], users[page_size - 1].username if more else "")

    async def ensure_admin(self, store: SecretStore) -> Path | None:
        """Add the first admin where there is no user; return the file of its random password."""
        if await self._users.list(after="", limit=1):
            return None
        password = secrets.token_urlsafe(24)
        # The file first: a user whose password nobody knows would lock everybody out.
        path = store.write(ADMIN_PASSWORD_SECRET, f"{password}\n".encode())
        await self.create_user(ADMIN_USERNAME, password, Role.ADMIN)
        return path
