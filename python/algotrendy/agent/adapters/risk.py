"""The risk area, over its contract."""

import grpc

from algotrendy.agent.model import Exposure, Limits
from algotrendy.api.risk.v1 import risk_service_pb2 as pb
from algotrendy.api.risk.v1.risk_service_pb2_grpc import RiskServiceStub
from algotrendy.errors import AccountNotFoundError, LimitsMissingError
from algotrendy.rpc.decimal import decode_decimal, decode_optional_decimal


class GrpcRisk:
    """See `ports.Risk`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = RiskServiceStub(channel)

    async def exposure(self, portfolio_id: str) -> Exposure | None:
        """See `ports.Risk`."""
        try:
            wire = await self._stub.GetExposure(pb.GetExposureRequest(portfolio_id=portfolio_id))
        except AccountNotFoundError:
            return None
        return Exposure(
            decode_decimal(wire, "gross_notional"), decode_decimal(wire, "net_notional")
        )

    async def limits(self, portfolio_id: str) -> Limits | None:
        """See `ports.Risk`."""
        try:
            response = await self._stub.GetLimits(pb.GetLimitsRequest(account_id=portfolio_id))
        except (AccountNotFoundError, LimitsMissingError):
            return None
        return Limits(
            max_order_notional=decode_optional_decimal(response.limits, "max_order_notional"),
            max_position_notional=decode_optional_decimal(response.limits, "max_position_notional"),
            allow_short=response.limits.allow_short,
        )
