"""Fakes of what the market data area needs, and builders of bars."""

from collections.abc import Sequence

import numpy as np

from algotrendy.domain.bar import Bar, BarColumns
from algotrendy.domain.clock import DAY_NS, SECOND_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import SymbolNotFoundError
from algotrendy.market_data.bar_style import TickColumns, TickSeries


class FakeStore:
    """Bars and ticks in memory; see `BarStore`."""

    def __init__(self, *series: BarColumns) -> None:
        self.series = {bars.instrument.symbol: bars for bars in series}
        self.tick_series: dict[str, TickColumns] = {}

    def put(self, bars: BarColumns, ticks: TickColumns | None = None) -> None:
        """See `BarStore`."""
        self.series[bars.instrument.symbol] = bars
        self.tick_series.pop(bars.instrument.symbol, None)
        if ticks is not None:
            self.tick_series[bars.instrument.symbol] = ticks

    def get(self, symbol: str) -> BarColumns:
        """See `BarStore`."""
        if symbol not in self.series:
            raise SymbolNotFoundError(f"There is no data of {symbol}.", symbol=symbol)
        return self.series[symbol]

    def ticks(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> TickSeries | None:
        """See `BarStore`; chunks of three ticks."""
        instrument = self.get(symbol).instrument
        if symbol not in self.tick_series:
            return None
        stored = self.tick_series[symbol]
        first, last = int(stored.time_ns[0]), int(stored.time_ns[-1])
        chunks = [
            TickColumns(*(column[at : at + 3] for column in stored.table().values()))
            for at in range(0, len(stored), 3)
        ]
        times = (start_time_ns, end_time_ns)
        return TickSeries(instrument, first, last, [chunk.between(*times) for chunk in chunks])

    def instruments(self) -> Sequence[Instrument]:
        """See `BarStore`."""
        return [self.series[symbol].instrument for symbol in sorted(self.series)]


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


def ticks_of(
    prices: Sequence[int], *, seconds: int = 60, quantities: Sequence[int] | None = None
) -> TickColumns:
    """Return trades in cents, `seconds` apart from the epoch on, of one share unless told."""
    return TickColumns(
        np.arange(len(prices), dtype=np.int64) * seconds * SECOND_NS,
        np.array(prices, dtype=np.int64),
        np.array(quantities or [1] * len(prices), dtype=np.int64),
    )


def random_bars(symbol: str, *, count: int, seed: int) -> BarColumns:
    """Return daily bars of a random walk that starts at 100.00."""
    returns = np.random.default_rng(seed).normal(0, 0.01, count)
    return daily_bars(symbol, [int(cents) for cents in 10_000 * np.exp(np.cumsum(returns))])
