"""Servers of `grpc.aio`, with what every call gets: errors as statuses, a trace, metrics, a log."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import Any, Protocol, TypeAlias

import grpc
import structlog
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from opentelemetry import propagate, trace
from prometheus_client import Counter, Histogram

from algotrendy.errors import AlgoTrendyError, InternalError
from algotrendy.rpc.channels import MESSAGE_LIMIT_BYTES
from algotrendy.rpc.errors import abort

Context = grpc.aio.ServicerContext[Any, Any]
# Generic only in its stub, hence the quotes.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

REQUESTS = Counter(
    "grpc_requests_total", "Calls served, by their outcome.", ["service", "method", "code"]
)
DURATION = Histogram(
    "grpc_request_duration_seconds",
    "Time from a call's arrival to its last answer.",
    ["service", "method"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
)

log = structlog.get_logger(__name__)
_tracer = trace.get_tracer(__name__)


class Health(Protocol):
    """What the health protocol answers."""

    async def set(
        self, service: str, status: health_pb2.HealthCheckResponse.ServingStatus.ValueType
    ) -> None:
        """Set one service's status."""

    async def enter_graceful_shutdown(self) -> None:
        """Answer NOT_SERVING for every service from now on."""


def create_server(area: str) -> grpc.aio.Server:
    """Return the server of an area: raised errors become statuses, every call is observed."""
    return grpc.aio.server(
        interceptors=[EdgeInterceptor(area)],
        options=[
            # Two servers on one port would share its calls; a taken port must be an error.
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
            ("grpc.max_send_message_length", MESSAGE_LIMIT_BYTES),
        ],
    )


async def add_health_and_reflection(server: grpc.aio.Server, names: Iterable[str]) -> Health:
    """Answer the health protocol and reflection for the services of these full names.

    Returns what sets the health, so that a shutdown can tell clients before it starts.
    """
    names = tuple(names)
    servicer = health.aio.HealthServicer()  # type: ignore[attr-defined]  # Its stub knows no aio.
    for name in names:
        await servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    reflection.enable_server_reflection(
        (*names, health.SERVICE_NAME, reflection.SERVICE_NAME), server
    )
    found: Health = servicer
    return found


class EdgeInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # Generic only in its stub.
    """Puts `observed` around every handler.

    It wraps the handler, not its own `await`: a context variable set here is then seen by the
    handler, and reset in the task that set it.
    """

    def __init__(self, area: str) -> None:
        self._area = area

    async def intercept_service(  # type: ignore[override]  # Its stub forgets the None.
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable["Handler | None"]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        """Return the handler, wrapped; None, for a method nobody serves, stays None."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        return _wrapped(handler, handler_call_details.method, self._area)


def _wrapped(handler: Handler, method: str, area: str) -> Handler:
    respond: Any = (
        handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
    )

    async def respond_once(request: Message, context: Context) -> Message:
        async with _observed(area, method, context):
            response: Message = await respond(request, context)
            return response

    async def respond_many(request: Message, context: Context) -> None:
        async with _observed(area, method, context):
            if not inspect.isasyncgenfunction(respond):
                await respond(request, context)
                return
            # Written here rather than yielded on: a generator that a cancelled call leaves behind
            # would be closed later, by another task.
            async with aclosing(respond(request, context)) as responses:
                async for response in responses:
                    await context.write(response)

    make: Any = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[bool(handler.request_streaming), bool(handler.response_streaming)]
    wrapped: Handler = make(
        respond_many if handler.response_streaming else respond_once,
        request_deserializer=handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )
    return wrapped


@asynccontextmanager
async def _observed(area: str, path: str, context: Context) -> AsyncIterator[None]:
    service, _, method = path.strip("/").rpartition("/")
    started = time.perf_counter()
    code = "OK"
    parent = propagate.extract(_text_metadata(context))
    with (
        _tracer.start_as_current_span(
            path.strip("/"), parent, trace.SpanKind.SERVER, record_exception=False
        ),
        structlog.contextvars.bound_contextvars(area=area),
    ):
        try:
            yield
        except AlgoTrendyError as error:
            code = error.code
            _log_refusal(service, method, error)
            await abort(context, error)
        except grpc.aio.AbortError:
            code = context.code().name
            raise
        except asyncio.CancelledError:
            code = "CANCELLED"
            raise
        except Exception:  # A defect: its caller learns that much and no detail.
            code = "INTERNAL"
            log.exception("rpc_failed", service=service, method=method)
            await abort(
                context,
                InternalError("A defect of AlgoTrendy: the log of the service has its cause."),
            )
        finally:
            duration_s = time.perf_counter() - started
            REQUESTS.labels(service, method, code).inc()
            DURATION.labels(service, method).observe(duration_s)
            log.debug(
                "rpc_served",
                service=service,
                method=method,
                code=code,
                duration_ms=round(duration_s * 1000, 3),
            )


def _log_refusal(service: str, method: str, error: AlgoTrendyError) -> None:
    terms = {"service": service, "method": method, "reason": error.reason, "error": str(error)}
    if error.code == "INTERNAL":
        log.error("rpc_failed", exc_info=error, **terms)
    else:
        log.info("rpc_refused", **terms)


def _text_metadata(context: Context) -> dict[str, str]:
    pairs: Any = context.invocation_metadata() or ()
    return {key: value for key, value in pairs if isinstance(value, str)}
