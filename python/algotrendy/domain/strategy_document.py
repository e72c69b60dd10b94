"""Specs as JSON and YAML, in the one form that the core reads, too.

A decimal may be a number or text; it is written as text, so that no digit is lost on the way.
What a document does not say has its default; what it says and the spec does not know is an error.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from algotrendy.domain.strategy import (
    Distance,
    Equal,
    Fixed,
    Hold,
    Kelly,
    Notional,
    Parameter,
    Percent,
    Period,
    Schedule,
    Size,
    SizeAt,
    Stops,
    StrategySpec,
    VolatilityTarget,
    Weight,
)
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import InvalidArgumentError

Read = Callable[[str, object], Any]

_SIZES: dict[str, type[Size]] = {
    "equal": Equal,
    "fixed": Fixed,
    "notional": Notional,
    "percent": Percent,
    "weight": Weight,
    "volatility_target": VolatilityTarget,
    "kelly": Kelly,
}
_EXPRESSIONS = ("entry", "exit", "short_entry", "short_exit", "rank")


def spec_to_json(spec: StrategySpec) -> str:
    """Return the spec as JSON: equal specs have equal text."""
    return json.dumps(spec_to_document(spec), sort_keys=True, separators=(",", ":"))


def spec_from_json(text: str) -> StrategySpec:
    """Return the spec that a JSON text holds.

    Raises
    ------
    InvalidArgumentError
        If it is no JSON, or no spec; names the field, its value and what was expected.
    """
    try:
        document = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise InvalidArgumentError(f"The spec is no JSON: {error}.", field="spec") from error
    return spec_from_document(document)


def spec_to_document(spec: StrategySpec) -> dict[str, Any]:
    """Return the spec as plain values; what has its default is left out."""
    document: dict[str, Any] = {
        "name": spec.name,
        "symbols": list(spec.symbols),
        "bars": spec.bars,
    }
    document |= {name: getattr(spec, name) for name in _EXPRESSIONS}
    document["parameters"] = {name: as_parameter(value) for name, value in spec.parameters.items()}
    document["features"] = dict(spec.features)
    document["hold"] = None if spec.hold is None else _plain(vars(spec.hold))
    if spec.size != Equal():
        name = next(name for name, kind in _SIZES.items() if kind is type(spec.size))
        document["size"] = {"type": name, **_plain(vars(spec.size))}
    if spec.size_at is not SizeAt.CLOSE:
        document["size_at"] = spec.size_at.value
    document["stops"] = _plain(
        {
            name: _plain(vars(value)) if isinstance(value, Distance) else value
            for name, value in vars(spec.stops).items()
        }
    )
    document["schedule"] = _schedule_to_document(spec.schedule)
    document["costs"] = None if spec.costs is None else spec.costs.to_config()
    return {name: value for name, value in document.items() if value not in (None, {}, [])}


def spec_from_document(document: object) -> StrategySpec:
    """Return the spec that plain values tell; `position_weight` is short for a size in per cent.

    Raises
    ------
    InvalidArgumentError
        If they are no spec; names the field, its value and what was expected.
    """
    terms = dict(_mapping("spec", document))
    if unknown := set(terms) - set(_READERS):
        raise _unknown("spec", unknown, _READERS)
    given = {name: term for name, term in terms.items() if term is not None}
    values = {name: _READERS[name](name, term) for name, term in given.items()}
    weight = values.pop("position_weight", None)
    if weight is not None:
        values["size"] = percent_of(weight, values.get("size"))
    return StrategySpec(**values)


def percent_of(position_weight: Decimal, size: Size | None) -> Percent:
    """Return the size that `position_weight` is short for; both may be told where they agree."""
    if not 0 < position_weight <= 1:
        raise _wrong("position_weight", position_weight, "above 0, at most 1")
    if size not in (None, Percent(position_weight)):
        raise _wrong("position_weight", position_weight, "either size or position_weight")
    return Percent(position_weight)


def as_parameter(value: Parameter) -> Parameter:
    """Return a parameter with a whole number as `int`, however it was written."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else value
        for name, value in values.items()
        if value is not None
    }


def _schedule_to_document(schedule: Schedule) -> dict[str, Any]:
    if schedule == Schedule():
        return {}
    every = schedule.every
    return _plain(
        {
            "every": every.value if isinstance(every, Period) else {"bars": every},
            "from": schedule.start,
            "until": schedule.until,
            "zone": schedule.zone,
        }
    )


def _symbols(field: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise _wrong(field, value, "a list of symbols")
    return tuple(_text(field, symbol) for symbol in value)


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(field, value, "text")
    return value


def _decimal(field: str, value: object) -> Decimal:
    if isinstance(value, int | float | str | Decimal) and not isinstance(value, bool):
        with suppress(InvalidOperation):
            number = Decimal(str(value))
            if number.is_finite():
                return number
    raise _wrong(field, value, "a decimal number")


def _whole(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(field, value, "a whole number")
    return value


def _parameter(field: str, value: object) -> Parameter:
    if isinstance(value, Decimal):
        value = float(value)
    if not isinstance(value, bool | int | float):
        raise _wrong(field, value, "a number or a boolean")
    return as_parameter(value)


def _table(read: Read) -> Read:
    def read_table(field: str, value: object) -> dict[str, Any]:
        entries = _mapping(field, value).items()
        return {name: read(f"{field}.{name}", entry) for name, entry in entries}

    return read_table


def _record(make: Callable[..., Any], **readers: Read) -> Read:
    """Return a reader of a mapping, whose values `readers` read and `make` takes; null is unset."""

    def read_record(field: str, value: object) -> Any:  # noqa: ANN401  # Whatever `make` makes.
        terms = {name: term for name, term in _mapping(field, value).items() if term is not None}
        if unknown := set(terms) - set(readers):
            raise _unknown(field, unknown, readers)
        values = {name: readers[name](f"{field}.{name}", term) for name, term in terms.items()}
        try:
            return make(**values)
        except TypeError:
            raise _wrong(field, value, f"all of {', '.join(readers)}") from None

    return read_record


_SIZE_READERS: dict[str, Read] = {
    "equal": _record(Equal),
    "fixed": _record(Fixed, quantity=_decimal),
    "notional": _record(Notional, amount=_decimal),
    "percent": _record(Percent, percent=_decimal),
    "weight": _record(Weight, expression=_text),
    "volatility_target": _record(
        VolatilityTarget, annual=_decimal, window=_whole, cap=_decimal, periods_per_year=_decimal
    ),
    "kelly": _record(Kelly, fraction=_decimal, window=_whole, cap=_decimal),
}
_DISTANCE = _record(Distance, percent=_decimal, distance=_text)


def _size(field: str, value: object) -> Size:
    terms = dict(_mapping(field, value))
    name = terms.pop("type", None)
    if name not in _SIZE_READERS:
        raise _wrong(f"{field}.type", name, f"one of {', '.join(_SIZE_READERS)}")
    size: Size = _SIZE_READERS[name](field, terms)
    return size


def _size_at(field: str, value: object) -> SizeAt:
    return SizeAt(_one_of(field, value, tuple(SizeAt)))


def _every(field: str, value: object) -> Period | int:
    if isinstance(value, Mapping) and set(value) == {"bars"}:
        return _whole(f"{field}.bars", value["bars"])
    return Period(_one_of(field, value, tuple(Period)))


def _schedule(
    every: Period | int = Period.BAR, until: str | None = None, zone: str = "UTC", **start: str
) -> Schedule:
    return Schedule(every, start.get("from"), until, zone)


def _costs(field: str, value: object) -> VenueTerms:
    return VenueTerms.from_config(_mapping(field, value))


_READERS: dict[str, Read] = {
    "symbols": _symbols,
    **dict.fromkeys(_EXPRESSIONS, _text),
    "parameters": _table(_parameter),
    "features": _table(_text),
    "hold": _record(Hold, count=_whole, fraction=_decimal),
    "size": _size,
    "position_weight": _decimal,
    "size_at": _size_at,
    "stops": _record(
        Stops, stop_loss=_DISTANCE, take_profit=_DISTANCE, trailing=_DISTANCE, max_bars=_whole
    ),
    "schedule": _record(
        _schedule, **{"every": _every, "from": _text, "until": _text, "zone": _text}
    ),
    "bars": _text,
    "name": _text,
    "costs": _costs,
}


def _mapping(field: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise _wrong(field, value, "a mapping of names")
    return value


def _one_of(field: str, value: object, names: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in names:
        raise _wrong(field, value, f"one of {', '.join(names)}")
    return value


def _unknown(field: str, names: Iterable[str], known: Iterable[str]) -> InvalidArgumentError:
    return _wrong(field, min(names), f"one of {', '.join(known)}")


def _wrong(field: str, value: object, expected: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"{field} is {value}; expected {expected}.", field=field, value=str(value)
    )
