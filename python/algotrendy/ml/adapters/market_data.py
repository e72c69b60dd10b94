"""The market data area's history, over its contract."""

import grpc

from algotrendy.domain.bar import BarColumns
from algotrendy.rpc.market_data import fetch_bars


class MarketDataHistory:
    """See `BarHistory`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    async def bars(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> BarColumns:
        """See `BarHistory`."""
        return await fetch_bars(self._channel, symbol, start_time_ns, end_time_ns)
