"""The reference page and the commands say what the function table says."""

from pathlib import Path

import pytest

from algotrendy._core import expression_functions
from algotrendy.cli.main import main
from algotrendy.expression import reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "functions.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.page(), "run `make gen`"


def test_every_function_has_a_summary_a_formula_and_a_warm_up() -> None:
    for function in expression_functions():
        assert function["summary"].endswith("."), function["name"]
        said = function["formula"] or function["outputs"] or function["group"] == "Calendar"
        assert said, function["name"]
        assert function["warm_up"], function["name"]


def test_check_prints_what_there_is_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("expr", "check", "ema(close, 10) > 5") == 0
    printed = capsys.readouterr().out
    assert "type       boolean" in printed
    assert "warm-up    9 bars" in printed


def test_check_underlines_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("expr", "check", "ema(close, 10) > emaa(close)") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ema(close, 10) > emaa(close)"
    assert lines[1].startswith(" " * 17 + "^^^^")
    assert "did you mean ema?" in lines[1]


def test_functions_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("expr", "functions") == 0
    assert "  macd(" in capsys.readouterr().out
    assert run("expr", "functions", "macd") == 0
    assert ".histogram" in capsys.readouterr().out
    assert run("expr", "functions", "mcad") == 1


def run(*arguments: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["algotrendy", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    assert isinstance(code, int)
    return code
