"""Backtests: specs, sweeps, classes and trades, beside engines in environments of their own."""

import math
from collections.abc import Sequence

from benchmarks.backtest.comparisons import IS_SMALL, Comparison, every_comparison
from benchmarks.backtest.workers import PACKAGES as PEERS
from benchmarks.backtest.workers import Engine, Measured, Worker, install
from benchmarks.harness import Row, row

PACKAGES = ("numpy", "pyarrow")


def run() -> list[Row]:
    """Measure every comparison and print what came out of each engine beside its time."""
    install()
    print(f"peers     {', '.join(PEERS)}, nautilus_trader 1.221.0")
    if IS_SMALL:
        print("          BENCH_SMALL: a fiftieth of the work, for trying the benchmark itself")
    return [found for comparison in every_comparison() for found in _rows(comparison)]


def _rows(comparison: Comparison) -> list[Row]:
    engines = (comparison.ours, *comparison.peers)
    results = _measure(comparison, engines)
    _print_outcomes(comparison, engines, results)
    ours = results[0]
    each = [one.seconds * comparison.per_second / comparison.work for one in results]
    name, unit = comparison.name, comparison.unit
    rows = []
    if comparison.limit is not None:
        rows.append(row(name, each[0], unit, "limit", comparison.limit, target=1.0))
    for peer, theirs, taken in zip(comparison.peers, results[1:], each[1:], strict=True):
        target = comparison.targets.get(peer.name)
        memory_target = comparison.memory_targets.get(peer.name)
        memory = f"{name}: peak memory"
        rows.append(row(name, each[0], unit, peer.name, taken, target))
        rows.append(row(memory, ours.peak_mib, "MiB", peer.name, theirs.peak_mib, memory_target))
        _assert_same(comparison, peer, ours, theirs)
    return rows


def _measure(comparison: Comparison, engines: Sequence[Engine]) -> list[Measured]:
    """Run all in turn, so that a busy moment is everybody's, each with the machine to itself."""
    workers = [Worker(engine, comparison.path) for engine in engines]
    try:
        for counts in (False, *[True] * comparison.rounds):
            for worker in workers:
                worker.run(counts=counts)
        return [worker.measured() for worker in workers]
    finally:
        for worker in workers:
            worker.close()


def _print_outcomes(
    comparison: Comparison, engines: Sequence[Engine], results: Sequence[Measured]
) -> None:
    print(f"\n{comparison.name}: {comparison.work:,} units of work, {comparison.rounds} rounds")
    for engine, one in zip(engines, results, strict=True):
        note = f"  ({engine.differs})" if engine.differs else ""
        print(
            f"  {engine.name:<20} {one.seconds:>9.4f} s {one.fills:>9,} fills "
            f"{one.equity:>20,.2f} equity {one.idle_mib:>6.0f} to {one.peak_mib:.0f} MiB{note}",
            flush=True,
        )


def _assert_same(comparison: Comparison, peer: Engine, ours: Measured, theirs: Measured) -> None:
    same_fills = math.isclose(ours.fills, theirs.fills, rel_tol=peer.fills_tolerance)
    same_money = math.isclose(ours.equity, theirs.equity, rel_tol=peer.equity_tolerance)
    said = (
        f"{comparison.name}: {ours.fills} fills and {ours.equity} are not what {peer.name} comes "
        f"to, {theirs.fills} and {theirs.equity}"
    )
    assert same_fills, said
    assert same_money, said
