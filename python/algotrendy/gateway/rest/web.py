"""The HTTP application: the API, its documentation, health and metrics, and what all share."""

import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from opentelemetry import propagate, trace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from swagger_ui_bundle import swagger_ui_path

from algotrendy.errors import InternalError, NotFoundError
from algotrendy.gateway.rest.contract import Contract
from algotrendy.gateway.rest.openapi import build_openapi
from algotrendy.gateway.rest.problem import Problems
from algotrendy.gateway.rest.transcoder import Transcoder
from algotrendy.telemetry.metrics import HTTP_REQUEST_DURATION, HTTP_REQUESTS

_VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_NO_ENDPOINT = "unmatched"
# Swagger UI, told where our document is and to ask no validator in the internet.
_INITIALIZER = """\
window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout", persistAuthorization: true,
  });
};
"""

log = structlog.get_logger(__name__)
_tracer = trace.get_tracer(__name__)


def build_web(contract: Contract, transcoder: Transcoder, ops: Starlette, version: str) -> ASGIApp:
    """Return the application; `ops` answers `/health` and `/metrics`."""
    problems = Problems(contract.reason_titles())
    openapi = build_openapi(contract, version)

    async def document(_request: Request) -> Response:
        return JSONResponse(openapi)

    async def initializer(_request: Request) -> Response:
        return Response(_INITIALIZER, media_type="text/javascript")

    async def docs(_request: Request) -> Response:
        return RedirectResponse("/docs/")

    async def home(_request: Request) -> Response:
        return RedirectResponse("/docs/")

    async def not_found(request: Request, _error: Exception) -> Response:
        path = request.url.path
        return problems.response(NotFoundError(f"There is no {path}.", path=path))

    routes = [
        Route("/api/v1/{path:path}", _named(None, transcoder.respond), methods=_VERBS),
        Route("/openapi.json", _named("/openapi.json", document)),
        Route("/docs/swagger-initializer.js", _named("/docs", initializer)),
        Route("/docs", _named("/docs", docs)),
        Mount("/docs", StaticFiles(directory=str(swagger_ui_path), html=True)),
        Route("/", _named("/", home)),
        *ops.routes,
    ]
    return ObservedApp(Starlette(routes=routes, exception_handlers={404: not_found}), problems)


def _named(endpoint: str | None, respond: Callable[..., Any]) -> Callable[..., Any]:
    """Label a route's requests in metrics; the transcoder labels its own."""

    async def named(request: Request) -> Response:
        if endpoint is not None:
            request.state.endpoint = endpoint
        response: Response = await respond(request)
        return response

    return named


class ObservedApp:
    """Puts a trace, metrics, a log line and a last resort for defects around every request."""

    def __init__(self, app: ASGIApp, problems: Problems) -> None:
        self._app = app
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        parent = propagate.extract(_headers(scope))
        with _tracer.start_as_current_span(
            f"HTTP {scope['method']}", parent, trace.SpanKind.SERVER, record_exception=False
        ):
            await self._observe(scope, receive, send)

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        state: MutableMapping[str, Any] = scope.setdefault("state", {})
        status = 0

        async def noted_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted_send)
        except Exception:
            log.exception("http_failed", method=scope["method"], path=scope["path"])
            if status:
                raise
            error = InternalError("A defect of AlgoTrendy: the gateway's log has its cause.")
            await self._problems.response(error)(scope, receive, noted_send)
        finally:
            duration_s = time.perf_counter() - started
            method = scope["method"] if scope["method"] in _VERBS else "OTHER"
            endpoint = state.get("endpoint") or _endpoint_of(scope["path"])
            HTTP_REQUESTS.labels(method, endpoint, str(status)).inc()
            HTTP_REQUEST_DURATION.labels(method, endpoint).observe(duration_s)
            log.debug(
                "http_served",
                method=method,
                endpoint=endpoint,
                status=status,
                duration_ms=round(duration_s * 1000, 3),
            )


def _endpoint_of(path: str) -> str:
    """Name an endpoint whose route has no label; of a bounded set, as labels must be."""
    first = "/" + path.strip("/").split("/")[0]
    return first if first in {"/health", "/metrics", "/docs"} else _NO_ENDPOINT


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
