"""The portfolio area, over its contract."""

from collections.abc import Sequence

import grpc

from algotrendy.agent.model import Holding, Portfolio
from algotrendy.api.portfolio.v1 import portfolio_service_pb2 as pb
from algotrendy.api.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceStub
from algotrendy.rpc.decimal import decode_decimal
from algotrendy.rpc.paging import pages


class GrpcPortfolios:
    """See `ports.Portfolios`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = PortfolioServiceStub(channel)

    async def list(self) -> Sequence[Portfolio]:
        """See `ports.Portfolios`."""
        listed = pages(self._stub.ListPortfolios, pb.ListPortfoliosRequest())
        return [_decode(wire) async for page in listed for wire in page.portfolios]


def _decode(wire: pb.Portfolio) -> Portfolio:
    return Portfolio(
        portfolio_id=wire.portfolio_id,
        display_name=wire.display_name,
        currency=wire.currency,
        cash=decode_decimal(wire, "cash"),
        equity=decode_decimal(wire, "equity"),
        net_deposits=decode_decimal(wire, "net_deposits"),
        total_fees=decode_decimal(wire, "total_fees"),
        holdings=tuple(map(_decode_holding, wire.holdings)),
    )


def _decode_holding(wire: pb.Holding) -> Holding:
    return Holding(
        symbol=wire.symbol,
        quantity=decode_decimal(wire, "quantity"),
        average_price=decode_decimal(wire, "average_price"),
        current_price=decode_decimal(wire, "current_price"),
        market_value=decode_decimal(wire, "market_value"),
        unrealized_pnl=decode_decimal(wire, "unrealized_pnl"),
        weight=wire.weight,
    )
