"""What a sweep leaves behind: a row for each combination, kept in a Parquet file as they come."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from algotrendy.bar.options import refuse
from algotrendy.domain.money import currency_scale, from_units
from algotrendy.errors import (
    AlgoTrendyError,
    DataFileError,
    FailedPreconditionError,
    StorageError,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Row = dict[str, Any]

_FLOATS: Final = (
    *("total_return", "cagr", "sharpe_ratio", "volatility", "max_drawdown", "time_in_market"),
    *("win_rate", "profit_factor", "average_trade"),
)
_COUNTS: Final = (
    *("trade_count", "open_trade_count", "order_count", "fill_count", "rejection_count"),
)
_AMOUNTS: Final = ("final_equity", "fees", "slippage")
STATISTICS: Final = (*_FLOATS, *_COUNTS, *_AMOUNTS)
"""The columns of a sweep beside the parameters, by the names and conventions of a result."""

_SMALLER_IS_BETTER: Final = frozenset({"max_drawdown", "volatility", "fees", "slippage"})
_KEY: Final = b"algotrendy.sweep"
_SAVE_EVERY_S: Final = 5.0


def failed_row(error: AlgoTrendyError) -> Row:
    """Return the row of a combination that could not be run."""
    return {"error": f"{error.reason}: {error.message}"}


class SweepResult:
    """A row for each combination, in the grid's order.

    Attributes
    ----------
    table : pyarrow.Table
        Parameters, statistics as a result's (fractions, `float64`; amounts exact decimals), and
        `error`, null where the combination ran.
    parameters : list of str
        The names of the parameters that were varied.
    """

    def __init__(self, table: pa.Table, parameters: list[str]) -> None:
        self.table = table
        self.parameters = parameters

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __iter__(self) -> Iterator[Row]:
        yield from self.table.to_pylist()

    def best(self, by: str = "sharpe_ratio") -> Row:
        """Return the row that is best by a statistic: the first of equals.

        Drawdown, volatility and costs are best where they are least, the others where most.

        Raises
        ------
        InvalidArgumentError
            If there is no such statistic.
        FailedPreconditionError
            If no combination has it.
        """
        return self.top(by, 1)[0]

    def top(self, by: str = "sharpe_ratio", count: int = 10) -> list[Row]:
        """Return the best rows by a statistic, as `best` tells, the best first.

        Raises
        ------
        InvalidArgumentError
            If there is no such statistic.
        FailedPreconditionError
            If no combination has it.
        """
        if by not in STATISTICS:
            refuse("by", by, "one of " + ", ".join(STATISTICS))
        sign = 1 if by in _SMALLER_IS_BETTER else -1
        # What is no number compares with nothing.
        rows = [row for row in self if row[by] is not None and row[by] == row[by]]
        if not rows:
            raise FailedPreconditionError(f"No combination has a {by}.", field="by", value=by)
        return sorted(rows, key=lambda row: sign * row[by])[:count]

    def plot(self, by: str = "sharpe_ratio") -> "Figure":
        """Return a chart of a statistic: a line over one parameter, a map over the first two.

        Needs plotly (extra `report`). Of further parameters the best value is shown.
        """
        from algotrendy.backtest.sweep_plot import plot_sweep  # noqa: PLC0415  # plotly is heavy.

        if by not in STATISTICS:
            refuse("by", by, "one of " + ", ".join(STATISTICS))
        return plot_sweep(self, by, smaller_is_better=by in _SMALLER_IS_BETTER)

    def __repr__(self) -> str:
        return f"<SweepResult: {len(self)} combinations of {', '.join(self.parameters)}>"

    def __str__(self) -> str:
        failed = self.table.num_rows - self.table["error"].null_count
        lines = [f"{len(self):,} combinations of {', '.join(self.parameters)}"]
        if failed:
            lines.append(f"{failed:,} could not be run: see the column error")
        for by in ("sharpe_ratio", "total_return"):
            if failed < len(self):
                row = self.best(by)
                chosen = ", ".join(f"{name}={row[name]}" for name in self.parameters)
                lines.append(f"best {by.replace('_', ' ')}: {row[by]:.4f} with {chosen}")
        lines.append("The best of many is the luckiest, too: try it on data it was not chosen on.")
        return "\n".join(lines)


class SweepTable(AbstractContextManager["SweepTable"]):
    """The rows of a sweep as they come; with a path, saved now and then and at the end."""

    def __init__(
        self,
        axes: Mapping[str, list[Any]],
        currency: str,
        record: Callable[[], Mapping[str, Any]],
        path: Path | None,
    ) -> None:
        self._axes, self._scale, self._path = axes, currency_scale(currency), path
        self._combinations = list(product(*axes.values()))
        self._rows: dict[int, Row] = {}
        # Those whose process was lost: they may well run another time, and are not saved.
        self._lost: set[int] = set()
        self._saved_s = time.monotonic()
        self._key = b""
        if path is not None:
            made_of = json.dumps([record(), dict(axes)], sort_keys=True, default=str)
            self._key = hashlib.sha256(made_of.encode()).hexdigest().encode()
            if path.exists():
                self._read(path)

    def __len__(self) -> int:
        return len(self._combinations)

    def __exit__(self, *_: object) -> None:
        # Also where it was ended: what was run need not be run again.
        self._save()

    def missing(self) -> list[int]:
        """Return the places of the combinations without a row."""
        return [place for place in range(len(self)) if place not in self._rows]

    def add(self, place: int, row: Row) -> Row:
        """Take a combination's row as the core tells it, and return it whole."""
        parameters = dict(zip(self._axes, self._combinations[place], strict=True))
        whole = {**parameters, **{name: row.get(name) for name in STATISTICS}}
        for name in _AMOUNTS:
            if whole[name] is not None:
                whole[name] = from_units(whole[name], self._scale)
        if whole["average_trade"] is not None:
            whole["average_trade"] /= 10.0**self._scale
        whole["error"] = row.get("error")
        if row.get("is_lost"):
            self._lost.add(place)
        self._rows[place] = whole
        if self._path is not None and time.monotonic() - self._saved_s > _SAVE_EVERY_S:
            self._save()
        return whole

    def result(self) -> SweepResult:
        """Return all rows."""
        return SweepResult(self._table(sorted(self._rows)), list(self._axes))

    def _table(self, places: list[int]) -> pa.Table:
        names = [*self._axes, *STATISTICS, "error"]
        kinds: dict[str, pa.DataType] = {
            **dict.fromkeys(_FLOATS, pa.float64()),
            **dict.fromkeys(_COUNTS, pa.int64()),
            **dict.fromkeys(_AMOUNTS, pa.decimal128(38, self._scale)),
            "error": pa.string(),
        }
        columns = {
            name: pa.array([self._rows[place][name] for place in places], kinds.get(name))
            for name in names
        }
        return pa.table(columns)

    def _save(self) -> None:
        self._saved_s = time.monotonic()
        places = sorted(self._rows.keys() - self._lost)
        if self._path is None or not places:
            return
        table = self._table(places).append_column("place", pa.array(places, pa.int64()))
        table = table.replace_schema_metadata({_KEY: self._key})
        fresh = self._path.with_name(self._path.name + ".part")
        try:
            pq.write_table(table, fresh)
            fresh.replace(self._path)
        except OSError as error:
            raise StorageError(
                f"{self._path} cannot be written: {error}", path=str(self._path)
            ) from error

    def _read(self, path: Path) -> None:
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise DataFileError(f"{path} cannot be read: {error}", file=str(path)) from error
        if (table.schema.metadata or {}).get(_KEY) != self._key:
            raise FailedPreconditionError(
                f"{path} holds another sweep: its strategy, grid, data, terms or version differ; "
                "expected a file of this one, or none.",
                file=str(path),
            )
        for row in table.to_pylist():
            self._rows[row.pop("place")] = row
