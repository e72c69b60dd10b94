"""What is read while somebody watches, and what is not worth a word."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algotrendy.backtest.watch import watched

READS: dict[str, Callable[[Path], object]] = {
    "open": lambda path: path.read_bytes(),
    "numpy": lambda path: np.fromfile(path, dtype=np.uint8),
    "pyarrow": lambda path: len(pq.read_table(path)),
    "pandas": lambda path: len(pd.read_parquet(path)),
    "polars": lambda path: len(pl.read_parquet(path)),
    "scan": lambda path: pl.scan_parquet(path).collect(),
    "update": lambda path: path.open("r+").close(),
    "sqlite": lambda path: sqlite3.connect(path.with_suffix(".db")).close(),
    "program": lambda path: subprocess.run([sys.executable, "-c", ""], check=True),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "future.parquet")
    return tmp_path / "future.parquet"


@pytest.mark.parametrize("way", READS)
def test_every_way_to_read_is_seen_with_its_line(path: Path, way: str) -> None:
    READS[way](path)  # What is imported on the way is imported.
    with watched() as found:
        READS[way](path)
    assert found
    assert {Path(reading.file).name for reading in found} == {"test_watch.py"}
    assert all(str(reading).startswith("test_watch.py, line ") for reading in found)


def test_writing_and_importing_are_no_reading(path: Path) -> None:
    with watched() as found:
        path.with_suffix(".log").write_text("decided")
        import colorsys  # noqa: F401, PLC0415  # Not imported by anything else.
    assert found == {}


def test_nothing_is_seen_before_or_after(path: Path) -> None:
    path.read_bytes()
    with watched() as found:
        pass
    path.read_bytes()
    assert found == {}
