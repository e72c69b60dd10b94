"""The market data area's history, over its contract."""

import grpc
import numpy as np

from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.api.market_data.v1.market_data_pb2 import BarColumns
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.domain.bar import Int64Column
from algotrendy.portfolio.performance import Closes
from algotrendy.rpc.market_data import fetch_bars
from algotrendy.rpc.time import encode_time


class MarketDataBars:
    """See `ports.Bars`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._stub = MarketDataServiceStub(channel)

    async def closes(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> Closes:
        """See `ports.Bars`."""
        bars = await fetch_bars(self._channel, symbol, start_time_ns, end_time_ns)
        before = BarColumns()
        if start_time_ns is not None:
            request = pb.GetBarsRequest(symbol=symbol, end_time=encode_time(start_time_ns), limit=1)
            before = (await self._stub.GetBars(request)).bars

        def column(name: str) -> Int64Column:
            first = np.array(getattr(before, name), dtype=np.int64)
            return np.concatenate((first, getattr(bars, name)))

        return Closes(
            symbol,
            bars.instrument.price_scale,
            column("open_time_ns"),
            column("close_time_ns"),
            column("close"),
        )
