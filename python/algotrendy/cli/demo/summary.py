"""The demo's last words: a table on the terminal, and the HTML report."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from algotrendy.api.strategy.v1.strategy_pb2 import LatencySummary
from algotrendy.api.trading.v1.trading_pb2 import OrderStatus
from algotrendy.cli.demo.outcome import Outcome
from algotrendy.cli.demo.steps import date_text
from algotrendy.cli.demo.stopwatch import Stopwatch

INDEX_NOTE = (
    "An index itself cannot be traded; the bundled series stand for funds or futures that follow "
    "them, whose costs and prices differ. Nothing here is investment advice."
)


def print_summary(
    console: Console, outcome: Outcome, stopwatch: Stopwatch, report_path: Path
) -> None:
    """Print what ran and what came of it."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, value in [
        *_data_rows(outcome),
        *_model_rows(outcome),
        *_backtest_rows(outcome),
        *_paper_rows(outcome),
    ]:
        table.add_row(name, value)
    console.print()
    console.print(table)
    console.print()
    for proof in outcome.proofs:
        mark = "[green]✓[/]" if proof.holds else "[bold red]✗[/]"
        console.print(f"{mark} {proof.claim} [dim]({proof.detail})[/]")
    console.print(f"\n[dim]Agent: {outcome.agent_answer}[/]")
    if outcome.trades_an_index:
        console.print(f"[dim]{INDEX_NOTE}[/]")
    total = sum(stopwatch.seconds.values())
    console.print(f"\nReport: [bold]{report_path}[/]   Total: {total:.1f} s")


def _data_rows(outcome: Outcome) -> list[tuple[str, str]]:
    return [
        (
            f"Data {one.instrument.symbol}",
            f"{one.bar_count:,} bars, "
            f"{date_text(one, 'start_time')} to {date_text(one, 'end_time')}; "
            f"{one.rounded_price_count:,} prices rounded to the tick, "
            f"by at most {Decimal(one.largest_rounding.value):f}",
        )
        for one in outcome.imports
    ]


def _model_rows(outcome: Outcome) -> list[tuple[str, str]]:
    model, quality = outcome.model, outcome.model.quality
    return [
        (
            "Model",
            f"{model.model_id}: trained on {model.train_row_count:,} rows "
            f"to {date_text(model, 'train_end_time')}; ONNX equals LightGBM within "
            f"{model.export_difference:.1e}",
        ),
        (
            "Out of sample",
            f"AUC {quality.auc:.3f} (chance 0.500), accuracy {quality.accuracy:.1%} "
            f"(base rate {quality.base_rate:.1%}), log loss {quality.log_loss:.4f}, "
            f"{quality.row_count:,} rows from {date_text(quality, 'start_time')}",
        ),
    ]


def _backtest_rows(outcome: Outcome) -> list[tuple[str, str]]:
    backtest, statistics = outcome.backtest, outcome.backtest.statistics
    costs = f"fees {Decimal(backtest.total_fees.value):,.2f}"
    spec = backtest.spec
    return [
        ("Strategy", escape(f"buy when {spec.entry}; sell when {spec.exit}")),
        (
            "Backtest",
            f"{date_text(backtest, 'start_time')} to {date_text(backtest, 'end_time')}: "
            f"{backtest.order_count} orders, {backtest.rejected_count} rejected, "
            f"{backtest.fill_count} fills, {costs}",
        ),
        (
            "",
            f"CAGR {statistics.cagr:.2%}, Sharpe {statistics.sharpe_ratio:.2f} "
            "(mean / deviation of daily returns × √252, no risk-free rate)",
        ),
        (
            "",
            f"Max drawdown {statistics.max_drawdown:.2%}, "
            f"in the market {statistics.time_in_market:.0%} of the time",
        ),
        *_in_sample_rows(backtest.in_sample_models),
    ]


def _in_sample_rows(models: Sequence[str]) -> list[tuple[str, str]]:
    if not models:
        return []
    return [
        (
            "In sample",
            f"[bold red]{', '.join(models)} may have been trained on these bars: "
            "the results say nothing about the future[/]",
        )
    ]


def _paper_rows(outcome: Outcome) -> list[tuple[str, str]]:
    paper, result = outcome.paper, outcome.performance
    rejected = sum(o.status == OrderStatus.ORDER_STATUS_REJECTED for o in paper.orders)
    return [
        (
            "Paper",
            f"{len(paper.orders)} orders, {rejected} rejected, {len(paper.fills)} fills; "
            f"{paper.deployment.bar_count} bars decided on, "
            f"{outcome.notification_count} notifications",
        ),
        (
            "",
            f"return {result.portfolio.total_return:.2%} "
            f"(benchmark {result.benchmark.total_return:.2%}), "
            f"max drawdown {result.portfolio.max_drawdown:.2%} "
            f"(benchmark {result.benchmark.max_drawdown:.2%})",
        ),
        (
            "Latency",
            f"bar → signal {latency_text(paper.deployment.bar_to_signal)}; "
            f"order → ack {latency_text(paper.deployment.order_to_ack)}",
        ),
    ]


def latency_text(summary: LatencySummary) -> str:
    """Return a latency's median and 99th percentile, for people."""
    return (
        f"p50 {summary.p50_us / 1e3:.2f} ms, p99 {summary.p99_us / 1e3:.2f} ms ({summary.count:,}×)"
    )
