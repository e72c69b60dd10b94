"""Bars of any style, made of what is stored: ticks where there are, else bars."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import algotrendy
from algotrendy.bar.sessions import days_around
from algotrendy.domain.bar import BarColumns, Int64Column
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import InvalidArgumentError
from algotrendy.market_data.ticks import TradeSeries

DEFAULT_BAR_COUNT: Final = 10_000
LARGEST_BAR_COUNT: Final = 100_000

# Options that no style owns: an error about one names it alone.
_COMMON: Final = frozenset({"source", "sessions", "outside", "closed"})
_COLUMNS: Final = (
    "open_time_ns",
    "close_time_ns",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "trade_count",
    "buy_volume",
    "sell_volume",
)

Table = Mapping[str, NDArray[Any]]


@contextmanager
def within(place: str) -> Iterator[None]:
    """Let errors name a parameter by its place in the request: `renko.size`, not `size`."""
    try:
        yield
    except InvalidArgumentError as error:
        name = error.metadata.get("field")
        if name not in _COMMON:
            error.metadata["field"] = place if name is None else f"{place}.{name}"
        raise


class BarSource(StrEnum):
    """What bars are made of."""

    TICKS = "TICKS"
    BARS = "BARS"


@dataclass(frozen=True)
class BarStyle:
    """A style by its name and options, as `algotrendy.bars` takes them.

    `of` is the style of the bars that it is made of; None is what is stored.
    """

    name: str
    options: Mapping[str, object] = field(default_factory=dict)
    of: "BarStyle | None" = None


@dataclass(frozen=True)
class BarTerms:
    """Which bars to give: the newest `limit` of those that `[start, end)` makes.

    Without a style they are the stored ones; without a source, of ticks where there are and the
    style takes them.
    """

    symbol: str
    start_time_ns: int | None = None
    end_time_ns: int | None = None
    limit: int = DEFAULT_BAR_COUNT
    style: BarStyle | None = None
    source: BarSource | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LARGEST_BAR_COUNT:
            raise InvalidArgumentError(
                f"limit is {self.limit}; expected 1 to {LARGEST_BAR_COUNT}.",
                field="limit",
                value=str(self.limit),
            )


@dataclass(frozen=True)
class SourceTables:
    """What bars are made of, as tables in time order; none is outside the two times."""

    source: BarSource
    instrument: Instrument
    first_time_ns: int
    last_time_ns: int
    tables: Iterable[Table]

    @classmethod
    def of_trades(cls, trades: TradeSeries) -> "SourceTables":
        """Return stored trades as tables."""
        tables = (chunk.table() for chunk in trades.chunks)
        times = (trades.first_time_ns, trades.last_time_ns)
        return cls(BarSource.TICKS, trades.instrument, *times, tables)

    @classmethod
    def of_bars(cls, bars: BarColumns) -> "SourceTables":
        """Return stored bars as a table."""
        table = {
            "open_time": bars.open_time_ns,
            "close_time": bars.close_time_ns,
            **{name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")},
        }
        times = (int(bars.open_time_ns[0]), int(bars.close_time_ns[-1])) if len(bars) else (0, 0)
        return cls(BarSource.BARS, bars.instrument, *times, [table])


@dataclass(frozen=True)
class StyledBars:
    """Bars of a style in units; `columns` are those of `algotrendy.Bars`, by name.

    `report` tells what became of everything that was read, whether or not its bar is here.
    """

    instrument: Instrument
    source: BarSource
    price_scale: int
    quantity_scale: int
    columns: Mapping[str, Int64Column]
    notional: Sequence[int]
    close_reason: Sequence[str]
    flags: Sequence[int]
    report: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.flags)


class BarMaker:
    """Makes the bars of one style.

    Raises
    ------
    InvalidArgumentError
        A parameter is wrong, or (its field is `source`) the style takes no such source.
    """

    def __init__(self, style: BarStyle, origin: SourceTables) -> None:
        self._origin = origin
        self._stages = _stages(style, origin, style.name)

    def make(self, limit: int) -> StyledBars:
        """Return the newest `limit` bars, holding little more than them at any time.

        Raises
        ------
        OverflowValueError
            A sum left its range.
        DataValueError
            What is outside the sessions is to be refused, and there is some.
        """
        newest: deque[algotrendy.Bars] = deque()
        count = 0
        for bars in self._made():
            newest.append(bars)
            count += len(bars)
            while count - len(newest[0]) >= limit:
                count -= len(newest.popleft())
        return _styled(self._origin, newest, limit, self._stages[0].report)

    def _made(self) -> Iterable[algotrendy.Bars]:
        first, *later = self._stages
        made: Iterable[algotrendy.Bars] = _pushed(first, self._origin.tables)
        for stage in later:
            made = _pushed(stage, made)
        return made


def _stages(style: BarStyle, origin: SourceTables, place: str) -> list[algotrendy.BarStream]:
    before = [] if style.of is None else _stages(style.of, origin, f"{place}.bars")
    reads_ticks = origin.source is BarSource.TICKS and not before
    options = dict(style.options)
    if "sessions" in options:
        # By its code a stream would have to guess which days the calendar must hold.
        days = days_around(origin.first_time_ns, origin.last_time_ns)
        options["sessions"] = algotrendy.exchange_sessions(str(options["sessions"]), *days)
    source = "trades" if reads_ticks else "bars"
    with within(place):
        stream = algotrendy.BarStream(
            style.name, source=source, instrument=origin.instrument, **options
        )
    return [*before, stream]


def _pushed(
    stream: algotrendy.BarStream, tables: Iterable[Table | algotrendy.Bars]
) -> Iterable[algotrendy.Bars]:
    for table in tables:
        yield stream.push_many(table)
    yield stream.finish()


def _styled(
    origin: SourceTables, newest: Sequence[algotrendy.Bars], limit: int, report: Mapping[str, Any]
) -> StyledBars:
    return StyledBars(
        instrument=origin.instrument,
        source=origin.source,
        price_scale=newest[0].price_scale,
        quantity_scale=newest[0].quantity_scale,
        columns={
            name: np.concatenate([getattr(bars, name) for bars in newest])[-limit:]
            for name in _COLUMNS
        },
        notional=[notional for bars in newest for notional in bars.notional][-limit:],
        close_reason=[reason for bars in newest for reason in bars.close_reason][-limit:],
        flags=np.concatenate([bars.flags for bars in newest])[-limit:].tolist(),
        report=report,
    )
