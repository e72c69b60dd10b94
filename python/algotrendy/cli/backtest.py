"""`algotrendy backtest`: run, replay, sweep, prove and compare, for people and scripts."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from algotrendy.errors import AlgoTrendyError, InvalidArgumentError

DIFFERS: Final = 3
"""The exit code where runs differ, a run is not reproduced, or a strategy looks ahead."""

app = typer.Typer(
    help="Run strategies over history, and check what came of it.",
    no_args_is_help=True,
    epilog="Exit codes: 0 all is well, 1 an error, 2 a wrong option, 3 runs differ, are not"
    " reproduced, or look ahead.",
)

Strategy = Annotated[
    str,
    typer.Argument(
        metavar="STRATEGY",
        help="A spec (cross.yaml, cross.json) or a class of a module (cross.py:Cross).",
    ),
]
Data = Annotated[
    list[str] | None,
    typer.Option(
        "--data",
        help="SPY=spy.parquet, once for each series; or one Parquet or CSV file, or a folder.",
    ),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option("--set", help="A parameter's value, fast=5; once for each."),
]
Start = Annotated[str | None, typer.Option(help="Earlier bars only warm features up: 2020-01-31.")]
End = Annotated[str | None, typer.Option(help="Later bars are not seen.")]
Cash = Annotated[str | None, typer.Option(help="What the account starts with. Default: 100000.")]
FeeBps = Annotated[str | None, typer.Option(help="Fee in basis points. Default: 1.")]
SlippageBps = Annotated[str | None, typer.Option(help="Slippage in basis points. Default: 1.")]
Finish = Annotated[
    str | None, typer.Option(help="Open positions at the end: hold, last_open, last_close.")
]
Bars = Annotated[str | None, typer.Option(help="The bars to make of trades: 1m, 1h.")]
Interval = Annotated[
    str | None, typer.Option(help="How long a bar lasts, where the data does not tell: 1d.")
]
Columns = Annotated[
    str | None, typer.Option(help="Columns whose names do not tell: close=px_last,time=ts.")
]
Factors = Annotated[
    Path | None, typer.Option(help="A table of price factors: symbol, time, price_factor.")
]
Universe = Annotated[Path | None, typer.Option(help="A table of memberships: symbol, from, to.")]
Delistings = Annotated[Path | None, typer.Option(help="A table: symbol, time, price.")]
Seed = Annotated[int | None, typer.Option(help="What the venue's randomness comes from.")]
Synthetic = Annotated[bool, typer.Option("--synthetic", help="Label the data as synthetic.")]


@app.command("run")
def run_command(
    strategy: Strategy,
    data: Data = None,
    parameters: Parameters = None,
    start: Start = None,
    end: End = None,
    cash: Cash = None,
    fee_bps: FeeBps = None,
    slippage_bps: SlippageBps = None,
    finish: Finish = None,
    bars: Bars = None,
    interval: Interval = None,
    columns: Columns = None,
    factors: Factors = None,
    universe: Universe = None,
    delistings: Delistings = None,
    seed: Seed = None,
    synthetic: Synthetic = False,
    out: Annotated[
        Path | None,
        typer.Option(help="A folder for the tables, the statistics and the manifest."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="An HTML file that needs nothing else.")
    ] = None,
) -> None:
    """Run a strategy, and print what came of it.

    A spec's file may hold the terms of its run in a section `backtest`; options go before them.
    """
    options = _options(locals())
    file, chosen, terms = _given(strategy, parameters, data, options)
    from algotrendy.backtest import run  # noqa: PLC0415  # `--help` is quick.

    with _errors_located(file), _progress("Running") as tell:
        result = run(chosen, terms.pop("data"), on_progress=tell, **terms)
    print(result)
    if out is not None:
        result.save(out)
        print(f"\nSaved to {out}; `algotrendy backtest replay {out}` repeats it.")
    if report is not None:
        result.report(report)
        print(f"{'' if out else chr(10)}Report: {report}")


@app.command("replay")
def replay_command(
    manifest: Annotated[
        Path, typer.Argument(help="A manifest, or the folder that `run --out` wrote.")
    ],
    data: Data = None,
    strategy: Annotated[
        str | None,
        typer.Option(help="The class, cross.py:Cross. Default: the file the manifest names."),
    ] = None,
    factors: Factors = None,
    universe: Universe = None,
    delistings: Delistings = None,
    out: Annotated[Path | None, typer.Option(help="A folder to save it to again.")] = None,
) -> None:
    """Repeat a run as its manifest says, and check that the same comes of it.

    Where anything differs, from the data's fingerprint to the last fill, it is named: exit code 3.
    """
    from algotrendy.backtest import replay  # noqa: PLC0415  # `--help` is quick.
    from algotrendy.backtest.summary import counted  # noqa: PLC0415
    from algotrendy.domain.strategy_file import load_strategy  # noqa: PLC0415
    from algotrendy.errors import NotReproducedError  # noqa: PLC0415

    inputs = _options({"factors": factors, "universe": universe, "delistings": delistings})
    kind = None if strategy is None else load_strategy(strategy).strategy
    try:
        result = replay(manifest, _sources(data), strategy=kind, **inputs)
    except NotReproducedError as error:
        print(error.message)
        raise typer.Exit(DIFFERS) from error
    orders, fills = counted(len(result.orders), "order"), counted(len(result.fills), "fill")
    print(f"Reproduced: {orders}, {fills}, all the same.")
    if out is not None:
        result.save(out)
        print(f"Saved to {out}.")


@app.command("sweep")
def sweep_command(
    strategy: Strategy,
    grid: Annotated[
        list[str],
        typer.Option(
            help="A parameter's values, once for each: fast=5:50 (as range), slow=20:200:10,"
            " mode=a,b."
        ),
    ],
    data: Data = None,
    parameters: Parameters = None,
    by: Annotated[str, typer.Option(help="The statistic to show the best of.")] = "sharpe_ratio",
    top: Annotated[int, typer.Option(min=1, help="How many of the best to show.")] = 10,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Default: one for each processor.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="A Parquet file of all results; one that is there goes on."),
    ] = None,
    start: Start = None,
    end: End = None,
    cash: Cash = None,
    fee_bps: FeeBps = None,
    slippage_bps: SlippageBps = None,
    finish: Finish = None,
    bars: Bars = None,
    interval: Interval = None,
    columns: Columns = None,
    factors: Factors = None,
    universe: Universe = None,
    delistings: Delistings = None,
    seed: Seed = None,
) -> None:
    """Run a strategy with every combination of parameters, and print the best.

    Ended by Ctrl-C, it goes on where it stopped if --out names the same file again.
    """
    options = _options(locals())
    file, chosen, terms = _given(strategy, parameters, data, options)
    axes = {name: _values(chosen, name, text) for name, text in _pairs("--grid", grid)}
    from algotrendy.backtest import sweep  # noqa: PLC0415  # `--help` is quick.

    with _errors_located(file):
        found = sweep(chosen, axes, terms.pop("data"), threads=threads, resume=out, **terms)
        best = found.top(by, top)
    print(f"{len(found):,} combinations of {', '.join(axes)}; the best by {by}:\n")
    _print_rows(best, [*axes, by, *(name for name in _SHOWN if name != by)])
    print("\nThe best of many is the luckiest, too: try it on data that it was not chosen on.")
    if out is not None:
        print(f"All in {out}.")


@app.command("lookahead")
def lookahead_command(
    strategy: Strategy,
    data: Data = None,
    parameters: Parameters = None,
    cuts: Annotated[
        int, typer.Option(min=1, help="How many times the future is cut off and altered at.")
    ] = 8,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="A global, an attribute or a file that is vouched for; once for each."),
    ] = None,
    start: Start = None,
    end: End = None,
    cash: Cash = None,
    fee_bps: FeeBps = None,
    slippage_bps: SlippageBps = None,
    bars: Bars = None,
    interval: Interval = None,
    columns: Columns = None,
    factors: Factors = None,
    universe: Universe = None,
    delistings: Delistings = None,
    seed: Seed = None,
) -> None:
    """Prove that a strategy does not know its future, or show where it may: exit code 3.

    It runs whole, with the future cut off, and with the future altered; every order decided before
    must be the same. Data, models and files beside the run are named, for they may know it.
    """
    options = _options(locals())
    file, chosen, terms = _given(strategy, parameters, data, options)
    from algotrendy.backtest import lookahead  # noqa: PLC0415  # `--help` is quick.

    with _errors_located(file):
        proof = lookahead(chosen, terms.pop("data"), cuts=cuts, allow=allow or (), **terms)
    print(proof)
    raise typer.Exit(0 if proof.holds else DIFFERS)


@app.command("compare")
def compare_command(
    first: Annotated[Path, typer.Argument(help="The folder of a saved result.")],
    second: Annotated[Path, typer.Argument(help="The folder of another.")],
) -> None:
    """Compare two runs trade by trade; say of each difference what it is of.

    The kinds: signal (one run alone traded), timing, size, price, fee. Exit code 3 if they differ.
    """
    from algotrendy.backtest import compare  # noqa: PLC0415  # `--help` is quick.

    comparison = compare(first, second, first_name=str(first), second_name=str(second))
    print(comparison)
    raise typer.Exit(0 if comparison.is_identical else DIFFERS)


_NO_TERMS: Final = frozenset(
    {"strategy", "data", "parameters", "out", "report", "cuts", "allow"}
    | {"grid", "by", "top", "threads"}
)
_SHOWN: Final = ("total_return", "sharpe_ratio", "max_drawdown", "trade_count", "fees")


def _options(given: Mapping[str, Any]) -> dict[str, Any]:
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
        options["columns"] = dict(_pairs("columns", options["columns"].split(",")))
    for name in ("factors", "universe", "delistings"):
        if name in options:
            options[name] = _table(options[name])
    return options


def _given(
    strategy: str, parameters: Sequence[str] | None, data: list[str] | None, options: dict[str, Any]
) -> tuple[Any, object, dict[str, Any]]:
    """Return the strategy's file, the strategy, and the terms of the file under the options."""
    from algotrendy.domain.strategy_file import load_strategy, with_parameters  # noqa: PLC0415

    file = load_strategy(strategy)
    with _errors_located(file):
        chosen = with_parameters(file.strategy, dict(_pairs("--set", parameters or ())))
    with _errors_located(file):
        _require_terms(file.terms)
    terms = {**file.terms, **options}
    sources = _sources(data)
    terms["data"] = _beside(file.path, terms.get("data")) if sources is None else sources
    if terms["data"] is None:
        raise InvalidArgumentError(
            "There is no data; expected --data SPY=spy.parquet, or data in the section backtest of"
            " the strategy's file.",
            field="data",
        )
    return file, chosen, terms


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


def _beside(file: Path, data: object) -> object:
    """Return the paths that a strategy's file names as seen from its folder."""
    if isinstance(data, Mapping):
        return {name: str(file.parent / str(path)) for name, path in data.items()}
    return None if data is None else str(file.parent / str(data))


def _sources(data: Sequence[str] | None) -> object:
    if not data:
        return None
    if len(data) == 1 and ("=" not in data[0] or Path(data[0]).exists()):
        return data[0]
    return dict(_pairs("--data", data))


def _pairs(option: str, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
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


def _values(strategy: object, name: str, text: str) -> list[Any]:
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


def _print_rows(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    texts = [[_cell(row[name]) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *texts, strict=True)]
    for line in (names, *texts):
        print("  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)))


def _cell(value: object) -> str:
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(path: Path) -> object:
    from algotrendy.backtest.sources import file_table  # noqa: PLC0415  # `--help` is quick.

    return file_table(path)


@contextmanager
def _errors_located(file: Any) -> Iterator[None]:  # noqa: ANN401  # A StrategyFile, imported late.
    """Give errors about a spec's field the line where it stands."""
    try:
        yield
    except AlgoTrendyError as error:
        located = file.located(error)
        # What has no line there is of an option.
        if "line" not in located.metadata or "file" in error.metadata:
            raise
        raise located from error


@contextmanager
def _progress(title: str) -> Iterator[Any]:
    """Show how far a run has come, where somebody looks at a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal or not sys.stdout.isatty():
        yield None
        return
    shown = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*shown, console=console, transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda progress: bar.update(task, completed=progress.fraction)
