"""How good a classifier's probabilities are."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss, roc_auc_score

from algotrendy.domain.bar import Int64Column
from algotrendy.ml.model import Quality


def measure_quality(
    times_ns: Int64Column, labels: NDArray[np.int8], probabilities: NDArray[np.float64]
) -> Quality:
    """Measure probabilities of shape (n_rows,) against labels of 0 and 1, both of which occur."""
    return Quality(
        row_count=len(labels),
        start_time_ns=int(times_ns[0]),
        end_time_ns=int(times_ns[-1]),
        auc=float(roc_auc_score(labels, probabilities)),
        log_loss=float(log_loss(labels, probabilities)),
        accuracy=float(np.mean((probabilities > 0.5) == (labels == 1))),  # noqa: PLR2004  # Even odds.
        base_rate=float(np.mean(labels)),
    )
