"""Series of market data: where they come from, what makes them valid, how they are replayed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

import algotrendy
from algotrendy.domain.bar import Bar, BarColumns, Int64Column
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.instrument import Instrument, InstrumentKind
from algotrendy.domain.tick import TradeColumns
from algotrendy.errors import DataOrderError, InvalidArgumentError
from algotrendy.market_data.row_checks import (
    check_order,
    check_positive,
    check_price,
    first_place,
    refuse_value,
)

# By how much a day can be shorter than 24 hours: clocks are put forward once a year.
_CLOCK_CHANGE_NS = 3_600_000_000_000

# Who acknowledges what in a replay, by the names under which they join it: data at the venue, the
# prices that they leave, what strategies decide on, and stored events.
VENUE = "trading"
MARKERS = frozenset({"trading", "risk", "portfolio"})
DECIDER = "strategy"
SETTLERS = frozenset({"trading.projection", "risk", "portfolio", "notification", "strategy"})

_SYMBOL = re.compile(r"[A-Za-z0-9.\-_^=/]{1,64}")


@dataclass(frozen=True)
class FileSource:
    """A CSV or Parquet file of bars or ticks; `columns` names, by role, those not recognised."""

    path: str
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BundledSource:
    """A data set that an installed package carries, as in `arch:sp500`."""

    name: str


Source = FileSource | BundledSource


@dataclass(frozen=True)
class ImportTerms:
    """What to import, as what. Unset: bars of one day, of the source's own kind of instrument."""

    symbol: str
    source: Source
    interval_ns: int | None = None
    instrument: Instrument | None = None

    def __post_init__(self) -> None:
        check_symbol(self.symbol)
        if self.interval_ns is not None and self.interval_ns <= 0:
            raise InvalidArgumentError(
                f"interval is {self.interval_ns} ns; expected a positive duration.",
                field="interval",
                value=str(self.interval_ns),
            )
        if self.instrument is not None and self.instrument.symbol != self.symbol:
            raise InvalidArgumentError(
                f"instrument.symbol is {self.instrument.symbol}; expected {self.symbol}.",
                field="instrument.symbol",
                value=self.instrument.symbol,
                expected=self.symbol,
            )

    def imported_instrument(self) -> Instrument:
        """Return what the bars will belong to."""
        if self.instrument is not None:
            return self.instrument
        bundled = isinstance(self.source, BundledSource)
        return Instrument(
            self.symbol, kind=InstrumentKind.INDEX if bundled else InstrumentKind.EQUITY
        )


@dataclass(frozen=True)
class Rounding:
    """How many prices were no multiple of the tick, and the largest change that rounding made."""

    count: int
    largest: Decimal


@dataclass(frozen=True)
class BarRows:
    """Rows of a source of bars, in the instrument's units.

    Where `close_time_ns` is None, a bar closes an interval after it opened.
    """

    name: str
    open_time_ns: Int64Column
    close_time_ns: Int64Column | None
    open: Int64Column
    high: Int64Column
    low: Int64Column
    close: Int64Column
    volume: Int64Column
    rounding: Rounding


@dataclass(frozen=True)
class TradeRows:
    """Rows of a source of trades, in the instrument's units."""

    name: str
    trades: TradeColumns
    rounding: Rounding


@dataclass(frozen=True)
class ImportReport:
    """What an import stored. `tick_count` is 0 where the source held bars."""

    instrument: Instrument
    bar_count: int
    start_time_ns: int
    end_time_ns: int
    rounding: Rounding
    tick_count: int


def check_symbol(symbol: str) -> str:
    """Return `symbol`, or raise `InvalidArgumentError` where it is malformed."""
    if not _SYMBOL.fullmatch(symbol):
        raise InvalidArgumentError(
            f"symbol is {symbol!r}; expected 1 to 64 letters, digits and .-_^=/.",
            field="symbol",
            value=symbol,
        )
    return symbol


def bars_of(
    rows: BarRows | TradeRows, instrument: Instrument, interval_ns: int | None
) -> BarColumns:
    """Return the bars that the rows are, or that their ticks fold into.

    Raises
    ------
    DataValueError
        A price or a tick's quantity is not positive, a volume is negative, or a bar's range does
        not hold its open and close; names the row, counted from 1, and the value.
    DataOrderError
        A row is not after the one before it (a tick: before it), or bars overlap.
    """
    interval_ns = interval_ns or DAY_NS
    if isinstance(rows, TradeRows):
        return _folded(rows, instrument, interval_ns)
    _check_bars(rows, instrument)
    close_time_ns = rows.close_time_ns
    if close_time_ns is None:
        close_time_ns = _close_times(rows, interval_ns)
    return BarColumns(
        instrument,
        rows.open_time_ns,
        close_time_ns,
        rows.open,
        rows.high,
        rows.low,
        rows.close,
        rows.volume,
    )


def _folded(rows: TradeRows, instrument: Instrument, interval_ns: int) -> BarColumns:
    trades = rows.trades
    check_price(rows.name, "price", trades.price, instrument)
    check_positive(rows.name, "quantity", trades.quantity, instrument.quantity_scale)
    # Trades may share a time stamp: a venue's clock is coarser than its trading.
    check_order(rows.name, trades.time_ns, np.diff(trades.time_ns) < 0)
    bars = algotrendy.bars(
        trades.table(), "time", interval=f"{interval_ns}ns", instrument=instrument
    )
    return BarColumns(
        instrument,
        bars.open_time_ns,
        bars.close_time_ns,
        bars.open,
        bars.high,
        bars.low,
        bars.close,
        bars.volume,
    )


def _check_bars(rows: BarRows, instrument: Instrument) -> None:
    check_order(rows.name, rows.open_time_ns, np.diff(rows.open_time_ns) <= 0)
    for name in ("open", "high", "low", "close"):
        check_price(rows.name, name, getattr(rows, name), instrument)
    if (index := first_place(rows.volume < 0)) is not None:
        value = instrument.quantity(int(rows.volume[index]))
        refuse_value(rows.name, "volume", index, str(value), "expected 0 or more")
    if (index := first_place(rows.high < rows.low)) is not None:
        low, high = (instrument.price(int(column[index])) for column in (rows.low, rows.high))
        refuse_value(rows.name, "high", index, str(high), f"the low is {low}")
    for name in ("open", "close"):
        column: Int64Column = getattr(rows, name)
        if (index := first_place((column < rows.low) | (column > rows.high))) is not None:
            value, low, high = (
                instrument.price(int(units[index])) for units in (column, rows.low, rows.high)
            )
            refuse_value(rows.name, name, index, str(value), f"the bar's range is {low} to {high}")


def _close_times(rows: BarRows, interval_ns: int) -> Int64Column:
    close_time_ns = rows.open_time_ns + interval_ns
    overlap_ns = close_time_ns[:-1] - rows.open_time_ns[1:]
    allowed_ns = _CLOCK_CHANGE_NS if interval_ns >= DAY_NS else 0
    if (index := first_place(overlap_ns > allowed_ns)) is not None:
        spacing_ns = int(rows.open_time_ns[index + 1] - rows.open_time_ns[index])
        raise DataOrderError(
            f"{rows.name}, row {index + 2}: it opens {spacing_ns / 1e9:g} s after the row above, "
            f"which lasts {interval_ns / 1e9:g} s; name the interval of the bars.",
            file=rows.name,
            row=str(index + 2),
            value=str(rows.open_time_ns[index + 1].astype("M8[ns]")),
            interval_ns=str(interval_ns),
            spacing_ns=str(spacing_ns),
        )
    close_time_ns[:-1] = np.minimum(close_time_ns[:-1], rows.open_time_ns[1:])
    return close_time_ns


@dataclass(frozen=True)
class ReplayTerms:
    """What to replay: of data whose time lies in `[start, end)`, those of the symbols together.

    `deadline_s` is how long a consumer has to acknowledge a step; None: as long as the service's.
    """

    symbols: Sequence[str]
    start_time_ns: int | None = None
    end_time_ns: int | None = None
    deadline_s: float | None = None

    def __post_init__(self) -> None:
        if self.deadline_s is not None and self.deadline_s <= 0:
            raise InvalidArgumentError(
                f"deadline is {self.deadline_s:g} s; expected a positive duration.",
                field="deadline",
                value=str(self.deadline_s),
            )

    @property
    def time_range(self) -> tuple[int | None, int | None]:
        """The two times."""
        return self.start_time_ns, self.end_time_ns


@dataclass(frozen=True)
class ReplayStep:
    """The bars of one bar time, by symbol."""

    close_time_ns: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class ReplayProgress:
    """How far a replay is: bar times or ticks, and the time that was replayed last."""

    completed_count: int
    total_count: int
    time_ns: int


def replay_steps(series: Sequence[BarColumns]) -> list[ReplayStep]:
    """Return the steps of a replay of several symbols, in time order.

    Raises
    ------
    InvalidArgumentError
        If bars of two symbols overlap without being of the same interval: neither order would
        be the order in which a market lived through them.
    """
    by_time: dict[int, list[Bar]] = {}
    for bars in sorted(series, key=lambda bars: bars.instrument.symbol):
        for bar in bars:
            by_time.setdefault(bar.open_time_ns, []).append(bar)
    steps: list[ReplayStep] = []
    for open_time_ns, step_bars in sorted(by_time.items()):
        close_time_ns = step_bars[0].close_time_ns
        mixed = any(bar.close_time_ns != close_time_ns for bar in step_bars)
        if mixed or (steps and steps[-1].close_time_ns > open_time_ns):
            symbols = sorted(bars.instrument.symbol for bars in series)
            raise InvalidArgumentError(
                f"The bars of {', '.join(symbols)} overlap: bars replayed together have the same "
                "times.",
                field="symbols",
                value=",".join(symbols),
            )
        steps.append(ReplayStep(close_time_ns, tuple(step_bars)))
    return steps
