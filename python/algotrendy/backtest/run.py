"""`run`: one strategy over market data."""

from collections.abc import Callable, Iterator, Mapping
from inspect import Parameter as InspectedParameter
from inspect import signature
from itertools import islice
from typing import Any, Final, NamedTuple, cast

import numpy as np

from algotrendy import _core
from algotrendy.backtest.data import Data, load
from algotrendy.backtest.manifest import Manifest, ModelRecord
from algotrendy.backtest.prepare import (
    Prepared,
    checked_features,
    checked_warm_up,
    expression_constants,
    prepared,
)
from algotrendy.backtest.result import PriceCurves, Result
from algotrendy.backtest.terms import Finish, RunTerms, run_terms
from algotrendy.bar.options import refuse
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.strategy import StrategySpec
from algotrendy.domain.strategy_class import Strategy, overridden_callbacks
from algotrendy.domain.strategy_document import spec_to_json
from algotrendy.expression.features import Model


class Progress(NamedTuple):
    """How far a run has come: rows of data behind it and in all, and the time it has reached."""

    done: int
    total: int
    time_ns: int

    @property
    def fraction(self) -> float:
        """The share of the data that lies behind it, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


def run(
    strategy: object,
    data: object,
    *,
    cash: object = 100_000,
    costs: object = None,
    start: object = None,
    end: object = None,
    limits: object = None,
    seed: int = 0,
    finish: Finish = "hold",
    currency: str | None = None,
    rates: Mapping[str, object] | None = None,
    models: Mapping[str, Model] | None = None,
    zone: str | None = None,
    instruments: Mapping[str, object] | None = None,
    bars: object = None,
    columns: Mapping[str, str] | None = None,
    interval: object = None,
    label: str = "open",
    factors: object = None,
    universe: object = None,
    delistings: object = None,
    stream: bool | None = None,
    synthetic: bool = False,
    max_orders: int | None = None,
    kept_bars: int | None = None,
    on_progress: Callable[[Progress], object] | None = None,
) -> Result:
    """Run a strategy over market data, on the core that trades live.

    An order that is decided at a bar's close meets the next bar's open. Ctrl-C ends a run.

    Parameters
    ----------
    strategy : Strategy, mapping, StrategySpec, str or Path
        An object of a class of `algotrendy.Strategy`, of which a copy is run; or a spec: a mapping,
        or the path of a YAML or JSON file.
    data : Data, mapping, table or path
        What `load` takes: `{"SPY": bars}`, a long table, a Parquet folder, ...; or what it
        returned, which is read but once.
    cash : number
        What the account starts with.
    costs : VenueTerms or mapping, optional
        How orders fill and what that costs; by default the spec's, else 1 basis point of fees and
        1 of slippage. `VenueTerms()` costs nothing.
    start, end : time, optional
        Bars that open before the start only warm features up; those that close after the end are
        not seen. Dates, `"2024-01-31"`, `datetime` (UTC where there is no zone) or nanoseconds.
    limits : Limits, optional
        Pre-trade limits; by default what the account can pay for.
    seed : int
        What all randomness of the venue comes from.
    finish : {"hold", "last_open", "last_close"}
        What becomes of open positions at the end: they stay and are valued at the last close, or
        are closed at the last bar's open or close.
    currency : str, optional
        The account's; by default the instruments'.
    rates : mapping of str to number, optional
        What one unit of other currencies is worth in the account's.
    models : mapping of str to Model, optional
        What `model("name")` and `context.model("name")` ask.
    zone : str, optional
        The time zone whose days and hours calendar functions of features read.
    instruments, bars, columns, interval, label, factors, universe, delistings, stream, synthetic
        As for `load`.
    max_orders : int, optional
        How many orders the run may make; 10 million by default.
    kept_bars : int, optional
        How many bars of each series `history` reaches back at least where data are streamed;
        10,000 by default.
    on_progress : callable, optional
        Called with a `Progress` now and then; what it raises ends the run.

    Returns
    -------
    Result
        Orders, fills, positions, equity, exposure, costs and rejections as Arrow tables, and
        statistics. `print(result)` says what was assumed.

    Raises
    ------
    InvalidArgumentError
        For an argument that cannot be; names the field, the value and what was expected.
    LookaheadError
        Where a strategy reads what lies in its future; names the file and the line.

    Examples
    --------
    >>> import numpy as np
    >>> import algotrendy as at
    >>> class Hold(at.Strategy):
    ...     def on_bar(self, context, bar):
    ...         if context.position() == 0:
    ...             context.target_weight(1)
    >>> day, close = 86_400_000_000_000, np.array([10.0, 10.0, 11.0, 12.0])
    >>> bars = {"time": np.arange(4) * day, "open": close, "high": close, "low": close,
    ...         "close": close}
    >>> result = at.backtest.run(Hold(), {"ABC": bars}, cash=1_000, costs=at.backtest.VenueTerms())
    >>> result.final_equity
    Decimal('1200.00')
    """
    options = {name: value for name, value in locals().items() if name not in _SUBJECTS}
    given = prepared(strategy)
    with given.located_errors():
        return _run_on(given, data, _with_terms_of_file(options, given.terms))


_SUBJECTS: Final = ("strategy", "data")
DATA_OPTIONS: Final = (
    *("instruments", "bars", "columns", "interval", "label", "factors", "universe"),
    *("delistings", "stream", "synthetic"),
)
TERMS: Final = (
    *("cash", "costs", "start", "end", "limits", "seed", "finish", "currency", "rates"),
    *("max_orders", "kept_bars"),
)
_WHILE_RUNNING: Final = ("models", "zone", "on_progress")


def _run_on(given: Prepared, data: object, options: Mapping[str, Any]) -> Result:
    loaded = load(data, **{name: options[name] for name in DATA_OPTIONS})
    terms = run_terms(
        **{name: options[name] for name in TERMS},
        instruments=loaded.instruments,
        default_costs=None if given.spec is None else given.spec.costs,
    )
    outcome = _run(given, loaded, terms, **{name: options[name] for name in _WHILE_RUNNING})
    zoned = {} if options["zone"] is None else {"zone": options["zone"]}
    told = {**terms.record(), **loaded.reading, **zoned}
    return _result(outcome, given, loaded, told, options["models"] or {})


def _with_terms_of_file(options: dict[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `run`; a spec's file says what those are that were left out."""
    defaults = signature(run).parameters
    for name in told:
        if name not in options:
            expected = ", ".join(options)
            refuse(f"backtest.{name}", told[name], f"one of the terms {expected}")
    left_out = {name: value for name, value in told.items() if _is_default(options, defaults, name)}
    return {**options, **left_out}


def _is_default(
    options: Mapping[str, Any], defaults: Mapping[str, InspectedParameter], name: str
) -> bool:
    return options[name] is defaults[name].default or options[name] == defaults[name].default


def _run(
    given: Prepared,
    data: Data,
    terms: RunTerms,
    *,
    models: Mapping[str, Model] | None,
    zone: str | None,
    on_progress: Callable[[Progress], object] | None,
) -> _core.BacktestOutcome:
    report = None
    if on_progress is not None:
        # Bound, so that it is known to be there below.
        tell = on_progress

        def report(done: int, total: int, time_ns: int) -> None:
            tell(Progress(done, total, time_ns))

    options: dict[str, Any] = {
        "models": None if models is None else dict(models),
        "zone": zone,
        "on_progress": report,
    }
    if not isinstance(given.strategy, StrategySpec):
        return run_class(given.strategy, data, terms, **options)
    spec = spec_to_json(given.strategy)
    return _core.run_spec(list(data.feeds), terms.to_core(), spec, rests=_rests(data), **options)


def run_class(
    strategy: Strategy,
    data: Data,
    terms: RunTerms,
    **options: Any,  # noqa: ANN401  # The core's.
) -> _core.BacktestOutcome:
    """Run an object of a strategy's class, itself and not a copy."""
    return _core.run_class(
        list(data.feeds),
        terms.to_core(),
        strategy,
        callbacks=sorted(overridden_callbacks(type(strategy))),
        features=checked_features(strategy),
        parameters=expression_constants(strategy),
        warm_up_bars=checked_warm_up(strategy),
        rests=_rests(data),
        **options,
    )


def _rests(data: Data) -> list[tuple[int, Iterator[_core.BacktestFeed]]]:
    """Return what comes after the parts that are loaded, by the places of their series."""
    return [
        (place, islice(data.streams[feed.name].feeds(), 1, None))
        for place, feed in enumerate(data.feeds)
        if feed.name in data.streams
    ]


def _result(
    outcome: _core.BacktestOutcome,
    given: Prepared,
    data: Data,
    terms: Mapping[str, Any],
    models: Mapping[str, Model],
) -> Result:
    def manifest() -> Manifest:
        asked = [_model_record(name, models[name], seen) for name, seen in outcome.models]
        return Manifest(given.record(), data.records(), terms, asked)

    return Result(
        cast("Any", outcome),
        currency=outcome.currency,
        instruments={
            symbol: Instrument.from_core(core.terms) for symbol, core in outcome.instruments.items()
        },
        manifest=manifest,
        prices=lambda: _prices(data),
        strategy=given.strategy,
    )


def _model_record(name: str, model: Model, is_in_sample: object) -> ModelRecord:
    fingerprint = getattr(model, "training_fingerprint", None)
    return ModelRecord(name, fingerprint, bool(is_in_sample), int(model.usable_after_ns))


def _prices(data: Data) -> PriceCurves:
    curves = {}
    for feed in data.feeds:
        if feed.kind == "bars" and feed.symbol not in curves:
            columns = feed.columns()
            closes = columns["close"] / np.float64(10.0**feed.instrument.price_scale)
            curves[feed.symbol] = (columns["close_time_ns"], closes)
    return curves
