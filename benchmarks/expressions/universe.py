"""Thirty alphas over a universe on two threads, against pandas on a tenth of it; and the memory."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from tests.parity.expressions.alphas_pandas import ALPHAS as IN_PANDAS
from tests.parity.expressions.alphas_pandas import Panel

import algotrendy
from algotrendy.expression.alpha101 import ALPHAS
from benchmarks.expressions.data import DAYS, FOLDER, SYMBOLS, Columns, panel, rows_of
from benchmarks.harness import Row, median_seconds, row

_SUBSET = 400
_THREADS = 2
_ROUNDS = 3
_TARGET = 1 / 20
_LIMIT_MIB = 2 * 1024
# Ranks of what is equal but for rounding differ by a place or two, which few of them do.
_PLACES, _SHARE = 0.01, 0.98
# Prints the largest resident set in MiB of a process that reads the table and computes.
_PEAK_PROGRAM = """
import sys
from pathlib import Path
import polars as pl
import algotrendy
from algotrendy.expression.alpha101 import ALPHAS

table = pl.read_ipc(sys.argv[1])
found = algotrendy.features(table, ALPHAS, by="symbol", threads=int(sys.argv[2]))
assert len(found) == len(table)
lines = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")))
"""


def rows() -> list[Row]:
    fields = panel()
    subset = {name: values[:, :_SUBSET] for name, values in fields.items()}
    frames = {name: pd.DataFrame(values) for name, values in subset.items()}
    start = time.perf_counter()
    wanted = {name: function(Panel(frames)) for name, function in IN_PANDAS.items()}
    scaled = (time.perf_counter() - start) * SYMBOLS / _SUBSET
    _assert_equal(subset, wanted)
    table = rows_of(fields)
    seconds = median_seconds({"ours": lambda: _ours(table)}, rounds=_ROUNDS)["ours"]
    what = f"30 alphas, {SYMBOLS:,} × {DAYS}"
    peer = f"pandas, {_SUBSET} scaled"
    return [
        row(what, seconds, "s", peer, scaled, _TARGET),
        row(f"{what}, peak RSS", _peak_mib(table), "MiB", "limit", _LIMIT_MIB, target=1.0),
    ]


def _ours(table: pl.DataFrame) -> "algotrendy.Features":
    return algotrendy.features(table, ALPHAS, by="symbol", threads=_THREADS)


def _assert_equal(fields: Columns, wanted: dict[str, pd.DataFrame]) -> None:
    found = _ours(rows_of(fields))
    for name, frame in wanted.items():
        expected = frame.replace([np.inf, -np.inf], np.nan).to_numpy().reshape(-1)
        same = np.isclose(found[name], expected, rtol=1e-6, atol=_PLACES, equal_nan=True)
        assert same.mean() > _SHARE, (name, same.mean())


def _peak_mib(table: pl.DataFrame) -> float:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path: Path = FOLDER / "universe.arrow"
    table.write_ipc(path)
    done = subprocess.run(
        [sys.executable, "-c", _PEAK_PROGRAM, path, str(_THREADS)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
