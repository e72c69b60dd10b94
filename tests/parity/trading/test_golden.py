"""Golden stories: commands and the events they lead to, readable, so that a change shows as a diff.

A file has one entry a line: a command with the time it comes at, then its events without their
unset entries, or why it is refused. After a deliberate change `python -m
tests.parity.trading.test_golden` writes what the naive model makes of the commands; read the diff.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.parity.trading.comparison import entry_differences
from tests.parity.trading.model import NaiveCore, Refused

from algotrendy._core import TradingCore
from algotrendy.errors import AlgoTrendyError

FILES = sorted((Path(__file__).parent / "golden").glob("*.jsonl"))
Entry = dict[str, Any]


def told(path: Path) -> Iterator[Entry]:
    entries = (json.loads(line) for line in path.read_text().splitlines())
    yield from (entry for entry in entries if "at" in entry)


def written(event: Any) -> Any:
    """An event as a file has it: without unset entries, decimals as text, a command by its id."""
    if isinstance(event, dict):
        if "checksum" in event:
            return event["id"]
        return {name: written(entry) for name, entry in event.items() if entry is not None}
    if isinstance(event, list):
        return [written(entry) for entry in event]
    return str(event) if isinstance(event, Decimal) else event


def of_model(path: Path) -> Iterator[Entry]:
    model = NaiveCore()
    for command in told(path):
        yield command
        try:
            body = {name: entry for name, entry in command.items() if name != "at"}
            yield from (written(event) for event in model.execute(body, command["at"]))
        except Refused as refused:
            yield {"refused": refused.reason}


def of_core(path: Path) -> Iterator[Entry]:
    core = TradingCore("account", currency="USD")
    for command in told(path):
        yield command
        try:
            body = {name: entry for name, entry in command.items() if name != "at"}
            yield from (written(event) for event in core.execute(body, command["at"]).events)
        except AlgoTrendyError as error:
            yield {"refused": error.reason}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_story_is_told_as_it_was_before(path: Path) -> None:
    expected = [json.loads(line) for line in path.read_text().splitlines()]
    found = list(of_core(path))
    for line, (ours, theirs) in enumerate(zip(expected, found, strict=False), start=1):
        assert ours == theirs, f"{path.name}:{line}\n{entry_differences(ours, theirs)}"
    assert len(expected) == len(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_model_tells_the_same_story(path: Path) -> None:
    assert list(of_model(path)) == [json.loads(line) for line in path.read_text().splitlines()]


if __name__ == "__main__":
    for file in FILES:
        file.write_text("".join(json.dumps(entry) + "\n" for entry in list(of_model(file))))
