"""A small contract of tests, a real gRPC server that echoes it, and REST in front of it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import google.api
import grpc
import httpx
import pytest
from grpc_tools import protoc  # type: ignore[import-untyped]  # It ships no types.
from starlette.applications import Starlette

from algotrendy.errors import (
    AcknowledgementMissingError,
    SymbolNotFoundError,
    TokenError,
    from_reason,
)
from algotrendy.gateway.model import Claims, Role
from algotrendy.gateway.rest.contract import Contract
from algotrendy.gateway.rest.transcoder import Transcoder
from algotrendy.gateway.rest.web import build_web
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.person import USER_KEY
from algotrendy.rpc.server import create_server

HERE = Path(__file__).parent


class FakeAuthenticator:
    """Takes a role's name as its token."""

    def authenticate(self, token: str) -> Claims:
        if token not in Role.__members__:
            raise TokenError("The access token is malformed or not ours: log in again.")
        return Claims("anna", Role(token), 0, 1)


@pytest.fixture(scope="session")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    output = tmp_path_factory.mktemp("echo") / "echo.binpb"
    arguments = [
        "protoc",
        f"--proto_path={HERE}",
        f"--proto_path={Path(google.api.__path__[0]).parent.parent}",
        f"--proto_path={Path(protoc.__file__).parent / '_proto'}",
        f"--descriptor_set_out={output}",
        "--include_imports",
        "--include_source_info",
        "echo.proto",
    ]
    assert protoc.main(arguments) == 0
    return Contract(output.read_bytes())


@pytest.fixture
async def rest(echo: Contract) -> AsyncIterator[httpx.AsyncClient]:
    """REST over the echo server, with an admin's token."""
    server = create_server("echo")
    server.add_generic_rpc_handlers((_echo_handler(echo),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with Channels({"echo": f"127.0.0.1:{port}"}) as channels:
        transcoder = Transcoder(echo, channels, FakeAuthenticator())
        web = build_web(echo, transcoder, Starlette(), "1.2.3")
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(web),
            base_url="http://gateway",
            headers={"Authorization": "Bearer ADMIN"},
        ) as client:
            yield client
    await server.stop(None)


def _echo_handler(echo: Contract) -> "grpc.GenericRpcHandler[Any, Any]":
    async def answer(request: Any, context: Any) -> Any:
        if request.thing_id == "who":
            return type(request)(text=_user(context))
        return request

    async def fail(request: Any, context: object) -> Any:
        raise from_reason(request.thing_id, "Refused.", {"limit": "7"})

    async def watch(request: Any, context: Any) -> AsyncIterator[Any]:
        if request.thing_id == "who":
            yield type(request)(text=_user(context))
        if request.thing_id == "refused":
            raise SymbolNotFoundError("No data.", symbol="X")
        for number in range(request.count):
            yield type(request)(count=number)
        if request.thing_id == "late":
            raise AcknowledgementMissingError("risk did not answer.", consumer="risk")

    special: dict[str, Callable[..., Any]] = {"Watch": watch, "Fail": fail}
    handlers = {}
    for method in echo.methods:
        make: Any = (
            grpc.unary_stream_rpc_method_handler
            if method.server_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        handlers[method.name] = make(
            special.get(method.name, answer),
            request_deserializer=method.request.FromString,
            response_serializer=method.response.SerializeToString,
        )
    return grpc.method_handlers_generic_handler(echo.services[0], handlers)


def _user(context: Any) -> str:
    return str(dict(context.invocation_metadata()).get(USER_KEY))
