"""The portfolio area's contract over its service."""

from algotrendy.api.portfolio.v1 import portfolio_service_pb2 as pb
from algotrendy.api.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceServicer
from algotrendy.portfolio import codec
from algotrendy.portfolio.service import PortfolioService
from algotrendy.rpc.paging import decode_page_size
from algotrendy.rpc.server import Context
from algotrendy.rpc.text import ID_LIMIT, decode_id, decode_text
from algotrendy.rpc.time import decode_optional_time


class PortfolioServicer(PortfolioServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(self, service: PortfolioService) -> None:
        self._service = service

    async def ListPortfolios(
        self, request: pb.ListPortfoliosRequest, context: Context
    ) -> pb.ListPortfoliosResponse:
        size = decode_page_size(request.page_size)
        page = await self._service.page(
            decode_text(request, "page_token", limit=ID_LIMIT, required=False), size
        )
        return pb.ListPortfoliosResponse(
            portfolios=[codec.encode_portfolio(valued) for valued in page],
            next_page_token=page[-1].book.portfolio_id if len(page) == size else "",
        )

    async def GetPortfolio(
        self, request: pb.GetPortfolioRequest, context: Context
    ) -> pb.GetPortfolioResponse:
        valued = await self._service.get(decode_id(request, "portfolio_id"))
        return pb.GetPortfolioResponse(portfolio=codec.encode_portfolio(valued))

    async def GetPerformance(
        self, request: pb.GetPerformanceRequest, context: Context
    ) -> pb.GetPerformanceResponse:
        performance = await self._service.performance(
            decode_id(request, "portfolio_id"),
            decode_text(request, "benchmark_symbol", limit=ID_LIMIT, required=False),
            decode_optional_time(request, "start_time"),
            decode_optional_time(request, "end_time"),
        )
        return codec.encode_performance(performance)
