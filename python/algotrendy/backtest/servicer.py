"""The backtest area's contract over its service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Protocol

from algotrendy.api.backtest.v1 import backtest_service_pb2 as pb
from algotrendy.api.backtest.v1.backtest_service_pb2_grpc import BacktestServiceServicer
from algotrendy.backtest import codec
from algotrendy.backtest.service import BacktestService
from algotrendy.domain.ids import BacktestId, StrategyId
from algotrendy.rpc.paging import decode_page_size, decode_sequence_token
from algotrendy.rpc.server import Context
from algotrendy.rpc.trading import encode_fill
from algotrendy.storage.requests import fingerprint


class BacktestServicer(BacktestServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(self, service: BacktestService) -> None:
        self._service = service

    async def CreateBacktest(
        self, request: pb.CreateBacktestRequest, context: Context
    ) -> pb.CreateBacktestResponse:
        backtest = await self._service.create(
            request.request_id,
            fingerprint(request),
            StrategyId(request.strategy_id),
            codec.decode_terms(request),
        )
        return pb.CreateBacktestResponse(backtest=codec.encode_backtest(backtest))

    async def GetBacktest(
        self, request: pb.GetBacktestRequest, context: Context
    ) -> pb.GetBacktestResponse:
        backtest = await self._service.get(BacktestId(request.backtest_id), wait=request.wait)
        return pb.GetBacktestResponse(backtest=codec.encode_backtest(backtest))

    async def StreamBacktest(
        self, request: pb.StreamBacktestRequest, context: Context
    ) -> AsyncIterator[pb.StreamBacktestResponse]:
        async with aclosing(self._service.watch(BacktestId(request.backtest_id))) as states:
            async for backtest in states:
                yield pb.StreamBacktestResponse(backtest=codec.encode_backtest(backtest))

    async def CancelBacktest(
        self, request: pb.CancelBacktestRequest, context: Context
    ) -> pb.CancelBacktestResponse:
        backtest = await self._service.cancel(BacktestId(request.backtest_id))
        return pb.CancelBacktestResponse(backtest=codec.encode_backtest(backtest))

    async def ListBacktests(
        self, request: pb.ListBacktestsRequest, context: Context
    ) -> pb.ListBacktestsResponse:
        size = decode_page_size(request.page_size)
        before = BacktestId(request.page_token) if request.page_token else None
        page = await self._service.page(size, before)
        return pb.ListBacktestsResponse(
            backtests=[codec.encode_backtest(backtest) for backtest in page],
            next_page_token=page[-1].backtest_id if len(page) == size else "",
        )

    async def ListBacktestFills(
        self, request: pb.ListBacktestFillsRequest, context: Context
    ) -> pb.ListBacktestFillsResponse:
        backtest_id, size, after = _page(request)
        page = await self._service.fills(backtest_id, size, after)
        return pb.ListBacktestFillsResponse(
            fills=[encode_fill(fill, backtest_id) for fill in page],
            next_page_token=_next(len(page), size, after),
        )

    async def ListBacktestOrders(
        self, request: pb.ListBacktestOrdersRequest, context: Context
    ) -> pb.ListBacktestOrdersResponse:
        backtest_id, size, after = _page(request)
        page = await self._service.orders(backtest_id, size, after)
        return pb.ListBacktestOrdersResponse(
            orders=[codec.encode_order(order, backtest_id) for order in page],
            next_page_token=_next(len(page), size, after),
        )

    async def ListBacktestPositions(
        self, request: pb.ListBacktestPositionsRequest, context: Context
    ) -> pb.ListBacktestPositionsResponse:
        backtest_id, size, after = _page(request)
        page = await self._service.positions(backtest_id, size, after)
        return pb.ListBacktestPositionsResponse(
            positions=[codec.encode_position(position) for position in page],
            next_page_token=_next(len(page), size, after),
        )

    async def ListBacktestRejections(
        self, request: pb.ListBacktestRejectionsRequest, context: Context
    ) -> pb.ListBacktestRejectionsResponse:
        backtest_id, size, after = _page(request)
        page = await self._service.rejections(backtest_id, size, after)
        return pb.ListBacktestRejectionsResponse(
            rejections=[codec.encode_rejection(rejection) for rejection in page],
            next_page_token=_next(len(page), size, after),
        )

    async def GetBacktestEquity(
        self, request: pb.GetBacktestEquityRequest, context: Context
    ) -> pb.GetBacktestEquityResponse:
        account = await self._service.equity(BacktestId(request.backtest_id))
        return await asyncio.to_thread(codec.encode_equity, account)

    async def GetBacktestManifest(
        self, request: pb.GetBacktestManifestRequest, context: Context
    ) -> pb.GetBacktestManifestResponse:
        manifest = await self._service.manifest(BacktestId(request.backtest_id))
        return pb.GetBacktestManifestResponse(manifest_json=manifest)


class _PageRequest(Protocol):
    @property
    def backtest_id(self) -> str: ...
    @property
    def page_size(self) -> int: ...
    @property
    def page_token(self) -> str: ...


def _page(request: _PageRequest) -> tuple[BacktestId, int, int]:
    """Return of which backtest how many rows are asked for, and after which one."""
    size = decode_page_size(request.page_size)
    return BacktestId(request.backtest_id), size, decode_sequence_token(request.page_token) or 0


def _next(count: int, size: int, after: int) -> str:
    return str(after + size) if count == size else ""
