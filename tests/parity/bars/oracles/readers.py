"""Readers of the reference files.

Prices and quantities become integer units straight from decimal text, never through a float;
times become nanoseconds since the Unix epoch, UTC.
"""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from databento_dbn import Compression, DBNDecoder
from numpy.typing import NDArray

from algotrendy import Bars

MILLISECOND_NS = 1_000_000
SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
PARTIAL, GAP, SESSION_BREAK, SUSPECT = 1, 2, 8, 32
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PRICES = ("open", "high", "low", "close")

Columns = dict[str, NDArray[np.int64]]


def units(text: str, scale: int) -> int:
    scaled = Decimal(text).scaleb(scale)
    assert scaled == int(scaled), f"{text} has more than {scale} decimals"
    return int(scaled)


def integers(values: Iterable[int]) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)


def table(names: Sequence[str], rows: Iterable[Sequence[int]]) -> Columns:
    columns = zip(*rows, strict=True)
    return {name: integers(column) for name, column in zip(names, columns, strict=True)}


def rows(bars: Bars, *names: str) -> list[tuple[Any, ...]]:
    """Bars as tuples of Python numbers."""
    values = [np.asarray(getattr(bars, name), dtype=object).tolist() for name in names]
    return list(zip(*values, strict=True))


def complete(bars: Bars, *names: str) -> list[tuple[Any, ...]]:
    """The same without what was pending at the end."""
    return [row[1:] for row in rows(bars, "flags", *names) if not row[0] & PARTIAL]


def midnight_ns(date: str) -> int:
    """The start of a day written as 20140501 or 2017-01-03, UTC."""
    start = datetime.strptime(date.replace("-", "")[:8], "%Y%m%d").replace(tzinfo=UTC)
    return int(start.timestamp()) * SECOND_NS


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# LEAN: zipped CSV without a header; times are milliseconds since midnight, or dates where the
# file holds hours or days.


def lean_entries(path: Path) -> dict[str, list[list[str]]]:
    """The rows of each file in a zip, by the last word of its name: a contract month in futures."""
    with zipfile.ZipFile(path) as archive:
        return {
            name.removesuffix(".csv").rpartition("_")[2]: list(
                csv.reader(io.TextIOWrapper(archive.open(name)))
            )
            for name in archive.namelist()
        }


@lru_cache(maxsize=4)
def lean_rows(path: Path) -> list[list[str]]:
    (entry,) = lean_entries(path).values()
    return entry


def lean_time_ns(text: str, day_ns: int) -> int:
    """OANDA's milliseconds have a fraction."""
    if " " in text:
        date, clock = text.split()
        return midnight_ns(date) + int(clock[:2]) * HOUR_NS
    return day_ns + units(text, 6)


# Binance: raw combined streams.


@lru_cache(maxsize=2)
def binance_trades(path: Path, scale: int) -> Columns:
    """The trades of a raw stream in the order of their ids, as the reference reads them."""
    trades: dict[int, tuple[int, ...]] = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            data = json.loads(line.split(" ", 1)[1]).get("data", {})
            if data.get("e") != "trade" or data.get("X", "MARKET") != "MARKET":
                continue
            price, quantity = units(data["p"], scale), units(data["q"], scale)
            if price > 0:
                row = (data["T"] * MILLISECOND_NS, price, quantity, -1 if data["m"] else 1)
                trades.setdefault(data["t"], (*row, data["t"]))
    return table(
        ("time", "price", "quantity", "side", "id"), (trades[key] for key in sorted(trades))
    )


# Stock.Indicators: daily quotes as CSV, results as JSON.


def stock_quotes(path: Path, scale: int) -> Columns:
    return table(
        ("open_time", *PRICES, "volume"),
        (
            (
                midnight_ns(row["date"]),
                *(units(row[name], scale) for name in PRICES),
                int(row["volume"]),
            )
            for row in csv_rows(path)
        ),
    )


def stock_results(path: Path) -> list[dict[str, Any]]:
    """Result objects; numbers stay the decimal text they were written as."""
    results: list[dict[str, Any]] = json.loads(path.read_text("utf-8"), parse_float=Decimal)
    return results


# Databento: DBN, prices in units of 10^-9.


def dbn_records(path: Path) -> list[Any]:
    """The records of a file, without its metadata."""
    compression = Compression.ZSTD if path.suffix == ".zst" else Compression.NONE
    decoder = DBNDecoder(compression=compression)
    decoder.write(path.read_bytes())
    return [record for record in decoder.decode() if hasattr(record, "ts_event")]


def dbn_trades(records: Iterable[Any]) -> Columns:
    """A side of Databento is the aggressor's: the ask is a seller's, the bid a buyer's."""
    sides = {"A": -1, "B": 1, "N": 0}
    return table(
        ("time", "price", "quantity", "side", "id"),
        (
            (trade.ts_event, trade.price, trade.size, sides[str(trade.side)], trade.sequence)
            for trade in records
        ),
    )


# Excel: a sheet's rows as text by column letter. A workbook stores binary floats with 17 digits;
# the shortest decimal of such a float is the number that was typed.


def sheet_rows(path: Path, sheet: int) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive:
        strings = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))  # noqa: S314 - ours
        shared = ["".join(item.itertext()) for item in strings]
        root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314
    found = []
    for row in root.iter(f"{SHEET}row"):
        cells = {}
        for cell in row:
            value = cell.findtext(f"{SHEET}v")
            if value is not None:
                text = shared[int(value)] if cell.get("t") == "s" else shortest(value)
                cells[cell.attrib["r"].rstrip("0123456789")] = text
        found.append(cells)
    return found


def shortest(text: str) -> str:
    try:
        return repr(float(text)).removesuffix(".0")
    except ValueError:
        return text


def excel_day_ns(text: str) -> int:
    return int(text) * DAY_NS - 25_569 * DAY_NS
