"""Wires the risk area."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import grpc
import structlog

from algotrendy.api.risk.v1 import risk_service_pb2, risk_service_pb2_grpc
from algotrendy.domain.limits import Limits
from algotrendy.errors import AlgoTrendyError
from algotrendy.platform.context import Context
from algotrendy.risk.adapters.nats import CONSUMER, NatsEvents, follow
from algotrendy.risk.adapters.postgres import PostgresExposures, PostgresLimits
from algotrendy.risk.adapters.trading import GrpcTrading
from algotrendy.risk.service import ExposureService, LimitsService, Monitor
from algotrendy.risk.servicer import RiskServicer

log = structlog.get_logger(__name__)

SERVICES = (risk_service_pb2.DESCRIPTOR.services_by_name["RiskService"].full_name,)

_RETRY_S: Final = 1.0


@asynccontextmanager
async def serve(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Serve limits and exposures, put in force what is not, and watch."""
    events = NatsEvents(context.bus, context.clock)
    repository = PostgresLimits(context.postgres)
    exposures = PostgresExposures(context.postgres, CONSUMER)
    defaults = Limits.of(**context.settings.risk.model_dump())
    trading = GrpcTrading(context.channels.to("trading"))
    limits = LimitsService(repository, trading, events, defaults)
    risk_service_pb2_grpc.add_RiskServiceServicer_to_server(
        RiskServicer(limits, ExposureService(exposures)), server
    )
    monitor = Monitor(exposures, limits, repository, events)
    async with follow(context.bus, monitor):
        restoring = asyncio.create_task(_restore(limits), name="restore limits")
        try:
            yield
        finally:
            restoring.cancel()
            await asyncio.gather(restoring, return_exceptions=True)


async def _restore(limits: LimitsService) -> None:
    """Try until it is done: the trading area may start after this one."""
    while True:
        try:
            await limits.restore()
        except AlgoTrendyError as error:
            log.warning("limits_not_restored", error=str(error), retry_s=_RETRY_S)
            await asyncio.sleep(_RETRY_S)
        else:
            return
