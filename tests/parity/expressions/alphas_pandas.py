"""Thirty of the 101 Formulaic Alphas in pandas, from the paper: a column a symbol, a row a day.

A row is a member's own bar of that number, so that its windows are of its own bars; ranks and
scales go by time. `noise` moves every rolling result by about a part in 10^11: what then changes
more hangs on rounding.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Frame = pd.DataFrame
Function = Callable[[Frame], Frame]


class Panel:
    """Fields, and the paper's functions and operators."""

    def __init__(
        self,
        fields: Mapping[str, Frame],
        present: Frame | None = None,
        noise: np.random.Generator | None = None,
    ) -> None:
        """Take fields by time; `present` says who has a bar then, if not everyone always has."""
        self._rows = None if present is None else own_rows(present.to_numpy())
        self._noise = noise
        own = {name: self._own(frame) for name, frame in fields.items()}
        self.open, self.high, self.low, self.close, self.volume, notional = (
            own[name] for name in ("open", "high", "low", "close", "volume", "notional")
        )
        self.vwap = self.ratio(notional, self.volume)
        self.returns = self.ratio(self.close, self.delay(self.close, 1)) - 1
        self.adv20 = notional.rolling(20).mean()

    def rank(self, x: Frame) -> Frame:
        return self._by_time(lambda frame: frame.rank(axis=1, pct=True), x)

    def scale(self, x: Frame) -> Frame:
        return self._by_time(lambda frame: frame.div(frame.abs().sum(axis=1), axis=0), x)

    def ratio(self, x: Frame, y: Frame) -> Frame:
        return (x / y).replace([np.inf, -np.inf], np.nan)

    def where(self, test: Frame, known: Frame, yes: Frame, no: Frame | float) -> Frame:
        """`yes` where the test holds, else `no`; null where one of the `known` is."""
        return yes.where(test, no).where(known.notna())

    def delay(self, x: Frame, n: int) -> Frame:
        return x.shift(n)

    def delta(self, x: Frame, n: int) -> Frame:
        return x - x.shift(n)

    def sum(self, x: Frame, n: int) -> Frame:
        return self._noisy(x.rolling(n).sum())

    def stddev(self, x: Frame, n: int) -> Frame:
        return self._noisy(x.rolling(n).std())

    def ts_max(self, x: Frame, n: int) -> Frame:
        return x.rolling(n).max()

    def ts_min(self, x: Frame, n: int) -> Frame:
        return x.rolling(n).min()

    def ts_rank(self, x: Frame, n: int) -> Frame:
        return x.rolling(n).rank(pct=True)

    def ts_argmax(self, x: Frame, n: int) -> Frame:
        """From 1, the oldest, to n; the latest of equals."""
        return x.rolling(n).apply(lambda window: n - window[::-1].argmax(), raw=True)

    def decay_linear(self, x: Frame, n: int) -> Frame:
        weights = np.arange(1, n + 1) / (n * (n + 1) / 2)
        return self._noisy(x.rolling(n).apply(lambda window: window @ weights, raw=True))

    def covariance(self, x: Frame, y: Frame, n: int) -> Frame:
        return self._noisy(x.rolling(n).cov(y))

    def correlation(self, x: Frame, y: Frame, n: int) -> Frame:
        varies = (x.rolling(n).var() > 0) & (y.rolling(n).var() > 0)
        return self._noisy(x.rolling(n).corr(y).where(varies))

    def _noisy(self, x: Frame) -> Frame:
        if self._noise is None:
            return x
        return x + 1e-11 * self._noise.normal(size=x.shape) * np.maximum(x.abs(), 0.1)

    def _own(self, frame: Frame) -> Frame:
        """By time to by own bar."""
        if self._rows is None:
            return frame
        padded = np.vstack([frame.to_numpy(), np.full(frame.shape[1], np.nan)])
        return pd.DataFrame(np.take_along_axis(padded, self._rows, axis=0), columns=frame.columns)

    def _by_time(self, function: Function, x: Frame) -> Frame:
        if self._rows is None:
            return function(x)
        # What is below a member's last bar goes to a row of its own, which is dropped.
        at_times = np.full((len(x) + 1, x.shape[1]), np.nan)
        np.put_along_axis(at_times, self._rows, x.to_numpy(), axis=0)
        return self._own(function(pd.DataFrame(at_times[:-1], columns=x.columns)))


def own_rows(present: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The time's row of each member's n-th bar; one row more than there are, for none."""
    rows = np.full(present.shape, len(present))
    for member, is_there in enumerate(present.T):
        found = np.flatnonzero(is_there)
        rows[: len(found), member] = found
    return rows


def alpha1(p: Panel) -> Frame:
    base = p.where(p.returns < 0, p.returns, p.stddev(p.returns, 20), p.close)
    return p.rank(p.ts_argmax(np.sign(base) * base.abs() ** 2, 5)) - 0.5


def alpha2(p: Panel) -> Frame:
    change = p.rank(p.delta(np.log(p.volume), 2))
    return -1 * p.correlation(change, p.rank(p.ratio(p.close - p.open, p.open)), 6)


def alpha3(p: Panel) -> Frame:
    return -1 * p.correlation(p.rank(p.open), p.rank(p.volume), 10)


def alpha4(p: Panel) -> Frame:
    return -1 * p.ts_rank(p.rank(p.low), 9)


def alpha5(p: Panel) -> Frame:
    return p.rank(p.open - p.sum(p.vwap, 10) / 10) * (-1 * p.rank(p.close - p.vwap).abs())


def alpha6(p: Panel) -> Frame:
    return -1 * p.correlation(p.open, p.volume, 10)


def alpha7(p: Panel) -> Frame:
    moved = p.delta(p.close, 7)
    return p.where(
        p.adv20 < p.volume, p.adv20, -1 * p.ts_rank(moved.abs(), 60) * np.sign(moved), -1.0
    )


def alpha8(p: Panel) -> Frame:
    base = p.sum(p.open, 5) * p.sum(p.returns, 5)
    return -1 * p.rank(base - p.delay(base, 10))


def alpha9(p: Panel, n: int = 5) -> Frame:
    change = p.delta(p.close, 1)
    least, most = p.ts_min(change, n), p.ts_max(change, n)
    otherwise = p.where(most < 0, most, change, -1 * change)
    return p.where(least > 0, least, change, otherwise)


def alpha10(p: Panel) -> Frame:
    return p.rank(alpha9(p, 4))


def alpha11(p: Panel) -> Frame:
    gap = p.vwap - p.close
    return (p.rank(p.ts_max(gap, 3)) + p.rank(p.ts_min(gap, 3))) * p.rank(p.delta(p.volume, 3))


def alpha12(p: Panel) -> Frame:
    return np.sign(p.delta(p.volume, 1)) * (-1 * p.delta(p.close, 1))


def alpha13(p: Panel) -> Frame:
    return -1 * p.rank(p.covariance(p.rank(p.close), p.rank(p.volume), 5))


def alpha14(p: Panel) -> Frame:
    return -1 * p.rank(p.delta(p.returns, 3)) * p.correlation(p.open, p.volume, 10)


def alpha15(p: Panel) -> Frame:
    return -1 * p.sum(p.rank(p.correlation(p.rank(p.high), p.rank(p.volume), 3)), 3)


def alpha16(p: Panel) -> Frame:
    return -1 * p.rank(p.covariance(p.rank(p.high), p.rank(p.volume), 5))


def alpha17(p: Panel) -> Frame:
    accelerated = p.rank(p.delta(p.delta(p.close, 1), 1))
    busy = p.rank(p.ts_rank(p.ratio(p.volume, p.adv20), 5))
    return -1 * p.rank(p.ts_rank(p.close, 10)) * accelerated * busy


def alpha18(p: Panel) -> Frame:
    body = p.close - p.open
    return -1 * p.rank(p.stddev(body.abs(), 5) + body + p.correlation(p.close, p.open, 10))


def alpha20(p: Panel) -> Frame:
    above, gap, below = (p.rank(p.open - p.delay(field, 1)) for field in (p.high, p.close, p.low))
    return -1 * above * gap * below


def alpha22(p: Panel) -> Frame:
    change = p.delta(p.correlation(p.high, p.volume, 5), 5)
    return -1 * (change * p.rank(p.stddev(p.close, 20)))


def alpha26(p: Panel) -> Frame:
    return -1 * p.ts_max(p.correlation(p.ts_rank(p.volume, 5), p.ts_rank(p.high, 5), 5), 3)


def alpha28(p: Panel) -> Frame:
    return p.scale(p.correlation(p.adv20, p.low, 5) + (p.high + p.low) / 2 - p.close)


def alpha31(p: Panel) -> Frame:
    decayed = p.decay_linear(-1 * p.rank(p.rank(p.delta(p.close, 10))), 10)
    trend = np.sign(p.scale(p.correlation(p.adv20, p.low, 12)))
    return p.rank(p.rank(p.rank(decayed))) + p.rank(-1 * p.delta(p.close, 3)) + trend


def alpha34(p: Panel) -> Frame:
    calm = 1 - p.rank(p.ratio(p.stddev(p.returns, 2), p.stddev(p.returns, 5)))
    return p.rank(calm + (1 - p.rank(p.delta(p.close, 1))))


def alpha41(p: Panel) -> Frame:
    return (p.high * p.low) ** 0.5 - p.vwap


def alpha42(p: Panel) -> Frame:
    return p.rank(p.vwap - p.close) / p.rank(p.vwap + p.close)


def alpha53(p: Panel) -> Frame:
    place = p.ratio((p.close - p.low) - (p.high - p.close), p.close - p.low)
    return -1 * p.delta(place, 9)


def alpha57(p: Panel) -> Frame:
    return -1 * (p.close - p.vwap) / p.decay_linear(p.rank(p.ts_argmax(p.close, 30)), 2)


def alpha60(p: Panel) -> Frame:
    place = p.ratio((p.close - p.low) - (p.high - p.close), p.high - p.low)
    peak = p.scale(p.rank(p.ts_argmax(p.close, 10)))
    return -1 * (2 * p.scale(p.rank(place * p.volume)) - peak)


def alpha101(p: Panel) -> Frame:
    return (p.close - p.open) / ((p.high - p.low) + 0.001)


ALPHAS: dict[str, Callable[[Panel], Frame]] = {
    function.__name__: function
    for function in (
        *(alpha1, alpha2, alpha3, alpha4, alpha5, alpha6, alpha7, alpha8, alpha9, alpha10),
        *(alpha11, alpha12, alpha13, alpha14, alpha15, alpha16, alpha17, alpha18, alpha20),
        *(alpha22, alpha26, alpha28, alpha31, alpha34, alpha41, alpha42, alpha53, alpha57),
        *(alpha60, alpha101),
    )
}
