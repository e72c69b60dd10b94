"""The market_data area's bars, over its contract."""

import grpc

from algotrendy.domain.bar import BarColumns
from algotrendy.rpc.market_data import fetch_bars


class StoredMarketData:
    """See `ports.MarketData`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    async def bars(self, symbol: str, end_time_ns: int | None) -> BarColumns:
        """See `ports.MarketData`."""
        return await fetch_bars(self._channel, symbol, end_time_ns=end_time_ns)
