"""The market data area's history, over its contract."""

from typing import Final

import grpc
import numpy as np

from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.portfolio.performance import Closes
from algotrendy.rpc.time import encode_time

_LIMIT: Final = 100_000


class MarketDataBars:
    """See `ports.Bars`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = MarketDataServiceStub(channel)

    async def closes(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> Closes:
        """See `ports.Bars`."""
        # The area gives the newest bars of a range, so that a long one is read from its end.
        parts = [await self._read(symbol, start_time_ns, end_time_ns, _LIMIT)]
        while len(parts[0].close) == _LIMIT:
            first_ns = int(parts[0].open_time_ns[0])
            parts.insert(0, await self._read(symbol, start_time_ns, first_ns, _LIMIT))
        if start_time_ns is not None:
            parts.insert(0, await self._read(symbol, None, start_time_ns, 1))
        return Closes(
            symbol,
            parts[-1].price_scale,
            np.concatenate([part.open_time_ns for part in parts]),
            np.concatenate([part.close_time_ns for part in parts]),
            np.concatenate([part.close for part in parts]),
        )

    async def _read(self, symbol: str, start: int | None, end: int | None, limit: int) -> Closes:
        response = await self._stub.GetBars(
            pb.GetBarsRequest(
                symbol=symbol,
                start_time=None if start is None else encode_time(start),
                end_time=None if end is None else encode_time(end),
                limit=limit,
            )
        )
        bars = response.bars
        return Closes(
            symbol,
            bars.price_scale,
            np.array(bars.open_time_ns, dtype=np.int64),
            np.array(bars.close_time_ns, dtype=np.int64),
            np.array(bars.close, dtype=np.int64),
        )
