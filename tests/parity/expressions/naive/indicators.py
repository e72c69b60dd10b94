"""Indicators of bars. Each takes the bars first; one of several lines is a mapping of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from tests.parity.expressions.naive import memories
from tests.parity.expressions.naive.elementwise import both, sign
from tests.parity.expressions.naive.memories import ema, wilder
from tests.parity.expressions.naive.model import (
    NULL,
    Bars,
    Column,
    each,
    is_null,
    remembering,
    rolling,
)
from tests.parity.expressions.naive.windows import (
    FUNCTIONS as WINDOWS,
)
from tests.parity.expressions.naive.windows import lag, mean, std

Lines = Mapping[str, Column]
Values = Sequence[float]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def price(bars: Bars, x: Column | None) -> Column:
    return bars["close"] if x is None else x


def highest(x: Column, n: int) -> Column:
    return rolling(max, n, x)


def lowest(x: Column, n: int) -> Column:
    return rolling(min, n, x)


def typical(bars: Bars) -> Column:
    return each(lambda h, low, c: (h + low + c) / 3.0, bars["high"], bars["low"], bars["close"])


def rsi(bars: Bars, x: Column | None = None, n: int = 14, seed: str = "mean") -> Column:
    return memories.rsi(price(bars, x), n, seed)


def macd(
    bars: Bars, x: Column | None = None, fast: int = 12, slow: int = 26, signal: int = 9
) -> Lines:
    values = price(bars, x)
    line = each(lambda a, b: a - b, ema(values, fast), ema(values, slow))
    smooth = ema(line, signal)
    return {
        "line": line,
        "signal": smooth,
        "histogram": each(lambda a, b: a - b, line, smooth),
    }


def stochastic(bars: Bars, n: int = 14, smooth: int = 3, d: int = 3) -> Lines:
    high, low = highest(bars["high"], n), lowest(bars["low"], n)
    raw = each(
        lambda c, top, bottom: 100.0 * (c - bottom) / (top - bottom), bars["close"], high, low
    )
    k = mean(raw, smooth)
    return {"k": k, "d": mean(k, d)}


def williams_r(bars: Bars, n: int = 14) -> Column:
    high, low = highest(bars["high"], n), lowest(bars["low"], n)
    return each(
        lambda c, top, bottom: -100.0 * (top - c) / (top - bottom), bars["close"], high, low
    )


def cci(bars: Bars, n: int = 20) -> Column:
    values = typical(bars)
    deviation = WINDOWS["mean_dev"](values, n)
    return each(lambda x, m, dev: (x - m) / (0.015 * dev), values, mean(values, n), deviation)


def aroon(bars: Bars, n: int = 25) -> Lines:
    def share(ago: float) -> float:
        return 100.0 * (n - ago) / n

    up = each(share, WINDOWS["argmax"](bars["high"], n + 1))
    down = each(share, WINDOWS["argmin"](bars["low"], n + 1))
    return {"up": up, "down": down, "oscillator": each(lambda a, b: a - b, up, down)}


def mfi(bars: Bars, n: int = 14) -> Column:
    values = typical(bars)
    before = lag(values)
    rising = each(lambda x, y, v: x * v if x > y else 0.0, values, before, bars["volume"])
    falling = each(lambda x, y, v: x * v if x < y else 0.0, values, before, bars["volume"])
    return each(
        lambda up, down: 100.0 * up / (up + down),
        WINDOWS["sum"](rising, n),
        WINDOWS["sum"](falling, n),
    )


def true_range(bars: Bars) -> Column:
    rows = (bars["high"], bars["low"], bars["close"], lag(bars["close"]))
    return each(lambda high, low, _close, before: max(high, before) - min(low, before), *rows)


def atr(bars: Bars, n: int = 14) -> Column:
    return wilder(true_range(bars), n)


def movements(bars: Bars) -> tuple[Column, Column]:
    """How far the high went up and the low down: the further of both, if it went that way."""
    up = each(lambda now, before: now - before, bars["high"], lag(bars["high"]))
    down = each(lambda now, before: before - now, bars["low"], lag(bars["low"]))
    plus = each(lambda a, b: a if a > max(b, 0.0) else 0.0, up, down)
    return plus, each(lambda a, b: b if b > max(a, 0.0) else 0.0, up, down)


def adx(bars: Bars, n: int = 14) -> Lines:
    ups, downs = movements(bars)
    ranges = atr(bars, n)
    plus, minus = (
        each(lambda moved, whole: 100.0 * moved / whole, wilder(moves, n), ranges)
        for moves in (ups, downs)
    )
    dx = each(lambda a, b: 100.0 * abs(a - b) / (a + b), plus, minus)
    return {"adx": wilder(dx, n), "plus_di": plus, "minus_di": minus, "dx": dx}


def bollinger(bars: Bars, x: Column | None = None, n: int = 20, k: float = 2.0) -> Lines:
    values = price(bars, x)
    middle, deviation = mean(values, n), std(values, n, ddof=0)
    upper = each(lambda m, s: m + k * s, middle, deviation)
    lower = each(lambda m, s: m - k * s, middle, deviation)
    return {
        "upper": upper,
        "middle": middle,
        "lower": lower,
        "width": each(lambda m, s: 2.0 * k * s / m, middle, deviation),
        "percent_b": each(
            lambda v, m, s: (v - (m - k * s)) / (2.0 * k * s), values, middle, deviation
        ),
    }


def keltner(bars: Bars, n: int = 20, k: float = 2.0, atr_n: int = 10) -> Lines:
    middle, half = ema(bars["close"], n), atr(bars, atr_n)
    return {
        "upper": each(lambda m, a: m + k * a, middle, half),
        "middle": middle,
        "lower": each(lambda m, a: m - k * a, middle, half),
    }


def donchian(bars: Bars, n: int = 20) -> Lines:
    upper, lower = highest(bars["high"], n), lowest(bars["low"], n)
    middle = each(lambda a, b: (a + b) / 2.0, upper, lower)
    return {"upper": upper, "middle": middle, "lower": lower}


def obv(bars: Bars) -> Column:
    """Starts at the first bar's volume, as TA-Lib does."""
    close, volume = bars["close"], bars["volume"]
    before = lag(close)
    total = 0.0
    found = []
    for row, (now, earlier, traded) in enumerate(zip(close, before, volume, strict=True)):
        if is_null(now) or is_null(traded) or (row and is_null(earlier)):
            found.append(NULL)
            continue
        total += float(traded) if row == 0 else sign(now - earlier) * float(traded)
        found.append(total)
    return np.array(found, dtype=np.float64)


def vwap(bars: Bars, n: int | None = None) -> Column:
    notional, volume = bars["notional"], bars["volume"]
    if n is not None:
        notional, volume = WINDOWS["sum"](notional, n), WINDOWS["sum"](volume, n)
    return each(lambda paid, traded: paid / traded, notional, volume)


def psar(bars: Bars, step: float = 0.02, max: float = 0.2) -> Column:  # noqa: A002  Its name there.
    """Wilder's parabolic stop and reverse, started as TA-Lib does."""
    return remembering(lambda high, low: stops(high, low, step, max), bars["high"], bars["low"])


def stops(high: Values, low: Values, step: float, limit: float) -> list[float | None]:
    """The second bar says which way: down if its low moved further than its high.

    The stop starts at the first bar's other extreme, the extreme point at the second bar's.
    """
    if len(high) < 2:
        return [None] * len(high)
    fell, rose = low[0] - low[1], high[1] - high[0]
    rising = not (fell > 0 and fell > rose)
    stop, extreme = (low[0], high[1]) if rising else (high[0], low[1])
    factor = min(step, limit)
    found: list[float | None] = [None]
    for row in range(1, len(high)):
        # A stop never lies inside this bar or the one before; at the start these are the same.
        two_lows, two_highs = low[max(row - 1, 1) : row + 1], high[max(row - 1, 1) : row + 1]
        point = high[row] if rising else low[row]
        if low[row] <= stop if rising else high[row] >= stop:
            rising = not rising
            stop = min(extreme, *two_lows) if rising else max(extreme, *two_highs)
            factor, extreme = min(step, limit), high[row] if rising else low[row]
            found.append(stop)
        else:
            found.append(stop)
            if point > extreme if rising else point < extreme:
                factor, extreme = min(factor + step, limit), point
        stop += factor * (extreme - stop)
        stop = min(stop, *two_lows) if rising else max(stop, *two_highs)
    return found


def cross_above(_bars: Bars, a: Column, b: Column) -> Column:
    """False, not null, at a first bar that is not above."""
    is_above = each(lambda x, y: x > y, a, b)
    return both(is_above, each(lambda x, y: x <= y, lag(a), lag(b)))


def cross_below(bars: Bars, a: Column, b: Column) -> Column:
    return cross_above(bars, b, a)


def calendar(part: Callable[[datetime], int]) -> Callable[[Bars], Column]:
    """A part of the time, in UTC, at which the bar opened."""

    def of_bars(bars: Bars) -> Column:
        times = (EPOCH + timedelta(microseconds=int(ns) // 1000) for ns in bars["open_time"])
        return np.array([float(part(time)) for time in times])

    return of_bars


FUNCTIONS: dict[str, Callable[..., Column | Lines]] = {
    "rsi": rsi,
    "macd": macd,
    "stochastic": stochastic,
    "williams_r": williams_r,
    "cci": cci,
    "aroon": aroon,
    "mfi": mfi,
    "true_range": true_range,
    "atr": atr,
    "plus_movement": lambda bars: movements(bars)[0],
    "minus_movement": lambda bars: movements(bars)[1],
    "adx": adx,
    "bollinger": bollinger,
    "keltner": keltner,
    "donchian": donchian,
    "obv": obv,
    "vwap": vwap,
    "psar": psar,
    "cross_above": cross_above,
    "cross_below": cross_below,
    # Without sessions, a session is a day.
    "minute_of_session": calendar(lambda time: 60 * time.hour + time.minute),
    "minute": calendar(lambda time: time.minute),
    "hour": calendar(lambda time: time.hour),
    "weekday": calendar(lambda time: time.weekday()),
    "day": calendar(lambda time: time.day),
    "month": calendar(lambda time: time.month),
}
