"""Models: what is asked of a training, what a training gives, how good it is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

import numpy as np

from algotrendy.domain.bar import Float64Column, Int64Column
from algotrendy.domain.ids import ModelId
from algotrendy.errors import InvalidArgumentError, ModelNotFoundError

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FEATURE_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_MODEL_ID = re.compile(r"([A-Za-z0-9_-]{1,64})-([1-9][0-9]{0,8})")

LARGEST_HORIZON_BARS = 1000
LARGEST_FEATURE_COUNT = 256
DEFAULT_BAR_COUNT = 10_000
LARGEST_BAR_COUNT = 100_000
# 36 MB on the wire; a message has 64 MB at most.
LARGEST_VALUE_COUNT = 4_000_000
# What graphs read.
FLOAT32_MAX = float(np.finfo(np.float32).max)
_SEEDS = range(2**31)


@dataclass(frozen=True)
class Parameter:
    """What a caller may change about the learner: its default and its range, both ends included."""

    default: float
    lowest: float
    highest: float
    is_integer: bool = False


# Small trees, a slow rate and large leaves: daily returns are nearly noise.
PARAMETERS: Mapping[str, Parameter] = {
    "num_leaves": Parameter(7, 2, 1024, is_integer=True),
    "learning_rate": Parameter(0.03, 1e-6, 1),
    "num_iterations": Parameter(100, 1, 5000, is_integer=True),
    "min_data_in_leaf": Parameter(100, 1, 10**9, is_integer=True),
    "lambda_l2": Parameter(1, 0, 10**9),
    "feature_fraction": Parameter(1, 1e-6, 1),
    "bagging_fraction": Parameter(1, 1e-6, 1),
}


class Feature(NamedTuple):
    """A named expression over a bar's columns; of a model, one of its inputs."""

    name: str
    expression: str


@dataclass(frozen=True)
class TrainingTerms:
    """What to train, on what. Times in ns UTC; None is open.

    A label is 1 where the close `horizon_bars` later is above this bar's, else 0.
    """

    name: str
    symbols: tuple[str, ...]
    features: tuple[Feature, ...]
    horizon_bars: int
    train_end_time_ns: int
    train_start_time_ns: int | None = None
    test_end_time_ns: int | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        _require("name", self.name, "letters, digits, _ and -", holds=_is(_NAME, self.name))
        symbols = ",".join(self.symbols)
        unique = len(set(self.symbols)) == len(self.symbols)
        _require("symbols", symbols, "one or more, each once", holds=unique and bool(symbols))
        _check_features(self.features)
        _require(
            "label.horizon_bars",
            str(self.horizon_bars),
            f"1 to {LARGEST_HORIZON_BARS}",
            holds=1 <= self.horizon_bars <= LARGEST_HORIZON_BARS,
        )
        start, end, test_end = (
            self.train_start_time_ns,
            self.train_end_time_ns,
            self.test_end_time_ns,
        )
        _require("train_start_time", str(start), "a time before train_end_time",
                 holds=start is None or start < end)  # fmt: skip
        _require("test_end_time", str(test_end), "a time after train_end_time",
                 holds=test_end is None or test_end > end)  # fmt: skip
        _require("seed", str(self.seed), f"0 to {_SEEDS[-1]}", holds=self.seed in _SEEDS)
        for name, value in self.parameters.items():
            _check_parameter(name, value)

    def learner_parameters(self) -> dict[str, float]:
        """Return every parameter: the default where the terms do not say."""
        chosen = {
            name: self.parameters.get(name, parameter.default)
            for name, parameter in PARAMETERS.items()
        }
        return {
            name: int(value) if PARAMETERS[name].is_integer else float(value)
            for name, value in chosen.items()
        }


@dataclass(frozen=True)
class Quality:
    """How well a model predicts on rows it has not seen.

    Parameters
    ----------
    start_time_ns, end_time_ns : int
        Close times of the first and the last bar it was measured at.
    auc : float
        Area under the ROC curve: 0.5 is chance.
    log_loss : float
        Mean negative log-likelihood, in nats.
    accuracy : float
        Share of rows on the right side of 0.5.
    base_rate : float
        Share of rows whose label is up.
    """

    row_count: int
    start_time_ns: int
    end_time_ns: int
    auc: float
    log_loss: float
    accuracy: float
    base_rate: float


@dataclass(frozen=True)
class TrainedModel:
    """What a training gives, before it is registered.

    Parameters
    ----------
    train_start_time_ns : int
        Open time of the first bar it was trained on.
    train_end_time_ns : int
        Close time of the last bar whose label it has seen.
    export_difference : float
        Largest difference between graph and learner on the test rows.
    """

    graph: bytes
    artifact_sha256: str
    train_start_time_ns: int
    train_end_time_ns: int
    train_row_count: int
    quality: Quality
    export_difference: float
    training_fingerprint: str


@dataclass(frozen=True)
class Model:
    """A registered model."""

    name: str
    version: int
    symbols: tuple[str, ...]
    features: tuple[Feature, ...]
    horizon_bars: int
    train_start_time_ns: int
    train_end_time_ns: int
    train_row_count: int
    quality: Quality
    export_difference: float
    artifact_sha256: str
    create_time_ns: int
    training_fingerprint: str = ""

    @property
    def model_id(self) -> ModelId:
        """The name and the version."""
        return ModelId(f"{self.name}-{self.version}")


@dataclass(frozen=True)
class FeatureTerms:
    """What to compute at which bars: the newest `limit` of those that open in `[start, end)`."""

    symbol: str
    features: tuple[Feature, ...]
    start_time_ns: int | None = None
    end_time_ns: int | None = None
    limit: int = DEFAULT_BAR_COUNT

    def __post_init__(self) -> None:
        _check_features(self.features)
        _require(
            "limit",
            str(self.limit),
            f"1 to {LARGEST_BAR_COUNT}",
            holds=1 <= self.limit <= LARGEST_BAR_COUNT,
        )


@dataclass(frozen=True)
class FeatureColumn:
    """The values of an expression, one a bar: NaN where there is none, 1 and 0 of a boolean."""

    name: str
    is_boolean: bool
    values: Float64Column


@dataclass(frozen=True)
class ComputedFeatures:
    """Expressions at bars; `warm_up` bars come before the first at which all have values."""

    open_time_ns: Int64Column
    close_time_ns: Int64Column
    columns: tuple[FeatureColumn, ...]
    warm_up: int


def split_model_id(model_id: str) -> tuple[str, int]:
    """Return the name and the version; raise `ModelNotFoundError` where no id looks so.

    Examples
    --------
    >>> split_model_id("spy-5d-12")
    ('spy-5d', 12)
    """
    match = _MODEL_ID.fullmatch(model_id)
    if match is None:
        raise unknown_model(model_id)
    return match[1], int(match[2])


def unknown_model(model_id: str) -> ModelNotFoundError:
    """Return the error for an id that no model has."""
    return ModelNotFoundError(f"No model has the id {model_id!r}.", model_id=model_id)


def _check_features(features: Sequence[Feature]) -> None:
    count = len(features)
    _require(
        "features",
        str(count),
        f"1 to {LARGEST_FEATURE_COUNT} features",
        holds=1 <= count <= LARGEST_FEATURE_COUNT,
    )
    names = [feature.name for feature in features]
    for name in names:
        _require("features.name", name, "letters, digits and _", holds=_is(_FEATURE_NAME, name))
        _require("features.name", name, "each name once", holds=names.count(name) == 1)


def _check_parameter(name: str, value: float) -> None:
    parameter = PARAMETERS.get(name)
    if parameter is None:
        raise InvalidArgumentError(
            f"{name} is no parameter; expected one of {', '.join(PARAMETERS)}.",
            field="parameters",
            value=name,
        )
    holds = parameter.lowest <= value <= parameter.highest and abs(value) < inf
    if parameter.is_integer:
        holds = holds and value == int(value)
    kind = "a whole number of " if parameter.is_integer else ""
    expected = f"{kind}{parameter.lowest:g} to {parameter.highest:g}"
    _require(f"parameters.{name}", f"{value:g}", expected, holds=holds)


def _is(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text) is not None


def _require(field_name: str, value: str, expected: str, *, holds: bool) -> None:
    if not holds:
        raise InvalidArgumentError(
            f"{field_name} is {value!r}; expected {expected}.", field=field_name, value=value
        )
