"""Fakes of what the market data area needs, and builders of bars."""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from algotrendy.domain.bar import Bar, BarColumns
from algotrendy.domain.clock import DAY_NS, SECOND_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import QuoteColumns, Ticks, TradeColumns
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
        # What was asked, the symbols (empty for a settlement) and the day number of the data.
        self.asked: list[tuple[str, str, int]] = []
        # The prices that were marked, and what they are.
        self.marks: list[tuple[str, Decimal, str]] = []
        self.ticks: list[Ticks] = []
        self.deadlines_s: set[float] = set()
        # Raised at the next decision.
        self.failure: Exception | None = None

    async def opening(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self._note("opening", instrument.symbol, bar.open_time_ns, deadline_s)

    async def approach(self, symbol: str, time_ns: int, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self._note("approach", symbol, time_ns - 1, deadline_s)

    async def open(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self._note("open", instrument.symbol, bar.open_time_ns, deadline_s)

    async def close(self, bar: Bar, instrument: Instrument, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self._note("close", instrument.symbol, bar.open_time_ns, deadline_s)

    async def trade_ticks(
        self, ticks: Sequence[Ticks], instruments: Mapping[str, Instrument], deadline_s: float
    ) -> None:
        """See `ReplayAudience`."""
        symbols = " ".join(instruments[each.symbol].symbol for each in ticks)
        self._note("trade", symbols, ticks[0].time_ns, deadline_s)
        self.ticks += ticks

    async def settle(self, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self._note("settle", "", None, deadline_s)

    async def rest(self, deadline_s: float) -> None:
        """See `ReplayAudience`."""
        self._note("rest", "", None, deadline_s)

    async def mark(
        self, symbol: str, price: Decimal, time_ns: int, source: str, deadline_s: float
    ) -> None:
        """See `ReplayAudience`."""
        self._note("mark", symbol, time_ns - (source == "bar"), deadline_s)
        self.marks.append((symbol, price, source))

    async def decide(
        self, bar: Bar, instrument: Instrument, following_count: int, deadline_s: float
    ) -> None:
        """See `ReplayAudience`."""
        name = f"decide {following_count}"
        self._note(name, instrument.symbol, bar.open_time_ns, deadline_s)
        self._fail()

    async def decide_ticks(
        self, ticks: Ticks, instrument: Instrument, following_count: int, deadline_s: float
    ) -> None:
        """See `ReplayAudience`."""
        name = f"decide ticks {following_count}"
        self._note(name, instrument.symbol, ticks.time_ns, deadline_s)
        self._fail()

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure

    def _note(self, asked: str, symbols: str, time_ns: int | None, deadline_s: float) -> None:
        day = self.asked[-1][2] if time_ns is None else time_ns // DAY_NS
        self.asked.append((asked, symbols, day))
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
