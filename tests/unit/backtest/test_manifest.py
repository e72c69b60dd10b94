"""What a run was made of: written, read again, and compared."""

import json
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.unit.backtest.builders import SPEC, manifest_of

from algotrendy.backtest.manifest import (
    DataRecord,
    Manifest,
    ModelRecord,
    file_digest,
    strategy_record,
)
from algotrendy.errors import InvalidArgumentError, NotReproducedError

MANIFEST = manifest_of({"SPY": [100_00, 101_00]})


class Idle:
    """A strategy that does nothing."""

    parameters = {"fast": 10, "share": Decimal("0.50")}


def test_a_manifest_survives_its_own_text() -> None:
    text = MANIFEST.to_json()
    assert Manifest.from_json(text).to_json() == text
    assert Manifest.from_json(text).differences(MANIFEST) == []


def test_a_class_is_named_by_its_file_source_and_parameters() -> None:
    record = strategy_record(Idle())
    assert record["class"] == "Idle"
    assert record["source"] == __file__
    assert record["sha256"] == file_digest(Path(__file__))
    written = replace(MANIFEST, strategy=record).to_dict()["strategy"]
    assert written["parameters"] == {"fast": 10, "share": "0.50"}


def test_a_class_without_a_source_is_recorded_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typed_in", ModuleType("typed_in"))
    typed = type("Typed", (Idle,), {"__module__": "typed_in"})
    record = strategy_record(typed())
    assert (record["source"], record["sha256"]) == (None, None)


def test_a_spec_is_recorded_whole() -> None:
    assert strategy_record(SPEC) == {"type": "spec", "spec": SPEC}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"version": "0.0.9"}, 'version: "0.1.0" against "0.0.9"'),
        (
            {"strategy": {"type": "spec", "spec": SPEC | {"parameters": {"fast": 11, "slow": 20}}}},
            "strategy.spec.parameters.fast: 10 against 11",
        ),
        ({"terms": {**MANIFEST.terms, "seed": 1}}, "terms.seed: 0 against 1"),
        ({"terms": {**MANIFEST.terms, "end": 5}}, "terms.end: nothing against 5"),
        ({"outcome": {"fills": "ab"}}, 'outcome.fills: nothing against "ab"'),
        (
            {"data": [replace(MANIFEST.data[0], sha256="ab")]},
            f'data.SPY.sha256: "{MANIFEST.data[0].sha256}" against "ab"',
        ),
    ],
)
def test_a_difference_is_named_by_its_place(changes: Any, line: str) -> None:
    other = replace(MANIFEST, **changes)
    assert MANIFEST.differences(other) == [line]
    with pytest.raises(NotReproducedError) as refusal:
        MANIFEST.require_same(other)
    assert refusal.value.metadata == {"first": line, "count": "1"}


def test_where_data_lay_is_no_difference() -> None:
    moved = replace(MANIFEST, data=[replace(MANIFEST.data[0], source="/elsewhere.parquet")])
    MANIFEST.require_same(moved)


def test_the_cause_comes_before_the_outcome() -> None:
    other = replace(MANIFEST, outcome={"fills": "ab"}, terms={**MANIFEST.terms, "seed": 1})
    assert [line.split(":")[0] for line in MANIFEST.differences(other)] == [
        "terms.seed",
        "outcome.fills",
    ]


def test_in_sample_models_and_synthetic_data_are_named() -> None:
    models = (ModelRecord("spy_5d", "ab", in_sample=True), ModelRecord("honest", "cd"))
    data = (
        DataRecord("SPY", "bars", 2, "ab", label="synthetic"),
        DataRecord("QQQ", "bars", 2, "c"),
    )
    manifest = replace(MANIFEST, models=models, data=data)
    assert manifest.in_sample_models == ["spy_5d"]
    assert manifest.synthetic_data == ["SPY"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "manifest, line 1: .*; expected a manifest's JSON"),
        ("[]", "The manifest's format is 'list'; expected 1"),
        ('{"format": 2}', "The manifest's format is 2; expected 1"),
        ('{"format": 1}', "The manifest is malformed: 'strategy'"),
        (
            json.dumps(MANIFEST.to_dict() | {"models": [{"nome": "x"}]}),
            "malformed: .*unexpected keyword argument 'nome'",
        ),
    ],
)
def test_what_is_no_manifest_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        Manifest.from_json(text)


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="cannot be written into a manifest"):
        replace(MANIFEST, terms={"limits": object()}).to_dict()
