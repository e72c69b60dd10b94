"""Columns of trades into columns of bars, every style, against Numba and polars."""

from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
import polars as pl

import algotrendy
from algotrendy.domain.clock import MINUTE_NS, SECOND_NS
from benchmarks.bars import numba_full, numba_plain, polars_peers
from benchmarks.bars.data import Column, Trades
from benchmarks.harness import Row, median_seconds, row

_ROUNDS = 9
_PLAIN_TARGET, _FULL_TARGET, _POLARS_TARGET = 1.6, 1.0, 1 / 6
_NUMBA_PLAIN = "Numba, plain"
# What ours is run on; the last also asks for the NumPy columns that the plain peers make.
_SIDES, _NO_SIDES, _COLUMNS_READ = ", sides", "", ", columns read"


@dataclass(frozen=True)
class Case:
    """A style as ours is told it, and the size as the peers are."""

    name: str
    style: str
    options: dict[str, str | int]
    size: int
    polars_target: float | None = None


# Sizes of which a bar holds about 100 trades, but for time.
CASES = (
    Case("time 1s", "time", {"interval": "1s"}, SECOND_NS, _POLARS_TARGET),
    Case("time 1m", "time", {"interval": "1m"}, MINUTE_NS),
    Case("tick", "tick", {"size": 100}, 100),
    Case("volume", "volume", {"size": 50_000}, 50_000, _POLARS_TARGET),
    Case("dollar", "dollar", {"size": 5_000_000_000}, 5_000_000_000, _POLARS_TARGET),
    Case("range", "range", {"size": 11}, 11),
    Case("renko", "renko", {"size": 6}, 6),
)


@dataclass(frozen=True)
class Peer:
    """What is run beside ours, how its bars are checked, and what ours is held to."""

    run: Callable[[], object]
    target: float | None = None
    ours: str = _NO_SIDES


def rows(trades: Trades) -> list[Row]:
    peers = Peers(trades)
    return [one for case in CASES for one in _compare(case, trades, peers)]


def ours(trades: Trades, case: Case, *, sides: bool) -> "algotrendy.Bars":
    return algotrendy.bars(trades.table(sides=sides), case.style, **case.options)


def _compare(case: Case, trades: Trades, peers: "Peers") -> list[Row]:
    peers.assert_equal(case)
    compared = peers.of(case)
    work: dict[str, Callable[[], object]] = {
        _SIDES: lambda: ours(trades, case, sides=True),
        _NO_SIDES: lambda: ours(trades, case, sides=False),
        _COLUMNS_READ: lambda: _plain(ours(trades, case, sides=False)),
    }
    work |= {name: peer.run for name, peer in compared.items()}
    seconds = median_seconds(work, rounds=_ROUNDS)
    nanoseconds = {name: value / len(trades) * 1e9 for name, value in seconds.items()}
    pairs = [(peer.ours, name, peer.target) for name, peer in compared.items()]
    pairs.append((_COLUMNS_READ, _NUMBA_PLAIN, None))
    return [
        row(case.name + which, nanoseconds[which], "ns/trade", name, nanoseconds[name], target)
        for which, name, target in pairs
    ]


def _plain(bars: "algotrendy.Bars") -> dict[str, Column]:
    return {name: np.asarray(getattr(bars, name)) for name in numba_plain.FIELDS}


class Peers:
    """The peers' inputs, made once. Room for bars each makes anew, as ours does."""

    def __init__(self, trades: Trades) -> None:
        self._trades = trades
        self._frame = polars_peers.frame(trades)

    def of(self, case: Case) -> dict[str, Peer]:
        """Return who makes bars of this style, by name."""
        trades = self._trades
        peers = {_NUMBA_PLAIN: Peer(lambda: self._numba_plain(case), _PLAIN_TARGET)}
        if case.style == "tick":
            peers["Numba, plain, slices"] = Peer(lambda: self._numba_slices(case), _PLAIN_TARGET)
        peers["Numba, same fields"] = Peer(lambda: self._numba_full(case), _FULL_TARGET, _SIDES)
        if case.style in polars_peers.SAME_BARS:
            name = "polars" if polars_peers.SAME_BARS[case.style] else "polars, other bars"
            peers[name] = Peer(lambda: self._polars(case), case.polars_target)
            peers[f"{name}, sorted"] = Peer(lambda: self._polars(case, told_sorted=True))
        peers["reading the columns"] = Peer(
            lambda: _read(trades.times_ns, trades.prices, trades.quantities)
        )
        return peers

    def assert_equal(self, case: Case) -> None:
        """Assert that all make the same bars; of polars's other bars, that they add up."""
        without, bars = (ours(self._trades, case, sides=sides) for sides in (False, True))
        plain = _plain(without)
        _assert_plain(plain, self._numba_plain(case), _NUMBA_PLAIN)
        if case.style == "tick":
            _assert_plain(plain, self._numba_slices(case), "Numba, slices")
        numbers, marks = self._numba_full(case)
        for position, name in enumerate(numba_full.NUMBERS):
            column = np.asarray(getattr(bars, name), dtype=np.int64)
            assert np.array_equal(column, numbers[position]), (case.name, name)
        reasons = [numba_full.REASONS[code] for code in marks[0].tolist()]
        assert list(bars.close_reason) == reasons, case.name
        assert np.array_equal(np.asarray(bars.flags), marks[1]), case.name
        if case.style in polars_peers.SAME_BARS:
            for told_sorted in (False, True):
                self._assert_polars(case, plain, told_sorted=told_sorted)

    def _assert_polars(self, case: Case, plain: dict[str, Column], *, told_sorted: bool) -> None:
        columns = self._polars(case, told_sorted=told_sorted)
        theirs = {name: columns[name].to_numpy() for name in plain}
        if polars_peers.SAME_BARS[case.style]:
            _assert_plain(plain, np.array(list(theirs.values())), f"polars, {case.name}")
            return
        assert _extent(theirs) == _extent(plain), case.name
        assert abs(len(theirs["open"]) / len(plain["open"]) - 1) < 0.02, case.name

    def _numba_plain(self, case: Case) -> Column:
        return self._run_plain(numba_plain.LOOPS[case.style], case)

    def _numba_slices(self, case: Case) -> Column:
        return self._run_plain(numba_plain.TICK_BY_SLICES, case)

    def _run_plain(self, loop: numba_plain.Loop, case: Case) -> Column:
        trades = self._trades
        plain = np.empty((len(numba_plain.FIELDS), len(trades)), np.int64)
        count, _ = loop(trades.times_ns, trades.prices, trades.quantities, case.size, plain)
        return plain[:, :count]

    def _numba_full(self, case: Case) -> tuple[Column, numba_full.Bytes]:
        trades = self._trades
        inputs = (trades.times_ns, trades.prices, trades.quantities, trades.sides)
        loop = numba_full.LOOPS[case.style]
        full = np.empty((len(numba_full.NUMBERS), len(trades)), np.int64)
        marks = np.empty((2, len(trades)), np.uint8)
        count, _ = loop(*inputs, case.size, full, marks)
        return full[:, :count], marks[:, :count]

    def _polars(self, case: Case, *, told_sorted: bool = False) -> pl.DataFrame:
        return polars_peers.bars(self._frame, case.style, case.size, told_sorted=told_sorted)


def _assert_plain(plain: dict[str, Column], theirs: Column, who: str) -> None:
    for position, (name, column) in enumerate(plain.items()):
        assert np.array_equal(column, theirs[position]), (who, name)


def _extent(bars: dict[str, Column]) -> tuple[int, ...]:
    """Return first time and open, last close, highest, lowest and all the volume."""
    first = (bars["open_time_ns"][0], bars["open"][0], bars["close"][-1])
    return tuple(map(int, (*first, bars["high"].max(), bars["low"].min(), bars["volume"].sum())))


@numba.njit(cache=False)
def _read(times_ns: Column, prices: Column, quantities: Column) -> int:
    total = 0
    for i in range(len(times_ns)):
        total += times_ns[i] + prices[i] + quantities[i]
    return total
