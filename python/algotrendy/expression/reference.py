"""The reference page of the language, made from the core's function table.

`python -m algotrendy.expression.reference PATH` writes it; `make gen` does.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from algotrendy._core import expression_fields, expression_functions

if TYPE_CHECKING:
    from algotrendy._core import FunctionEntry

_HEAD = """\
# Functions of the language

Made from the function table of the core by `make gen`; a test keeps it current. The guide
[Expressions](../guides/expressions.md) says how they are put together.

`n` counts bars; parameters with `=` may be left out. *Warm-up* is how many bars come before the
first value, where the function's series have a value at every bar; nested functions add theirs.
A window that holds a null has no value.
"""


def page() -> str:
    """Return the page as Markdown."""
    table = expression_functions()
    groups = list(dict.fromkeys(function["group"] for function in table))
    parts = [_HEAD, _fields()]
    for group in groups:
        parts.append(f"## {group}\n")
        members = (function for function in table if function["group"] == group)
        parts.extend("\n".join(_entry(function)) for function in members)
    return "\n".join(parts)


def _fields() -> str:
    lines = ["## Names\n", "| name | what it is |", "| --- | --- |"]
    for name, definition in expression_fields():
        lines.append(
            f"| `{name}` | {f'`{definition}`' if definition else 'a column of the bars'} |"
        )
    return "\n".join([*lines, ""])


def _entry(function: "FunctionEntry") -> Iterator[str]:
    yield f"### `{function['signature']}`\n"
    yield f"{function['summary']}\n"
    if outputs := function["outputs"]:
        yield "| value | formula | warm-up |"
        yield "| --- | --- | --- |"
        for name, definition, warm_up in outputs:
            yield f"| `.{name}` | `{definition}` | `{warm_up}` |"
        yield ""
    else:
        if function["formula"]:
            yield f"- Formula: `{function['formula']}`"
        yield f"- Warm-up: `{function['warm_up']}`"
    for title, text in (("Convention", function["convention"]), ("Source", function["source"])):
        if text:
            yield f"- {title}: {text}"
    yield ""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
