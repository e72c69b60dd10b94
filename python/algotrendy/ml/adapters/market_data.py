"""The market data area's history, over its contract."""

from typing import Final

import grpc
import numpy as np

from algotrendy.api.market_data.v1 import market_data_pb2
from algotrendy.api.market_data.v1 import market_data_service_pb2 as pb
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.rpc.decimal import decode_decimal
from algotrendy.rpc.time import encode_time

_LIMIT: Final = 100_000
_COLUMNS: Final = ("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume")


class MarketDataHistory:
    """See `BarHistory`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = MarketDataServiceStub(channel)

    async def bars(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> BarColumns:
        """See `BarHistory`."""
        # The area gives the newest bars of a range, so a long one is read from its end.
        responses: list[pb.GetBarsResponse] = []
        while not responses or len(responses[0].bars.open_time_ns) == _LIMIT:
            end = responses[0].bars.open_time_ns[0] if responses else end_time_ns
            request = pb.GetBarsRequest(
                symbol=symbol,
                start_time=None if start_time_ns is None else encode_time(start_time_ns),
                end_time=None if end is None else encode_time(end),
                limit=_LIMIT,
            )
            responses.insert(0, await self._stub.GetBars(request))
        parts = [response.bars for response in responses]
        columns = (
            np.concatenate([np.array(getattr(part, name), dtype=np.int64) for part in parts])
            for name in _COLUMNS
        )
        return BarColumns(_decode_instrument(responses[0].instrument), *columns)


def _decode_instrument(message: market_data_pb2.Instrument) -> Instrument:
    kind = market_data_pb2.InstrumentKind.Name(message.kind).removeprefix("INSTRUMENT_KIND_")
    return Instrument(
        symbol=message.symbol,
        kind=InstrumentKind(kind),
        currency=message.currency,
        tick_size=decode_decimal(message, "tick_size"),
        lot_size=decode_decimal(message, "lot_size"),
        multiplier=message.multiplier,
    )
