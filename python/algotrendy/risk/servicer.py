"""`RiskService`: decode, call, encode."""

from algotrendy.api.risk.v1 import risk_service_pb2 as pb
from algotrendy.api.risk.v1 import risk_service_pb2_grpc
from algotrendy.domain.ids import AccountId
from algotrendy.risk import codec
from algotrendy.risk.service import ExposureService, LimitsService
from algotrendy.rpc.limits import decode_limits, encode_limits
from algotrendy.rpc.server import Context


class RiskServicer(risk_service_pb2_grpc.RiskServiceServicer):
    """Limits, exposures and alerts."""

    def __init__(self, limits: LimitsService, exposures: ExposureService) -> None:
        self._limits = limits
        self._exposures = exposures

    async def SetLimits(
        self, request: pb.SetLimitsRequest, context: Context
    ) -> pb.SetLimitsResponse:
        limits = await self._limits.set(
            codec.decode_account_id(request), decode_limits(request.limits)
        )
        return pb.SetLimitsResponse(limits=encode_limits(limits))

    async def GetLimits(
        self, request: pb.GetLimitsRequest, context: Context
    ) -> pb.GetLimitsResponse:
        limits = await self._limits.get(
            codec.decode_account_id(request), codec.decode_version(request)
        )
        return pb.GetLimitsResponse(limits=encode_limits(limits))

    async def ListLimitsVersions(
        self, request: pb.ListLimitsVersionsRequest, context: Context
    ) -> pb.ListLimitsVersionsResponse:
        versions, before = await self._limits.versions(*codec.decode_versions_page(request))
        return pb.ListLimitsVersionsResponse(
            versions=[codec.encode_version(version) for version in versions],
            next_page_token="" if before is None else str(before),
        )

    async def GetExposure(
        self, request: pb.GetExposureRequest, context: Context
    ) -> pb.GetExposureResponse:
        exposure = await self._exposures.get(AccountId(request.portfolio_id))
        return codec.encode_exposure(exposure)

    async def ListAlerts(
        self, request: pb.ListAlertsRequest, context: Context
    ) -> pb.ListAlertsResponse:
        alerts, before = await self._exposures.alerts(*codec.decode_alert_page(request))
        return pb.ListAlertsResponse(
            alerts=[codec.encode_alert(alert) for alert in alerts],
            next_page_token="" if before is None else str(before),
        )
