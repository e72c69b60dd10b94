"""The backtest area's contract over its service."""

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
        backtest_id = BacktestId(request.backtest_id)
        size = decode_page_size(request.page_size)
        after = decode_sequence_token(request.page_token) or 0
        page = await self._service.fills(backtest_id, size, after)
        return pb.ListBacktestFillsResponse(
            fills=[encode_fill(fill, backtest_id) for fill in page],
            next_page_token=str(after + size) if len(page) == size else "",
        )

    async def GetBacktestEquity(
        self, request: pb.GetBacktestEquityRequest, context: Context
    ) -> pb.GetBacktestEquityResponse:
        scale, close_time_ns, equity = await self._service.equity(BacktestId(request.backtest_id))
        return pb.GetBacktestEquityResponse(
            scale=scale, close_time_ns=close_time_ns.tolist(), equity=equity.tolist()
        )
