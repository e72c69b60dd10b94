"""Trades streamed from a Parquet file into one-minute bars, against reading the file alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

import algotrendy
from benchmarks.bars.data import FOLDER, Trades
from benchmarks.bars.streaming import assert_equal, joined, stream
from benchmarks.harness import Row, median_seconds, row

_ROUNDS = 5
_BATCH = 65_536
# At least 0.8 of the speed.
_TARGET = 1 / 0.8
# Prints by how many MiB the resident set has at most grown after the imports, in a process of its
# own. `getrusage` would count what the parent had before it became another program.
_PEAK_PROGRAM = """
import sys
from pathlib import Path
import numpy, pyarrow.parquet, algotrendy

def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))

path, size, who = sys.argv[1], int(sys.argv[2]), sys.argv[3]
before = status("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # The peak from now on.
stream = algotrendy.BarStream("time", interval="1m")
for batch in pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=size):
    if who == "ours":
        stream.push_many(batch)
print(status("VmHWM") - before)
"""


def rows(trades: Trades) -> list[Row]:
    path = _written(trades)
    ours = stream()
    streamed = joined([*map(ours.push_many, _batches(path)), ours.finish()])
    at_once = algotrendy.bars(trades.table(sides=False), "time", interval="1m")
    assert_equal(streamed, joined([at_once]))
    seconds = median_seconds(
        {"ours": lambda: _push_file(path), "iter_batches": lambda: _read_file(path)},
        rounds=_ROUNDS,
    )
    mine, reading = (value / len(trades) * 1e9 for value in seconds.values())
    megabytes, reading_megabytes = (_peak_growth(path, who) for who in ("ours", "iter_batches"))
    what = f"Parquet, {len(trades):,} trades"
    return [
        row(what, mine, "ns/trade", "iter_batches alone", reading, _TARGET),
        row(f"{what}, peak RSS", megabytes, "MiB", "iter_batches alone", reading_megabytes),
    ]


def _written(trades: Trades) -> Path:
    """Write the file, unless an earlier run has; it is whole where it has its name."""
    path = FOLDER / f"trades-{len(trades)}.parquet"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        columns = trades.table(sides=False)
        columns["time"] = pa.array(columns["time"]).cast(pa.timestamp("ns"))
        unfinished = path.with_suffix(".unfinished")
        pa.parquet.write_table(pa.table(columns), unfinished, compression="zstd")
        unfinished.rename(path)
    return path


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    return pa.parquet.ParquetFile(path).iter_batches(batch_size=_BATCH)


def _push_file(path: Path) -> None:
    ours = stream()
    for batch in _batches(path):
        ours.push_many(batch)


def _read_file(path: Path) -> None:
    for _batch in _batches(path):
        pass


def _peak_growth(path: Path, who: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _PEAK_PROGRAM, path, str(_BATCH), who],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
