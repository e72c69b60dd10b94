"""Logins, users and tokens."""

import jwt
import pytest

from algotrendy.errors import (
    AlreadyExistsError,
    InvalidArgumentError,
    LoginError,
    TokenError,
)
from algotrendy.gateway.adapters.argon2 import Argon2PasswordHasher
from algotrendy.gateway.adapters.jwt import JwtIssuer, load_secret
from algotrendy.gateway.model import Claims, Role
from algotrendy.gateway.service import ADMIN_PASSWORD_SECRET, TOKEN_LIFETIME_NS, AuthService
from algotrendy.testing.gateway import FakePasswordHasher, FakeSecretStore, FakeUserRepository

NOON_NS = 1_500_000_000 * 10**9
SECRET = b"s" * 32
PASSWORD = "correct horse battery"
CLAIMS = Claims("anna", Role.VIEWER, NOON_NS, NOON_NS + TOKEN_LIFETIME_NS)


class SetClock:
    def __init__(self) -> None:
        self.time_ns = NOON_NS

    def now_ns(self) -> int:
        return self.time_ns


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def hasher() -> FakePasswordHasher:
    return FakePasswordHasher()


@pytest.fixture
def auth(clock: SetClock, hasher: FakePasswordHasher) -> AuthService:
    return AuthService(FakeUserRepository(), hasher, JwtIssuer(SECRET), clock, "decoy")


async def test_a_login_gives_a_token_that_tells_who_and_what_role(auth: AuthService) -> None:
    await auth.create_user("anna", PASSWORD, Role.VIEWER)
    login = await auth.login("anna", PASSWORD)
    assert login.claims == CLAIMS
    assert auth.authenticate(login.access_token) == CLAIMS


async def test_a_wrong_password_and_an_unknown_user_are_refused_alike(
    auth: AuthService, hasher: FakePasswordHasher
) -> None:
    await auth.create_user("anna", PASSWORD, Role.VIEWER)
    with pytest.raises(LoginError) as wrong:
        await auth.login("anna", "wrong horse battery")
    with pytest.raises(LoginError) as unknown:
        await auth.login("otto", PASSWORD)
    assert wrong.value.message == unknown.value.message
    assert hasher.verified == [f"hash of {PASSWORD}", "decoy"]


async def test_the_decoys_own_password_lets_nobody_in(auth: AuthService) -> None:
    auth._decoy_hash = f"hash of {PASSWORD}"
    with pytest.raises(LoginError):
        await auth.login("otto", PASSWORD)


async def test_an_expired_token_is_refused(auth: AuthService, clock: SetClock) -> None:
    await auth.create_user("anna", PASSWORD, Role.VIEWER)
    token = (await auth.login("anna", PASSWORD)).access_token
    clock.time_ns += TOKEN_LIFETIME_NS - 1
    assert auth.authenticate(token).username == "anna"
    clock.time_ns += 1
    with pytest.raises(TokenError, match="expired"):
        auth.authenticate(token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        JwtIssuer(b"x" * 32).issue(CLAIMS),
        jwt.encode({"sub": "anna", "role": "ADMIN", "iat": 0, "exp": 2**40}, SECRET),
        jwt.encode({"iss": "algotrendy", "sub": "anna", "role": "ADMIN", "iat": 0}, SECRET),
        jwt.encode({"iss": "algotrendy", "sub": "a", "role": "GOD", "iat": 0, "exp": 1}, SECRET),
        jwt.encode({"iss": "algotrendy", "sub": "a", "iat": 0, "exp": 2**40}, SECRET),
        jwt.encode(
            {"iss": "algotrendy", "sub": "a", "role": "ADMIN", "iat": 0, "exp": 2**40},
            "",
            algorithm="none",
        ),
    ],
    ids=["empty", "nonsense", "foreign", "issuer", "expiry", "role", "no role", "unsigned"],
)
def test_a_token_that_is_not_ours_is_refused(auth: AuthService, token: str) -> None:
    with pytest.raises(TokenError):
        auth.authenticate(token)


@pytest.mark.parametrize("username", ["", "a b", "ä", "x" * 65, "a\n", "../a"])
async def test_a_username_of_other_letters_is_refused(auth: AuthService, username: str) -> None:
    with pytest.raises(InvalidArgumentError, match="username"):
        await auth.create_user(username, PASSWORD, Role.VIEWER)


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 129])
async def test_a_password_of_a_bad_length_is_refused(auth: AuthService, password: str) -> None:
    with pytest.raises(InvalidArgumentError, match="12 to 128"):
        await auth.create_user("anna", password, Role.VIEWER)


async def test_a_name_is_given_once(auth: AuthService) -> None:
    await auth.create_user("anna", PASSWORD, Role.VIEWER)
    with pytest.raises(AlreadyExistsError):
        await auth.create_user("anna", PASSWORD, Role.ADMIN)


async def test_users_are_listed_by_name_a_page_at_a_time(auth: AuthService) -> None:
    for name in ("otto", "anna", "kim"):
        await auth.create_user(name, PASSWORD, Role.VIEWER)
    first = await auth.list_users(2, "")
    assert [user.username for user in first.users] == ["anna", "kim"]
    second = await auth.list_users(2, first.next_page_token)
    assert [user.username for user in second.users] == ["otto"]
    assert second.next_page_token == ""


async def test_the_first_start_adds_an_admin_with_a_random_password(auth: AuthService) -> None:
    store = FakeSecretStore()
    path = await auth.ensure_admin(store)
    assert path is not None
    assert path.name == ADMIN_PASSWORD_SECRET
    password = store.secrets[ADMIN_PASSWORD_SECRET].decode().strip()
    assert len(password) >= 24
    assert (await auth.login("admin", password)).claims.role is Role.ADMIN
    assert await auth.ensure_admin(store) is None


def test_the_signing_secret_is_random_and_kept() -> None:
    store = FakeSecretStore()
    secret = load_secret(store)
    assert len(secret) == 32
    assert load_secret(store) == secret
    assert load_secret(FakeSecretStore()) != secret


async def test_argon2_knows_its_own_passwords_alone() -> None:
    hasher = Argon2PasswordHasher()
    password_hash = await hasher.hash(PASSWORD)
    assert password_hash.startswith("$argon2id$")
    assert await hasher.verify(password_hash, PASSWORD)
    assert not await hasher.verify(password_hash, "wrong horse battery")
