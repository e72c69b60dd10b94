"""The market_data area's bars, over its contract."""

import grpc

from algotrendy.api.market_data.v1.market_data_service_pb2 import GetBarsRequest
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.instrument import Instrument
from algotrendy.rpc.market_data import decode_instrument, fetch_bars


class StoredMarketData:
    """See `ports.MarketData`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._stub = MarketDataServiceStub(channel)

    async def instrument(self, symbol: str) -> Instrument:
        """See `ports.MarketData`."""
        response = await self._stub.GetBars(GetBarsRequest(symbol=symbol, limit=1))
        return decode_instrument(response.instrument)

    async def bars(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> BarColumns:
        """See `ports.MarketData`."""
        return await fetch_bars(self._channel, symbol, start_time_ns, end_time_ns)
