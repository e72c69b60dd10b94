"""Training by LightGBM, export to ONNX, and the proof that both predict the same."""

import hashlib
import json
import re

import lightgbm
import numpy as np
import onnx
import onnxmltools
from numpy.typing import NDArray
from onnxmltools.convert.common.data_types import FloatTensorType

from algotrendy.errors import ModelExportError
from algotrendy.ml.adapters.onnx_model import (
    FEATURES_KEY,
    FINGERPRINT_KEY,
    USABLE_AFTER_KEY,
    OnnxModel,
)
from algotrendy.ml.model import TrainedModel, TrainingTerms
from algotrendy.ml.quality import measure_quality
from algotrendy.ml.training_table import Table, fingerprint

LARGEST_EXPORT_DIFFERENCE = 1e-6

# The newest that onnxmltools writes for tree ensembles.
_OPSET = 15
_THRESHOLDS = re.compile(r"^threshold=(.*)$", re.MULTILINE)


class LightGbmTrainer:
    """Learns a binary classifier; the same table and terms give the same graph, byte for byte."""

    def train(self, train: Table, test: Table, terms: TrainingTerms) -> TrainedModel:
        """See `Trainer`."""
        booster = fit(train, terms)
        training_fingerprint = fingerprint(train, terms)
        train_end_time_ns = int(train.label_time_ns.max())
        graph = export_graph(booster, terms, training_fingerprint, train_end_time_ns)
        # What is measured and served is the graph; the booster only proves it.
        probabilities = OnnxModel.from_bytes(graph).predict(test.features.astype(np.float64))
        difference = _proved_equal(booster, test, probabilities)
        return TrainedModel(
            graph=graph,
            artifact_sha256=hashlib.sha256(graph).hexdigest(),
            train_start_time_ns=int(train.open_time_ns.min()),
            train_end_time_ns=train_end_time_ns,
            train_row_count=len(train),
            quality=measure_quality(test.close_time_ns, test.labels, probabilities),
            export_difference=difference,
            training_fingerprint=training_fingerprint,
        )


def fit(train: Table, terms: TrainingTerms) -> lightgbm.Booster:
    """Return the booster, whose thresholds are `float32` numbers; one thread, deterministic."""
    parameters = terms.learner_parameters()
    data = lightgbm.Dataset(
        train.features.astype(np.float64),
        label=train.labels,
        feature_name=[feature.name for feature in terms.features],
        params={"verbosity": -1},
    )
    settings = {
        **parameters,
        "objective": "binary",
        "bagging_freq": 1 if parameters["bagging_fraction"] < 1 else 0,
        "seed": terms.seed,
        # Sums in one order: the same model on every run and any number of cores.
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    booster = lightgbm.train(settings, data)
    return _with_float32_thresholds(booster)


def _with_float32_thresholds(booster: lightgbm.Booster) -> lightgbm.Booster:
    """Return the booster with its thresholds rounded down to `float32`.

    LightGBM splits halfway between two values, in `float64`; ONNX keeps thresholds in `float32`.
    Rounded to nearest, a threshold may pass the value above it, and rows change sides. Of
    `float32` inputs, `x <= t` and `x <= floor(t)` are the same.
    """

    def floored(match: re.Match[str]) -> str:
        exact = np.array(match[1].split(), dtype=np.float64)
        nearest = exact.astype(np.float32)
        down = np.where(nearest > exact, np.nextafter(nearest, np.float32(-np.inf)), nearest)
        return "threshold=" + " ".join(repr(float(value)) for value in down)

    text = _THRESHOLDS.sub(floored, booster.model_to_string())
    # It states the length of each tree, which has changed; without it LightGBM finds them itself.
    text = re.sub(r"^tree_sizes=.*\n", "", text, flags=re.MULTILINE)
    return lightgbm.Booster(model_str=text)


def export_graph(
    booster: lightgbm.Booster,
    terms: TrainingTerms,
    training_fingerprint: str,
    usable_after_ns: int,
) -> bytes:
    """Return the booster as an ONNX graph that carries what it is: see `OnnxModel`."""
    model = onnxmltools.convert_lightgbm(
        booster,
        # Without a name it takes a random one.
        name=terms.name,
        initial_types=[("features", FloatTensorType([None, len(terms.features)]))],
        zipmap=False,
        target_opset=_OPSET,
    )
    for output in model.graph.output:
        # The converter declares one label for all rows, which ONNX Runtime warns about.
        if output.name == "label":
            output.type.tensor_type.shape.dim[0].Clear()
    onnx.helper.set_model_props(
        model,
        {
            FEATURES_KEY: json.dumps(terms.features),
            FINGERPRINT_KEY: training_fingerprint,
            USABLE_AFTER_KEY: str(usable_after_ns),
        },
    )
    graph: bytes = model.SerializeToString(deterministic=True)
    return graph


def _proved_equal(
    booster: lightgbm.Booster, test: Table, probabilities: NDArray[np.float64]
) -> float:
    expected = np.asarray(booster.predict(test.features.astype(np.float64)))
    differences = np.abs(expected - probabilities)
    worst = int(np.argmax(differences))
    if not differences[worst] <= LARGEST_EXPORT_DIFFERENCE:
        raise ModelExportError(
            f"Test row {worst}: the graph predicts {probabilities[worst]}, LightGBM "
            f"{expected[worst]}; allowed is a difference of {LARGEST_EXPORT_DIFFERENCE}.",
            row=str(worst),
            graph=repr(float(probabilities[worst])),
            learner=repr(float(expected[worst])),
        )
    return float(differences[worst])
