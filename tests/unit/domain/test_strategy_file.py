"""Strategies in files: what is read, and how a mistake is named."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from algotrendy.domain.strategy_file import load_strategy, read_spec
from algotrendy.errors import ExpressionError, InvalidArgumentError, StrategyFileError

CROSS = """\
symbols: [SPY, QQQ]
parameters:
  fast: 10
  share: 0.05
entry: "sma(close, fast) > 1"
schedule:
  from: 09:35
  every: day
stops:
  trailing: {percent: 0.03}
backtest:
  cash: 100000
  start: 2020-01-01
"""
MODULE = """\
import algotrendy.domain.strategy_class as base
import beside

class Cross(base.Strategy):
    fast: int = beside.FAST

class Other(base.Strategy):
    pass

Imported = base.Strategy
number = 3
"""


def written(folder: Path, text: str, name: str = "cross.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_spec_is_read_with_the_terms_of_its_run(tmp_path: Path) -> None:
    loaded = load_strategy(written(tmp_path, CROSS))
    assert loaded.terms == {"cash": 100_000, "start": "2020-01-01"}
    assert loaded.strategy == {
        "symbols": ["SPY", "QQQ"],
        "parameters": {"fast": 10, "share": Decimal("0.05")},
        "entry": "sma(close, fast) > 1",
        "schedule": {"from": "09:35", "every": "day"},
        "stops": {"trailing": {"percent": Decimal("0.03")}},
    }


def test_json_is_read_alike(tmp_path: Path) -> None:
    text = '{"entry": "close > 1", "size": {"type": "fixed", "quantity": "1e2"}, "hold": null}'
    loaded = load_strategy(written(tmp_path, text, "cross.json"))
    assert loaded.strategy == {
        "entry": "close > 1",
        "size": {"type": "fixed", "quantity": "1e2"},
        "hold": None,
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("15:55", "15:55"),
        ("2020-01-01", "2020-01-01"),
        ("010", 10),
        ("-1.5e-3", Decimal("-0.0015")),
        (".5", Decimal("0.5")),
        ("1_000", "1_000"),
        ("1.2.3", "1.2.3"),
        ("~", None),
        ("", None),
        ("'10'", "10"),
    ],
)
def test_a_plain_value_is_what_it_looks_like(tmp_path: Path, text: str, value: Any) -> None:
    loaded = load_strategy(written(tmp_path, f"field: {text}\n"))
    assert isinstance(loaded.strategy, dict)
    found = loaded.strategy["field"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("entry: a\nexit: b: c\n", "cross.yaml, line 2: mapping values are not allowed here"),
        ("entry: [1, 2\n", "cross.yaml, line 2: while parsing a flow sequence"),
        ("entry: a\nentry: b\n", "cross.yaml, line 2: entry stands here for the second time"),
        ("- entry\n", "cross.yaml, line 1: it holds a list; expected fields"),
        ("", "cross.yaml: it holds nothing; expected fields"),
        ("entry: !!python/object:os.system x\n", "line 1: entry has the tag tag:yaml.org"),
        ("? [a, b]\n: c\n", "cross.yaml, line 1: a field's name is no text"),
        ("entry: *missing\n", "cross.yaml, line 1: found undefined alias"),
        ("backtest: 5\n", "cross.yaml, line 1: backtest is 5; expected terms by name"),
        ("a: \x00\n", "cross.yaml: unacceptable character"),
        ("a: " + "x" * 1_000_000, "cross.yaml: it has more than 1,000,000 bytes"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(StrategyFileError) as refusal:
        load_strategy(written(tmp_path, text))
    assert message in str(refusal.value)
    assert refusal.value.metadata["file"].endswith("cross.yaml")


def test_a_file_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    levels = [f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in
              zip("abcdefg", "bcdefgh", strict=True)]  # fmt: skip
    with pytest.raises(StrategyFileError, match="more than 100,000 values"):
        load_strategy(written(tmp_path, "a: &a [x, x, x]\n" + "\n".join(levels)))


def test_an_error_about_a_field_is_given_its_line(tmp_path: Path) -> None:
    loaded = load_strategy(written(tmp_path, CROSS))
    cases = {
        "stops.trailing.percent": "10",
        "stops.trailing.missing": "10",
        "parameters.fast": "3",
        "symbols[1]": "1",
        "cash": "12",
    }
    for name, line in cases.items():
        located = loaded.located(InvalidArgumentError("It is wrong.", field=name, value="x"))
        assert located.metadata == {
            "field": name,
            "value": "x",
            "file": str(loaded.path),
            "line": line,
        }
        assert str(located) == f"{loaded.path}, line {line}: It is wrong."
    elsewhere = loaded.located(ExpressionError("It is wrong."))
    assert str(elsewhere) == f"{loaded.path}: It is wrong."
    assert isinstance(elsewhere, ExpressionError)


def test_a_class_is_taken_from_its_module_by_name(tmp_path: Path) -> None:
    written(tmp_path, "FAST = 7\n", "beside.py")
    path = written(tmp_path, MODULE, "mine.py")
    cross = load_strategy(f"{path}:Cross").strategy
    assert isinstance(cross, type)
    assert cross().parameters == {"fast": 7}
    assert load_strategy(f"{path}:Cross").strategy is cross
    for name, message in {
        "Crss": "Crss is no subclass of algotrendy.Strategy; found Cross, Other",
        "number": "number is no subclass",
    }.items():
        with pytest.raises(StrategyFileError, match=message):
            load_strategy(f"{path}:{name}")
    with pytest.raises(StrategyFileError, match="these strategies: Cross, Other; name one"):
        load_strategy(path)


def test_a_module_that_fails_names_the_line(tmp_path: Path) -> None:
    path = written(tmp_path, "x = 1\ny = x / 0\n", "fails.py")
    with pytest.raises(StrategyFileError, match=r"fails.py, line 2: ZeroDivisionError"):
        load_strategy(f"{path}:Cross")
    path = written(tmp_path, "x = 1\nclass :\n", "wrong.py")
    with pytest.raises(StrategyFileError, match=r"wrong.py, line 2: SyntaxError"):
        load_strategy(f"{path}:Cross")


def test_what_is_no_file_of_a_strategy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StrategyFileError, match="No such file"):
        load_strategy(tmp_path / "none.yaml")
    with pytest.raises(StrategyFileError, match="No such file"):
        load_strategy(f"{tmp_path}/none.py:Cross")
    with pytest.raises(StrategyFileError, match=r"cross.txt is no strategy; expected a spec"):
        load_strategy("cross.txt")
    path = tmp_path / "cross.yaml"
    path.write_bytes(b"entry: \xff\n")
    with pytest.raises(StrategyFileError, match="no UTF-8 at byte 7"):
        load_strategy(path)


def test_a_spec_that_is_wrong_is_refused_at_its_line(tmp_path: Path) -> None:
    rules = "symbols: [SPY]\nentry: close > 1\nexit: close < 1\n"
    path = written(tmp_path, rules + "stops:\n  max_bars: many\n")
    with pytest.raises(InvalidArgumentError, match=r"cross.yaml, line 5: .*max_bars"):
        read_spec(path)
    path = written(tmp_path, "symbols: [SPY]\nentri: close > 1\n")
    with pytest.raises(InvalidArgumentError, match=r"cross.yaml, line 2: .*entri"):
        read_spec(path)
    module = "from algotrendy.domain.strategy_class import Strategy\nclass One(Strategy): ...\n"
    with pytest.raises(StrategyFileError, match="it holds a class; expected a spec"):
        read_spec(written(tmp_path, module, "one.py"))
