"""The training table: what is learnt from, what is judged by, and nothing in both."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algotrendy.domain.clock import DAY_NS
from algotrendy.errors import InsufficientDataError
from algotrendy.expression.over_bars import compile_over_bars
from algotrendy.ml.training_table import Table, build_table, fingerprint, split
from algotrendy.testing.market_data import daily_bars, random_bars
from algotrendy.testing.ml import training_terms

RETURN = compile_over_bars([("ret", "ret(close, 1)")])


def pooled(horizon_bars: int = 5) -> Table:
    series = [random_bars("SPY", count=1000, seed=1), random_bars("QQQ", count=900, seed=2)]
    return build_table(series, RETURN, horizon_bars)


def test_a_label_is_up_only_where_the_later_close_is_higher() -> None:
    table = build_table([daily_bars("SPY", [100, 101, 101, 100, 105])], RETURN, 1)
    # The first bar has no return, the last no later close.
    assert table.labels.tolist() == [0, 0, 1]
    assert (table.close_time_ns // DAY_NS).tolist() == [2, 3, 4]
    assert (table.label_time_ns // DAY_NS).tolist() == [3, 4, 5]


def test_symbols_are_pooled_by_time() -> None:
    table = pooled()
    assert len(table) == (1000 - 1 - 5) + (900 - 1 - 5)
    assert (np.diff(table.close_time_ns) >= 0).all()
    assert table.features.dtype == np.float32


def test_a_row_that_no_model_can_read_is_left_out() -> None:
    bars = daily_bars("SPY", [100, 101, 101, 102])
    # Infinite where the close did not move; beyond float32 where it did.
    feature_set = compile_over_bars([("x", "1 / ret(close, 1)"), ("y", "volume * 1e39")])
    assert len(build_table([bars], feature_set, 1)) == 0
    first_only = compile_over_bars([("x", "1 / ret(close, 1)")])
    assert (build_table([bars], first_only, 1).open_time_ns // DAY_NS).tolist() == [1]


def test_too_short_a_series_gives_no_rows() -> None:
    assert len(build_table([daily_bars("SPY", [100, 101])], RETURN, 5)) == 0


@given(end_day=st.integers(300, 830), horizon_bars=st.integers(1, 60))
def test_no_label_window_is_both_learnt_from_and_judged_by(end_day: int, horizon_bars: int) -> None:
    terms = training_terms(train_end_time_ns=end_day * DAY_NS, horizon_bars=horizon_bars)
    train, test = split(pooled(horizon_bars), terms)
    assert train.label_time_ns.max() <= terms.train_end_time_ns
    assert test.close_time_ns.min() > terms.train_end_time_ns
    dropped = len(pooled(horizon_bars)) - len(train) - len(test)
    # Of each symbol, the rows whose label was not known yet.
    assert dropped == 2 * horizon_bars


def test_nothing_after_the_end_of_the_test_is_used() -> None:
    terms = training_terms(test_end_time_ns=800 * DAY_NS)
    _, test = split(pooled(), terms)
    assert test.label_time_ns.max() == 800 * DAY_NS


@pytest.mark.parametrize(("end_day", "part"), [(50, "training"), (995, "test")])
def test_too_few_rows_are_refused_by_part(end_day: int, part: str) -> None:
    with pytest.raises(InsufficientDataError) as refusal:
        split(pooled(), training_terms(train_end_time_ns=end_day * DAY_NS))
    assert refusal.value.metadata["part"] == part


def test_labels_of_one_kind_are_refused() -> None:
    rising = build_table([daily_bars("SPY", range(100, 1100))], RETURN, 5)
    with pytest.raises(InsufficientDataError, match="it needs both") as refusal:
        split(rising, training_terms())
    assert refusal.value.metadata["label"] == "1"


def test_the_fingerprint_tells_rows_and_terms_apart() -> None:
    terms = training_terms()
    train, test = split(pooled(), terms)
    known = fingerprint(train, terms)
    assert known == fingerprint(train, training_terms(name="other"))
    assert known != fingerprint(test, terms)
    for changed in (
        training_terms(seed=1),
        training_terms(horizon_bars=6),
        training_terms(parameters={"num_leaves": 8}),
        training_terms(features=terms.features[:2]),
    ):
        assert known != fingerprint(train, changed)
