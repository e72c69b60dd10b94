"""`algotrendy`: the commands and their options. What they do is imported when they run."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from algotrendy.cli.backtest import app as backtest_app
from algotrendy.cli.options import DATA_DIR, DataDir
from algotrendy.errors import AlgoTrendyError

app = typer.Typer(
    name="algotrendy",
    help="From market data to a traded strategy in one system.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

expr_app = typer.Typer(help="Look at expressions before they are used.", no_args_is_help=True)

strategy_app = typer.Typer(help="Run strategies of your own.", no_args_is_help=True)


@app.command()
def demo(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Your own CSV or Parquet file of ticks or bars. Default: bundled index series.",
        ),
    ] = None,
    symbol: Annotated[
        str | None, typer.Option(help="What to call it. Default: the file's name.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="Its columns where their names are not recognised: time=ts,price=px."),
    ] = None,
    interval: Annotated[
        str, typer.Option(help="Length of its bars, or of those to make of its ticks: 1d, 1h, 5m.")
    ] = "1d",
    tick_size: Annotated[str, typer.Option(help="Its price step.")] = "0.01",
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Where to keep what the run makes. Default: build/demo, made anew."),
    ] = None,
    report: Annotated[Path, typer.Option(help="Where to write the HTML report.")] = Path(
        "build/report.html"
    ),
) -> None:
    """Run the main job: data, features, model, backtest, paper trading, proofs, report."""
    from algotrendy.cli.demo.plan import plan_for  # noqa: PLC0415  # Keeps --help quick.
    from algotrendy.cli.demo.run import run_demo  # noqa: PLC0415  # `--help` is quick.

    plan = plan_for(data, symbol=symbol, columns=columns, interval=interval, tick_size=tick_size)
    raise typer.Exit(run_demo(plan, data_dir=data_dir, report_path=report))


@app.command()
def up(data_dir: DataDir = DATA_DIR) -> None:
    """Run the whole platform until Ctrl-C, and print its addresses."""
    from algotrendy.cli.up import run_up  # noqa: PLC0415  # `--help` is quick.

    raise typer.Exit(run_up(data_dir))


@expr_app.command("check")
def expr_check(
    text: Annotated[str, typer.Argument(help="The expression, in quotes.")],
) -> None:
    """Print its type, what it reads, its warm-up, cost and parts, or what is wrong and where."""
    from algotrendy.cli.expr import check  # noqa: PLC0415  # `--help` is quick.

    raise typer.Exit(check(text))


@expr_app.command("functions")
def expr_functions(
    name: Annotated[str | None, typer.Argument(help="One function. Default: all.")] = None,
) -> None:
    """Print what can be called, or all there is to say of one function."""
    from algotrendy.cli.expr import show_functions  # noqa: PLC0415  # `--help` is quick.

    raise typer.Exit(show_functions(name))


app.add_typer(expr_app, name="expr")
app.add_typer(backtest_app, name="backtest")


@strategy_app.command("run")
def strategy_run(
    strategy: Annotated[str, typer.Argument(help="The class: strategy.py:Cross.")],
    account: Annotated[str, typer.Option(help="The account it trades.")],
    symbols: Annotated[str, typer.Option(help="What it trades: SPY,QQQ.")],
    start: Annotated[
        str | None,
        typer.Option(help="When it begins, UTC. Default: after the last stored bar."),
    ] = None,
    end: Annotated[str | None, typer.Option(help="Where a replay ends, UTC.")] = None,
    replay: Annotated[  # A switch.
        bool, typer.Option("--replay", help="Replay what is stored in lock-step, then end.")
    ] = False,
    ticks: Annotated[  # A switch.
        bool | None,
        typer.Option(
            "--ticks/--no-ticks",
            help="Tell it of trades and quotes, which a replay replays. "
            "Default: where it has on_trade or on_quote.",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """Run a strategy's class on an account of the running platform, until Ctrl-C."""
    from algotrendy.cli.strategy import run_strategy  # noqa: PLC0415  # `--help` is quick.

    code = run_strategy(
        strategy,
        account_id=account,
        symbols=[symbol.strip() for symbol in symbols.split(",")],
        start=start,
        end=end,
        replay=replay,
        ticks=ticks,
        data_dir=data_dir,
    )
    raise typer.Exit(code)


app.add_typer(strategy_app, name="strategy")


@app.command()
def serve(
    area: Annotated[
        str, typer.Argument(help="market_data, ml, strategy, trading, risk, backtest, …")
    ],
) -> None:
    """Run one service alone; its addresses and servers come from ALGOTRENDY_… variables."""
    from algotrendy.platform.serve import main as serve_area  # noqa: PLC0415  # `--help` is quick.

    serve_area(area)


@app.command()
def version() -> None:
    """Print the version."""
    from algotrendy import __version__  # noqa: PLC0415  # `--help` is quick.

    print(__version__)


def main() -> None:
    """Run the command; an expected error is one line on standard error and exit code 1."""
    try:
        app()
    except AlgoTrendyError as error:
        Console(stderr=True).print(f"[bold red]{error.reason}[/] {error}", highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
