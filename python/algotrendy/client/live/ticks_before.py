"""What was made last before a live strategy starts, which a backtest knows, too."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import grpc

from algotrendy.domain.clock import DAY_NS, HOUR_NS, MINUTE_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Quote, QuoteColumns, Ticks, Trade, TradeColumns
from algotrendy.rpc.tick_columns import fetch_quotes, fetch_trades

_Columns = TypeVar("_Columns", TradeColumns, QuoteColumns)
_Fetch = Callable[[grpc.aio.Channel, str, int | None, int | None], Awaitable[_Columns | None]]

# How far back is looked, until something is found; then everything is.
_SPANS_NS: Final = (MINUTE_NS, HOUR_NS, DAY_NS, 30 * DAY_NS)


async def ticks_before(
    channel: grpc.aio.Channel, instrument: Instrument, time_ns: int
) -> Ticks | None:
    """Return the last stored trade or quote of a symbol before a time, of one time the quote.

    It is empty where there is none; None where neither trades nor quotes of the symbol are stored.
    """
    symbol = instrument.symbol
    trades = await _last(fetch_trades, channel, symbol, time_ns)
    quotes = await _last(fetch_quotes, channel, symbol, time_ns)
    if trades is None and quotes is None:
        return None
    last = Ticks(symbol, time_ns)
    if trades is not None and len(trades):
        trade = Trade(int(trades.price[-1]), int(trades.quantity[-1]))
        last = Ticks(symbol, int(trades.time_ns[-1]), trades=(trade,))
    if (
        quotes is not None
        and len(quotes)
        and (not last.trades or quotes.time_ns[-1] >= last.time_ns)
    ):
        quote = Quote(int(quotes.bid[-1]), int(quotes.ask[-1]))
        last = Ticks(symbol, int(quotes.time_ns[-1]), quotes=(quote,))
    return last


async def _last(
    fetch: _Fetch[_Columns], channel: grpc.aio.Channel, symbol: str, time_ns: int
) -> _Columns | None:
    """Return ticks of a kind of which the last is the last before a time; None: none are stored."""
    for span_ns in _SPANS_NS:
        found = await fetch(channel, symbol, time_ns - span_ns, time_ns)
        if found is None or len(found):
            return found
    return await fetch(channel, symbol, None, time_ns)
