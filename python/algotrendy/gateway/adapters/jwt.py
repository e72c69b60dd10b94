"""Access tokens as JSON Web Tokens (RFC 7519), signed with HS256."""

import secrets

import jwt

from algotrendy.domain.clock import SECOND_NS
from algotrendy.errors import TokenError
from algotrendy.gateway.model import Claims, Role
from algotrendy.gateway.ports import SecretStore

SECRET_NAME = "jwt-secret"  # noqa: S105  # A file's name.

_ALGORITHM = "HS256"
_ISSUER = "algotrendy"
_SECRET_BYTES = 32


class JwtIssuer:
    """The `TokenIssuer` port on PyJWT. Times are whole seconds, as the standard has them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, claims: Claims) -> str:
        """Return a signed token."""
        payload = {
            "iss": _ISSUER,
            "sub": claims.username,
            "role": claims.role.value,
            "iat": claims.issue_time_ns // SECOND_NS,
            "exp": claims.expire_time_ns // SECOND_NS,
        }
        return jwt.encode(payload, self._secret, algorithm=_ALGORITHM)

    def read(self, token: str) -> Claims:
        """Return a token's claims; its expiry is the service's to check, on its clock."""
        try:
            payload = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={
                    "require": ["sub", "iat", "exp"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            return Claims(
                username=str(payload["sub"]),
                role=Role(payload["role"]),
                issue_time_ns=int(payload["iat"]) * SECOND_NS,
                expire_time_ns=int(payload["exp"]) * SECOND_NS,
            )
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise TokenError("The access token is malformed or not ours: log in again.") from error


def load_secret(store: SecretStore) -> bytes:
    """Return the signing secret, made at random on first use."""
    secret = store.read(SECRET_NAME)
    if secret is None or len(secret) < _SECRET_BYTES:
        secret = secrets.token_bytes(_SECRET_BYTES)
        store.write(SECRET_NAME, secret)
    return secret
