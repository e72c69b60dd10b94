"""`TradingControlService`: decode, call, encode."""

from algotrendy.api.trading.v1 import control_service_pb2 as pb
from algotrendy.api.trading.v1 import control_service_pb2_grpc
from algotrendy.domain.ids import AccountId
from algotrendy.rpc.person import decode_person
from algotrendy.rpc.server import Context
from algotrendy.trading import codec, control_codec
from algotrendy.trading.control_service import ControlService


class ControlServicer(control_service_pb2_grpc.TradingControlServiceServicer):
    """Approvals, overrides, switches, and corrections of a book."""

    def __init__(self, controls: ControlService) -> None:
        self._controls = controls

    async def ListPendingApprovals(
        self, request: pb.ListPendingApprovalsRequest, context: Context
    ) -> pb.ListPendingApprovalsResponse:
        waiting = await self._controls.approvals(AccountId(request.account_id))
        return pb.ListPendingApprovalsResponse(
            approvals=[control_codec.encode_approval(*each) for each in waiting]
        )

    async def ApproveOrder(
        self, request: pb.ApproveOrderRequest, context: Context
    ) -> pb.ApproveOrderResponse:
        approver = decode_person(request, "approver", context)
        consent = control_codec.decode_consent(request, approver, grants=True)
        order = await self._controls.consent(consent)
        return pb.ApproveOrderResponse(order=codec.encode_order(order))

    async def DenyOrder(
        self, request: pb.DenyOrderRequest, context: Context
    ) -> pb.DenyOrderResponse:
        approver = decode_person(request, "approver", context)
        consent = control_codec.decode_consent(request, approver, grants=False)
        order = await self._controls.consent(consent)
        return pb.DenyOrderResponse(order=codec.encode_order(order))

    async def GrantOverride(
        self, request: pb.GrantOverrideRequest, context: Context
    ) -> pb.GrantOverrideResponse:
        approver = decode_person(request, "approver", context)
        await self._controls.grant_override(control_codec.decode_grant(request, approver))
        return pb.GrantOverrideResponse()

    async def Kill(self, request: pb.KillRequest, context: Context) -> pb.KillResponse:
        person = decode_person(request, "person", context)
        await self._controls.kill(control_codec.decode_kill(request, person))
        return pb.KillResponse()

    async def Rearm(self, request: pb.RearmRequest, context: Context) -> pb.RearmResponse:
        person = decode_person(request, "person", context)
        await self._controls.rearm(control_codec.decode_rearm(request, person))
        return pb.RearmResponse()

    async def GetSwitches(
        self, request: pb.GetSwitchesRequest, context: Context
    ) -> pb.GetSwitchesResponse:
        switches = await self._controls.switches(AccountId(request.account_id))
        return control_codec.encode_switches(switches)

    async def SetTradingState(
        self, request: pb.SetTradingStateRequest, context: Context
    ) -> pb.SetTradingStateResponse:
        person = decode_person(request, "person", context)
        state = control_codec.decode_state(request)
        await self._controls.set_trading_state(AccountId(request.account_id), state, person)
        return pb.SetTradingStateResponse()

    async def SetConnection(
        self, request: pb.SetConnectionRequest, context: Context
    ) -> pb.SetConnectionResponse:
        connected = control_codec.decode_connected(request)
        await self._controls.set_connection(AccountId(request.account_id), connected=connected)
        return pb.SetConnectionResponse()

    async def SetCovariance(
        self, request: pb.SetCovarianceRequest, context: Context
    ) -> pb.SetCovarianceResponse:
        await self._controls.set_covariance(control_codec.decode_covariance(request))
        return pb.SetCovarianceResponse()

    async def AdoptOrder(
        self, request: pb.AdoptOrderRequest, context: Context
    ) -> pb.AdoptOrderResponse:
        order = await self._controls.adopt(control_codec.decode_adoption(request))
        return pb.AdoptOrderResponse(order=codec.encode_order(order))

    async def AdjustPosition(
        self, request: pb.AdjustPositionRequest, context: Context
    ) -> pb.AdjustPositionResponse:
        person = decode_person(request, "person", context)
        await self._controls.adjust_position(control_codec.decode_adjustment(request, person))
        return pb.AdjustPositionResponse()
