"""The guides print what they say."""

import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest

README = Path(__file__).parents[2] / "README.md"
GUIDES = README.parent / "docs" / "guides"
# A block of Python, and the block of text after it, where it prints something.
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    guide: Path
    line: int
    source: str
    printed: str

    def run(self, names: dict[str, Any]) -> str:
        # Lines before it, so that a traceback names the guide's own.
        code = compile("\n" * self.line + self.source, str(self.guide), "exec")
        output = StringIO()
        with redirect_stdout(output):
            exec(code, names)  # noqa: S102 - The guide is ours.
        return output.getvalue()


def blocks(guide: Path, *, section: str = "") -> Iterator[Block]:
    page = guide.read_text(encoding="utf-8")
    first = page.index(section)
    end = page.find("\n## ", first + 1) if section else len(page)
    for match in BLOCK.finditer(page, first, end):
        line = page.count("\n", 0, match.start()) + 1
        yield Block(guide, line, source=match[1], printed=match[2] or "")


@pytest.mark.parametrize(
    ("guide", "fewest"),
    [
        ("backtesting.md", 13),
        ("bars-by-example.md", 20),
        ("expressions.md", 7),
        ("from-ticks-to-a-rule.md", 2),
        ("orders-and-risk.md", 14),
    ],
)
def test_every_block_of_a_guide_prints_what_follows_it(guide: str, fewest: int) -> None:
    names: dict[str, Any] = {}
    with pl.Config():
        printed = {block.line: block.run(names) for block in blocks(GUIDES / guide)}
    assert printed == {block.line: block.printed for block in blocks(GUIDES / guide)}
    assert len(printed) >= fewest


def test_the_first_strategy_of_the_readme_takes_ten_lines_and_prints_what_follows_it() -> None:
    first, *others = blocks(README, section="## The first strategy")
    names: dict[str, Any] = {}
    assert [block.run(names) for block in (first, *others)] == [
        block.printed for block in (first, *others)
    ]
    written = [line for line in first.source.splitlines() if line and "import" not in line]
    assert len(written) <= 10
