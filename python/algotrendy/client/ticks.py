"""Trades and quotes of a running platform, as `algotrendy.backtest.run` takes them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import grpc

from algotrendy.client.symbols import checked_symbols
from algotrendy.domain.tick import QuoteColumns, TradeColumns
from algotrendy.domain.times import time_range_ns
from algotrendy.errors import FailedPreconditionError, InsufficientDataError
from algotrendy.rpc.tick_columns import fetch_quotes, fetch_trades

_Ticks = TradeColumns | QuoteColumns
_Fetch = Callable[[grpc.aio.Channel, str, int | None, int | None], Awaitable[_Ticks | None]]

_FETCHES: Final[tuple[_Fetch, ...]] = (fetch_trades, fetch_quotes)


async def stored_ticks(
    channel: grpc.aio.Channel,
    symbols: str | Sequence[str],
    *,
    start: object = None,
    end: object = None,
) -> dict[str, _Ticks]:
    """Return the trades and quotes of symbols in a range; see `Client.ticks`."""
    named = checked_symbols(symbols)
    start_ns, end_ns = time_range_ns(start, end)
    found: dict[str, _Ticks] = {}
    for symbol in named:
        stored = [
            ticks
            for fetch in _FETCHES
            if (ticks := await fetch(channel, symbol, start_ns, end_ns)) is not None
        ]
        if not stored:
            raise FailedPreconditionError(
                f"Neither trades nor quotes of {symbol} are stored; import one of them.",
                symbol=symbol,
            )
        made = [ticks for ticks in stored if len(ticks)]
        if not made:
            raise InsufficientDataError(
                f"{symbol} has no trade and no quote with start={start}, end={end}; expected one "
                "at least.",
                symbol=symbol,
                tick_count="0",
            )
        found |= zip((symbol, f"{symbol}:quotes"), made, strict=False)
    return found
