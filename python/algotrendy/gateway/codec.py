"""Users and logins, wire ↔ model."""

from algotrendy.api.gateway.v1 import auth_service_pb2 as pb
from algotrendy.errors import InvalidArgumentError
from algotrendy.gateway.model import Login, Role, User
from algotrendy.rpc.time import encode_time

_ROLES = {pb.ROLE_VIEWER: Role.VIEWER, pb.ROLE_ADMIN: Role.ADMIN}
_WIRE_ROLES = {role: wire for wire, role in _ROLES.items()}


def encode_user(user: User) -> pb.User:
    """Return a user for the wire."""
    return pb.User(
        username=user.username,
        role=_WIRE_ROLES[user.role],
        create_time=encode_time(user.create_time_ns),
    )


def encode_login(login: Login) -> pb.LoginResponse:
    """Return a login for the wire."""
    return pb.LoginResponse(
        access_token=login.access_token,
        expire_time=encode_time(login.claims.expire_time_ns),
        role=_WIRE_ROLES[login.claims.role],
    )


def decode_role(role: pb.Role.ValueType) -> Role:
    """Return a role; one must be named."""
    if role not in _ROLES:
        raise InvalidArgumentError("role must be ROLE_VIEWER or ROLE_ADMIN.", field="role")
    return _ROLES[role]
