"""Every function of the language in expressions of one window, and how exact their values are."""

from dataclasses import dataclass

# What a value is measured in. Of a price's, and of its square, the rounding of the inputs counts.
PRICE, SQUARE, RATIO, HUNDREDS, WHOLE = "price", "square", "ratio", "hundreds", "whole"


@dataclass(frozen=True)
class Function:
    """`{n}` is a window of at least `least`. A memory is rounded by all values that it has seen."""

    texts: tuple[str, ...]
    unit: str = PRICE
    least: int = 1
    remembers: bool = False
    # Whether the first value, of bars without nulls, is where the warm-up ends: not where a null
    # does not matter, and not where there are values that have none.
    is_punctual: bool = True


def of(*texts: str, unit: str = PRICE, least: int = 1, remembers: bool = False) -> Function:
    return Function(texts, unit, least, remembers)


def late(*texts: str, unit: str = PRICE) -> Function:
    return Function(texts, unit, is_punctual=False)


SPREAD = "(close - open)"
CATALOGUE = {
    "arithmetic": of("close + open * 2 - low / 4", "-close + +open"),
    "divide": late("close / volume", f"close / {SPREAD}", "1 / 0 + close"),
    "remainder": late("close % 7", f"{SPREAD} % 0.75", "close % -3", f"close % {SPREAD}"),
    "power": of("close ** 2", f"{SPREAD} ** 3", "2 ** -1 * close", unit=SQUARE),
    "root": late(f"{SPREAD} ** 0.5", "close ** 0.5", "0 ** close"),
    "compare": of("close > open", "open <= close < high", "close == open", unit=WHOLE),
    "logic": late(
        "close > open and lag(close) > open",
        "not (close >= open or lag(volume) < 3)",
        "is_null(lag(close, {n})) or close != lag(close, {n})",
        unit=WHOLE,
    ),
    "conditional": of("high if close > open else low", "where(volume > 3, close, open)"),
    "abs": of(f"abs({SPREAD})"),
    "sign": of(f"sign({SPREAD})", unit=WHOLE),
    "sqrt": late("sqrt(close)", f"sqrt({SPREAD})"),
    "exp": late("exp(close / 10)", "exp(close * 100)"),
    "log": late("log(close)", f"log({SPREAD})", "log(volume)"),
    "floor": of("floor(close)", f"floor({SPREAD})", unit=WHOLE),
    "ceil": of("ceil(close)", f"ceil({SPREAD})", unit=WHOLE),
    "round": of("round(close)", f"round({SPREAD} * 4)", unit=WHOLE),
    "minimum": of("minimum(close, open)"),
    "maximum": of("maximum(close, 50)"),
    "clip": of("clip(close, 49.5, 50.25)", "clip(close, low, open)"),
    "is_null": late("is_null(close)", "is_null(lag(close, {n}))", unit=WHOLE),
    "fill_null": late("fill_null(close, -1)", "fill_null(lag(close, {n}), open)"),
    "signed_power": of(f"signed_power({SPREAD}, 2)", f"signed_power({SPREAD}, 0.5)", unit=SQUARE),
    "lag": of("lag(close)", "lag(close, {n})"),
    "delta": of("delta(close)", "delta(close, {n})"),
    "ret": of("ret(close)", "ret(close, {n})", unit=RATIO),
    "log_ret": of("log_ret(close)", "log_ret(close, {n})", unit=RATIO),
    "roc": of("roc(close)", "roc(close, {n})", unit=HUNDREDS),
    "mom": of("mom(close)", "mom(close, {n})"),
    "sum": of("sum(close, {n})", "sum(volume, {n})"),
    "mean": of("mean(close, {n})", "sma(close, {n})"),
    "min": of("min(low, {n})"),
    "max": of("max(high, {n})"),
    "argmin": of("argmin(low, {n})", unit=WHOLE),
    "argmax": of("argmax(high, {n})", unit=WHOLE),
    "median": of("median(close, {n})"),
    "quantile": of(
        "quantile(close, {n}, 0.25)", "quantile(close, {n}, 0.9)", "quantile(close, {n}, 1)"
    ),
    "rank": of("rank(close, {n})", unit=RATIO),
    "product": of("product(close / 50, {n})", "product(close, {n})", unit=RATIO),
    "decay_linear": of("decay_linear(close, {n})", "wma(close, {n})"),
    "mean_dev": of("mean_dev(close, {n})"),
    "std": of("std(close, {n})", "std(close, {n}, ddof=0)", least=2),
    "var": of("var(close, {n})", "var(close, {n}, 0)", unit=SQUARE, least=2),
    "skew": of("skew(close, {n})", unit=RATIO, least=3),
    "kurt": of("kurt(close, {n})", unit=RATIO, least=4),
    "zscore": of("zscore(close, {n})", "zscore(close, {n}, ddof=0)", unit=RATIO, least=2),
    "corr": of("corr(close, volume, {n})", "corr(close, high, {n})", unit=RATIO, least=2),
    "cov": of("cov(close, high, {n})", "cov(close, low, {n}, ddof=0)", unit=SQUARE, least=2),
    "beta": of("beta(close, high, {n})", "beta(close, volume, {n})", unit=RATIO, least=2),
    "slope": of("slope(close, {n})", least=2),
    "r2": of("r2(close, {n})", unit=RATIO, least=2),
    "cum_sum": of("cum_sum(close)", remembers=True),
    "ema": of("ema(close, {n})", "ema(close, {n}, seed='first')", remembers=True),
    "dema": of("dema(close, {n})", remembers=True),
    "tema": of("tema(close, {n})", remembers=True),
    "wilder": of("wilder(close, {n})", 'wilder(close, {n}, seed="first")', remembers=True),
    "kama": of("kama(close, {n})", "kama(close, {n}, 3, 20)", remembers=True),
    "rsi": of("rsi(n={n})", "rsi(open, {n}, seed='first')", unit=HUNDREDS, remembers=True),
    "macd": of(
        "macd(close, {n}, 5, 4).line",
        "macd(open, 3, {n}, 2).signal",
        "macd(fast=2, slow=4, signal={n}).histogram",
        remembers=True,
    ),
    "stochastic": of(
        "stochastic({n}, 3, 2).k", "stochastic({n}, 1, 3).d", "stochastic(3, {n}).d", unit=HUNDREDS
    ),
    "williams_r": of("williams_r({n})", unit=HUNDREDS),
    "cci": of("cci({n})", unit=HUNDREDS, least=2),
    "aroon": of("aroon({n}).up", "aroon({n}).down", "aroon({n}).oscillator", unit=HUNDREDS),
    "mfi": of("mfi({n})", unit=HUNDREDS),
    "plus_movement": of("plus_movement()"),
    "minus_movement": of("minus_movement()"),
    "adx": of(
        *(f"adx({{n}}).{line}" for line in ("adx", "plus_di", "minus_di", "dx")),
        unit=HUNDREDS,
        remembers=True,
    ),
    "true_range": of("true_range()"),
    "atr": of("atr({n})", remembers=True),
    "bollinger": of(
        *(f"bollinger(close, {{n}}, 1.5).{line}" for line in ("upper", "middle", "lower", "width")),
        least=2,
    ),
    "percent_b": of("bollinger(n={n}).percent_b", unit=RATIO, least=2),
    "keltner": of(
        *(f"keltner({{n}}, 1.5, 4).{line}" for line in ("upper", "middle", "lower")),
        remembers=True,
    ),
    "donchian": of(*(f"donchian({{n}}).{line}" for line in ("upper", "middle", "lower"))),
    "obv": of("obv()", remembers=True),
    "vwap": of("vwap", "vwap({n})"),
    "means of prices": of("hl2", "hlc3", "ohlc4"),
    "psar": of("psar()", "psar(step=0.1, max=0.3)", remembers=True),
    "cross_above": late(
        "cross_above(close, open)", "cross_above(close, mean(close, {n}))", unit=WHOLE
    ),
    "cross_below": late("cross_below(close, open)", "cross_below(close, 50)", unit=WHOLE),
    "bars_since": late(
        "bars_since(close > open)", "bars_since(close > lag(close, {n}))", unit=WHOLE
    ),
    "count_true": of("count_true(close > open, {n})", unit=WHOLE),
    "calendar": of(
        *("minute_of_session()", "minute()", "hour()", "weekday()", "day()", "month()"), unit=WHOLE
    ),
}
