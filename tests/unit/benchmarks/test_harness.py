import json
from pathlib import Path

import pytest
from benchmarks import harness
from benchmarks.harness import median_seconds, quantile, report, row


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 2), (0.51, 3), (0.99, 4), (1.0, 4), (0.0, 1)]
)
def test_a_quantile_is_the_smallest_sample_that_covers_its_share(
    share: float, expected: float
) -> None:
    assert quantile([4, 1, 3, 2], share) == expected


@pytest.mark.parametrize(("ours", "met"), [(1.0, True), (2.0, True), (2.1, False)])
def test_a_target_is_met_up_to_its_ratio(ours: float, *, met: bool) -> None:
    assert row("x", ours, "ms", "peer", 1.0, target=2.0).met is met
    assert row("x", ours, "ms", "peer", 1.0).met is None


def test_work_is_run_in_turn_after_one_uncounted_round() -> None:
    calls: list[str] = []
    work = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    assert set(median_seconds(work, rounds=2)) == {"a", "b"}
    assert calls == ["a", "b"] * 3


def test_a_report_is_one_json_object_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(harness, "OUTPUT", tmp_path)
    report("bars", [row("time bars", 3.0, "ns/trade", "numba loop", 1.5, target=1.0)])
    (line,) = (tmp_path / "bars.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "name": "time bars",
        "ours": 3.0,
        "unit": "ns/trade",
        "peer": "numba loop",
        "peer_value": 1.5,
        "ratio": 2.0,
        "target": 1.0,
        "met": False,
    }
    assert "missed" in capsys.readouterr().out
