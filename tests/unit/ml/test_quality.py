"""Quality against its definitions."""

import numpy as np
import pytest

from algotrendy.ml.quality import measure_quality


def test_quality_is_what_its_definitions_say() -> None:
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 2, 300).astype(np.int8)
    # Of two digits, so that probabilities tie.
    probabilities = np.round(0.3 * labels + 0.6 * generator.random(300), 2) + 0.01
    quality = measure_quality(np.arange(300, dtype=np.int64), labels, probabilities)

    ups, downs = probabilities[labels == 1], probabilities[labels == 0]
    wins = (ups[:, None] > downs).mean() + 0.5 * (ups[:, None] == downs).mean()
    likelihood = np.where(labels == 1, probabilities, 1 - probabilities)
    assert quality.auc == pytest.approx(wins)
    assert quality.log_loss == pytest.approx(-np.log(likelihood).mean())
    assert quality.accuracy == ((probabilities > 0.5) == (labels == 1)).mean()
    assert quality.base_rate == labels.mean()
    assert (quality.row_count, quality.start_time_ns, quality.end_time_ns) == (300, 0, 299)
