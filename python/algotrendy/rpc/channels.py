"""Channels to the areas, which carry the trace on and raise typed errors."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, cast

import grpc
from google.protobuf.message import Message
from opentelemetry import propagate

from algotrendy.errors import UnavailableError
from algotrendy.rpc.errors import decode_error

DEFAULT_TIMEOUT_S = 30.0
# Bulk bars are large; both ends must agree.
MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024

_Details = grpc.aio.ClientCallDetails


class Channels:
    """The channels of one process, made on first use.

    Parameters
    ----------
    addresses : mapping of str to str
        `host:port` by area; read on first use, so it may be filled after this is made.
    timeout_s : float
        Deadline of a unary call that names none. A stream has none of its own.
    """

    def __init__(
        self, addresses: Mapping[str, str], *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> None:
        self._addresses = addresses
        self._timeout_s = timeout_s
        self._channels: dict[str, grpc.aio.Channel] = {}

    def to(self, area: str) -> grpc.aio.Channel:
        """Return the channel to an area, as in `channels.to("trading")`."""
        if area not in self._channels:
            self._channels[area] = self._connect(area)
        return self._channels[area]

    def to_service(self, name: str) -> grpc.aio.Channel:
        """Return the channel to the service of this full name, `algotrendy.api.<area>.v1.X`."""
        return self.to(name.split(".")[2])

    async def close(self) -> None:
        """Close every channel; calls in flight are cancelled."""
        while self._channels:
            _, channel = self._channels.popitem()
            await channel.close(None)

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every channel."""
        await self.close()

    def _connect(self, area: str) -> grpc.aio.Channel:
        address = self._addresses.get(area)
        if address is None:
            raise UnavailableError(f"{area} has no address.", service=area)
        return grpc.aio.insecure_channel(
            address,
            options=[
                # Areas are reached directly; an HTTP proxy of the environment is for the world.
                ("grpc.enable_http_proxy", 0),
                ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
                ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
                ("grpc.initial_reconnect_backoff_ms", 100),
                ("grpc.max_reconnect_backoff_ms", 1000),
            ],
            interceptors=cast(
                "Any",
                [
                    _UnaryInterceptor(area, self._timeout_s),
                    _StreamInterceptor(area),
                    _DialogueInterceptor(area),
                ],
            ),
        )


class _UnaryInterceptor(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[type-arg]  # Generic only in its stub.
    def __init__(self, area: str, timeout_s: float) -> None:
        self._area = area
        self._timeout_s = timeout_s

    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: _Details, request: Message
    ) -> Message:
        call = await continuation(_traced(client_call_details, self._timeout_s), request)
        try:
            response: Message = await call
        except grpc.aio.AioRpcError as failure:
            raise decode_error(failure, self._area) from None
        return response


class _StreamInterceptor(grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[type-arg]  # Generic only in its stub.
    def __init__(self, area: str) -> None:
        self._area = area

    async def intercept_unary_stream(
        self, continuation: Callable[..., Any], client_call_details: _Details, request: Message
    ) -> AsyncIterator[Message]:
        call = await continuation(_traced(client_call_details, None), request)
        return _decoded(call, self._area)


class _DialogueInterceptor(grpc.aio.StreamStreamClientInterceptor):  # type: ignore[type-arg]  # Generic only in its stub.
    def __init__(self, area: str) -> None:
        self._area = area

    async def intercept_stream_stream(
        self,
        continuation: Callable[..., Any],
        client_call_details: _Details,
        request_iterator: AsyncIterable[Message] | Iterable[Message],
    ) -> AsyncIterator[Message]:
        call = await continuation(_traced(client_call_details, None), request_iterator)
        return _decoded(call, self._area)


async def _decoded(call: AsyncIterable[Message], area: str) -> AsyncIterator[Message]:
    try:
        async for response in call:
            yield response
    except grpc.aio.AioRpcError as failure:
        raise decode_error(failure, area) from None


def _traced(details: _Details, timeout_s: float | None) -> _Details:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    pairs: Any = details.metadata or ()
    return grpc.aio.ClientCallDetails(
        method=details.method,
        timeout=timeout_s if details.timeout is None else details.timeout,
        metadata=grpc.aio.Metadata(*pairs, *carrier.items()),
        credentials=details.credentials,
        wait_for_ready=details.wait_for_ready,
    )
