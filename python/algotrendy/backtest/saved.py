"""A result in a folder: a Parquet file a table, its statistics, and the manifest.

The same result makes the same bytes: the tables are written whole, in one row group, without
anything of the time or the place of writing.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from algotrendy.backtest.manifest import Manifest
from algotrendy.backtest.tables import TABLES
from algotrendy.backtest.trade_statistics import columns_of
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import DataFileError, StorageError

if TYPE_CHECKING:
    from algotrendy.backtest.result import Result

MANIFEST: Final = "manifest.json"
STATISTICS: Final = "statistics.json"


def save(result: "Result", folder: Path) -> None:
    """Write a result into a folder, which is made where it is missing.

    The manifest is written last: a folder with one is complete.

    Raises
    ------
    StorageError
        If a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).unlink(missing_ok=True)
        for name in TABLES:
            table = result.table(name)
            pq.write_table(
                table,
                folder / f"{name}.parquet",
                compression="zstd",
                row_group_size=max(1, len(table)),
            )
        (folder / STATISTICS).write_text(_statistics(result), encoding="utf-8")
        (folder / MANIFEST).write_text(result.record.to_json(), encoding="utf-8")
    except OSError as error:
        cause = error.strerror or str(error)
        raise StorageError(
            f"Cannot write a result to {folder}: {cause}.", path=str(folder), cause=cause
        ) from error


def load_parts(
    folder: Path,
) -> tuple[dict[str, pa.Table], Manifest, str, dict[str, Instrument]]:
    """Return what a saved result is made of: tables, manifest, currency and instruments.

    Raises
    ------
    DataFileError
        If the folder holds no result, or a file of it cannot be read.
    """
    manifest = load_manifest(folder / MANIFEST)
    tables = {name: _read(folder / f"{name}.parquet") for name in TABLES}
    currency = str(manifest.terms.get("currency", "USD"))
    return tables, manifest, currency, instruments_of(manifest)


def instruments_of(manifest: Manifest) -> dict[str, Instrument]:
    """Return the instruments that a manifest records, by symbol."""
    return {
        record.instrument["symbol"]: Instrument.from_core(_terms(record.instrument))
        for record in manifest.data
        if record.instrument is not None
    }


def load_manifest(path: Path) -> Manifest:
    """Return the manifest in a file.

    Raises
    ------
    DataFileError
        If the file cannot be read.
    InvalidArgumentError
        If it holds no manifest.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise DataFileError(
            f"Cannot read the manifest {path}: {cause}.", path=str(path), cause=cause
        ) from error
    return Manifest.from_json(text, str(path))


def _read(path: Path) -> pa.Table:
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise DataFileError(f"Cannot read {path}: {cause}.", path=str(path), cause=cause) from error


def _statistics(result: "Result") -> str:
    values = columns_of(result.statistics.labelled())
    labelled = {
        each.name: {"value": values[each.name], "unit": each.unit, "convention": each.convention}
        for each in result.statistics.labelled()
    }
    return json.dumps(labelled, indent=2, ensure_ascii=False) + "\n"


def _terms(record: Mapping[str, Any]) -> Any:  # noqa: ANN401  # As the core's stub describes them.
    optional = ("initial_margin", "maintenance_margin", "commission", "expire_time_ns")
    defaults = dict.fromkeys((*optional, "calendar_id", "sector"))
    return {**defaults, "multiplier": 1, "allow_negative_prices": False, **record}
