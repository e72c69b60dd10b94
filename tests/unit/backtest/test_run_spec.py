"""Runs of specs, and what all runs share: terms, progress, signals, threads."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.backtest.markets import on_bars, random_bars

import algotrendy as at
from algotrendy import _core
from algotrendy.backtest import Progress, VenueTerms, load, run
from algotrendy.domain.strategy_document import spec_from_document
from algotrendy.errors import (
    AlgoTrendyError,
    ExpressionError,
    InSampleError,
    InstrumentNotFoundError,
    InvalidArgumentError,
)

SPEC: dict[str, Any] = {
    "symbols": ["ABC"],
    "parameters": {"fast": 5, "slow": 20},
    "entry": "cross_above(sma(close, fast), sma(close, slow))",
    "exit": "cross_below(sma(close, fast), sma(close, slow))",
}
DATA = {"ABC": random_bars(1_000)}


class Cross(at.Strategy):
    """The spec as a class."""

    fast: int = 5
    slow: int = 20
    features = {
        "up": "cross_above(sma(close, fast), sma(close, slow))",
        "down": "cross_below(sma(close, fast), sma(close, slow))",
    }

    def on_bar(self, context: Any, bar: Any) -> None:
        if context.position() > 0:
            if context.feature("down"):
                context.close()
        elif context.feature("up"):
            context.target_weight(1)


YAML = """
symbols: [ABC]
parameters: {fast: 5, slow: 20}
entry: cross_above(sma(close, fast), sma(close, slow))
exit: cross_below(sma(close, fast), sma(close, slow))
backtest: {cash: 5000, seed: 3}
"""


def test_a_spec_and_its_class_trade_alike() -> None:
    spec, strategy = run(SPEC, DATA), run(Cross(), DATA)
    assert spec.fills.num_rows > 20
    assert spec.fills.equals(strategy.fills)
    assert spec.equity.equals(strategy.equity)


def test_a_spec_may_come_in_every_form(tmp_path: Path) -> None:
    path = tmp_path / "cross.json"
    path.write_text(json.dumps(SPEC), "utf-8")
    expected = run(SPEC, DATA).record.outcome
    for form in (spec_from_document(SPEC), json.dumps(SPEC), path, str(path)):
        assert run(form, DATA).record.outcome == expected


def test_a_file_says_the_terms_that_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "cross.yaml"
    path.write_text(YAML, "utf-8")
    assert run(path, DATA).record.terms["cash"] == "5000"
    assert run(path, DATA, cash=7_000).record.terms["cash"] == "7000"
    path.write_text(YAML.replace("seed", "sed"), "utf-8")
    with pytest.raises(InvalidArgumentError, match=r"backtest\.sed"):
        run(path, DATA)


def test_costs_are_the_specs_unless_said_otherwise() -> None:
    costly = {**SPEC, "costs": {"fees": {"bps": "50"}}}
    assert run(costly, DATA).record.terms["costs"]["fees"] == {"bps": "50"}
    assert run(costly, DATA, costs=VenueTerms()).statistics.fees == 0
    assert run(SPEC, DATA).record.terms["costs"]["fees"] == {"bps": "1"}
    assert "Fees: 1 bps" in str(run(SPEC, DATA))


@pytest.mark.parametrize(
    ("strategy", "error", "match"),
    [
        (5, InvalidArgumentError, "strategy is 5"),
        ({**SPEC, "entry": "sma(close"}, ExpressionError, "entry"),
        ({**SPEC, "entri": "close > 1"}, InvalidArgumentError, "entri"),
        ({**SPEC, "symbols": ["XYZ"]}, InstrumentNotFoundError, "XYZ"),
        ("{", InvalidArgumentError, "no JSON"),
        ("nowhere.yaml", InvalidArgumentError, "nowhere.yaml"),
        ("strategy.txt", InvalidArgumentError, "strategy.txt"),
    ],
)
def test_what_is_no_strategy_is_refused(strategy: object, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        run(strategy, DATA)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"cash": 0}, "cash"),
        ({"cash": "much"}, "cash"),
        ({"cash": "1.005"}, "cash"),
        ({"cash": float("nan")}, "cash"),
        ({"costs": 5}, "costs"),
        ({"costs": {"fees": {"bps": "-1"}}}, "fee_bps"),
        ({"start": "soon"}, "start"),
        ({"start": "2020-01-02", "end": "2020-01-01"}, "end"),
        ({"limits": 5}, "limits"),
        ({"seed": -1}, "seed"),
        ({"finish": "never"}, "finish"),
        ({"max_orders": 0}, "max_orders"),
        ({"kept_bars": -1}, "kept_bars"),
    ],
)
def test_terms_that_cannot_be_are_named(terms: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        run(SPEC, DATA, **terms)
    assert refusal.value.metadata["field"] == field


def test_a_run_makes_no_more_orders_than_it_may() -> None:
    with pytest.raises(AlgoTrendyError, match="may make 3 orders"):
        run(SPEC, DATA, max_orders=3)


def test_open_positions_stay_or_are_closed_at_the_end() -> None:
    hold = on_bars(lambda context, bar: context.target_position(1))
    assert run(hold, DATA).fills.num_rows == 1
    closed = run(hold, DATA, finish="last_close", costs=VenueTerms()).fills.to_pylist()
    assert [fill["side"] for fill in closed] == ["BUY", "SELL"]
    assert closed[1]["price"] == Decimal(f"{DATA['ABC']['close'][-1]:.2f}")


class Model:
    """Says the last close, or what it is told to raise."""

    features = (("last", "close"),)

    def __init__(self, usable_after_ns: int = -1, error: Exception | None = None) -> None:
        self.usable_after_ns = usable_after_ns
        self._error = error

    def predict(self, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if self._error is not None:
            raise self._error
        return np.ascontiguousarray(rows[:, 0])


@pytest.mark.parametrize("kind", ["spec", "class"])
def test_models_are_asked(kind: str) -> None:
    def act(context: Any, bar: Any) -> None:
        assert context.model("oracle") == bar.close

    spec = {**SPEC, "entry": 'model("oracle") > 100', "exit": 'model("oracle") < 99'}
    strategy: object = on_bars(act) if kind == "class" else spec
    result = run(strategy, DATA, models={"oracle": Model()})
    assert [model.name for model in result.record.models] == ["oracle"]


@pytest.mark.parametrize("kind", ["spec", "class"])
def test_what_a_model_raises_arrives_as_it_was(kind: str) -> None:
    spec = {**SPEC, "entry": 'model("oracle") > 100'}
    strategy: object = on_bars(lambda *_: None) if kind == "class" else spec
    with pytest.raises(ZeroDivisionError, match="mine"):
        run(strategy, DATA, models={"oracle": Model(error=ZeroDivisionError("mine"))})


@pytest.mark.parametrize("kind", ["spec", "class"])
def test_a_model_is_not_asked_about_what_it_was_trained_on(kind: str) -> None:
    spec = {**SPEC, "entry": 'model("oracle") > 100'}
    strategy: object = on_bars(lambda *_: None) if kind == "class" else spec
    with pytest.raises(InSampleError):
        run(strategy, DATA, models={"oracle": Model(usable_after_ns=10**18)})


# --- While it runs --------------------------------------------------------------------------------


def slow() -> at.Strategy:
    """A strategy that would take minutes."""
    return on_bars(lambda context, bar: time.sleep(0.002))


def test_progress_is_told_and_may_end_a_run() -> None:
    seen: list[Progress] = []

    def tell(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 2:
            raise TimeoutError("enough")

    with pytest.raises(TimeoutError, match="enough"):
        run(slow(), {"ABC": random_bars(100_000)}, on_progress=tell)
    assert 0 < seen[0].fraction < seen[1].fraction < 1


@pytest.fixture
def interrupt_soon() -> Iterator[None]:
    """Ctrl-C in a moment, heeded also by a process that was started in the background."""

    def interrupt() -> None:
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=interrupt, daemon=True).start()
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupt_soon")
def test_ctrl_c_ends_a_run_of_a_class() -> None:
    with pytest.raises(KeyboardInterrupt):
        run(slow(), {"ABC": random_bars(100_000)})


def test_ctrl_c_ends_a_run_of_a_spec(request: pytest.FixtureRequest) -> None:
    data = load({"ABC": random_bars(200_000)})
    spec = {**SPEC, "entry": "close > open", "exit": "close < open"}

    def run_on() -> None:
        for _ in range(1_000):
            run(spec, data)

    # Only now: loading the data takes its time.
    request.getfixturevalue("interrupt_soon")
    with pytest.raises(KeyboardInterrupt):
        run_on()


def test_runs_on_many_threads_do_not_disturb_each_other() -> None:
    data = load(DATA)

    def outcome(place: int) -> dict[str, str]:
        strategy: object = SPEC if place % 2 else Cross()
        return dict(run(strategy, data).record.outcome)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(outcome, range(24)))
    assert all(each == outcomes[place % 2] for place, each in enumerate(outcomes))


def test_a_run_of_a_spec_lets_other_threads_run() -> None:
    data = load({"ABC": random_bars(300_000)})
    spec = {**SPEC, "entry": "close > open", "exit": "close < open"}
    done = threading.Event()
    turns = 0

    def work() -> None:
        run(spec, data)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():
        turns += 1
        time.sleep(0.001)
    thread.join()
    assert turns > 3


def test_an_outcome_has_no_other_tables() -> None:
    terms: Any = {"currency": "USD", "cash": 100}
    outcome = _core.run_spec(load(DATA).feeds, terms, json.dumps(SPEC))
    with pytest.raises(KeyError, match="orders, fills, positions"):
        outcome["trades"]
