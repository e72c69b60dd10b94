"""Trades pushed one at a time and in chunks, into one-minute bars."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import numpy as np

import algotrendy
from benchmarks.bars.data import FOLDER, Column, Trades
from benchmarks.harness import Row, median_seconds, row
from benchmarks.peers import loop
from benchmarks.peers.noop_build import noop_push
from benchmarks.peers.raptorbt import VERSION, Raptorbt

FIELDS = ("open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume", "trade_count")
_ROUNDS = 9
_TICKS = 1_000_000
_NOOP_TARGET, _RAPTORBT_TARGET = 1.5, 1.0
_CHUNK_TARGET, _SMALL_CHUNK_LIMIT_NS = 2.0, 10.0


def stream() -> "algotrendy.BarStream":
    return algotrendy.BarStream("time", interval="1m")


def joined(bars: Iterable["algotrendy.Bars"]) -> dict[str, Column]:
    """Return the fields of all these bars, one after the other."""
    parts = list(bars)
    return {
        name: np.concatenate([np.asarray(getattr(part, name)) for part in parts]) for name in FIELDS
    }


def assert_equal(ours: dict[str, Column], expected: dict[str, Column]) -> None:
    for name, column in expected.items():
        assert np.array_equal(ours[name], column), name


def push_rows(trades: Trades) -> list[Row]:
    """Compare one call a trade with a call that does nothing, and with raptorbt."""
    count = min(_TICKS, len(trades))
    table = trades.table(0, count)
    ticks = list(zip(*(column.tolist() for column in table.values()), strict=True))
    FOLDER.mkdir(parents=True, exist_ok=True)
    np.save(FOLDER / "ticks.npy", np.array(list(table.values())))
    noop = noop_push()
    with Raptorbt(FOLDER / "ticks.npy") as raptorbt:
        _assert_pushed(ticks, table, raptorbt)
        work = {
            "ours": lambda: loop.push_all(stream().push, ticks),
            "PyO3 method, empty": lambda: loop.push_all(noop, ticks),
            f"raptorbt {VERSION}": raptorbt.push,
            "the loop alone": lambda: loop.alone(ticks),
            "the loop alone, raptorbt's": raptorbt.loop,
        }
        seconds = median_seconds(work, rounds=_ROUNDS)
    targets = {"PyO3 method, empty": _NOOP_TARGET, f"raptorbt {VERSION}": _RAPTORBT_TARGET}
    nanoseconds = {name: value / count * 1e9 for name, value in seconds.items()}
    mine = nanoseconds.pop("ours")
    return [
        row("push, loop included", mine, "ns/call", name, value, targets.get(name))
        for name, value in nanoseconds.items()
    ]


def _assert_pushed(
    ticks: Sequence[loop.Tick], table: dict[str, Column], raptorbt: Raptorbt
) -> None:
    bars = algotrendy.bars(table, "time", interval="1m")
    expected = {name: np.asarray(getattr(bars, name)) for name in FIELDS}
    ours = stream()
    pushed = list(chain.from_iterable(ours.push(*tick) for tick in ticks))
    assert_equal(
        {name: np.array([getattr(bar, name) for bar in pushed]) for name in FIELDS},
        {name: column[:-1] for name, column in expected.items()},
    )
    assert_equal(joined([ours.finish()]), {name: column[-1:] for name, column in expected.items()})
    theirs = np.array(raptorbt.bars()).T
    for position, name in enumerate(("close_time_ns", "open", "high", "low", "close", "volume")):
        assert np.array_equal(theirs[position], expected[name][:-1]), name


def chunk_rows(trades: Trades) -> list[Row]:
    """Compare chunks with all columns at once, and small chunks with a limit."""
    expected = joined([algotrendy.bars(trades.table(), "time", interval="1m")])
    work: dict[str, Callable[[], object]] = {
        "at once": lambda: algotrendy.bars(trades.table(), "time", interval="1m")
    }
    for size in (1_000, 100):
        chunks = [trades.table(start, start + size) for start in range(0, len(trades), size)]
        ours = stream()
        assert_equal(joined([*map(ours.push_many, chunks), ours.finish()]), expected)
        work[f"{size}"] = lambda chunks=chunks: _push_chunks(chunks)
    seconds = median_seconds(work, rounds=_ROUNDS)
    at_once, large, small = (value / len(trades) * 1e9 for value in seconds.values())
    unit, limit = "ns/trade", _SMALL_CHUNK_LIMIT_NS
    return [
        row("push_many, 1,000 trades", large, unit, "all at once", at_once, _CHUNK_TARGET),
        row("push_many, 100 trades", small, unit, "limit", limit, target=1.0),
        row("push_many, 100 trades", small, unit, "all at once", at_once),
    ]


def _push_chunks(chunks: Sequence[dict[str, Column]]) -> None:
    push_many = stream().push_many
    for chunk in chunks:
        push_many(chunk)
