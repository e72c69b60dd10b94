"""A run as a report shows it: statistics beside benchmarks, charts, months, trades."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from algotrendy.backtest.report_charts import (
    Chart,
    Curve,
    PriceSeries,
    drawdown_chart,
    equity_chart,
    price_chart,
)
from algotrendy.backtest.report_rows import (
    Headline,
    MonthCell,
    MonthRow,
    RunDetail,
    RunView,
    TradeRow,
)
from algotrendy.domain import statistics
from algotrendy.domain.bar import Float64Column, Int64Column
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.fill import Fill, OpenTrip, RoundTrip, round_trips
from algotrendy.domain.order import Side

PRICE_CHART_LIMIT = 4
"""So many symbols have their price drawn, the first ones."""
TRADE_ROW_LIMIT = 500
"""So many round trips are listed, the last ones."""
BENCHMARK_LIMIT = 3
"""Up to so many symbols are each a benchmark."""

# The return at which a month's cell has its full colour.
_STRONG_MONTH = 0.08
_MINUS = "\N{MINUS SIGN}"
_NONE = "\N{EN DASH}"
_HELD = " held"
_NO_BREAK = "\N{NO-BREAK SPACE}"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def view_of_run(
    *,
    index: int,
    name: str,
    summary: str,
    currency: str,
    close_time_ns: Int64Column,
    equity: Float64Column,
    fills: Sequence[Fill],
    series: Sequence[PriceSeries],
    time_in_market: float | None,
    in_sample_models: Sequence[str],
    trips: tuple[Sequence[RoundTrip], Sequence[OpenTrip]] | None = None,
    detail: RunDetail | None = None,
) -> RunView:
    """Return a run as the template shows it; `trips` are its own where it has them.

    A run of many symbols is compared with the equal-weighted mean of them, not with each.
    """
    strategy = Curve("Strategy", close_time_ns, equity, time_in_market)
    benchmarks = _benchmarks(series, close_time_ns, float(equity[0]))
    multipliers = {each.instrument.symbol: each.instrument.multiplier for each in series}
    closed, held = round_trips(fills, multipliers) if trips is None else trips
    latest = sorted([*closed, *held], key=lambda trip: (trip.entry_time_ns, trip.symbol))
    curves = [strategy, *benchmarks]
    charts: list[Chart] = [
        equity_chart(f"equity-{index}", curves, currency),
        drawdown_chart(f"drawdown-{index}", curves),
        *(
            price_chart(f"price-{index}-{number}", each, close_time_ns, fills)
            for number, each in enumerate(series[:PRICE_CHART_LIMIT])
        ),
    ]
    return RunView(
        name=name,
        summary=summary,
        currency=currency,
        span=f"{_date(int(close_time_ns[0]))} to {_date(int(close_time_ns[-1]))}",
        in_sample_models=in_sample_models,
        headline=_headline(curves),
        statistics_names=[curve.name for curve in curves],
        statistics_rows=_statistics_rows(curves),
        charts=charts,
        months=monthly_returns(close_time_ns, equity),
        trades=[_trade_row(trip) for trip in latest[: -TRADE_ROW_LIMIT - 1 : -1]],
        trades_summary=_trades_summary(closed, len(latest), currency),
        detail=detail,
    )


def monthly_returns(time_ns: Int64Column, equity: Float64Column) -> list[MonthRow]:
    """Return each calendar month's return, UTC, newest year first; a first month from the start."""
    months = time_ns.astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
    last = np.flatnonzero(np.append(np.diff(months) != 0, [True]))
    ends = dict(zip(months[last].tolist(), equity[last].tolist(), strict=True))
    rows: list[MonthRow] = []
    before = float(equity[0])
    first_year, last_year = (int(month) // 12 + 1970 for month in (months[0], months[-1]))
    for year in range(first_year, last_year + 1):
        year_start = before
        cells: list[MonthCell] = []
        for month in range((year - 1970) * 12, (year - 1969) * 12):
            value = ends.get(month)
            cells.append(_cell(None if value is None else value / before - 1.0))
            before = before if value is None else value
        rows.append(MonthRow(year, cells, _cell(before / year_start - 1.0)))
    return rows[::-1]


def _benchmarks(
    series: Sequence[PriceSeries], close_time_ns: Int64Column, start: float
) -> list[Curve]:
    held = [
        benchmark
        for each in series
        if (benchmark := _benchmark(each, close_time_ns, start)) is not None
    ]
    if len(held) <= BENCHMARK_LIMIT:
        return held
    # Each at its last close; one without a close yet is not bought yet.
    values = np.full((len(held), len(close_time_ns)), start)
    for row, curve in enumerate(held):
        places = np.searchsorted(curve.time_ns, close_time_ns, side="right") - 1
        values[row] = np.where(places < 0, start, curve.value[np.maximum(places, 0)])
    name = f"{len(held)} symbols{_HELD}"
    return [Curve(name, close_time_ns, values.mean(axis=0), 1.0)]


def _benchmark(series: PriceSeries, close_time_ns: Int64Column, start: float) -> Curve | None:
    """Put `start` into a symbol at the run's first close; None where it has no bars then."""
    inside = series.between(int(close_time_ns[0]), int(close_time_ns[-1]))
    if len(inside.close) < 2:  # noqa: PLR2004  # A curve.
        return None
    name = series.instrument.symbol + _HELD
    return Curve(name, inside.close_time_ns, start * inside.close / inside.close[0], 1.0)


def _headline(curves: Sequence[Curve]) -> list[Headline]:
    chosen = ("CAGR", "Sharpe ratio", "Max drawdown", "Total return")
    rows = dict(_statistics_rows(curves))
    return [
        Headline(
            label,
            rows[label][0],
            [
                f"{curve.name.removesuffix(_HELD)} {value}"
                for curve, value in zip(curves[1:], rows[label][1:], strict=True)
            ],
        )
        for label in chosen
    ]


def _statistics_rows(curves: Sequence[Curve]) -> list[tuple[str, list[str]]]:
    measured = [statistics.performance(curve.time_ns, curve.value) for curve in curves]
    shares = [curve.time_in_market for curve in curves]
    return [
        ("Total return", [percent(m.total_return) for m in measured]),
        ("CAGR", [percent(m.cagr) for m in measured]),
        ("Volatility", [percent(m.volatility) for m in measured]),
        ("Sharpe ratio", [f"{m.sharpe_ratio:.2f}".replace("-", _MINUS) for m in measured]),
        ("Max drawdown", [percent(-m.max_drawdown) for m in measured]),
        ("Time in market", [_NONE if s is None else percent(s, digits=0) for s in shares]),
    ]


def _trade_row(trip: OpenTrip) -> TradeRow:
    closed = trip if isinstance(trip, RoundTrip) else None
    return TradeRow(
        symbol=trip.symbol,
        side="long" if trip.side is Side.BUY else "short",
        quantity=f"{trip.quantity:,f}",
        entry_date=_date(trip.entry_time_ns),
        entry_price=f"{trip.entry_price:,.2f}",
        exit_date=_date(closed.exit_time_ns) if closed else "open",
        exit_price=f"{closed.exit_price:,.2f}" if closed else _NONE,
        fees=f"{trip.fees:,.2f}",
        pnl=money(closed.pnl) if closed else _NONE,
        profit_share=percent(closed.profit_share) if closed else _NONE,
        tone="" if not closed or not closed.pnl else ("gain" if closed.pnl > 0 else "loss"),
    )


def _trades_summary(closed: Sequence[RoundTrip], trip_count: int, currency: str) -> str:
    if not closed:
        return f"{trip_count} round trips, none of them closed."
    won = [trip for trip in closed if trip.pnl > 0]
    total = sum((trip.pnl for trip in closed), Decimal(0))
    held_ns = np.median([trip.exit_time_ns - trip.entry_time_ns for trip in closed])
    won_share = percent(len(won) / len(closed), digits=0)
    return (
        f"{len(closed)} closed round trips, {won_share} of them with a profit; "
        f"{money(total)} {currency} in all after fees. Half were held "
        f"{_duration(int(held_ns))} or longer."
    )


def _cell(value: float | None) -> MonthCell:
    if value is None:
        return MonthCell("", 0.0)
    text = percent(value, digits=1).removesuffix(f"{_NO_BREAK}%")
    return MonthCell(text, max(-1.0, min(1.0, value / _STRONG_MONTH)))


def percent(value: float, *, digits: int = 2) -> str:
    """Return a fraction as per cent, with a true minus sign.

    Examples
    --------
    >>> percent(0.0512).split()
    ['5.12', '%']
    """
    text = f"{100 * value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return f"{text}{_NO_BREAK}%".replace("-", _MINUS)


def money(value: Decimal) -> str:
    """Return an amount with two digits after the point and a true minus sign."""
    return f"{value:,.2f}".replace("-", _MINUS)


def _date(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns").astype("datetime64[D]"))


def _duration(duration_ns: int) -> str:
    if duration_ns >= DAY_NS:
        return f"{round(duration_ns / DAY_NS)} days"
    return f"{duration_ns / 3.6e12:.1f} hours"
