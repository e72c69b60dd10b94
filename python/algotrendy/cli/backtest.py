"""`algotrendy backtest`: run, replay, sweep, prove and compare, for people and scripts."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from algotrendy.cli.backtest_terms import (
    errors_located,
    given_terms,
    options_of,
    pairs_of,
    sources_of,
    values_of,
)
from algotrendy.cli.options import DATA_DIR, DataDir

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
Symbols = Annotated[
    str | None,
    typer.Option(help="In place of data: SPY,QQQ as a running platform has stored them."),
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
Bars = Annotated[
    str | None, typer.Option(help="The bars to make of trades, or of what is stored: 1m, 1h.")
]
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
    symbols: Symbols = None,
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
    data_dir: DataDir = DATA_DIR,
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
    file, chosen, terms = given_terms(locals())
    from algotrendy.backtest import run  # noqa: PLC0415  # `--help` is quick.

    with errors_located(file), _progress("Running") as tell:
        result = run(chosen, terms.pop("data"), on_progress=tell, **terms)
    print(result)
    if out is not None:
        result.save(out)
        # Without files beside it, whoever repeats it has to say where the bars are.
        again = "" if symbols else f"; `algotrendy backtest replay {out}` repeats it"
        print(f"\nSaved to {out}{again}.")
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

    inputs = options_of({"factors": factors, "universe": universe, "delistings": delistings})
    kind = None if strategy is None else load_strategy(strategy).strategy
    try:
        result = replay(manifest, sources_of(data), strategy=kind, **inputs)
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
    symbols: Symbols = None,
    parameters: Parameters = None,
    by: Annotated[str, typer.Option(help="The statistic to show the best of.")] = "sharpe_ratio",
    top: Annotated[int, typer.Option(min=1, help="How many of the best to show.")] = 10,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Threads, of a class processes. Default: one for each processor."),
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
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Run a strategy with every combination of parameters, and print the best.

    Ended by Ctrl-C, it goes on where it stopped if --out names the same file again.
    """
    file, chosen, terms = given_terms(locals())
    axes = {name: values_of(chosen, name, text) for name, text in pairs_of("--grid", grid)}
    from algotrendy.backtest import sweep  # noqa: PLC0415  # `--help` is quick.

    with errors_located(file):
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
    symbols: Symbols = None,
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
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Prove that a strategy does not know its future, or show where it may: exit code 3.

    It runs whole, with the future cut off, and with the future altered; every order decided before
    must be the same. Data, models and files beside the run are named, for they may know it.
    """
    file, chosen, terms = given_terms(locals())
    from algotrendy.backtest import lookahead  # noqa: PLC0415  # `--help` is quick.

    with errors_located(file):
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


_SHOWN: Final = ("total_return", "sharpe_ratio", "max_drawdown", "trade_count", "fees")


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
