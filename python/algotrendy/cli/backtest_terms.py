"""What the command line and a strategy's file say of a run, as the library takes it."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Any, Final

from algotrendy.errors import AlgoTrendyError, InvalidArgumentError

_NO_TERMS: Final = frozenset(
    {"strategy", "data", "symbols", "data_dir", "parameters", "out", "report"}
    | {"cuts", "allow", "grid", "by", "top", "threads"}
)


def options_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was given on the command line, by the names of `run`."""
    options = {
        name: value
        for name, value in given.items()
        if value is not None and value is not False and name not in _NO_TERMS
    }
    fee, slippage = options.pop("fee_bps", None), options.pop("slippage_bps", None)
    if fee is not None or slippage is not None:
        options["costs"] = {
            "fees": {"bps": "1" if fee is None else fee},
            "slippage": {"bps": "1" if slippage is None else slippage},
        }
    if "columns" in options:
        options["columns"] = dict(pairs_of("columns", options["columns"].split(",")))
    for name in ("factors", "universe", "delistings"):
        if name in options:
            options[name] = _table(options[name])
    return options


def given_terms(given: Mapping[str, Any]) -> tuple[Any, object, dict[str, Any]]:
    """Return the strategy's file, the strategy, and the terms of the file under the options."""
    from algotrendy.domain.strategy_file import load_strategy, with_parameters  # noqa: PLC0415

    options = options_of(given)
    file = load_strategy(given["strategy"])
    with errors_located(file):
        chosen = with_parameters(file.strategy, dict(pairs_of("--set", given["parameters"] or ())))
    with errors_located(file):
        _require_terms(file.terms)
    terms = {**file.terms, **options}
    terms["data"] = _data(given, file.path, terms)
    if given["symbols"] is not None:
        # The bars are made; nothing is left to be made of trades.
        terms.pop("bars", None)
    return file, chosen, terms


def sources_of(data: Sequence[str] | None) -> object:
    """Return what `--data` names: one path, or paths by series; None without any."""
    if not data:
        return None
    if len(data) == 1 and ("=" not in data[0] or Path(data[0]).exists()):
        return data[0]
    return dict(pairs_of("--data", data))


def pairs_of(option: str, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the parts of each NAME=VALUE of an option, no name twice."""
    seen: set[str] = set()
    for text in texts:
        name, separator, value = (part.strip() for part in text.partition("="))
        if not (name and separator and value) or name in seen:
            problem = "names it twice" if name in seen else "is no NAME=VALUE"
            raise InvalidArgumentError(
                f"{option} {text} {problem}.", field=option.lstrip("-"), value=text
            )
        seen.add(name)
        yield name, value


def values_of(strategy: object, name: str, text: str) -> list[Any]:
    """Return a parameter's values: a range of whole numbers, as Python's, or a list."""
    from algotrendy.domain.strategy_file import parameter_value  # noqa: PLC0415  # `--help` is quick.

    whole = re.fullmatch(r"(-?\d+):(-?\d+)(?::(-?\d+))?", text)
    texts = [each.strip() for each in text.split(",")]
    if whole is not None:
        first, last, step = (int(part or 1) for part in whole.groups())
        texts = [str(each) for each in range(first, last, step)] if step else []
    if not all(texts) or not texts:
        raise InvalidArgumentError(
            f"--grid {name}={text} has no values; expected fast=5:50, fast=5:50:5 or fast=5,10.",
            field="grid",
            value=text,
        )
    return [parameter_value(strategy, name, each) for each in texts]


@contextmanager
def errors_located(file: Any) -> Iterator[None]:  # noqa: ANN401  # A StrategyFile, imported late.
    """Give errors about a spec's field the line where it stands."""
    try:
        yield
    except AlgoTrendyError as error:
        located = file.located(error)
        # What has no line there is of an option.
        if "line" not in located.metadata or "file" in error.metadata:
            raise
        raise located from error


def _require_terms(terms: Mapping[str, Any]) -> None:
    from algotrendy.backtest import run  # noqa: PLC0415  # `--help` is quick.

    known = [name for name in signature(run).parameters if name not in {"strategy", "on_progress"}]
    for name in terms:
        if name not in known:
            raise InvalidArgumentError(
                f"backtest has no term {name}; expected one of {', '.join(known)}.",
                field=f"backtest.{name}",
                value=name,
            )


def _data(given: Mapping[str, Any], file: Path, terms: Mapping[str, Any]) -> object:
    """Return the files that options or the strategy's file name, or bars of a platform."""
    sources, symbols = sources_of(given["data"]), given["symbols"]
    if symbols is None:
        named = _beside(file, terms.get("data")) if sources is None else sources
        if named is not None:
            return named
        raise InvalidArgumentError(
            "There is no data; expected --data SPY=spy.parquet, data in the section backtest of"
            " the strategy's file, or --symbols SPY of a running platform.",
            field="data",
        )
    if sources is not None:
        raise InvalidArgumentError(
            "--symbols are of a running platform, and --data is of files; expected one of the two.",
            field="symbols",
            value=symbols,
        )
    return asyncio.run(_stored(symbols, given["data_dir"], terms))


async def _stored(symbols: str, data_dir: Path, terms: Mapping[str, Any]) -> object:
    """Return bars of the platform on a data folder; those before the start warm features up."""
    from algotrendy.client import Client, read_addresses  # noqa: PLC0415  # `--help` is quick.

    names = [name.strip() for name in symbols.split(",")]
    async with Client(read_addresses(data_dir).grpc) as client:
        return await client.bars(names, terms.get("bars"), end=terms.get("end"))


def _beside(file: Path, data: object) -> object:
    """Return the paths that a strategy's file names as seen from its folder."""
    if isinstance(data, Mapping):
        return {name: str(file.parent / str(path)) for name, path in data.items()}
    return None if data is None else str(file.parent / str(data))


def _table(path: Path) -> object:
    from algotrendy.backtest.sources import file_table  # noqa: PLC0415  # `--help` is quick.

    return file_table(path)
