"""The market data area, over its contract."""

from collections.abc import Sequence

import grpc

from algotrendy.agent.model import Instrument
from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.errors import SymbolNotFoundError
from algotrendy.rpc.paging import pages
from algotrendy.rpc.time import encode_time


class GrpcMarket:
    """See `ports.Market`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = MarketDataServiceStub(channel)

    async def instruments(self) -> Sequence[Instrument]:
        """See `ports.Market`."""
        listed = pages(self._stub.ListInstruments, pb.ListInstrumentsRequest())
        return [
            Instrument(wire.symbol, wire.currency, wire.multiplier)
            async for page in listed
            for wire in page.instruments
        ]

    async def change(self, symbol: str, start_time_ns: int, end_time_ns: int) -> float | None:
        """See `ports.Market`."""
        try:
            first = await self._last_close(symbol, start_time_ns, start_time_ns + 1)
            last = await self._last_close(symbol, start_time_ns, end_time_ns)
        except SymbolNotFoundError:
            return None
        return last / first - 1.0 if first and last else None

    async def _last_close(self, symbol: str, start_ns: int, end_ns: int) -> int | None:
        response = await self._stub.GetBars(
            pb.GetBarsRequest(
                symbol=symbol,
                start_time=encode_time(start_ns),
                end_time=encode_time(end_ns),
                limit=1,
            )
        )
        return response.bars.close[-1] if response.bars.close else None
