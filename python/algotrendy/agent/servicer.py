"""The agent area's contract over its service."""

from algotrendy.agent import codec
from algotrendy.agent.model import TEXT_LIMIT
from algotrendy.agent.service import AgentService
from algotrendy.api.agent.v1 import agent_service_pb2 as pb
from algotrendy.api.agent.v1.agent_service_pb2_grpc import AgentServiceServicer
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.rpc.server import Context
from algotrendy.rpc.text import ID_LIMIT, decode_id, decode_text


class AgentServicer(AgentServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(self, service: AgentService[trading_pb2.Order]) -> None:
        self._service = service

    async def Converse(self, request: pb.ConverseRequest, context: Context) -> pb.ConverseResponse:
        text = decode_text(request, "text", limit=TEXT_LIMIT)
        portfolio_id = decode_text(request, "portfolio_id", limit=ID_LIMIT, required=False)
        return codec.encode_answer(await self._service.converse(text, portfolio_id))

    async def ConfirmOrder(
        self, request: pb.ConfirmOrderRequest, context: Context
    ) -> pb.ConfirmOrderResponse:
        token = decode_id(request, "confirmation_token")
        return pb.ConfirmOrderResponse(order=await self._service.confirm(token))
