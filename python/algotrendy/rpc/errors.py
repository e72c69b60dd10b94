"""Errors on the wire: `google.rpc.Status` with `google.rpc.ErrorInfo`, both ways."""

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from algotrendy.errors import AlgoTrendyError, from_reason

DOMAIN = "algotrendy"

# A status travels in HTTP/2 headers, of which gRPC accepts 8 KiB in all: one quoted file name or
# expression must not turn a clear refusal into a transport error. The message is there twice, once
# with three characters for every byte that is not ASCII.
_MESSAGE_LIMIT_BYTES = 1000
_VALUE_LIMIT = 200
_VALUE_COUNT_LIMIT = 16


def encode_error(error: AlgoTrendyError) -> status_pb2.Status:
    """Return the status that carries `error`'s code, reason, message and metadata."""
    metadata = {
        key: _shortened(value, _VALUE_LIMIT)
        for key, value in list(error.metadata.items())[:_VALUE_COUNT_LIMIT]
    }
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)
    detail = any_pb2.Any()
    detail.Pack(info)
    return status_pb2.Status(
        code=grpc.StatusCode[error.code].value[0],
        message=_shortened_to_bytes(error.message, _MESSAGE_LIMIT_BYTES),
        details=[detail],
    )


def decode_error(failure: grpc.aio.AioRpcError, peer: str) -> AlgoTrendyError:
    """Return the typed error that a failed call to `peer` stands for.

    A failure without our `ErrorInfo` comes from the transport (`peer` cannot be reached, the
    deadline passed) and becomes the error of its status code.
    """
    info = error_info(rpc_status.from_call(failure))  # type: ignore[arg-type]  # It is a call, too.
    if info is not None:
        return from_reason(info.reason, failure.details() or "", dict(info.metadata))
    return from_reason(
        failure.code().name,
        f"{peer} failed to answer: {failure.details() or failure.code().name}",
        {"service": peer},
    )


def error_info(status: status_pb2.Status | None) -> error_details_pb2.ErrorInfo | None:
    """Return the `ErrorInfo` of our domain that a status carries, if it does."""
    for detail in status.details if status else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info) and info.domain == DOMAIN:
            return info
    return None


async def abort(
    context: "grpc.aio.ServicerContext[object, object]", error: AlgoTrendyError
) -> None:
    """End a call with `error`'s status; never returns."""
    status = rpc_status.to_status(encode_error(error))
    await context.abort(status.code, status.details, status.trailing_metadata)


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _shortened_to_bytes(text: str, limit: int) -> str:
    encoded = text.encode(errors="replace")
    if len(encoded) <= limit:
        return text
    return encoded[: limit - len("…".encode())].decode(errors="ignore") + "…"
