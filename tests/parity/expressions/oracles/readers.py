"""Readers of the reference files: columns of floats by lower-case name, empty cells null."""

import json
import math
from functools import lru_cache
from pathlib import Path

import numpy as np
import xlrd
from tests.parity.bars.oracles.readers import csv_rows, sheet_rows
from tests.parity.expressions.naive.model import Column

SPY_DAYS = "bars_daily/mplfinance/yahoofinance-SPY-20080101-20180101.csv"

Table = dict[str, Column]


@lru_cache(maxsize=8)
def csv_table(path: Path) -> Table:
    return _columns(csv_rows(path))


@lru_cache(maxsize=8)
def csv_tables(path: Path) -> dict[str, Table]:
    """A file that holds several symbols, one after the other."""
    rows = csv_rows(path)
    symbols = dict.fromkeys(row["Symbol"] for row in rows)
    return {
        symbol: _columns([row for row in rows if row["Symbol"] == symbol]) for symbol in symbols
    }


@lru_cache(maxsize=8)
def json_table(path: Path) -> Table:
    """Stock.Indicators: a list of objects, one a bar."""
    results = json.loads(path.read_text("utf-8"))
    return {
        name: np.array([_number(str(row[name])) for row in results])
        for name in results[0]
        if name != "timestamp"
    }


@lru_cache(maxsize=8)
def xlsx_table(path: Path, sheet: int, names: int = 1) -> Table:
    """A sheet whose row `names` has the names."""
    rows = sheet_rows(path, sheet)
    heads = rows[names - 1]
    return {
        head.strip().lower(): np.array([_number(row.get(letter, "")) for row in rows[names:]])
        for letter, head in heads.items()
    }


@lru_cache(maxsize=8)
def xls_table(path: Path, sheet: int, names: int) -> Table:
    """The same of a workbook in the old binary format; the values are those it was saved with."""
    with xlrd.open_workbook(path) as book:
        page = book.sheet_by_index(sheet)
        rows = [[str(cell) for cell in page.row_values(row)] for row in range(page.nrows)]
    heads = rows[names - 1]
    return {
        head.strip().lower(): np.array([_number(row[place]) for row in rows[names:]])
        for place, head in enumerate(heads)
        if head.strip()
    }


def _columns(rows: list[dict[str, str]]) -> Table:
    return {
        name.strip().lower(): np.array([_number(row[name]) for row in rows]) for name in rows[0]
    }


def _number(text: str | None) -> float:
    """Dates and other words are null."""
    try:
        return float((text or "").replace(",", "").removesuffix("%"))
    except ValueError:
        return math.nan
