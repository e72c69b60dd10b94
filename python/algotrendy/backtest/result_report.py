"""A result as its report: what ran, what to beware of, what came of it, what it cost."""

from collections.abc import Iterator
from decimal import Decimal
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from algotrendy.backtest import summary
from algotrendy.backtest.manifest import ModelRecord
from algotrendy.backtest.rows import fill_of
from algotrendy.backtest.tables import floats_of, rows_of, times_of
from algotrendy.backtest.trade_statistics import notionals, shown_value
from algotrendy.domain.clock import SystemClock
from algotrendy.domain.fill import Fill, OpenTrip, RoundTrip
from algotrendy.domain.order import Side
from algotrendy.errors import FailedPreconditionError

if TYPE_CHECKING:
    from algotrendy.backtest.report import Facts, ReportContent
    from algotrendy.backtest.report_rows import RunDetail
    from algotrendy.backtest.result import Result

_CURVE_STATISTICS: Final = frozenset(
    {"total_return", "cagr", "volatility", "sharpe_ratio", "max_drawdown", "time_in_market"}
)
_COST_ROWS: Final = 20
_REFUSAL_ROWS: Final = 50
_DIGEST: Final = 16


def report_result(result: "Result", path: Path, *, title: str | None = None) -> None:
    """Write a result's report to `path`, all or nothing.

    Raises
    ------
    FailedPreconditionError
        If plotly or Jinja is not installed (extra `report`).
    InsufficientDataError
        If the run saw fewer than two closes.
    StorageError
        If the file cannot be written.
    """
    for package in ("jinja2", "plotly"):
        if find_spec(package) is None:
            raise FailedPreconditionError(
                f"Reports need {package}, which is not installed:"
                " pip install 'algotrendy[report]'.",
                package=package,
                extra="report",
            )
    from algotrendy.backtest.report import write_report  # noqa: PLC0415  # Needs Jinja and plotly.

    write_report(path, content_of(result, title=title))


def content_of(result: "Result", *, title: str | None = None) -> "ReportContent":
    """Return everything that a result's report shows."""
    from algotrendy.backtest.report import ReportContent, Run  # noqa: PLC0415  # Needs Jinja.
    from algotrendy.backtest.report_charts import PriceSeries  # noqa: PLC0415

    notices = summary.notices(result)
    traded = summary.traded_symbols(result)
    order = [*traded, *(symbol for symbol in result.prices if symbol not in traded)]
    run = Run(
        name="Backtest",
        summary="",
        currency=result.currency,
        close_time_ns=times_of(result.equity),
        equity=floats_of(result.equity, "equity"),
        fills=fills_of(result, order[:4]),
        time_in_market=result.statistics.time_in_market,
        trips=trips_of(result),
        detail=_detail(result),
    )
    return ReportContent(
        title=title or summary.title(result),
        subtitle=" ".join(f"{name.capitalize()}: {text}." for name, text in _rules(result)),
        create_time_ns=SystemClock().now_ns(),
        runs=[run],
        bars=[
            PriceSeries(result.instruments[symbol], *result.prices[symbol])
            for symbol in order
            if symbol in result.prices
        ],
        facts=list(_facts(result)),
        notes=[notice.text for notice in notices if not notice.is_warning],
        warnings=[notice.text for notice in notices if notice.is_warning],
        manifest=result.record.to_json(),
    )


def fills_of(result: "Result", symbols: list[str]) -> list[Fill]:
    """Return the fills of some symbols, oldest first."""
    chosen = result.fills.filter(
        pc.is_in(result.fills["symbol"].cast(pa.string()), pa.array(symbols, pa.string()))
    )
    return [fill_of(row) for row in rows_of(chosen)]


def trips_of(result: "Result") -> tuple[list[RoundTrip], list[OpenTrip]]:
    """Return the result's positions: the closed round trips, and those still open."""
    closed: list[RoundTrip] = []
    held: list[OpenTrip] = []
    for row in rows_of(result.positions):
        terms: dict[str, Any] = {
            "symbol": row["symbol"],
            "side": Side.BUY if row["side"] == "LONG" else Side.SELL,
            "quantity": row["quantity"],
            "entry_time_ns": row["open_time"],
            "entry_price": Decimal(str(row["open_price"])),
            "fees": row["fees"],
        }
        if row["close_time"] is None:
            held.append(OpenTrip(**terms))
            continue
        multiplier = result.instruments[row["symbol"]].multiplier
        notional = float(row["quantity"]) * float(row["open_price"]) * multiplier
        closed.append(
            RoundTrip(
                **terms,
                exit_time_ns=row["close_time"],
                exit_price=Decimal(str(row["close_price"])),
                pnl=row["profit"],
                profit_share=float(row["profit"]) / notional if notional else 0.0,
            )
        )
    return closed, held


def _detail(result: "Result") -> "RunDetail":
    from algotrendy.backtest.report_charts import exposure_chart  # noqa: PLC0415
    from algotrendy.backtest.report_rows import RunDetail  # noqa: PLC0415  # Needs plotly.

    equity = floats_of(result.equity, "equity")
    # Where the account is worth nothing, exposure is no share of it.
    worth = np.where(equity > 0, equity, np.nan)
    shares = [np.nan_to_num(floats_of(result.exposure, name) / worth) for name in ("gross", "net")]
    return RunDetail(
        statistics=[
            (each.label, shown_value(each, result.currency), each.convention)
            for each in result.statistics.labelled()
            if each.name not in _CURVE_STATISTICS
        ],
        charts=[exposure_chart("exposure", times_of(result.exposure), *shares)],
        assumptions=summary.assumptions(result.base),
        costs_summary=_costs_summary(result),
        costs=list(_cost_rows(result)),
        refusals=list(_refusal_rows(result)),
    )


def _costs_summary(result: "Result") -> str:
    statistics = result.statistics
    paid = statistics.fees + statistics.slippage
    gross = statistics.profit + paid
    money = f"{paid:,.2f} {result.currency}"
    said = (
        f"Trading cost {money}: fees {statistics.fees:,.2f}, slippage {statistics.slippage:,.2f}."
    )
    if gross <= 0 or not paid:
        return said
    return f"{said} Before them the profit was {gross:,.2f}: they took {100 * paid / gross:.0f} %."


def _cost_rows(result: "Result") -> "Iterator[Any]":
    from algotrendy.backtest.report_rows import CostRow  # noqa: PLC0415  # Needs plotly.

    fills = result.fills
    if not len(fills):
        return
    table = pa.table(
        {
            "symbol": fills["symbol"].cast(pa.string()),
            "fee": fills["fee"].cast(pa.float64()),
            "notional": notionals(fills, result.instruments),
        }
    )
    sums = table.group_by("symbol").aggregate(
        [("symbol", "count"), ("notional", "sum"), ("fee", "sum")]
    )
    for row in sums.sort_by([("notional_sum", "descending")]).slice(0, _COST_ROWS).to_pylist():
        notional, fee = row["notional_sum"], row["fee_sum"]
        yield CostRow(
            symbol=row["symbol"],
            fill_count=f"{row['symbol_count']:,}",
            notional=f"{notional:,.2f}",
            fees=f"{fee:,.2f}",
            fees_bps=f"{1e4 * fee / notional:.2f}" if notional else "\N{EN DASH}",
        )


def _refusal_rows(result: "Result") -> "Iterator[Any]":
    from algotrendy.backtest.report_rows import RefusalRow  # noqa: PLC0415  # Needs plotly.

    def key(row: dict[str, Any]) -> tuple[str, str]:
        return row["reason"] or "", row["rule"] or ""

    rows = sorted(rows_of(result.rejections), key=key)  # Stable: each group stays in time order.
    grouped = [(names, list(group)) for names, group in groupby(rows, key)]
    grouped.sort(key=lambda pair: -len(pair[1]))
    for (reason, rule), group in grouped[:_REFUSAL_ROWS]:
        first = group[0]
        yield RefusalRow(
            reason=reason,
            rule=rule,
            count=f"{len(group):,}",
            first_time=_minute(first["time"]),
            limit=first["limit"] or "\N{EN DASH}",
            observed=first["observed"] or "\N{EN DASH}",
        )


def _rules(result: "Result") -> list[tuple[str, str]]:
    return summary.rules(result.base)[:2]


def _facts(result: "Result") -> "Iterator[Facts]":
    from algotrendy.backtest.report import Facts  # noqa: PLC0415  # Needs Jinja.

    manifest = result.base
    record = manifest.strategy
    rules = [(name.capitalize(), text) for name, text in summary.rules(manifest)]
    strategy = [("Strategy", summary.strategy_name(manifest)), *rules]
    if record.get("type") == "class":
        strategy.append(("Source", str(record.get("source") or "typed in, not in a file")))
        strategy.append(("SHA-256", str(record.get("sha256") or "unknown")[:_DIGEST]))
    strategy += [(f"Model {model.name}", _model(model)) for model in manifest.models]
    yield Facts("Strategy", strategy)
    yield Facts(
        "Data",
        [
            (
                record.name,
                f"{record.rows:,} {record.kind}{_between(record.start_time_ns, record.end_time_ns)}"
                f"{', ' + record.label if record.label else ''}\nSHA-256 {record.sha256[:_DIGEST]}",
            )
            for record in manifest.data[:_COST_ROWS]
        ],
    )
    shown = {key: value for key, value in manifest.terms.items() if key != "costs"}
    terms = [
        (str(key).replace("_", " ").capitalize(), summary.flat(value))
        for key, value in shown.items()
        if value is not None
    ]
    yield Facts("Terms", [*terms, ("AlgoTrendy", manifest.version)])


def _model(model: ModelRecord) -> str:
    told = (model.fingerprint or "no fingerprint")[:_DIGEST]
    return f"{told}, in sample" if model.in_sample else told


def _between(start_ns: int | None, end_ns: int | None) -> str:
    if start_ns is None or end_ns is None:
        return ""
    first, last = (np.datetime64(time, "ns").astype("datetime64[D]") for time in (start_ns, end_ns))
    return f", {first} to {last}"


def _minute(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns").astype("datetime64[m]")).replace("T", " ")
