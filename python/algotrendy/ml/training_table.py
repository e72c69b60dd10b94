"""The table a model learns from, cut into what may be learnt and what is to be predicted."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from algotrendy._core import FeatureSet
from algotrendy.domain.bar import BarColumns, Int64Column
from algotrendy.errors import InsufficientDataError
from algotrendy.ml.model import FLOAT32_MAX, TrainingTerms

LEAST_TRAIN_ROWS = 200
LEAST_TEST_ROWS = 20


@dataclass(frozen=True)
class Table:
    """Rows of one or more symbols, by close time.

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_features)
        `float32`, which is what the exported graph reads; finite.
    labels : ndarray of shape (n_rows,)
        1 where the close `horizon_bars` later is higher, else 0.
    open_time_ns, close_time_ns : ndarray of shape (n_rows,)
        Of the row's bar; the features are known at its close.
    label_time_ns : ndarray of shape (n_rows,)
        Close time of the bar that decides the label.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int8]
    open_time_ns: Int64Column
    close_time_ns: Int64Column
    label_time_ns: Int64Column

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Table":
        """Return the chosen rows."""
        return Table(
            self.features[rows],
            self.labels[rows],
            self.open_time_ns[rows],
            self.close_time_ns[rows],
            self.label_time_ns[rows],
        )


def build_table(series: Sequence[BarColumns], feature_set: FeatureSet, horizon_bars: int) -> Table:
    """Pool the rows of several symbols; bars in the warm-up or without a label give no row."""
    tables = [_symbol_table(bars, feature_set, horizon_bars) for bars in series]
    pooled = Table(
        np.concatenate([table.features for table in tables]),
        np.concatenate([table.labels for table in tables]),
        np.concatenate([table.open_time_ns for table in tables]),
        np.concatenate([table.close_time_ns for table in tables]),
        np.concatenate([table.label_time_ns for table in tables]),
    )
    # Stable, so that symbols keep the order of the terms within one time.
    return pooled.where(np.argsort(pooled.close_time_ns, kind="stable"))


def split(table: Table, terms: TrainingTerms) -> tuple[Table, Table]:
    """Return the rows to learn from and the rows to be judged by.

    Purged: a row is learnt from only if its label was known at `train_end_time`; a row is judged
    only if its bar closed after that time, so that no label window lies in both.

    Raises
    ------
    InsufficientDataError
        A part has too few rows, or rows of one label only.
    """
    end_ns, test_end_ns = terms.train_end_time_ns, terms.test_end_time_ns
    train = table.where(table.label_time_ns <= end_ns)
    is_test = table.close_time_ns > end_ns
    if test_end_ns is not None:
        is_test &= table.label_time_ns <= test_end_ns
    test = table.where(is_test)
    _require_rows(train, LEAST_TRAIN_ROWS, "training")
    _require_rows(test, LEAST_TEST_ROWS, "test")
    return train, test


def fingerprint(train: Table, terms: TrainingTerms) -> str:
    """Return the SHA-256 of all that decides a model: rows learnt from, learner, features."""
    learner = {
        "features": terms.features,
        "horizon_bars": terms.horizon_bars,
        "parameters": terms.learner_parameters(),
        "seed": terms.seed,
    }
    digest = hashlib.sha256(json.dumps(learner, sort_keys=True).encode())
    for column in (train.features, train.labels, train.close_time_ns):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def feature_rows(bars: BarColumns, feature_set: FeatureSet) -> NDArray[np.float64]:
    """Return the features of every bar, shape (n_bars, n_features); NaN where there is no value."""
    computed = feature_set.evaluate(bars.fields())
    return np.column_stack([computed[name] for name in feature_set.names])


def _symbol_table(bars: BarColumns, feature_set: FeatureSet, horizon_bars: int) -> Table:
    count = max(0, len(bars) - horizon_bars)
    features = feature_rows(bars, feature_set)[:count]
    # NaN compares as false.
    rows = np.flatnonzero((np.abs(features) <= FLOAT32_MAX).all(axis=1))
    later = rows + horizon_bars
    return Table(
        features[rows].astype(np.float32),
        # Of prices in units: equal closes are equal.
        (bars.close[later] > bars.close[rows]).astype(np.int8),
        bars.open_time_ns[rows],
        bars.close_time_ns[rows],
        bars.close_time_ns[later],
    )


def _require_rows(table: Table, least: int, part: str) -> None:
    if len(table) < least:
        raise InsufficientDataError(
            f"The {part} has {len(table)} rows; it needs {least}.",
            part=part,
            rows=str(len(table)),
            least=str(least),
        )
    if table.labels.min() == table.labels.max():
        raise InsufficientDataError(
            f"Every label of the {part} is {table.labels[0]}; it needs both.",
            part=part,
            rows=str(len(table)),
            label=str(table.labels[0]),
        )
