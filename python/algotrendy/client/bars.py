"""Bars of a running platform, as `algotrendy.backtest.run` takes them."""

from collections.abc import Sequence
from typing import Final

import grpc

from algotrendy.api.market_data.v1.bar_style_pb2 import EMPTY_INTERVALS_NULL, EMPTY_INTERVALS_OMIT
from algotrendy.api.market_data.v1.market_data_service_pb2 import GetBarsRequest, GetBarsResponse
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.client.symbols import checked_symbols
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.times import time_range_ns
from algotrendy.errors import InsufficientDataError, ResourceExhaustedError
from algotrendy.rpc.bar_style import encode_style
from algotrendy.rpc.market_data import decode_bars, fetch_bars
from algotrendy.rpc.time import encode_optional_time

PAGE_SIZE: Final = 100_000
# The flag of a bar of an interval without ticks.
_EMPTY: Final = 16


async def stored_bars(
    channel: grpc.aio.Channel,
    symbols: str | Sequence[str],
    bars: object = None,
    *,
    start: object = None,
    end: object = None,
) -> dict[str, BarColumns]:
    """Return the bars of symbols in a range; see `Client.bars`."""
    named = checked_symbols(symbols)
    start_ns, end_ns = time_range_ns(start, end)
    style = None if bars is None else _tradable(encode_style(bars))
    found = {}
    for symbol in named:
        columns = (
            await fetch_bars(channel, symbol, start_ns, end_ns)
            if style is None
            else await _styled_bars(channel, style, symbol, start_ns, end_ns)
        )
        if not len(columns):
            raise InsufficientDataError(
                f"{symbol} has no bar with start={start}, end={end}; expected one at least.",
                symbol=symbol,
                bar_count="0",
            )
        found[symbol] = columns
    return found


async def _styled_bars(
    channel: grpc.aio.Channel,
    style: GetBarsRequest,
    symbol: str,
    start_ns: int | None,
    end_ns: int | None,
) -> BarColumns:
    """Return all bars of a style, however many answers they take."""

    async def get(before_ns: int | None) -> GetBarsResponse:
        request = GetBarsRequest(
            symbol=symbol,
            start_time=encode_optional_time(start_ns),
            end_time=encode_optional_time(before_ns),
            limit=PAGE_SIZE,
        )
        request.MergeFrom(style)
        return await MarketDataServiceStub(channel).GetBars(request)

    # The service gives the newest bars of a range, so a long one is read from its end.
    answer = await get(end_ns)
    parts = [decode_bars(answer)]
    while len(answer.bars.flags) == PAGE_SIZE:
        seam = _seam(symbol, style, answer)
        # Made again, so that what is before it is whole; then the one that is known is kept.
        answer = await get(answer.bars.close_time_ns[seam])
        seam_ns = int(parts[0].open_time_ns[seam])
        parts[:1] = [decode_bars(answer).between(None, seam_ns), parts[0].between(seam_ns, None)]
    return BarColumns.joined(parts)


def _tradable(style: GetBarsRequest) -> GetBarsRequest:
    """Return a style without bars that have no prices: columns cannot tell them from others."""
    if style.time.empty == EMPTY_INTERVALS_NULL:
        style.time.empty = EMPTY_INTERVALS_OMIT
    return style


def _seam(symbol: str, style: GetBarsRequest, answer: GetBarsResponse) -> int:
    """Return the place of the first bar of an answer that an earlier range ends with, too.

    Bars of time stand on a grid that does not depend on where a range ends. Only one with ticks
    ends a range; what is empty before it is told as it is.

    Raises
    ------
    ResourceExhaustedError
        For other styles, which start anew in each range.
    """
    traded = [place for place, flags in enumerate(answer.bars.flags[:-1]) if not flags & _EMPTY]
    if style.WhichOneof("style") != "time" or not traded:
        raise ResourceExhaustedError(
            f"{symbol} has {PAGE_SIZE} such bars or more in the range; expected fewer. Take a "
            "shorter range or larger bars.",
            symbol=symbol,
            limit=str(PAGE_SIZE),
        )
    return traded[0]
