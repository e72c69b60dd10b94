"""Errors as `application/problem+json` (RFC 9457), with the reason and metadata of `ErrorInfo`."""

from collections.abc import Mapping
from typing import Any

from opentelemetry import trace
from starlette.responses import JSONResponse

from algotrendy.errors import AlgoTrendyError

MEDIA_TYPE = "application/problem+json"

# As google/rpc/code.proto maps them.
HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


class HttpRefusal(Exception):  # noqa: N818  # A refusal for which gRPC has no code.
    """An error with an HTTP status of its own."""

    def __init__(
        self, status: int, error: AlgoTrendyError, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = headers


class Problems:
    """Describes errors.

    Parameters
    ----------
    titles : mapping of str to str
        What each reason means, in one sentence.
    """

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles

    def describe(self, error: AlgoTrendyError, status: int | None = None) -> dict[str, Any]:
        """Return the members of the problem that `error` is."""
        problem: dict[str, Any] = {
            "type": f"urn:algotrendy:reason:{error.reason}",
            "title": self._titles.get(error.reason, error.reason),
            "status": status or HTTP_STATUS[error.code],
            "detail": error.message,
            "reason": error.reason,
            "metadata": error.metadata,
        }
        trace_id = trace.get_current_span().get_span_context().trace_id
        if trace_id:
            problem["trace_id"] = trace.format_trace_id(trace_id)
        return problem

    def response(
        self,
        error: AlgoTrendyError,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> JSONResponse:
        """Return the response that reports `error`."""
        problem = self.describe(error, status)
        extra = dict(headers or {})
        if problem["status"] == HTTP_STATUS["UNAUTHENTICATED"]:
            extra["WWW-Authenticate"] = "Bearer"
        return JSONResponse(problem, problem["status"], extra, MEDIA_TYPE)
