"""Strategies as classes: declared parameters, features, and what is called when.

The same class runs in a backtest, on paper and live; `algotrendy.Strategy` is this module's.
"""

import copy
import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, ClassVar, Final, Literal, Self, Union, get_args, get_origin, get_type_hints

from algotrendy.errors import InvalidArgumentError

CALLBACKS: Final = (
    *("on_start", "on_bar", "on_trade", "on_quote"),
    *("on_fill", "on_order", "on_timer", "on_stop"),
)
"""What a strategy may override; the others are never called."""

# Settings of the class, which are no parameters though they have annotations here.
_SETTINGS: Final = frozenset({"features", "warm_up_bars"})
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter: its name, its type and, unless it is required, its default."""

    name: str
    annotation: object
    default: object = _MISSING

    @property
    def is_required(self) -> bool:
        """Whether it has no default."""
        return self.default is _MISSING

    def checked(self, value: object) -> object:
        """Return the value as one of the declared type; an int where a float is declared is one.

        Raises
        ------
        InvalidArgumentError
            For a value of another type.
        """
        for accept in _accepted(self.annotation):
            taken = accept(value)
            if taken is not _MISSING:
                return taken
        expected = _type_name(self.annotation)
        raise InvalidArgumentError(
            f"{self.name} is {value!r}; expected {expected}.",
            field=self.name,
            value=repr(value),
            expected=expected,
        )


class Strategy:
    """What is traded and when, told bar by bar.

    Annotations of a subclass are its parameters, checked by type: `fast: int = 10` is given as
    `Cross(fast=5)`. One without a default must be given. What begins with an underscore, or is a
    `ClassVar`, is none. State that a run keeps is set in `on_start`: a run works on a copy
    (`fresh`), which is its result's `strategy`; the object given to it can be given to another.

    Attributes
    ----------
    features : mapping of str to str
        Expressions over each instrument's bars, by name: `{"trend": "ema(close, slow)"}` with the
        parameter `slow`. `context.feature("trend")` is the value at the last bar: NaN where there
        is none. In a backtest they are computed ahead in one pass, live bar by bar, with the same
        bits.
    warm_up_bars : int
        So many bars of each series come before the first callback, beside those that the features
        need before they have values.

    Examples
    --------
    >>> class Cross(Strategy):
    ...     fast: int = 10
    ...     slow: int = 20
    ...     features = {"fast": "sma(close, fast)", "slow": "sma(close, slow)"}
    ...
    ...     def on_bar(self, context, bar):
    ...         if context.feature("fast") > context.feature("slow"):
    ...             context.target_weight(1)
    ...         else:
    ...             context.close()
    >>> Cross(fast=5)
    Cross(fast=5, slow=20)
    """

    features: Mapping[str, str] = {}
    warm_up_bars: int = 0

    def __init__(self, **parameters: object) -> None:
        declared = declared_parameters(type(self))
        for name in parameters:
            if name not in declared:
                raise _unknown(type(self), name, declared)
        for parameter in declared.values():
            if parameter.name in parameters:
                value = parameter.checked(parameters[parameter.name])
            elif parameter.is_required:
                raise InvalidArgumentError(
                    f"{type(self).__name__} needs {parameter.name}"
                    f" ({_type_name(parameter.annotation)}), which has no default.",
                    field=parameter.name,
                )
            else:
                value = parameter.checked(parameter.default)
            setattr(self, parameter.name, value)

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the declared parameters, by name."""
        return {name: getattr(self, name) for name in declared_parameters(type(self))}

    def fresh(self) -> Self:
        """Return a copy to run, which leaves this object as it is."""
        return copy.deepcopy(self)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"{type(self).__name__}({values})"

    # What follows does nothing; a subclass overrides what it needs, and nothing else is called.

    def on_start(self, context: Any) -> None:  # noqa: ANN401  # The runner's: backtest or live.
        """Begin: before the first bar. Orders are possible from the first bar on."""

    def on_bar(self, context: Any, bar: Any) -> None:  # noqa: ANN401
        """Decide at the close of a bar of any series."""

    def on_trade(self, context: Any, trade: Any) -> None:  # noqa: ANN401
        """See a trade."""

    def on_quote(self, context: Any, quote: Any) -> None:  # noqa: ANN401
        """See a quote."""

    def on_fill(self, context: Any, fill: Any) -> None:  # noqa: ANN401
        """Learn of a fill of one's own order."""

    def on_order(self, context: Any, event: Any) -> None:  # noqa: ANN401
        """Learn of any other news of one's own order: accepted, canceled, rejected, expired."""

    def on_timer(self, context: Any, timer: Any) -> None:  # noqa: ANN401
        """Be woken as asked by `context.timer`."""

    def on_stop(self, context: Any) -> None:  # noqa: ANN401
        """End: after the last bar. Orders are no longer possible."""


def overridden_callbacks(kind: type[Strategy]) -> frozenset[str]:
    """Return the callbacks that a class does not leave as they are."""
    return frozenset(
        name for name in CALLBACKS if getattr(kind, name) is not getattr(Strategy, name)
    )


def declared_parameters(kind: type[Strategy]) -> dict[str, Parameter]:
    """Return the parameters that a class and its bases declare, in that order, by name.

    Raises
    ------
    InvalidArgumentError
        For an annotation that is no type a parameter can have, or that cannot be read.
    """
    declared: dict[str, Parameter] = {}
    for base in reversed(kind.__mro__):
        if not (issubclass(base, Strategy) and base is not Strategy):
            continue
        for name, annotation in _annotations(base).items():
            if name.startswith("_") or name in _SETTINGS or _is_class_variable(annotation):
                continue
            if hasattr(Strategy, name):
                raise InvalidArgumentError(
                    f"{kind.__name__} declares {name}, which every strategy has already; "
                    "expected another name.",
                    field=name,
                )
            default = getattr(kind, name, _MISSING)
            declared[name] = Parameter(name, annotation, default)
            _accepted(annotation, of=f"{kind.__name__}.{name}")
    return declared


def text_annotations(kind: type[Strategy]) -> list[tuple[type[Strategy], dict[str, object]]]:
    """Return a class and its bases whose annotations are text, with what that text means.

    Where a class goes without its module, the names in that text are not known.
    """
    return [
        (base, _annotations(base))
        for base in kind.__mro__
        if issubclass(base, Strategy)
        and any(isinstance(each, str) for each in inspect.get_annotations(base).values())
    ]


def _annotations(kind: type) -> dict[str, object]:
    own = inspect.get_annotations(kind)
    try:
        hints = get_type_hints(kind)
    except (NameError, TypeError) as error:
        raise InvalidArgumentError(
            f"the annotations of {kind.__name__} cannot be read: {error}.", field=kind.__name__
        ) from error
    return {name: hints[name] for name in own}


def _is_class_variable(annotation: object) -> bool:
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def _unknown(
    kind: type[Strategy], name: str, declared: Mapping[str, Parameter]
) -> InvalidArgumentError:
    near = difflib.get_close_matches(name, declared, n=1)
    meant = f"; did you mean {near[0]}?" if near else "."
    known = ", ".join(declared) or "none"
    return InvalidArgumentError(
        f"{kind.__name__} has no parameter {name}{meant} It has: {known}.",
        field=name,
        expected=known,
    )


_Accept = Callable[[object], object]


def _accepted(annotation: object, of: str = "the parameter") -> list[_Accept]:
    """Return, for each form of a type, what takes a value of it or returns `_MISSING`."""
    if isinstance(annotation, UnionType) or get_origin(annotation) is Union:
        return [accept for each in get_args(annotation) for accept in _accepted(each, of)]
    if get_origin(annotation) is Literal:
        choices = get_args(annotation)
        return [lambda value: value if _is_one_of(value, choices) else _MISSING]
    if annotation in _ACCEPTS:
        return [_ACCEPTS[annotation]]
    expected = "int, float, bool, str, Decimal, Literal, or one of them or None"
    raise InvalidArgumentError(
        f"{of} is declared as {_type_name(annotation)}; expected {expected}. "
        "State that is no parameter begins with an underscore, or is set in on_start.",
        field=of,
        expected=expected,
    )


def _is_one_of(value: object, choices: tuple[object, ...]) -> bool:
    # True is no 1 here.
    return any(value == choice and type(value) is type(choice) for choice in choices)


def _as_integer(value: object) -> object:
    # NumPy's integers are integers: a grid is often a NumPy range.
    is_integer = hasattr(value, "__index__") and not isinstance(value, bool)
    return int(value) if is_integer else _MISSING  # type: ignore[call-overload]  # Has __index__.


def _as_float(value: object) -> object:
    if isinstance(value, float):
        return float(value)
    integer = _as_integer(value)
    return integer if integer is _MISSING else float(integer)  # type: ignore[arg-type]  # An int.


def _as_decimal(value: object) -> object:
    integer = _as_integer(value)
    if integer is not _MISSING:
        return Decimal(integer)  # type: ignore[arg-type]  # An int.
    is_number = isinstance(value, Decimal) and value.is_finite()
    return value if is_number else _MISSING


def _instance(kind: type) -> _Accept:
    return lambda value: value if isinstance(value, kind) else _MISSING


_ACCEPTS: Final[dict[object, _Accept]] = {
    bool: _instance(bool),
    int: _as_integer,
    float: _as_float,
    str: _instance(str),
    Decimal: _as_decimal,
    NoneType: lambda value: None if value is None else _MISSING,
}


def _type_name(annotation: object) -> str:
    is_plain = isinstance(annotation, type) and get_origin(annotation) is None
    return annotation.__name__ if is_plain else str(annotation).replace("typing.", "")  # type: ignore[attr-defined]  # A type.
