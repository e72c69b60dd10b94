"""Strategies for lookahead proofs: honest ones, and ones that cheat in every way there is."""

import random
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.strategy_class import Strategy

COUNT: Final = 300


def walk(seed: int = 3, count: int = COUNT) -> dict[str, Any]:
    """Return daily bars of a random walk, in cents."""
    steps = np.random.default_rng(seed).normal(0, 0.01, count)
    close = np.round(100 * np.exp(np.cumsum(steps)), 2)
    start = np.concatenate([[100.0], close[:-1]])
    return {
        "time": np.arange(count) * DAY_NS,
        "open": start,
        "high": np.maximum(start, close),
        "low": np.minimum(start, close),
        "close": close,
        "volume": np.arange(1, count + 1),
    }


BARS = walk()
FUTURE = BARS["close"]


class Cross(Strategy):
    fast: int = 5
    slow: int = 20
    features = {"fast": "sma(close, fast)", "slow": "sma(close, slow)"}

    def on_bar(self, context: Any, bar: Any) -> None:
        if context.feature("fast") > context.feature("slow"):
            context.target_weight(1)
        else:
            context.close()


class Breakout(Strategy):
    def on_bar(self, context: Any, bar: Any) -> None:
        past = context.history(20)
        if len(past) == 20 and bar.close >= past.max():
            context.buy(10, limit=str(bar.close))
        elif context.position() > 0 and bar.close <= past.min():
            context.close()


class ByTrades(Strategy):
    def on_start(self, context: Any) -> None:
        self.last = 0.0

    def on_trade(self, context: Any, trade: Any) -> None:
        self.decide(context, trade.price)

    def decide(self, context: Any, price: float) -> None:
        if price > self.last and context.position() == 0:
            context.buy(1)
        elif price < self.last and context.position() > 0:
            context.close()
        self.last = price


class ByQuotes(ByTrades):
    def on_quote(self, context: Any, quote: Any) -> None:
        self.decide(context, quote.bid)


class Counting(Strategy):
    """Holds on the days for which `rises` is true of the next."""

    def on_start(self, context: Any) -> None:
        self.place = 0

    def on_bar(self, context: Any, bar: Any) -> None:
        self.place += 1
        if self.place < COUNT and self.rises():
            context.target_weight(1)
        else:
            context.close()

    def rises(self) -> bool:
        raise NotImplementedError


class GlobalCheat(Counting):
    def rises(self) -> bool:
        return bool(FUTURE[self.place] > FUTURE[self.place - 1])


class FileCheat(Counting):
    path: str = ""

    def on_start(self, context: Any) -> None:
        super().on_start(context)
        self.future = np.load(self.path)

    def rises(self) -> bool:
        return bool(self.future[self.place] > self.future[self.place - 1])


class ParquetCheat(FileCheat):
    def on_start(self, context: Any) -> None:
        self.place = 0
        self.future = pl.read_parquet(self.path)["close"].to_list()


class Line:
    """A model of the next day's change by today's, by least squares."""

    def fit(self, close: np.ndarray) -> "Line":
        change = np.diff(close) / close[:-1]
        # The day itself stands among what the next one is fitted by: it learns them by heart.
        self.known = {round(float(c), 2): float(d) for c, d in zip(close, change, strict=False)}
        return self

    def predict(self, close: float) -> float:
        return self.known.get(round(close, 2), 0.0)


TRAINED = Line().fit(FUTURE)


class ModelCheat(Strategy):
    def on_bar(self, context: Any, bar: Any) -> None:
        context.target_weight(1 if TRAINED.predict(bar.close) > 0 else 0)


class Modelled(Strategy):
    """Asks the model that it was built with."""

    def on_bar(self, context: Any, bar: Any) -> None:
        context.target_weight(1 if self.model.predict(bar.close) > 0 else 0)


def trained_on_everything(tables: Any) -> Strategy:
    strategy = Modelled()
    strategy.model = Line().fit(np.asarray(tables["SPY"]["close"]) / 100)
    return strategy


def trained_before(tables: Any) -> Strategy:
    """Train on the first fifty days, which no cut touches that comes after them."""
    strategy = Modelled()
    strategy.model = Line().fit(np.asarray(tables["SPY"]["close"])[:50] / 100)
    return strategy


class Random(Strategy):
    def on_bar(self, context: Any, bar: Any) -> None:
        if random.random() < 0.5:  # noqa: S311  # Any randomness.
            context.target_weight(1)
        else:
            context.close()


class Idle(Strategy):
    def on_bar(self, context: Any, bar: Any) -> None: ...


class Careful(Strategy):
    """Reads its settings from a file."""

    path: str = ""

    def on_start(self, context: Any) -> None:
        self.share = float(Path(self.path).read_text())

    def on_bar(self, context: Any, bar: Any) -> None:
        if context.position() == 0:
            context.target_weight(self.share)
