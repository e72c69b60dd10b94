"""What `algotrendy strategy run` asks of a client."""

from typing import Any

import pytest
from typer.testing import CliRunner

from algotrendy.cli import strategy
from algotrendy.cli.main import app


@pytest.mark.parametrize(
    ("options", "ticks"), [([], None), (["--ticks"], True), (["--no-ticks"], False)]
)
def test_whether_a_class_is_told_of_ticks_is_an_option(
    monkeypatch: pytest.MonkeyPatch, options: list[str], *, ticks: bool | None
) -> None:
    asked: dict[str, Any] = {}

    def run(name: str, **terms: object) -> int:
        asked.update(terms, name=name)
        return 0

    monkeypatch.setattr(strategy, "run_strategy", run)
    command = ["strategy", "run", "cross.py:Cross", "--account", "a", "--symbols", "SPY, QQQ"]
    result = CliRunner().invoke(app, [*command, "--replay", *options])
    assert result.exit_code == 0, result.output
    assert (asked["name"], asked["symbols"]) == ("cross.py:Cross", ["SPY", "QQQ"])
    assert (asked["replay"], asked["ticks"]) == (True, ticks)
