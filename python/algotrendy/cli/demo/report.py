"""The demo's outcome as a report."""

import numpy as np

from algotrendy.api.trading.v1.trading_pb2 import OrderStatus
from algotrendy.backtest.report import Check, Facts, Figure, ReportContent, Run
from algotrendy.cli.demo.outcome import Outcome
from algotrendy.cli.demo.steps import date_text
from algotrendy.cli.demo.summary import INDEX_NOTE, latency_text
from algotrendy.domain.clock import SystemClock
from algotrendy.rpc.decimal import decode_decimal


def report_content(outcome: Outcome) -> ReportContent:
    """Return what the report shows of a run of the demo."""
    symbols = " and ".join(imported.instrument.symbol for imported in outcome.imports)
    model = outcome.model
    return ReportContent(
        title="Buy when the model expects a rise",
        subtitle=f"A gradient-boosted model of the next {model.label.horizon_bars} bars' "
        f"direction, trained to {date_text(model, 'train_end_time')}, traded on {symbols}.",
        create_time_ns=SystemClock().now_ns(),
        runs=[_backtest(outcome), _paper(outcome)],
        bars=outcome.bars,
        figures=[
            Figure("Model AUC", f"{model.quality.auc:.3f}", "out of sample; chance is 0.500"),
            Figure(
                "Bar → signal",
                f"{outcome.paper.deployment.bar_to_signal.p50_us / 1e3:.2f} ms",
                f"p50; p99 {outcome.paper.deployment.bar_to_signal.p99_us / 1e3:.2f} ms",
            ),
        ],
        facts=[_data(outcome), _model(outcome), _strategy(outcome), _orders(outcome)],
        checks=[Check(proof.claim, proof.holds, proof.detail) for proof in outcome.proofs],
        notes=[INDEX_NOTE] if outcome.trades_an_index else [],
    )


def _backtest(outcome: Outcome) -> Run:
    backtest = outcome.backtest
    terms = backtest.venue_terms
    return Run(
        name="Backtest",
        summary="On bars the model has not seen, filled at the next open, with "
        f"{terms.slippage_bps.value} bp slippage and {terms.fee_bps.value} bp fee.",
        currency=outcome.paper.account.currency,
        close_time_ns=outcome.backtest_close_time_ns,
        equity=outcome.backtest_equity,
        fills=outcome.backtest_fills,
        time_in_market=backtest.statistics.time_in_market,
        in_sample_models=backtest.in_sample_models,
    )


def _paper(outcome: Outcome) -> Run:
    performance = outcome.performance
    return Run(
        name="Paper account",
        summary="The same strategy on a paper account, bar by bar as if live.",
        currency=outcome.paper.account.currency,
        close_time_ns=np.array(performance.close_time_ns, dtype=np.int64),
        equity=np.array(performance.equity) / 10.0**performance.scale,
        fills=outcome.paper.fills,
    )


def _data(outcome: Outcome) -> Facts:
    rows = [
        (
            imported.instrument.symbol,
            f"{imported.bar_count:,} bars, {date_text(imported, 'start_time')} to "
            f"{date_text(imported, 'end_time')}; {imported.rounded_price_count:,} prices rounded "
            f"half-even to the tick, by at most {decode_decimal(imported, 'largest_rounding'):f}",
        )
        for imported in outcome.imports
    ]
    return Facts("Data", rows)


def _model(outcome: Outcome) -> Facts:
    model, quality = outcome.model, outcome.model.quality
    return Facts(
        "Model",
        [
            ("Id", f"{model.model_id}: LightGBM, evaluated as ONNX"),
            ("Inputs", "\n".join(f"{f.name} = {f.expression}" for f in model.features)),
            (
                "Trained on",
                f"{model.train_row_count:,} rows to {date_text(model, 'train_end_time')}",
            ),
            (
                "Out of sample",
                f"AUC {quality.auc:.3f} (chance 0.500), accuracy {quality.accuracy:.1%} (base rate "
                f"{quality.base_rate:.1%}), log loss {quality.log_loss:.4f}; "
                f"{quality.row_count:,} rows from {date_text(quality, 'start_time')}",
            ),
            ("ONNX − LightGBM", f"at most {model.export_difference:.1e}"),
        ],
    )


def _strategy(outcome: Outcome) -> Facts:
    spec = outcome.backtest.spec
    return Facts(
        "Strategy",
        [
            ("Buy", f"{spec.entry}, with {spec.position_weight.value} of the equity"),
            ("Sell", spec.exit),
        ],
    )


def _orders(outcome: Outcome) -> Facts:
    backtest, paper = outcome.backtest, outcome.paper
    rejected = sum(o.status == OrderStatus.ORDER_STATUS_REJECTED for o in paper.orders)
    fees = sum(fill.fee for fill in paper.fills)
    currency = paper.account.currency
    return Facts(
        "Orders",
        [
            (
                "Backtest",
                f"{backtest.order_count:,} orders, {backtest.rejected_count:,} rejected, "
                f"{backtest.fill_count:,} fills; "
                f"fees {decode_decimal(backtest, 'total_fees'):,} {currency}",
            ),
            (
                "Paper",
                f"{len(paper.orders):,} orders, {rejected:,} rejected, "
                f"{len(paper.fills):,} fills; fees {fees:,} {currency}",
            ),
            ("Bar → signal", latency_text(paper.deployment.bar_to_signal)),
            ("Order → ack", latency_text(paper.deployment.order_to_ack)),
            ("Notifications", f"{outcome.notification_count:,} delivered"),
        ],
    )
