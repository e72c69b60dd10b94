"""What a training may be asked."""

import math
from typing import Any

import pytest

from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import InvalidArgumentError, ModelNotFoundError
from algotrendy.ml.model import PARAMETERS, Feature, split_model_id
from algotrendy.testing.ml import training_terms


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "a b"}),
        ("name", {"name": "x" * 65}),
        ("symbols", {"symbols": ()}),
        ("symbols", {"symbols": ("SPY", "SPY")}),
        ("features", {"features": ()}),
        ("features", {"features": (Feature("a", "close"),) * 257}),
        ("features.name", {"features": (Feature("a-b", "close"),)}),
        ("features.name", {"features": (Feature("a", "close"), Feature("a", "open"))}),
        ("label.horizon_bars", {"horizon_bars": 0}),
        ("label.horizon_bars", {"horizon_bars": 1001}),
        ("train_start_time", {"train_start_time_ns": 700 * DAY_NS}),
        ("test_end_time", {"test_end_time_ns": 700 * DAY_NS}),
        ("seed", {"seed": -1}),
        ("seed", {"seed": 2**31}),
        ("parameters", {"parameters": {"num_threads": 8}}),
        ("parameters.num_leaves", {"parameters": {"num_leaves": 2.5}}),
        ("parameters.num_leaves", {"parameters": {"num_leaves": 1}}),
        ("parameters.learning_rate", {"parameters": {"learning_rate": 0}}),
        ("parameters.learning_rate", {"parameters": {"learning_rate": math.nan}}),
        ("parameters.lambda_l2", {"parameters": {"lambda_l2": math.inf}}),
    ],
)
def test_terms_out_of_range_are_refused_by_field(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        training_terms(**changes)
    assert refusal.value.metadata["field"] == field


def test_parameters_that_are_not_given_have_their_default() -> None:
    parameters = training_terms(parameters={"num_leaves": 5}).learner_parameters()
    assert parameters.keys() == PARAMETERS.keys()
    assert parameters["num_leaves"] == 5
    assert parameters["learning_rate"] == PARAMETERS["learning_rate"].default


@pytest.mark.parametrize("model_id", ["", "spy", "spy-0", "spy-01", "-1", "s p-1", "spy-1 "])
def test_an_id_that_no_model_can_have_is_not_found(model_id: str) -> None:
    with pytest.raises(ModelNotFoundError):
        split_model_id(model_id)
