"""The strategy area, over its contract."""

from collections.abc import Sequence

import grpc

from algotrendy.agent.model import Strategy
from algotrendy.api.strategy.v1 import strategy_service_pb2 as pb
from algotrendy.api.strategy.v1.strategy_service_pb2_grpc import StrategyServiceStub
from algotrendy.rpc.paging import pages


class GrpcStrategies:
    """See `ports.Strategies`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = StrategyServiceStub(channel)

    async def list(self) -> Sequence[Strategy]:
        """See `ports.Strategies`."""
        listed = pages(self._stub.ListStrategies, pb.ListStrategiesRequest())
        return [
            Strategy(wire.strategy_id, wire.display_name)
            async for page in listed
            for wire in page.strategies
        ]
