"""Many expressions over a table of bars, or over a universe of them."""

import os
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from algotrendy._core import Features, FeatureSet, TickTable
from algotrendy.bar.sessions import SessionTable, days_around, exchange_sessions
from algotrendy.errors import InvalidArgumentError


class Model(Protocol):
    """What `model("name")` needs of a model."""

    @property
    def features(self) -> Sequence[tuple[str, str]]:
        """Name and expression of each input, in order."""

    @property
    def usable_after_ns(self) -> int:
        """The last time of the training data and their labels, ns UTC."""

    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one value for each row of inputs; `rows` has shape (n_rows, n_features)."""


def features(
    bars: object,
    expressions: Mapping[str, str],
    *,
    others: Mapping[str, object] | None = None,
    by: str | None = None,
    models: Mapping[str, Model] | None = None,
    zone: str | None = None,
    sessions: object = None,
    columns: Mapping[str, str] | None = None,
    threads: int | None = None,
) -> Features:
    """Compute expressions at every bar, in one pass; what they share is computed once.

    Parameters
    ----------
    bars : table
        `algotrendy.Bars`, anything that exports Arrow (polars, pandas, pyarrow, DuckDB) or a
        mapping of NumPy arrays, in time order: the fields that the expressions read (`open`,
        `high`, `low`, `close`, `volume`, ...) and, where an expression asks for the time or for
        another series, `open_time` and `close_time`.
    expressions : mapping of str to str
        Texts by name: `{"momentum": "ret(close, 20)", "trend": "close > sma(close, 50)"}`.
    others : mapping of str to table, optional
        The series that `bars("name")` reads, the same for all members of a universe. One that is
        not here is made from `bars` where its name is an interval such as "1h", longer than they.
    by : str, optional
        The column that tells the members of a universe apart, such as "symbol": functions of the
        past go along each member's own bars, and cs_... functions compare the members that have a
        bar at the same time.
    models : mapping of str to Model, optional
        What `model("name")` asks.
    zone : str, optional
        The time zone whose days and hours calendar functions read; UTC by default.
    sessions : optional
        What `minute_of_session()` counts from, as for `algotrendy.bars`; local midnight by default.
    columns : mapping of str to str, optional
        Columns whose names do not tell: `{"close": "px_last"}`.
    threads : int, optional
        How many threads a universe may use; all processors by default, and no more than those.

    Returns
    -------
    Features
        A column for each expression, in the order of the bars; null where there is no value. It
        exports Arrow, and `result["momentum"]` is a NumPy array with NaN for null.

    Raises
    ------
    algotrendy.errors.ExpressionError
        For a text that is no expression; names it and the character.
    algotrendy.errors.InvalidArgumentError
        For bars that lack what an expression reads.
    algotrendy.errors.InSampleError
        For a model asked about bars it was trained on, without `in_sample=True`.

    Examples
    --------
    >>> import numpy as np
    >>> bars = {"close": np.array([1.0, 2.0, 6.0, 5.0])}
    >>> features(bars, {"mean": "sma(close, 3)", "up": "close > lag(close)"})["mean"]
    array([nan, nan, 3.        , 4.33333333])
    """
    names = dict(columns or {})
    if isinstance(sessions, str):
        # Read once: a stream of batches can be read no second time.
        bars = TickTable(bars, names if by is None else {**names, "symbol": by})
        sessions = _exchange_sessions(sessions, bars)
    feature_set = FeatureSet(
        expressions,
        models=None if models is None else dict(models),
        zone=zone,
        sessions=sessions,
    )
    tables = dict(others or {})
    if by is None:
        return feature_set.evaluate(bars, others=tables, columns=names)
    processors = os.cpu_count() or 1
    if threads is not None and threads < 1:
        raise InvalidArgumentError(
            f"threads is {threads}; expected 1 or more.", field="threads", value=str(threads)
        )
    return feature_set.evaluate_universe(
        bars,
        by=by,
        threads=min(threads or processors, processors),
        others=tables,
        columns=names,
    )


def _exchange_sessions(code: str, bars: TickTable) -> SessionTable:
    """Return an exchange's sessions around the bars."""
    time_range = bars.time_range
    if time_range is None:
        return exchange_sessions(code, date(2000, 1, 1), date(2000, 12, 31))
    return exchange_sessions(code, *days_around(*time_range))
