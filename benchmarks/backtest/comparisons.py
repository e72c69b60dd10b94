"""What is compared with what: the work, the engines, and what was asked of ours."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.backtest import data
from benchmarks.backtest.workers import Engine
from benchmarks.harness import OUTPUT

# For trying the benchmark itself: everything a fiftieth of its size. Its figures say nothing.
IS_SMALL = os.environ.get("BENCH_SMALL") == "1"
_PART = 50 if IS_SMALL else 1

_OURS = "benchmarks.backtest.ours"
_PEERS = "benchmarks.peers.backtest"
_AT_THE_CLOSE = "it fills at the close that decided, the others at the next open"
_NO_ORDERS = "it has trades and no quotes to fill an order at: it counts the trades it saw"
_LAST_TRADE = "it fills at the trade before the minute's end, ours at the one after"
_ANYTHING = math.inf


@dataclass(frozen=True)
class Comparison:
    """The same work by ours and by peers. Limits and targets are of `unit`, per unit of work."""

    name: str
    work: int
    unit: str
    per_second: float
    path: Path
    ours: Engine
    peers: Sequence[Engine]
    rounds: int = 5
    # What ours may take at most, and the part of a peer's time that it may take, by its name.
    limit: float | None = None
    targets: dict[str, float] = field(default_factory=dict)
    # The same for peak memory.
    memory_targets: dict[str, float] = field(default_factory=dict)


def every_comparison() -> list[Comparison]:
    """Return all of them, their inputs written."""
    return [_spec(), *_sweeps(), *_classes(), _class_sweep(), *_ticks(), _momentum()]


def _spec() -> Comparison:
    count = 1_000_000 // _PART
    means = ("10", "20")
    peers = (
        Engine("vectorbt", f"{_PEERS}.vectorbt_sma", ("numba", *means)),
        Engine("vectorbt, its Rust", f"{_PEERS}.vectorbt_sma", ("auto", *means)),
        Engine("Numba loop", f"{_PEERS}.numba_sma", means),
    )
    return Comparison(
        "SMA cross, spec",
        count,
        "ns/bar",
        1e9,
        _bars(count),
        Engine("spec", f"{_OURS}.sma", means),
        peers,
        rounds=9,
        targets={"vectorbt": 1 / 3},
        memory_targets={"vectorbt": 1.0},
    )


def _sweeps() -> list[Comparison]:
    count = 100_000 // _PART
    fast, slow = range(5, 45), range(50, 175, 5)
    grid = (str(list(fast)), str(list(slow)))
    module = f"{_PEERS}.vectorbt_sweep"
    vectorbt = Engine("vectorbt", module, ("numba", *grid))
    rust = Engine("vectorbt, its Rust", module, ("auto", *grid))

    def sweep(threads: int, peers: Sequence[Engine], target: float | None) -> Comparison:
        return Comparison(
            f"sweep of {len(fast) * len(slow)}, {threads} thread{'s' * (threads > 1)}",
            count * len(fast) * len(slow),
            "ns/bar·p",
            1e9,
            _bars(count),
            Engine(f"sweep {threads}", f"{_OURS}.sweep", ("spec", str(threads), *grid)),
            peers,
            rounds=3,
            targets={} if target is None else {"vectorbt": target},
            memory_targets={"vectorbt": 1.0},
        )

    return [sweep(2, (vectorbt, rust), 0.1), sweep(1, (vectorbt,), None)]


def _classes() -> list[Comparison]:
    count = 100_000 // _PART

    def crossing(name: str, trades: str, limit: float, differs: str) -> Comparison:
        options = ("10", "20", trades)
        peers = (
            Engine("backtesting.py", f"{_PEERS}.backtesting_sma", options),
            Engine("backtrader", f"{_PEERS}.backtrader_sma", options),
            Engine(
                "nautilus_trader",
                f"{_PEERS}.nautilus_sma",
                options,
                ends_once=True,
                differs=differs,
                equity_tolerance=1.0 if differs else 1e-5,
            ),
        )
        return Comparison(
            f"SMA cross, class, {name}",
            count,
            "µs/bar",
            1e6,
            _bars(count),
            Engine(f"class {name}", f"{_OURS}.python_class", options),
            peers,
            rounds=3,
            limit=limit,
            memory_targets={"backtrader": 1.0},
        )

    return [crossing("trading", "1", 1.5, _AT_THE_CLOSE), crossing("idle", "0", 1.0, "")]


def _class_sweep() -> Comparison:
    count = 100_000 // _PART
    fast, slow = range(5, 45, 4), range(50, 150, 10)

    def engine(name: str, threads: int) -> Engine:
        return Engine(
            name, f"{_OURS}.sweep", ("class", str(threads), str(list(fast)), str(list(slow)))
        )

    return Comparison(
        f"sweep of {len(fast) * len(slow)}, class, 2 processes",
        count * len(fast) * len(slow),
        "ns/bar·p",
        1e9,
        _bars(count),
        engine("class sweep 2", 2),
        (engine("class sweep 1", 1),),
        rounds=3,
        # Half the time, and what processes take to start.
        targets={} if IS_SMALL else {"class sweep 1": 0.75},
    )


def _ticks() -> list[Comparison]:
    count = 5_000_000 // _PART
    path = data.write(OUTPUT / "backtest", f"trades-{count}", data.trades(count))

    def ticks(how: str, kind: str, limit_ns: float, peers: Sequence[Engine]) -> Comparison:
        return Comparison(
            f"trades, {how}, {kind}",
            count,
            "ns/trade",
            1e9,
            path,
            Engine(f"{how} {kind}", f"{_OURS}.ticks", (f"{how} {kind}",)),
            peers,
            rounds=3,
            limit=limit_ns,
        )

    found = []
    for how in ("idle", "minutes"):
        peers = (
            Engine(
                "hftbacktest",
                f"{_PEERS}.hftbacktest_ticks",
                (how,),
                differs=_NO_ORDERS,
                fills_tolerance=_ANYTHING,
                equity_tolerance=_ANYTHING,
            ),
            Engine(
                "nautilus_trader",
                f"{_PEERS}.nautilus_ticks",
                (how,),
                ends_once=True,
                differs=_LAST_TRADE if how == "minutes" else "",
                equity_tolerance=1e-2 if how == "minutes" else 1e-5,
            ),
        )
        found += [ticks(how, "spec", 60, peers), ticks(how, "class", 500, peers)]
    return found


def _momentum() -> Comparison:
    symbols, days = (500, 2520) if not IS_SMALL else (50, 756)
    path = data.write(OUTPUT / "backtest", f"daily-{symbols}", data.daily_universe(symbols, days))
    options = (str(symbols // 10), f"{0.95 / (symbols // 10):g}", "252")
    return Comparison(
        "momentum of many symbols, spec",
        1,
        "s",
        1,
        path,
        Engine("momentum", f"{_OURS}.momentum", options),
        (Engine("pandas", f"{_PEERS}.pandas_momentum", options),),
        targets={"pandas": 1.0},
    )


def _bars(count: int) -> Path:
    return data.write(OUTPUT / "backtest", f"bars-{count}", data.minute_bars(count))
