"""What operators ask any service over HTTP: is it healthy, and its metrics."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from algotrendy.errors import AlgoTrendyError
from algotrendy.rpc.channels import Channels

SERVING: Final = "SERVING"

_DEADLINE_S: Final = 2.0


def ops_app(channels: Channels, areas: Sequence[str]) -> Starlette:
    """Return the application that answers `/health` for these areas, and `/metrics`."""

    async def health(_request: Request) -> Response:
        states = await check_areas(channels, areas)
        healthy = all(state == SERVING for state in states.values())
        return JSONResponse(
            {"status": SERVING if healthy else "NOT_SERVING", "services": states},
            HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE,
        )

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/health", health), Route("/metrics", metrics)])


async def check_areas(channels: Channels, areas: Sequence[str]) -> dict[str, str]:
    """Ask every area how it is, by the gRPC health protocol; silence is `UNREACHABLE`."""
    states = await asyncio.gather(*(_check(channels, area) for area in areas))
    return dict(zip(areas, states, strict=True))


async def _check(channels: Channels, area: str) -> str:
    try:
        stub = health_pb2_grpc.HealthStub(channels.to(area))
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=_DEADLINE_S)
    except (AlgoTrendyError, grpc.RpcError):
        return "UNREACHABLE"
    state: str = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    return state
