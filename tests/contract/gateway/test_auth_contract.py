"""`AuthService` over a real gRPC server."""

from collections.abc import AsyncIterator

import pytest

from algotrendy.api.gateway.v1 import auth_service_pb2 as pb
from algotrendy.api.gateway.v1 import auth_service_pb2_grpc
from algotrendy.domain.clock import SystemClock
from algotrendy.errors import AlreadyExistsError, InvalidArgumentError, LoginError
from algotrendy.gateway.adapters.jwt import JwtIssuer
from algotrendy.gateway.service import AuthService
from algotrendy.gateway.servicer import AuthServicer
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.server import create_server
from algotrendy.testing.gateway import FakePasswordHasher, FakeUserRepository

PASSWORD = "correct horse battery"
ANNA = pb.CreateUserRequest(username="anna", password=PASSWORD, role=pb.ROLE_ADMIN)


@pytest.fixture
async def stub() -> "AsyncIterator[auth_service_pb2_grpc.AuthServiceAsyncStub]":
    auth = AuthService(
        FakeUserRepository(), FakePasswordHasher(), JwtIssuer(b"s" * 32), SystemClock(), "decoy"
    )
    server = create_server("gateway")
    auth_service_pb2_grpc.add_AuthServiceServicer_to_server(AuthServicer(auth), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with Channels({"gateway": f"127.0.0.1:{port}"}) as channels:
        yield auth_service_pb2_grpc.AuthServiceStub(channels.to("gateway"))
    await server.stop(None)


async def test_a_user_is_created_logs_in_and_is_listed(
    stub: "auth_service_pb2_grpc.AuthServiceAsyncStub",
) -> None:
    created = (await stub.CreateUser(ANNA)).user
    assert (created.username, created.role) == ("anna", pb.ROLE_ADMIN)
    assert created.create_time.seconds > 0
    login = await stub.Login(pb.LoginRequest(username="anna", password=PASSWORD))
    assert (login.role, bool(login.access_token)) == (pb.ROLE_ADMIN, True)
    assert login.expire_time.seconds > created.create_time.seconds
    assert list((await stub.ListUsers(pb.ListUsersRequest())).users) == [created]


async def test_a_user_that_exists_is_refused(
    stub: "auth_service_pb2_grpc.AuthServiceAsyncStub",
) -> None:
    await stub.CreateUser(ANNA)
    with pytest.raises(AlreadyExistsError) as refusal:
        await stub.CreateUser(ANNA)
    assert refusal.value.metadata == {"username": "anna"}


async def test_a_wrong_login_is_refused(
    stub: "auth_service_pb2_grpc.AuthServiceAsyncStub",
) -> None:
    with pytest.raises(LoginError):
        await stub.Login(pb.LoginRequest(username="anna", password=PASSWORD))


async def test_a_user_without_a_role_is_refused(
    stub: "auth_service_pb2_grpc.AuthServiceAsyncStub",
) -> None:
    with pytest.raises(InvalidArgumentError, match="role"):
        await stub.CreateUser(pb.CreateUserRequest(username="anna", password=PASSWORD))


@pytest.mark.parametrize("page_size", [-1, 1001])
async def test_a_page_of_a_bad_size_is_refused(
    stub: "auth_service_pb2_grpc.AuthServiceAsyncStub", page_size: int
) -> None:
    with pytest.raises(InvalidArgumentError, match="page_size"):
        await stub.ListUsers(pb.ListUsersRequest(page_size=page_size))
