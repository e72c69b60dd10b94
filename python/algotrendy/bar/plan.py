"""From a style and options to what the core takes: a spec, and the terms of reading and writing."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from algotrendy._core import Instrument as CoreInstrument
from algotrendy._core import TickTable
from algotrendy.bar.options import Options, decimal, duration_ns, integer, refuse
from algotrendy.bar.sessions import sessions_of
from algotrendy.bar.styles import Scales, style_spec

_SOURCES: Final = ("trades", "quotes", "bars")
_PRICES: Final = ("bid", "ask", "mid")
_ACTIONS: Final = ("drop", "keep", "raise")
_FAULTS: Final = (
    "invalid",
    "nonpositive_price",
    "zero_quantity",
    "duplicate",
    "crossed",
    "late",
)
_PRICE_ROLES: Final = {
    "trades": ["price"],
    "quotes": ["bid", "ask"],
    "bars": ["open", "high", "low", "close"],
}
_QUANTITY_ROLES: Final = {
    "trades": ["quantity"],
    "quotes": [],
    "bars": ["volume", "buy_volume", "sell_volume"],
}

Plan = tuple[dict[str, Any], dict[str, Any]]


@dataclass(frozen=True)
class _Number:
    """One number's scale, and whether someone named it."""

    scale: int
    is_named: bool

    def terms(self) -> dict[str, object]:
        return {"scale": self.scale, "is_named": self.is_named, "kind": None}


def stream_plan(style: object, given: Mapping[str, object]) -> Plan:
    """Return the plan of a stream, whose ticks are not known yet."""
    return _plan(style, Options(given), None)


def table_plan(style: object, given: Mapping[str, object], table: TickTable) -> Plan:
    """Return the plan for a table: what its columns tell need not be named."""
    return _plan(style, Options(given), table)


def _plan(style: object, options: Options, table: TickTable | None) -> Plan:
    if not isinstance(style, str):
        refuse("style", style, "a name such as 'time' or 'renko'")
    instrument = _instrument(options)
    told = "trades" if table is None else table.source
    source = options.choice("source", _SOURCES, told)
    # What does not concern a source is no option of it.
    quote_price = options.choice("price", _PRICES, "mid") if source == "quotes" else "mid"
    source_interval = options.take("source_interval") if source == "bars" else None
    price, quantity, tick_size = _numbers(options, source, instrument, table)
    is_mid = source == "quotes" and quote_price == "mid"
    scales = Scales(price.scale + is_mid, quantity.scale, tick_size)
    closed = options.choice("closed", ("left", "right"), "left")
    sessions = sessions_of(options.take("sessions"), table)
    lateness = options.take("lateness")
    spec = {
        "style": style_spec(style, options, scales, sessions, closed),
        "source": source,
        "faults": _faults(options, has_sessions=sessions is not None),
        "ids": options.choice("ids", ("window", "monotone"), "window"),
        "allow_nonpositive_prices": options.flag(
            "allow_nonpositive_prices",
            default=instrument is not None and instrument.allow_negative_prices,
        ),
        "lateness_ns": 0 if lateness is None else duration_ns("lateness", lateness),
        "sessions": None if sessions is None else sessions.spec(closed),
    }
    terms = {
        "source": source,
        "price": price.terms(),
        "quantity": quantity.terms(),
        "quote_price": quote_price,
        "label_close": options.choice("label", ("open", "close"), "open") == "close",
        "columns": columns_of(options.take("columns")),
        "conditions": _conditions(options) if source == "trades" else None,
        "source_interval_ns": None
        if source_interval is None
        else duration_ns("source_interval", source_interval),
    }
    options.finish(f"{style} bars")
    return spec, terms


def columns_of(columns: object) -> dict[str, str]:
    """Return the columns that were named by part."""
    if columns is None:
        return {}
    if not isinstance(columns, Mapping):
        refuse("columns", columns, "a mapping such as {'time': 'ts'}")
    return {str(role): str(name) for role, name in columns.items()}


def _instrument(options: Options) -> CoreInstrument | None:
    instrument = options.take("instrument")
    # An instrument of the platform carries the core's.
    instrument = getattr(instrument, "core", instrument)
    if not isinstance(instrument, CoreInstrument | None):
        refuse("instrument", instrument, "an Instrument")
    return instrument


def _numbers(
    options: Options, source: str, instrument: CoreInstrument | None, table: TickTable | None
) -> tuple[_Number, _Number, Decimal]:
    tick = options.take("tick_size")
    tick_size = None if tick is None else decimal("tick_size", tick)
    if tick_size is not None and tick_size <= 0:
        refuse("tick_size", tick, "a positive number")
    price = options.take("price_scale")
    quantity = options.take("quantity_scale")
    price_scale = None if price is None else integer("price_scale", price)
    quantity_scale = None if quantity is None else integer("quantity_scale", quantity)
    if instrument is not None:
        price_scale = instrument.price_scale if price_scale is None else price_scale
        quantity_scale = instrument.quantity_scale if quantity_scale is None else quantity_scale
        if tick_size is None:
            tick_size = Decimal(instrument.tick_size).scaleb(-instrument.price_scale)
    if price_scale is None and tick_size is not None:
        exponent = tick_size.normalize().as_tuple().exponent
        price_scale = max(0, -exponent) if isinstance(exponent, int) else 0
    prices = _number("price_scale", price_scale, table, _PRICE_ROLES[source])
    quantities = _number("quantity_scale", quantity_scale, table, _QUANTITY_ROLES[source])
    return prices, quantities, tick_size or Decimal(1).scaleb(-prices.scale)


def _number(field: str, scale: int | None, table: TickTable | None, roles: list[str]) -> _Number:
    if scale is not None:
        if not 0 <= scale <= 18:  # noqa: PLR2004 - 10^18 is the largest power of ten of 64 bits.
            refuse(field, scale, "0 to 18")
        return _Number(scale, is_named=True)
    told = None if table is None else table.numbers(roles)
    if told is None:
        return _Number(0, is_named=False)
    kind, own_scale = told
    if own_scale > 18:  # noqa: PLR2004
        refuse(field, own_scale, "0 to 18; name a coarser one to round to")
    return _Number(own_scale, is_named=kind != "Integer")


def _faults(options: Options, *, has_sessions: bool) -> dict[str, str]:
    faults = options.take("faults")
    outside = options.choice("outside", _ACTIONS, "drop") if has_sessions else "drop"
    if faults is None:
        return {"outside": outside}
    if not isinstance(faults, Mapping):
        refuse("faults", faults, "a mapping such as {'late': 'raise'}")
    for fault, action in faults.items():
        if fault not in _FAULTS:
            refuse("faults", fault, "one of " + ", ".join(_FAULTS))
        if action not in _ACTIONS:
            refuse(f"faults.{fault}", action, "one of " + ", ".join(_ACTIONS))
    return {"outside": outside, **faults}


def _conditions(options: Options) -> dict[str, dict[str, bool]] | None:
    conditions = options.take("conditions")
    if conditions is None:
        return None
    if not isinstance(conditions, Mapping):
        refuse("conditions", conditions, "a table such as POLYGON_CONDITIONS")
    expected = {"high_low", "open_close", "volume"}
    for code, counts in conditions.items():
        is_whole = isinstance(counts, Mapping) and set(counts) == expected
        if not is_whole or not all(isinstance(counted, bool) for counted in counts.values()):
            refuse(
                f"conditions[{code!r}]",
                counts,
                "a mapping of high_low, open_close and volume to True or False",
            )
    return {str(code): dict(counts) for code, counts in conditions.items()}
