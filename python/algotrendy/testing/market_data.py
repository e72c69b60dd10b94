"""Fakes of what the market data area needs, and builders of bars."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from algotrendy.domain.bar import Bar, BarColumns
from algotrendy.domain.clock import DAY_NS, SECOND_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import QuoteColumns, TradeColumns
from algotrendy.errors import FailedPreconditionError, SymbolNotFoundError
from algotrendy.market_data.ticks import Columns, QuoteSeries, TickSeries, TradeSeries


class FakeStore:
    """Bars, trades and quotes in memory; see `BarStore`."""

    def __init__(self, *series: BarColumns) -> None:
        self.series = {bars.instrument.symbol: bars for bars in series}
        self.trade_series: dict[str, TradeColumns] = {}
        self.quote_series: dict[str, QuoteColumns] = {}

    def put(self, bars: BarColumns, trades: TradeColumns | None = None) -> None:
        """See `BarStore`."""
        symbol = bars.instrument.symbol
        self.series[symbol] = bars
        self.trade_series.pop(symbol, None)
        self.quote_series.pop(symbol, None)
        if trades is not None:
            self.trade_series[symbol] = trades

    def get(self, symbol: str) -> BarColumns:
        """See `BarStore`."""
        if symbol not in self.series:
            raise SymbolNotFoundError(f"There is no data of {symbol}.", symbol=symbol)
        return self.series[symbol]

    def instrument(self, symbol: str) -> Instrument:
        """See `BarStore`."""
        return self.get(symbol).instrument

    def trades(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None, *, skip: int = 0
    ) -> TradeSeries | None:
        """See `BarStore`; chunks of three trades."""
        return self._ticks(symbol, self.trade_series, (start_time_ns, end_time_ns), skip)

    def put_quotes(self, quotes: QuoteColumns) -> None:
        """See `BarStore`."""
        symbol = quotes.instrument.symbol
        if self.instrument(symbol) != quotes.instrument:
            raise FailedPreconditionError("The bars are of another instrument.", symbol=symbol)
        self.quote_series[symbol] = quotes

    def quotes(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None, *, skip: int = 0
    ) -> QuoteSeries | None:
        """See `BarStore`; chunks of three quotes."""
        return self._ticks(symbol, self.quote_series, (start_time_ns, end_time_ns), skip)

    def instruments(self) -> Sequence[Instrument]:
        """See `BarStore`."""
        return [self.series[symbol].instrument for symbol in sorted(self.series)]

    def _ticks(
        self,
        symbol: str,
        stored: Mapping[str, Columns],
        time_range: tuple[int | None, int | None],
        skip: int,
    ) -> TickSeries[Columns] | None:
        instrument = self.instrument(symbol)
        if symbol not in stored:
            return None
        every = stored[symbol]
        content = b"".join(column.tobytes() for column in every.columns().values())
        digest = hashlib.blake2b(content, digest_size=8).hexdigest()
        times = (int(every.time_ns[0]), int(every.time_ns[-1]))
        asked = every.between(*time_range).rows(slice(skip, None))
        chunks = [asked.rows(slice(at, at + 3)) for at in range(0, len(asked), 3)] or [asked]
        return TickSeries(instrument, *times, len(asked), digest, chunks)


class FakeAudience:
    """Writes down what a replay asks of it; see `ReplayAudience`."""

    def __init__(self) -> None:
        # What was asked, the symbol (empty for a settlement) and the day number of the bar.
        self.asked: list[tuple[str, str, int]] = []
        self.deadlines_s: set[float] = set()
        # Raised at the next decision.
        self.failure: Exception | None = None

    async def opening(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self._note("opening", bar, instrument, deadline_s)

    async def closing(self, bar: Bar, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self.asked.append(("closing", "", bar.open_time_ns // DAY_NS))
        self.deadlines_s.add(deadline_s)

    async def open(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self._note("open", bar, instrument, deadline_s)

    async def close(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self._note("close", bar, instrument, deadline_s)

    async def settle(self, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self.asked.append(("settle", "", self.asked[-1][2]))
        self.deadlines_s.add(deadline_s)

    async def mark(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self._note("mark", bar, instrument, deadline_s)

    async def decide(
        self, bar: Bar, instrument: Instrument, following_count: int, deadline_s: float
    ) -> None:
        """See `ReplayAudience`."""
        self._note(f"decide {following_count}", bar, instrument, deadline_s)
        if self.failure is not None:
            raise self.failure

    def _note(self, asked: str, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        self.asked.append((asked, instrument.symbol, bar.open_time_ns // DAY_NS))
        self.deadlines_s.add(deadline_s)


def daily_bars(
    symbol: str, closes: Sequence[int], *, first_day: int = 0, open_hour: int = 0
) -> BarColumns:
    """Return daily bars in cents; each opens at the close before it and trades 1000."""
    close = np.array(closes, dtype=np.int64)
    open_ = np.concatenate([close[:1], close[:-1]])
    days = first_day + np.arange(len(close), dtype=np.int64)
    open_time_ns = days * DAY_NS + open_hour * DAY_NS // 24
    return BarColumns(
        Instrument(symbol),
        open_time_ns,
        open_time_ns + DAY_NS,
        open_,
        np.maximum(open_, close),
        np.minimum(open_, close),
        close,
        np.full(len(close), 1000, dtype=np.int64),
    )


def trades_of(
    prices: Sequence[int],
    *,
    symbol: str = "X",
    seconds: int = 60,
    quantities: Sequence[int] | None = None,
) -> TradeColumns:
    """Return trades in cents, `seconds` apart from the epoch on, of one share unless told."""
    return TradeColumns(
        Instrument(symbol),
        np.arange(len(prices), dtype=np.int64) * seconds * SECOND_NS,
        np.array(prices, dtype=np.int64),
        np.array(quantities or [1] * len(prices), dtype=np.int64),
    )


def quotes_of(
    bids: Sequence[int], *, symbol: str = "X", seconds: int = 60, spread: int = 2
) -> QuoteColumns:
    """Return quotes in cents, `seconds` apart from the epoch on, of 100 shares on each side."""
    bid = np.array(bids, dtype=np.int64)
    size = np.full(len(bid), 100, dtype=np.int64)
    time_ns = np.arange(len(bid), dtype=np.int64) * seconds * SECOND_NS
    return QuoteColumns(Instrument(symbol), time_ns, bid, bid + spread, size, size)


def random_bars(symbol: str, *, count: int, seed: int) -> BarColumns:
    """Return daily bars of a random walk that starts at 100.00."""
    returns = np.random.default_rng(seed).normal(0, 0.01, count)
    return daily_bars(symbol, [int(cents) for cents in 10_000 * np.exp(np.cumsum(returns))])
