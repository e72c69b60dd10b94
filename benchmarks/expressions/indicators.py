"""The thirty indicators: as expressions, as TA-Lib's calls, and in polars where it has them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import talib

from benchmarks.expressions.data import Column, Columns

_CLOSE, _HIGH, _LOW = pl.col("close"), pl.col("high"), pl.col("low")


@dataclass(frozen=True)
class Indicator:
    """One or several lines, each an expression; TA-Lib's in the same order."""

    name: str
    texts: tuple[str, ...]
    talib: Callable[[Columns], Column | tuple[Column, ...]]
    polars: pl.Expr | None = None

    def named(self) -> dict[str, str]:
        """Return the expressions, by names of their own."""
        return {f"{self.name}_{line}": text for line, text in enumerate(self.texts)}

    def theirs(self, bars: Columns) -> tuple[Column, ...]:
        """Return TA-Lib's lines."""
        found = self.talib(bars)
        return (found,) if isinstance(found, np.ndarray) else tuple(found)


def _of_close(function: Callable[[Column], Column]) -> Callable[[Columns], Column]:
    return lambda bars: function(bars["close"])


def _of(
    function: Callable[..., Column | tuple[Column, ...]], *names: str
) -> Callable[[Columns], Column | tuple[Column, ...]]:
    return lambda bars: function(*(bars[name] for name in names))


INDICATORS = (
    Indicator("SMA", ("sma(close, 30)",), _of_close(talib.SMA), _CLOSE.rolling_mean(30)),
    Indicator(
        "EMA", ("ema(close, 30)",), _of_close(talib.EMA), _CLOSE.ewm_mean(span=30, adjust=False)
    ),
    Indicator(
        "WMA",
        ("wma(close, 30)",),
        _of_close(talib.WMA),
        _CLOSE.rolling_mean(30, weights=[float(weight) for weight in range(1, 31)]),
    ),
    Indicator("DEMA", ("dema(close, 30)",), _of_close(talib.DEMA)),
    Indicator("TEMA", ("tema(close, 30)",), _of_close(talib.TEMA)),
    Indicator("KAMA", ("kama(close, 30)",), _of_close(talib.KAMA)),
    Indicator("RSI", ("rsi(close, 14)",), _of_close(talib.RSI)),
    Indicator("MACD", ("macd().line", "macd().signal", "macd().histogram"), _of_close(talib.MACD)),
    Indicator("ATR", ("atr(14)",), _of(talib.ATR, "high", "low", "close")),
    Indicator(
        "TRANGE",
        ("true_range()",),
        _of(talib.TRANGE, "high", "low", "close"),
        pl.max_horizontal(_HIGH, _CLOSE.shift(1)) - pl.min_horizontal(_LOW, _CLOSE.shift(1)),
    ),
    Indicator(
        "BBANDS",
        tuple(f"bollinger(close, 20, 2).{line}" for line in ("upper", "middle", "lower")),
        _of_close(talib.BBANDS),
    ),
    Indicator("ADX", ("adx(14).adx",), _of(talib.ADX, "high", "low", "close")),
    Indicator(
        "±DI",
        ("adx(14).plus_di", "adx(14).minus_di"),
        lambda bars: (
            talib.PLUS_DI(bars["high"], bars["low"], bars["close"]),
            talib.MINUS_DI(bars["high"], bars["low"], bars["close"]),
        ),
    ),
    Indicator("AROON", ("aroon(14).down", "aroon(14).up"), _of(talib.AROON, "high", "low")),
    Indicator("CCI", ("cci(14)",), _of(talib.CCI, "high", "low", "close")),
    Indicator(
        "STOCH",
        ("stochastic(5, 3, 3).k", "stochastic(5, 3, 3).d"),
        _of(talib.STOCH, "high", "low", "close"),
    ),
    Indicator("WILLR", ("williams_r(14)",), _of(talib.WILLR, "high", "low", "close")),
    Indicator(
        "ROC", ("roc(close, 10)",), _of_close(talib.ROC), 100 * (_CLOSE / _CLOSE.shift(10) - 1)
    ),
    Indicator("MOM", ("mom(close, 10)",), _of_close(talib.MOM), _CLOSE.diff(10)),
    Indicator("MFI", ("mfi(14)",), _of(talib.MFI, "high", "low", "close", "volume")),
    Indicator(
        "OBV",
        ("obv()",),
        _of(talib.OBV, "close", "volume"),
        (_CLOSE.diff().sign().fill_null(1.0) * pl.col("volume")).cum_sum(),
    ),
    Indicator(
        "SAR", ("psar(0.02, 0.2)",), lambda bars: talib.SAR(bars["high"], bars["low"], 0.02, 0.2)
    ),
    Indicator("MIN", ("min(close, 30)",), _of_close(talib.MIN), _CLOSE.rolling_min(30)),
    Indicator("MAX", ("max(close, 30)",), _of_close(talib.MAX), _CLOSE.rolling_max(30)),
    Indicator(
        "STDDEV",
        ("std(close, 5, ddof=0)",),
        _of_close(talib.STDDEV),
        _CLOSE.rolling_std(5, ddof=0),
    ),
    Indicator("SLOPE", ("slope(close, 14)",), _of_close(talib.LINEARREG_SLOPE)),
    Indicator(
        "CORREL",
        ("corr(high, low, 30)",),
        _of(talib.CORREL, "high", "low"),
        pl.rolling_corr(_HIGH, _LOW, window_size=30),
    ),
    Indicator("BETA", ("beta(ret(low), ret(high), 5)",), _of(talib.BETA, "high", "low")),
    Indicator(
        "VAR", ("var(close, 5, ddof=0)",), _of_close(talib.VAR), _CLOSE.rolling_var(5, ddof=0)
    ),
    Indicator("MEDPRICE", ("hl2",), _of(talib.MEDPRICE, "high", "low"), (_HIGH + _LOW) / 2),
)


def all_named() -> dict[str, str]:
    """Return the expressions of all indicators."""
    return {name: text for one in INDICATORS for name, text in one.named().items()}
