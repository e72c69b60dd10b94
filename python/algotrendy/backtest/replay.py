"""A run repeated from its manifest: the same bytes, or what differs."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from algotrendy.backtest.data import Data, load
from algotrendy.backtest.manifest import Manifest, strategy_record
from algotrendy.backtest.result import Result
from algotrendy.backtest.run import run
from algotrendy.backtest.saved import MANIFEST, instruments_of, load_manifest
from algotrendy.domain.strategy_class import Strategy
from algotrendy.domain.strategy_file import load_strategy, with_parameters
from algotrendy.errors import InvalidArgumentError
from algotrendy.expression.features import Model

_READING = ("bars", "columns", "interval", "label", "synthetic")


def replay(
    manifest: Manifest | str | Path,
    data: object = None,
    *,
    strategy: object = None,
    factors: object = None,
    universe: object = None,
    delistings: object = None,
    models: Mapping[str, Model] | None = None,
) -> Result:
    """Repeat a run as its manifest says; saved, the result is the same bytes.

    Parameters
    ----------
    manifest : Manifest or path
        The file, or the folder of a saved result.
    data : object, optional
        As for `run`. Default: the files that the manifest names.
    strategy : type, optional
        The class. Default: a spec is in the manifest, a class is loaded from the file it names.
    factors, universe, delistings, models
        As for `run`: a manifest knows them by their fingerprints alone.

    Raises
    ------
    NotReproducedError
        If anything differs: data, source, terms, version or outcome; the message names it.
    InvalidArgumentError
        If the manifest names neither files nor a class that can be loaded, and none were given.
    """
    recorded = manifest if isinstance(manifest, Manifest) else _manifest(Path(manifest))
    chosen = _strategy(recorded, strategy)
    reading = {name: value for name, value in recorded.terms.items() if name in _READING}
    terms = {name: value for name, value in recorded.terms.items() if name not in _READING}
    loaded = data
    if not isinstance(loaded, Data):
        loaded = load(
            _data(recorded, data),
            instruments=instruments_of(recorded),
            factors=factors,
            universe=universe,
            delistings=delistings,
            **reading,
        )
    _require_inputs(recorded, chosen, loaded)
    result = run(chosen, loaded, models=models, **terms)
    recorded.require_same(_as_recorded(recorded, result.record))
    return Result(
        {},
        currency=result.currency,
        instruments=result.instruments,
        manifest=recorded,
        prices=lambda: result.prices,
        tables={name: result.table(name) for name in recorded.outcome},
    )


def _manifest(path: Path) -> Manifest:
    return load_manifest(path / MANIFEST if path.is_dir() else path)


def _strategy(recorded: Manifest, given: object) -> object:
    record = recorded.strategy
    if record.get("type") == "spec":
        return record["spec"]
    kind = given
    if kind is None:
        if not record.get("source"):
            raise InvalidArgumentError(
                f"The manifest names no file of the class {record.get('class')};"
                " expected the class as `strategy`.",
                field="strategy",
            )
        kind = load_strategy(f"{record['source']}:{record['class']}").strategy
    if isinstance(kind, Strategy):
        return kind
    if isinstance(kind, type) and issubclass(kind, Strategy):
        return with_parameters(kind, record.get("parameters", {}))
    raise InvalidArgumentError(
        f"strategy is {kind!r}; expected the class {record.get('class')}.", field="strategy"
    )


def _data(recorded: Manifest, given: object) -> object:
    if given is not None:
        return given
    feeds = [record for record in recorded.data if record.kind != "table"]
    sources = {record.name: record.source for record in feeds}
    missing = [name for name, source in sources.items() if source is None]
    if missing:
        raise InvalidArgumentError(
            f"The manifest names no file of {', '.join(missing)}; expected `data`.", field="data"
        )
    paths = set(sources.values())
    return next(iter(paths)) if len(paths) == 1 else sources


def _require_inputs(recorded: Manifest, strategy: object, data: Data) -> None:
    """Refuse other data or another source before the run, which they would only make fail."""
    made = strategy_record(strategy)
    record = made if made["type"] == "class" else recorded.strategy
    given = replace(recorded, strategy=record, data=data.records())
    recorded.require_same(_as_recorded(recorded, given))


def _as_recorded(recorded: Manifest, made: Manifest) -> Manifest:
    """Return a manifest with the recorded name of the module: a file's text is what counts."""
    names = {name: recorded.strategy[name] for name in ("module",) if name in recorded.strategy}
    return replace(made, strategy={**made.strategy, **names})
