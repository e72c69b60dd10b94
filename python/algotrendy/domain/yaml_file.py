"""Files of YAML or JSON, with the line of every field.

The YAML is what JSON says, written plainly: `true` and `false` alone are booleans, numbers are
exact decimals, `09:35` and `2020-01-01` are text.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from algotrendy.errors import FailedPreconditionError, StrategyFileError

if TYPE_CHECKING:
    import yaml

_SIZE_LIMIT: Final = 1_000_000
_NODE_LIMIT: Final = 100_000


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """Return what a YAML or JSON file says, and the line of every field by its path.

    Raises
    ------
    StrategyFileError
        If the file cannot be read, is larger than 1 MB, is no YAML, or its top is no mapping.
    """
    text = file_text(path)
    node = _composed(path, text)
    if node is None or node.id != "mapping":
        line = None if node is None else node.start_mark.line + 1
        found = "nothing" if node is None else "a list" if node.id == "sequence" else "one value"
        raise file_refused(path, line, f"it holds {found}; expected fields such as `entry: …`")
    reader = _Reader(path)
    value: dict[str, Any] = reader.value(node, "")
    return value, reader.lines


def _composed(path: Path, text: str) -> "yaml.Node | None":
    try:
        import yaml  # noqa: PLC0415  # Who writes no YAML needs none.
    except ImportError as error:
        raise FailedPreconditionError(
            "Strategies in files need PyYAML, which is not installed:"
            " pip install 'algotrendy[backtest]'.",
            package="pyyaml",
            extra="backtest",
        ) from error
    try:
        return yaml.compose(text, _loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = " ".join(filter(None, (error.context, error.problem)))
        raise file_refused(path, None if mark is None else mark.line + 1, problem) from error
    except yaml.YAMLError as error:  # A character that no text has.
        raise file_refused(path, None, " ".join(str(error).split())) from error


_PLAIN: Final = (
    ("bool", r"true|false|True|False", "tfTF"),
    ("null", r"~|null|Null|", ("~", "n", "N", "")),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?([0-9]+\.[0-9]*|\.?[0-9]+)([eE][-+]?[0-9]+)?", "-+.0123456789"),
)


@cache
def _loader() -> type:
    """Return a reader of YAML whose plain values are JSON's.

    In YAML 1.1 09:35 is 575, `no` is false and 2020-01-01 a date.
    """
    import yaml  # noqa: PLC0415  # As above.

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types.
        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    for tag, pattern, first in _PLAIN:
        whole = re.compile(f"^(?:{pattern})$")
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", whole, list(first))
    return Loader


class _Reader:
    """Turns nodes into values, and remembers where each stood."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0
        self.lines: dict[str, int] = {}

    def value(self, node: "yaml.Node", place: str) -> Any:  # noqa: ANN401  # What JSON has.
        self._count += 1
        line = node.start_mark.line + 1
        if self._count > _NODE_LIMIT:
            raise file_refused(self._path, line, f"it has more than {_NODE_LIMIT:,} values")
        if node.id == "mapping":
            return dict(self._fields(node, place))
        if node.id == "sequence":
            return [self.value(each, f"{place}.{n}") for n, each in enumerate(node.value)]
        return self._scalar(node, place)

    def _fields(self, node: "yaml.MappingNode", place: str) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for key, each in node.value:
            line, name = key.start_mark.line + 1, key.value
            if key.id != "scalar":
                raise file_refused(self._path, line, "a field's name is no text")
            if name in seen:
                raise file_refused(self._path, line, f"{name} stands here for the second time")
            seen.add(name)
            inner = f"{place}.{name}".removeprefix(".")
            self.lines[inner] = line
            yield name, self.value(each, inner)

    def _scalar(self, node: "yaml.Node", place: str) -> str | int | Decimal | bool | None:
        kind = node.tag.rpartition(":")[2]
        text = str(node.value)
        if kind == "str":
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind in {"int", "float"}:
            return int(text) if kind == "int" else Decimal(text)
        line = node.start_mark.line + 1
        raise file_refused(
            self._path, line, f"{place} has the tag {node.tag}; expected a plain value"
        )


def file_text(path: Path) -> str:
    """Return what a file of text holds; raise `StrategyFileError` where it cannot be read."""
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise file_refused(path, None, f"it has more than {_SIZE_LIMIT:,} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise file_refused(path, None, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise file_refused(path, None, f"it is no UTF-8 at byte {error.start}") from error


def file_refused(path: Path, line: int | None, problem: str) -> StrategyFileError:
    """Return the error that says what is wrong with a file, and in which line."""
    place = str(path) if line is None else f"{path}, line {line}"
    where = {} if line is None else {"line": str(line)}
    return StrategyFileError(f"{place}: {problem}.", file=str(path), **where)
