"""Users, what they may do, and the tokens that prove who they are."""

import re
from dataclasses import dataclass
from enum import StrEnum

from algotrendy.errors import InvalidArgumentError

PASSWORD_LENGTHS = range(12, 129)

_USERNAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class Role(StrEnum):
    """What a user may do."""

    VIEWER = "VIEWER"
    ADMIN = "ADMIN"

    def may_call(self, *, read_only: bool) -> bool:
        """Tell whether the role allows a call, which changes something unless `read_only`."""
        return read_only or self is Role.ADMIN


@dataclass(frozen=True)
class User:
    """One who may use the platform."""

    username: str
    role: Role
    create_time_ns: int

    def __post_init__(self) -> None:
        if not _USERNAME.fullmatch(self.username):
            raise InvalidArgumentError(
                "username must be 1 to 64 letters, digits, '.', '_' or '-'.", field="username"
            )


@dataclass(frozen=True)
class Claims:
    """What an access token says."""

    username: str
    role: Role
    issue_time_ns: int
    expire_time_ns: int


@dataclass(frozen=True)
class Login:
    """A successful login."""

    access_token: str
    claims: Claims


def check_password(password: str) -> None:
    """Refuse a password that is too short to be safe or too long to be hashed cheaply."""
    if len(password) not in PASSWORD_LENGTHS:
        raise InvalidArgumentError(
            f"password must have {PASSWORD_LENGTHS[0]} to {PASSWORD_LENGTHS[-1]} characters.",
            field="password",
        )
