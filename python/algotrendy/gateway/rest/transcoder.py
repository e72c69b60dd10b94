"""Answers `/api/v1`: a request in JSON becomes a gRPC call, its answer JSON again."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Protocol

from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from algotrendy.errors import (
    AlgoTrendyError,
    InvalidArgumentError,
    PermissionDeniedError,
    TokenError,
)
from algotrendy.gateway.model import Claims
from algotrendy.gateway.rest.contract import Contract, Method
from algotrendy.gateway.rest.problem import HttpRefusal, Problems
from algotrendy.gateway.rest.protojson import write_message
from algotrendy.gateway.rest.routing import Route, Router, build_request
from algotrendy.rpc.channels import Channels
from algotrendy.rpc.person import USER_KEY

PUBLIC_METHODS = frozenset({"algotrendy.api.gateway.v1.AuthService.Login"})
BODY_LIMIT_BYTES = 1024 * 1024
# Long, because training and importing answer when they are done.
TIMEOUT_S = 120.0

_Metadata = tuple[tuple[str, str], ...]

_STREAM_MEDIA_TYPE = "application/x-ndjson"
_API_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# Below this, writing JSON takes less than a millisecond; above, a thread keeps the loop free.
_INLINE_LIMIT_BYTES = 16 * 1024


class Authenticator(Protocol):
    """Tells who the bearer of a token is."""

    def authenticate(self, token: str) -> Claims:
        """Return the claims of a valid token; `TokenError` for any other."""


class Transcoder:
    """The endpoint of every route that a contract's annotations declare."""

    def __init__(
        self, contract: Contract, channels: Channels, authenticator: Authenticator
    ) -> None:
        self._router = Router(contract)
        self._channels = channels
        self._authenticator = authenticator
        self._problems = Problems(contract.reason_titles())

    async def respond(self, request: Request) -> Response:
        """Answer one HTTP request; every refusal is a problem document."""
        try:
            return await self._respond(request)
        except AlgoTrendyError as error:
            return self._problems.response(error)
        except HttpRefusal as refusal:
            return self._problems.response(refusal.error, refusal.status, refusal.headers)

    async def _respond(self, request: Request) -> Response:
        route = self._router.find(request.method, request.scope["raw_path"].decode("ascii"))
        request.state.endpoint = route.binding.template.plain
        user = self._authorize(request, route.method)
        query = [(str(name), str(value)) for name, value in request.query_params.multi_items()]
        message = build_request(route, query, await _read_body(request))
        if route.method.server_streaming:
            return await self._stream(route, message, user)
        return await self._call(route, message, user)

    def _authorize(self, request: Request, method: Method) -> _Metadata:
        """Return what the service is told of who calls; refuse who may not."""
        if method.full_name in PUBLIC_METHODS:
            return ()
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenError("Send the access token of a login: `Authorization: Bearer …`.")
        claims = self._authenticator.authenticate(token.strip())
        if not claims.role.may_call(read_only=method.read_only):
            raise PermissionDeniedError(
                f"The role {claims.role} may not call {method.name}.",
                role=claims.role.value,
                method=method.full_name,
            )
        return ((USER_KEY, claims.username),)

    async def _call(self, route: Route, message: Message, user: _Metadata) -> Response:
        method = route.method
        call = self._channels.to_service(method.service).unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        answer: Message = await call(message, timeout=TIMEOUT_S, metadata=user)
        field = route.binding.response_body
        if answer.ByteSize() > _INLINE_LIMIT_BYTES:
            content = await asyncio.to_thread(_encode, answer, field)
        else:
            content = _encode(answer, field)
        return Response(content, media_type="application/json", headers=_API_HEADERS)

    async def _stream(self, route: Route, message: Message, user: _Metadata) -> Response:
        method = route.method
        start = self._channels.to_service(method.service).unary_stream(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        call = start(message, metadata=user)
        answers = aiter(call)
        # Awaited before the status line is sent: a refusal still becomes a status.
        first = await anext(answers, None)

        async def lines() -> AsyncIterator[bytes]:
            answer = first
            try:
                while answer is not None:
                    yield _encode(answer, route.binding.response_body) + b"\n"
                    answer = await anext(answers, None)
            except AlgoTrendyError as error:
                yield _dumps({"error": self._problems.describe(error)}) + b"\n"
            finally:
                call.cancel()

        return StreamingResponse(lines(), media_type=_STREAM_MEDIA_TYPE, headers=_API_HEADERS)


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            error = InvalidArgumentError(
                f"The body is larger than {BODY_LIMIT_BYTES} bytes.", limit=str(BODY_LIMIT_BYTES)
            )
            # The rest is not read, so the connection cannot be used again.
            raise HttpRefusal(413, error, {"Connection": "close"})
    return bytes(body)


def _encode(answer: Message, field: str) -> bytes:
    tree = write_message(answer)
    return _dumps(tree[field] if field else tree)


def _dumps(tree: Any) -> bytes:  # noqa: ANN401  # JSON is anything.
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()
