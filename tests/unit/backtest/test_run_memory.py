"""Memory: a run leaves nothing behind but its result."""

import gc
import os
from typing import Any

import psutil
from tests.unit.backtest.markets import random_bars

import algotrendy as at
from algotrendy.backtest import load, run

RUNS = 1_000
ROOM_BYTES = 24 << 20


class Trades(at.Strategy):
    """Uses what a context has: features, history, kept bars, orders, timers."""

    features = {"mean": "sma(close, 5)"}

    def on_start(self, context: Any) -> None:
        self.kept: list[Any] = []
        context.timer("hourly", every="1h")

    def on_bar(self, context: Any, bar: Any) -> None:
        self.kept.append((bar, context.history(10)))
        if bar.close > context.feature("mean"):
            context.target_weight(0.5)
        else:
            context.close()

    def on_fill(self, context: Any, fill: Any) -> None:
        self.kept.append((context, fill))

    def on_timer(self, context: Any, timer: Any) -> None:
        self.kept.append(timer)


SPEC = {"symbols": ["ABC"], "entry": "close > sma(close, 5)", "exit": "close < sma(close, 5)"}


def resident_bytes() -> int:
    gc.collect()
    size: int = psutil.Process(os.getpid()).memory_info().rss
    return size


def test_memory_is_flat_over_a_thousand_runs() -> None:
    data = load({"ABC": random_bars(200)})
    for _ in range(50):  # What is made once is made: caches, pools, tables.
        run(Trades(), data).table("fills")
        run(SPEC, data).table("fills")
    before = resident_bytes()
    for _ in range(RUNS // 2):
        assert run(Trades(), data).fills.num_rows > 10
        assert run(SPEC, data).fills.num_rows > 10
    assert resident_bytes() - before < ROOM_BYTES


def test_memory_is_flat_over_runs_that_fail() -> None:
    class Fails(Trades):
        def on_fill(self, context: Any, fill: Any) -> None:
            super().on_fill(context, fill)
            raise RuntimeError("enough")

    def fail() -> None:
        try:
            run(Fails(), data)
        except RuntimeError:
            return
        raise AssertionError("it must fail")

    data = load({"ABC": random_bars(2_000)})
    for _ in range(20):
        fail()
    before = resident_bytes()
    for _ in range(100):
        fail()
    assert resident_bytes() - before < ROOM_BYTES
