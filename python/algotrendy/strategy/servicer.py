"""The strategy area's contract over its service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from algotrendy.api.strategy.v1 import strategy_service_pb2 as pb
from algotrendy.api.strategy.v1.strategy_service_pb2_grpc import StrategyServiceServicer
from algotrendy.domain.ids import AccountId, DeploymentId, StrategyId
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.paging import decode_page_size
from algotrendy.rpc.server import Context
from algotrendy.rpc.strategy import decode_spec
from algotrendy.rpc.time import decode_optional_time
from algotrendy.storage.requests import fingerprint
from algotrendy.strategy import codec
from algotrendy.strategy.followers import Follower
from algotrendy.strategy.service import StrategyService


class StrategyServicer(StrategyServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(self, service: StrategyService) -> None:
        self._service = service

    async def CreateStrategy(
        self, request: pb.CreateStrategyRequest, context: Context
    ) -> pb.CreateStrategyResponse:
        strategy = await self._service.create(
            request.request_id,
            fingerprint(request),
            request.display_name,
            decode_spec(request.spec),
        )
        return pb.CreateStrategyResponse(strategy=codec.encode_strategy(strategy))

    async def GetStrategy(
        self, request: pb.GetStrategyRequest, context: Context
    ) -> pb.GetStrategyResponse:
        strategy = await self._service.get(StrategyId(request.strategy_id))
        return pb.GetStrategyResponse(strategy=codec.encode_strategy(strategy))

    async def ListStrategies(
        self, request: pb.ListStrategiesRequest, context: Context
    ) -> pb.ListStrategiesResponse:
        size = decode_page_size(request.page_size)
        before = StrategyId(request.page_token) if request.page_token else None
        page = await self._service.page(size, before)
        return pb.ListStrategiesResponse(
            strategies=[codec.encode_strategy(strategy) for strategy in page],
            next_page_token=page[-1].strategy_id if len(page) == size else "",
        )

    async def DeployStrategy(
        self, request: pb.DeployStrategyRequest, context: Context
    ) -> pb.DeployStrategyResponse:
        deployment = await self._service.deploy(
            request.request_id,
            fingerprint(request),
            StrategyId(request.strategy_id),
            AccountId(request.account_id),
            decode_optional_time(request, "start_time"),
        )
        return pb.DeployStrategyResponse(deployment=codec.encode_deployment(deployment))

    async def GetDeployment(
        self, request: pb.GetDeploymentRequest, context: Context
    ) -> pb.GetDeploymentResponse:
        deployment = await self._service.get_deployment(DeploymentId(request.deployment_id))
        return pb.GetDeploymentResponse(deployment=codec.encode_deployment(deployment))

    async def StopDeployment(
        self, request: pb.StopDeploymentRequest, context: Context
    ) -> pb.StopDeploymentResponse:
        deployment = await self._service.stop(DeploymentId(request.deployment_id))
        return pb.StopDeploymentResponse(deployment=codec.encode_deployment(deployment))

    async def FollowMarket(
        self, request_iterator: AsyncIterator[pb.FollowMarketRequest], context: Context
    ) -> AsyncIterator[pb.FollowMarketResponse]:
        first = await anext(request_iterator, None)
        if first is None:
            raise InvalidArgumentError("symbols are missing.", field="symbols")
        account_id = AccountId(first.account_id) if first.account_id else None
        following = self._service.follow(first.symbols, account_id, follows_ticks=first.ticks)
        async with following as follower:
            follower.deal(decode_optional_time(first, "wake_time"))
            dealing = asyncio.create_task(_deal(request_iterator, follower))
            try:
                yield pb.FollowMarketResponse()
                async for happening in follower.happenings():
                    yield codec.encode_happening(happening, follower)
            finally:
                dealing.cancel()
                with suppress(asyncio.CancelledError):
                    await dealing


async def _deal(requests: AsyncIterator[pb.FollowMarketRequest], follower: Follower) -> None:
    async for request in requests:
        follower.deal(decode_optional_time(request, "wake_time"))
    follower.go()
