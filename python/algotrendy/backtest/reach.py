"""What a strategy can reach beside what a run gives it: globals, attributes, closures, models.

Data that lies ready beside a run may know its future: nothing tells what a column of numbers was
made of. So every such thing is named, unless it is small, as settings are.
"""

import dis
import functools
import inspect
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

import numpy as np

from algotrendy.domain.strategy_class import Strategy

SETTINGS_LIMIT: Final = 20
"""So many numbers together are settings; more are data."""

_HERE: Final = str(Path(__file__).resolve().parents[1])
_LIBRARIES: Final = tuple(
    {sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_PREDICTS: Final = ("predict", "predict_proba", "decision_function", "forward", "get_inputs")
_READS: Final = ("execute", "cursor", "read", "recv")


@dataclass(frozen=True)
class Outside:
    """Something outside of a run that a strategy can use.

    Parameters
    ----------
    name : str
        `the global FUTURE of mine.py`, `the attribute model of Cross`.
    what : str
        What is wrong with it.
    replace : callable
        Puts another value in its place.
    """

    name: str
    what: str
    value: object
    replace: Callable[[object], None]


def outside_of(strategy: object) -> list[Outside]:
    """Return what a strategy, its class or the function that builds it can use beside a run."""
    search = _Search()
    if isinstance(strategy, FunctionType | functools.partial):
        search.callable_(strategy)
    else:
        kind = strategy if isinstance(strategy, type) else type(strategy)
        search.class_(kind)
        if not isinstance(strategy, type) and hasattr(strategy, "__dict__"):
            search.attributes(strategy, kind.__name__)
    return search.found


def is_users(file: str | None) -> bool:
    """Whether a file of code is neither Python's, nor a library's, nor AlgoTrendy's."""
    if not file or file.startswith("<frozen"):
        return False
    return not file.startswith((_HERE, *_LIBRARIES))


class _Search:
    """Follows functions to what they name."""

    def __init__(self) -> None:
        self.found: list[Outside] = []
        self._seen: set[int] = set()

    def class_(self, kind: type) -> None:
        """Look through a class and its bases, short of `Strategy`."""
        for base in kind.__mro__:
            if base in {object, Strategy} or not self._is_new(base):
                continue
            for name, value in list(vars(base).items()):
                if name.startswith("__") and not callable(value):
                    continue
                if not self.callable_(value):
                    put = functools.partial(setattr, base, name)
                    self._add(f"the attribute {name} of {base.__name__}", value, put)

    def attributes(self, strategy: object, class_name: str) -> None:
        """Look through what an object holds."""
        for name, value in vars(strategy).items():
            put = functools.partial(setattr, strategy, name)
            self._add(f"the attribute {name} of {class_name}", value, put)

    def callable_(self, value: object) -> bool:
        """Look through a function of the user's; say whether it is any kind of function."""
        if isinstance(value, staticmethod | classmethod):
            return self.callable_(value.__func__)
        if isinstance(value, property):
            for each in (value.fget, value.fset):
                self.callable_(each)
            return True
        if isinstance(value, functools.partial):
            for place, each in enumerate((*value.args, *value.keywords.values())):
                self._add(f"argument {place + 1} of {value.func.__name__}", each, _cannot_replace)
            return self.callable_(value.func)
        wrapped = inspect.unwrap(value) if callable(value) else value
        if not isinstance(wrapped, FunctionType):
            return False
        if self._is_new(wrapped) and is_users(wrapped.__code__.co_filename):
            self._function(wrapped)
        return True

    def _function(self, function: FunctionType) -> None:
        code = function.__code__
        loaded, names = _loaded(code)
        for name in sorted(loaded & function.__globals__.keys()):
            put = functools.partial(function.__globals__.__setitem__, name)
            where = Path(code.co_filename).name
            self._named(f"the global {name} of {where}", function.__globals__[name], put, names)
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            put = functools.partial(setattr, cell, "cell_contents")
            self._named(f"{name} around {function.__qualname__}", cell.cell_contents, put, names)
        defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        for value in defaults:
            self._add(f"a default of {function.__qualname__}", value, _cannot_replace)

    def _named(
        self, name: str, value: object, put: Callable[[object], None], names: set[str]
    ) -> None:
        if isinstance(value, ModuleType):
            if is_users(getattr(value, "__file__", None)) and self._is_new(value):
                for attribute in sorted(names & vars(value).keys()):
                    inner = functools.partial(setattr, value, attribute)
                    title = f"the global {attribute} of {value.__name__}"
                    self._named(title, getattr(value, attribute), inner, names)
        elif inspect.isclass(value):
            module = sys.modules.get(value.__module__)
            if is_users(getattr(module, "__file__", None)):
                self.class_(value)
        elif not self.callable_(value):
            self._add(name, value, put)

    def _add(self, name: str, value: object, put: Callable[[object], None]) -> None:
        what = problem_of(value)
        if what is not None:
            self.found.append(Outside(name, what, value, put))

    def _is_new(self, value: object) -> bool:
        is_new = id(value) not in self._seen
        self._seen.add(id(value))
        return is_new


def problem_of(value: object) -> str | None:
    """Return why a value may know the future; None for one that is a setting."""
    kind = type(value)
    title = f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"
    if kind.__module__ == "builtins":
        title = kind.__qualname__
    if any(callable(getattr(value, name, None)) for name in _PREDICTS):
        return f"a model ({title}), and nothing tells what it was trained on"
    if any(callable(getattr(value, name, None)) for name in _READS):
        return f"a source ({title}) that more can be read from than the run has shown"
    rows = _numbers(value)
    if rows > SETTINGS_LIMIT:
        return f"{rows:,} numbers ({title}), and nothing tells what they were made of"
    return None


def _numbers(value: object, depth: int = 3) -> int:
    """Return how many numbers a value holds, roughly: rows of a table, entries of a list."""
    if isinstance(value, str | bytes | type) or depth == 0:
        return 0
    if isinstance(value, np.ndarray):
        return value.size if value.dtype.kind in "biufcmMO" else 0
    if isinstance(value, Mapping):
        keyed = sum(_is_number(each) for each in value.values())
        return keyed + sum(_numbers(each, depth - 1) for each in value.values())
    if isinstance(value, Sequence | set | frozenset):
        whole = list(value)
        plain = sum(map(_is_number, whole))
        return plain + sum(_numbers(each, depth - 1) for each in whole if not _is_number(each))
    if hasattr(value, "__arrow_c_stream__") or hasattr(value, "__array__"):
        return len(value) if hasattr(value, "__len__") else SETTINGS_LIMIT + 1
    return 0


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | complex | np.number)


def _loaded(code: CodeType) -> tuple[set[str], set[str]]:
    """Return the globals that code loads, and the attributes of anything."""
    loaded: set[str] = set()
    attributes: set[str] = set()
    for step in dis.get_instructions(code):
        if step.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            loaded.add(step.argval)
        elif step.opname in {"LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"}:
            attributes.add(step.argval)
        elif isinstance(step.argval, CodeType):
            inner = _loaded(step.argval)
            loaded |= inner[0]
            attributes |= inner[1]
    return loaded, attributes


def _cannot_replace(_value: object) -> None:
    """Leave what is fixed as it is."""


def with_other_future(value: Any, known: int, total: int) -> Any:  # noqa: ANN401  # Of its type.
    """Return what is as long as the data with its rows after the known ones in reverse order.

    What is not as long is returned as it is.
    """
    if not hasattr(value, "__len__") or len(value) != total:
        return value
    order = np.concatenate([np.arange(known), np.arange(total - 1, known - 1, -1)])
    if isinstance(value, np.ndarray):
        return value[order]
    if isinstance(value, list | tuple):
        return type(value)(value[place] for place in order.tolist())
    if hasattr(value, "iloc"):
        other = value.iloc[order]
        return other.set_axis(value.index)
    return value
