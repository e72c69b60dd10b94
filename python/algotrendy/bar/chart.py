"""What a chart of bars shows, as numbers and SVG paths; nothing here needs a drawing library.

All bars of one look are one path. A chart is then a handful of shapes whatever its length, which a
browser draws about ten times faster than a candlestick trace: 10,000 bars in a third of a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from algotrendy._core import Bars

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

PARTIAL, GAP, LATE, SESSION, EMPTY, SUSPECT, CARRIED = 1, 2, 4, 8, 16, 32, 64
FLAG_NAMES: Final = {
    PARTIAL: "partial",
    GAP: "gap",
    LATE: "late",
    SESSION: "session break",
    EMPTY: "empty",
    SUSPECT: "suspect",
    CARRIED: "carried",
}
_STYLES: Final = {
    "INTERVAL": "time",
    "TICKS": "tick",
    "VOLUME": "volume",
    "NOTIONAL": "dollar",
    "RANGE": "range",
    "BRICK": "renko",
    "IMBALANCE": "imbalance",
    "LINE": "line_break",
}
_MINUTE_NS: Final = 60 * 10**9
# The share of its place that a candle leaves free on either side.
_MARGIN: Final = 0.15


@dataclass(frozen=True)
class Columns:
    """Bars in prices and quantities, whatever the kind of their numbers."""

    price_scale: int
    quantity_scale: int
    time_ns: NDArray[np.int64]
    open_time_ns: NDArray[np.int64]
    close_time_ns: NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    vwap: Floats
    volume: Floats
    buy_volume: Floats
    sell_volume: Floats
    trade_count: NDArray[np.int64]
    close_reason: list[str]
    flags: NDArray[np.uint8]
    style: str | None

    @classmethod
    def of(cls, bars: Bars) -> "Columns":
        """Return the columns of bars; integers are units of 10^-scale."""
        is_units = bars.close.dtype.kind == "i"
        price = 10.0**bars.price_scale if is_units else 1.0
        quantity = 10.0**bars.quantity_scale if bars.volume.dtype.kind == "i" else 1.0
        reasons = bars.close_reason
        return cls(
            price_scale=bars.price_scale,
            quantity_scale=bars.quantity_scale,
            time_ns=bars.time_ns,
            open_time_ns=bars.open_time_ns,
            close_time_ns=bars.close_time_ns,
            open=bars.open / price,
            high=bars.high / price,
            low=bars.low / price,
            close=bars.close / price,
            vwap=bars.vwap / price,
            volume=bars.volume / quantity,
            buy_volume=bars.buy_volume / quantity,
            sell_volume=bars.sell_volume / quantity,
            trade_count=bars.trade_count,
            close_reason=reasons,
            flags=bars.flags,
            style=_style(bars, reasons),
        )

    def __len__(self) -> int:
        return len(self.time_ns)

    def flagged(self, flag: int) -> Mask:
        """Return which bars have a flag."""
        is_flagged: Mask = (self.flags & flag) != 0
        return is_flagged

    @property
    def is_bricks(self) -> bool:
        """Whether each bar begins where another ended, so that they are drawn side by side."""
        return self.style in {"renko", "line_break"}

    @property
    def has_prices(self) -> Mask:
        """Which bars can be drawn: an empty one may have no prices."""
        return np.isfinite(self.close)


@dataclass(frozen=True)
class Places:
    """Where bars lie along the horizontal axis.

    Parameters
    ----------
    left, middle, right : sequence
        A body's ends and its middle: numbers, or dates of a time axis.
    edge : sequence
        Where the next bar's place begins.
    """

    left: Sequence[Any]
    middle: Sequence[Any]
    right: Sequence[Any]
    edge: Sequence[Any]

    @classmethod
    def on_index(cls, count: int, *, side_by_side: bool) -> "Places":
        """Return places one after another, whatever the time between bars."""
        middle = np.arange(count)
        half = 0.5 if side_by_side else 0.5 - _MARGIN
        return cls(
            left=[f"{value:.12g}" for value in middle - half],
            middle=middle.tolist(),
            right=[f"{value:.12g}" for value in middle + half],
            edge=[f"{value:.12g}" for value in middle + 0.5],
        )

    @classmethod
    def on_time(cls, open_ns: NDArray[np.int64], close_ns: NDArray[np.int64]) -> "Places":
        """Return places from each bar's open time to its close time, UTC."""
        margin_ns = ((close_ns - open_ns) * _MARGIN).astype(np.int64)
        return cls(
            left=_dates(open_ns + margin_ns),
            middle=_dates(open_ns + (close_ns - open_ns) // 2),
            right=_dates(close_ns - margin_ns),
            edge=_dates(close_ns),
        )


def candles(columns: Columns, places: Places, which: Mask) -> str:
    """Return a path of bodies and wicks; a body is as wide as its bar's place."""
    digits = min(columns.price_scale, 12)
    prices = (columns.open, columns.high, columns.low, columns.close)
    parts = []
    for index in np.flatnonzero(which & columns.has_prices).tolist():
        open_, high, low, close = (float(column[index]) for column in prices)
        top, bottom = max(open_, close), min(open_, close)
        left, right = _text(places.left[index]), _text(places.right[index])
        parts.append(
            f"M{left},{bottom:.{digits}f}V{top:.{digits}f}H{right}V{bottom:.{digits}f}H{left}Z"
        )
        middle = _text(places.middle[index])
        if high > top:
            parts.append(f"M{middle},{top:.{digits}f}V{high:.{digits}f}")
        if low < bottom:
            parts.append(f"M{middle},{bottom:.{digits}f}V{low:.{digits}f}")
    return "".join(parts)


def columns_of_volume(places: Places, bottom: Floats, top: Floats) -> str:
    """Return a path of boxes from `bottom` to `top`, one for each bar that has any."""
    parts = []
    for index in np.flatnonzero(top > bottom).tolist():
        left, right = _text(places.left[index]), _text(places.right[index])
        low, high = f"{bottom[index]:.12g}", f"{top[index]:.12g}"
        parts.append(f"M{left},{low}V{high}H{right}V{low}Z")
    return "".join(parts)


def verticals(places: Places, which: Mask, bottom: float, top: float) -> str:
    """Return a path of lines at the ends of some bars."""
    return "".join(
        f"M{_text(places.edge[index])},{bottom:.12g}V{top:.12g}"
        for index in np.flatnonzero(which).tolist()
    )


def tick_labels(time_ns: NDArray[np.int64], zone: tzinfo) -> list[str]:
    """Return a label for each bar, no finer than it needs, with the date if there are several."""
    times = [datetime.fromtimestamp(time // 10**9, zone) for time in time_ns.tolist()]
    if not times:
        return []
    if all(time.hour == time.minute == time.second == 0 for time in times):
        return [f"{time:%Y-%m-%d}" for time in times]
    is_fine = int(time_ns[-1] - time_ns[0]) < _MINUTE_NS
    clock = "%H:%M" if not (time_ns % _MINUTE_NS).any() else "%H:%M:%S"
    texts = [time.strftime(clock) for time in times]
    if is_fine:
        millis = (time_ns // 10**6 % 1000).tolist()
        texts = [f"{text}.{milli:03}" for text, milli in zip(texts, millis, strict=True)]
    if times[0].date() == times[-1].date():
        return texts
    return [f"{text}<br>{time:%Y-%m-%d}" for text, time in zip(texts, times, strict=True)]


def written_times(time_ns: NDArray[np.int64], zone: tzinfo) -> list[str]:
    """Return times in full, to the millisecond where one of them is not a whole second."""
    is_whole = not (time_ns % 10**9).any()
    texts = []
    for time in time_ns.tolist():
        text = f"{datetime.fromtimestamp(time // 10**9, zone):%Y-%m-%d %H:%M:%S}"
        texts.append(text if is_whole else f"{text}.{time // 10**6 % 1000:03}")
    return texts


def written_flags(flags: NDArray[np.uint8]) -> list[str]:
    """Return the names of each bar's flags."""
    names = {
        int(value): ", ".join(name for flag, name in FLAG_NAMES.items() if value & flag) or "none"
        for value in np.unique(flags)
    }
    return [names[value] for value in flags.tolist()]


def _style(bars: Bars, reasons: list[str]) -> str | None:
    told = getattr(bars, "style", None)
    if told is not None:
        return str(told)
    return next((_STYLES[reason] for reason in reasons if reason in _STYLES), None)


def _dates(time_ns: NDArray[np.int64]) -> list[str]:
    """Return dates as a time axis reads them; it knows tenths of milliseconds at most."""
    return [
        f"{datetime.fromtimestamp(time // 10**9, UTC):%Y-%m-%d %H:%M:%S}.{time // 10**5 % 10**4:04}"
        for time in time_ns.tolist()
    ]


def _text(place: object) -> str:
    # In a path a space would end the number.
    return str(place).replace(" ", "_")
