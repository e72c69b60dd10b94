"""What a backtest leaves behind."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from algotrendy.backtest import saved, summary
from algotrendy.backtest.fingerprint import table_digest
from algotrendy.backtest.manifest import Manifest
from algotrendy.backtest.tables import TABLES, Columns, make_table
from algotrendy.backtest.trade_statistics import ResultStatistics, measure
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import NotFoundError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PriceCurves: TypeAlias = Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]]
"""By symbol: close times, ns UTC, and closes in the instrument's currency."""


class Result:
    """Everything a run produced. Nothing is converted or measured before somebody asks for it.

    Tables are Arrow's (`result.fills.to_pandas()`, `polars.from_arrow(result.fills)`): times are
    UTC, prices, quantities and amounts exact decimals. `print(result)` says what ran, on which
    assumptions, and what came of it.

    Parameters
    ----------
    columns : mapping
        The core's columns by table, asked for once each and not before they are needed
        (`tables.make_table` says what they are).
    currency : str
        The account's.
    instruments : mapping of str to Instrument
        By symbol: the scales of prices and quantities.
    manifest : Manifest or callable
        What the run was made of, or what makes it when it is first asked for.
    prices : mapping or callable, optional
        Closes by symbol, for charts.
    tables : mapping of str to pyarrow.Table, optional
        Tables that are made already.
    strategy : object, optional
        What was run: of an object of a strategy's class the copy, with what it gathered.
    """

    def __init__(
        self,
        columns: Mapping[str, Columns],
        *,
        currency: str,
        instruments: Mapping[str, Instrument],
        manifest: Manifest | Callable[[], Manifest],
        prices: PriceCurves | Callable[[], PriceCurves] | None = None,
        tables: Mapping[str, pa.Table] | None = None,
        strategy: object = None,
    ) -> None:
        self._columns = columns
        self._tables: dict[str, pa.Table] = dict(tables or {})
        self._manifest = manifest
        self._prices = prices
        self.currency = currency
        self.instruments = instruments
        self.strategy = strategy

    @classmethod
    def load(cls, folder: str | Path) -> "Result":
        """Return the result that `save` wrote into a folder.

        Raises
        ------
        DataFileError
            If the folder holds no result, or a file of it cannot be read.
        """
        tables, manifest, currency, instruments = saved.load_parts(Path(folder))
        return cls({}, currency=currency, instruments=instruments, manifest=manifest, tables=tables)

    def save(self, folder: str | Path) -> None:
        """Write the tables (Parquet), the statistics and the manifest into a folder.

        The same result makes the same bytes.

        Raises
        ------
        StorageError
            If a file cannot be written.
        """
        saved.save(self, Path(folder))

    def table(self, name: str) -> pa.Table:
        """Return one of the tables: orders, fills, positions, rejections, equity, exposure, costs.

        Raises
        ------
        NotFoundError
            If there is no such table.
        """
        if name not in TABLES:
            raise NotFoundError(
                f"A result has no table {name!r}; it has {', '.join(TABLES)}.", table=name
            )
        if name not in self._tables:
            made = make_table(name, self._columns, self.instruments, self.currency)
            self._tables[name] = made
        return self._tables[name]

    @property
    def orders(self) -> pa.Table:
        """Every order and how it ended; `reference_price` is what it was decided at."""
        return self.table("orders")

    @property
    def fills(self) -> pa.Table:
        """Every fill; the fee in the instrument's currency."""
        return self.table("fills")

    @property
    def positions(self) -> pa.Table:
        """Round trips, from flat to the next flat; one that is still open has no close time.

        The profit is what was realised after fees, in the instrument's currency.
        """
        return self.table("positions")

    @property
    def rejections(self) -> pa.Table:
        """Every refusal: the reason, the rule, its limit and what it measured."""
        return self.table("rejections")

    @property
    def equity(self) -> pa.Table:
        """Equity and cash at every close."""
        return self.table("equity")

    @property
    def exposure(self) -> pa.Table:
        """Gross and net worth of what is held, and the number of positions, at every close."""
        return self.table("exposure")

    @property
    def costs(self) -> pa.Table:
        """Fees and slippage paid so far, at every close."""
        return self.table("costs")

    @cached_property
    def statistics(self) -> ResultStatistics:
        """What the run amounts to; `.labelled()` gives each with its convention.

        Raises
        ------
        InsufficientDataError
            If the run saw no close.
        """
        used = ("equity", "exposure", "costs", "fills", "positions")
        tables = {name: self.table(name) for name in used}
        return measure(tables, self.instruments, self.currency)

    @property
    def final_equity(self) -> Decimal:
        """Equity at the last close, in the account's currency.

        Raises
        ------
        InsufficientDataError
            If the run saw no close.
        """
        return self.statistics.final_equity

    @cached_property
    def base(self) -> Manifest:
        """What the run was made of."""
        return self._manifest() if callable(self._manifest) else self._manifest

    @cached_property
    def record(self) -> Manifest:
        """What the run was made of, and the fingerprints of what came of it."""
        return self.base.with_outcome({name: table_digest(self.table(name)) for name in TABLES})

    @property
    def manifest(self) -> dict[str, Any]:
        """`record` in JSON's words: data, strategy, parameters, terms, models, versions."""
        return self.record.to_dict()

    @cached_property
    def prices(self) -> PriceCurves:
        """Closes by symbol, for charts; empty for a result that was loaded."""
        return (self._prices() if callable(self._prices) else self._prices) or {}

    def plot(self, *, title: str | None = None, path: str | Path | None = None) -> "Figure":
        """Draw equity, drawdown and exposure over time.

        Parameters
        ----------
        path : str or Path, optional
            Where to write the chart as an HTML file that needs no network.

        Returns
        -------
        plotly.graph_objects.Figure

        Raises
        ------
        FailedPreconditionError
            If plotly is not installed (extra `report`).
        StorageError
            If the file cannot be written.
        """
        from algotrendy.backtest.plot import plot_result  # noqa: PLC0415  # Needs plotly.

        return plot_result(self, title=title, path=None if path is None else Path(path))

    def report(self, path: str | Path, *, title: str | None = None) -> None:
        """Write the run as one HTML file that needs nothing else, all or nothing.

        Raises
        ------
        FailedPreconditionError
            If plotly or Jinja is not installed (extra `report`).
        StorageError
            If the file cannot be written.
        """
        from algotrendy.backtest.result_report import report_result  # noqa: PLC0415  # Needs plotly.

        report_result(self, Path(path), title=title)

    def __str__(self) -> str:
        """Say what ran, on which assumptions, and what came of it."""
        return summary.as_text(self)

    def __repr__(self) -> str:
        return f"<Result: {summary.title(self)}>"

    def _repr_html_(self) -> str:
        return summary.as_html(self)
