"""Strategies in files: a spec in YAML or JSON, or a class in a Python module.

A spec's file may have a section `backtest`: the terms it is run on, by the names of
`algotrendy.backtest.run`.
"""

import hashlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from algotrendy.domain.strategy import StrategySpec
from algotrendy.domain.strategy_class import Parameter, Strategy, declared_parameters
from algotrendy.domain.strategy_document import spec_from_document
from algotrendy.domain.yaml_file import file_refused, file_text, read_yaml
from algotrendy.errors import AlgoTrendyError, InvalidArgumentError, StrategyFileError

SECTION: Final = "backtest"
"""The section of a spec's file that holds the terms of its run."""

_IMPORTED: Final[dict[str, Path]] = {}
_EXPECTED: Final = "a spec (.yaml, .yml, .json) or a class of a module (strategy.py:Class)"


@dataclass(frozen=True)
class StrategyFile:
    """A strategy as a file holds it.

    Parameters
    ----------
    strategy : dict or type
        A spec, or a subclass of `Strategy`.
    terms : mapping
        The section `backtest` of a spec's file.
    lines : mapping of str to int
        Where each field of a spec stands: `stops.trailing.percent` in line 7.
    """

    path: Path
    strategy: dict[str, Any] | type[Strategy]
    terms: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    def located(self, error: AlgoTrendyError) -> AlgoTrendyError:
        """Return the error with the file's name and, where it names a field, the line of it."""
        name = error.metadata.get("field", "")
        # Of a field that nobody knows, the field is what holds it, and the value its name.
        inner = f"{name}.{error.metadata.get('value', '')}".removeprefix("spec.")
        line = name and (self._line(inner) or self._line(f"{SECTION}.{name}"))
        place = f"{self.path}, line {line}" if line else str(self.path)
        where = {"file": str(self.path)} | ({"line": str(line)} if line else {})
        return type(error)(f"{place}: {error.message}", **{**error.metadata, **where})

    def _line(self, name: str) -> int | None:
        """Return the line of a field, or of what holds it, where the field itself is missing."""
        parts = re.split(r"[.\[\]]+", name)
        for count in range(len(parts), 0, -1):
            line = self.lines.get(".".join(parts[:count]))
            if line is not None:
                return line
        return None


def load_strategy(name: str | Path) -> StrategyFile:
    """Read a strategy: `cross.yaml`, `cross.json` or `cross.py:Cross`.

    Importing a module runs it. Of one that has a single strategy, the class need not be named.

    Raises
    ------
    StrategyFileError
        If the file cannot be read or holds no strategy; names file and line.
    """
    text = str(name)
    file, separator, class_name = text.rpartition(":") if ".py:" in text else (text, "", "")
    path = Path(file)
    if path.suffix == ".py":
        return StrategyFile(path, _strategy_class(path, class_name if separator else None))
    if path.suffix not in {".yaml", ".yml", ".json"}:
        raise StrategyFileError(
            f"{text} is no strategy; expected {_EXPECTED}.", file=text, expected=_EXPECTED
        )
    spec, lines = read_yaml(path)
    terms = spec.pop(SECTION, None)
    if terms is not None and not isinstance(terms, dict):
        raise file_refused(path, lines[SECTION], f"{SECTION} is {terms!r}; expected terms by name")
    return StrategyFile(path, spec, terms or {}, lines)


def import_file(path: Path) -> ModuleType:
    """Import a module from its file, once; what lies beside it can be imported by it.

    Raises
    ------
    StrategyFileError
        If the file cannot be read, or raises; names file and line.
    """
    where = path.resolve()
    digest = hashlib.sha256(f"{where}\0{file_text(path)}".encode())
    name = f"strategy_{where.stem}_{digest.hexdigest()[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, where)
    assert spec is not None  # noqa: S101  # The suffix is .py.
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    if str(where.parent) not in sys.path:
        sys.path.append(str(where.parent))
    sys.modules[name] = module
    _IMPORTED[name] = where
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, AlgoTrendyError) or not isinstance(error, Exception):
            raise
        line = _line_in(error, where)
        raise file_refused(path, line, f"{type(error).__name__}: {error}") from error
    return module


def imported_files(kind: type) -> list[Path]:
    """Return the files that `load_strategy` imported a class and its bases from."""
    names = dict.fromkeys(base.__module__ for base in kind.__mro__)
    return [_IMPORTED[name] for name in names if name in _IMPORTED]


def with_parameters(
    strategy: dict[str, Any] | type[Strategy], given: Mapping[str, Any]
) -> dict[str, Any] | Strategy:
    """Return a strategy with values for its parameters, which may be text: `{"fast": "5"}`.

    Raises
    ------
    InvalidArgumentError
        For a parameter that the strategy does not have, or a value of another type.
    """
    if isinstance(strategy, type):
        declared = declared_parameters(strategy)
        values = {
            name: _typed(declared[name], value) if name in declared else value
            for name, value in given.items()
        }
        return strategy(**values)
    known = strategy.get("parameters") or {}
    for name, value in given.items():
        if name not in known:
            expected = ", ".join(known) or "none, for it has no parameters"
            raise InvalidArgumentError(
                f"The spec has no parameter {name}; expected one of {expected}.",
                field=name,
                value=str(value),
                expected=expected,
            )
    plain = {name: next(_meanings(value)) for name, value in given.items()}
    return {**strategy, "parameters": {**known, **plain}} if given else strategy


def parameter_value(strategy: object, name: str, text: str) -> object:
    """Return what text means as a value of a parameter: of its type, where a class declares one.

    Raises
    ------
    InvalidArgumentError
        If the class declares another type.
    """
    kind = strategy if isinstance(strategy, type) else type(strategy)
    declared = declared_parameters(kind) if issubclass(kind, Strategy) else {}
    return _typed(declared[name], text) if name in declared else next(_meanings(text))


def _typed(parameter: Parameter, value: object) -> object:
    for meaning in _meanings(value):
        try:
            return parameter.checked(meaning)
        except InvalidArgumentError:
            continue
    return parameter.checked(value)


def _meanings(value: object) -> Iterator[object]:
    """Yield what text can mean, the likeliest first: a number, a truth value, text."""
    if isinstance(value, str):
        if re.fullmatch(r"[-+]?[0-9]+", value):
            yield int(value)
        if re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?", value):
            yield float(value)
            yield Decimal(value)
        if value.lower() in {"true", "false"}:
            yield value.lower() == "true"
    yield value


def read_spec(path: Path) -> StrategySpec:
    """Return the spec in a YAML or JSON file, without the terms of its run.

    Raises
    ------
    StrategyFileError
        If the file cannot be read; names file and line.
    InvalidArgumentError
        If it holds no spec; names file, line, field, value and what was expected.
    """
    loaded = load_strategy(path)
    if isinstance(loaded.strategy, type):
        raise file_refused(path, None, "it holds a class; expected a spec in .yaml, .yml or .json")
    try:
        return spec_from_document(loaded.strategy)
    except AlgoTrendyError as error:
        raise loaded.located(error) from error


def _strategy_class(path: Path, name: str | None) -> type[Strategy]:
    module = import_file(path)
    own = {
        found.__name__: found
        for found in vars(module).values()
        if inspect.isclass(found)
        and issubclass(found, Strategy)
        and found.__module__ == module.__name__
    }
    listed = ", ".join(own) or "none"
    if name is None:
        if len(own) == 1:
            return next(iter(own.values()))
        raise file_refused(path, None, f"it has these strategies: {listed}; name one, {path}:Class")
    found = own.get(name) or getattr(module, name, None)
    if not inspect.isclass(found) or not issubclass(found, Strategy):
        raise file_refused(
            path, None, f"{name} is no subclass of algotrendy.Strategy; found {listed}"
        )
    return found


def _line_in(error: Exception, path: Path) -> int | None:
    """Return the innermost line of the file that an error passed through."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
