"""What a report's template shows: rows and cells of text."""

from collections.abc import Sequence
from dataclasses import dataclass

from algotrendy.backtest.report_charts import Chart


@dataclass(frozen=True)
class MonthCell:
    """A month's return as text, and how strongly to tint it: −1 to 1."""

    text: str
    tint: float


@dataclass(frozen=True)
class MonthRow:
    """A year of months, and the year."""

    year: int
    months: Sequence[MonthCell]
    total: MonthCell


@dataclass(frozen=True)
class TradeRow:
    """A round trip as text; `tone` is `gain`, `loss` or empty."""

    symbol: str
    side: str
    quantity: str
    entry_date: str
    entry_price: str
    exit_date: str
    exit_price: str
    fees: str
    pnl: str
    profit_share: str
    tone: str


@dataclass(frozen=True)
class Headline:
    """A statistic in large, and the same of each benchmark."""

    label: str
    value: str
    benchmarks: Sequence[str]


@dataclass(frozen=True)
class CostRow:
    """What trading a symbol cost, as text."""

    symbol: str
    fill_count: str
    notional: str
    fees: str
    fees_bps: str


@dataclass(frozen=True)
class RefusalRow:
    """Refusals for one reason, as text; the limit and what was measured are the first one's."""

    reason: str
    rule: str
    count: str
    first_time: str
    limit: str
    observed: str


@dataclass(frozen=True)
class RunDetail:
    """What only a backtest's own result knows.

    Parameters
    ----------
    statistics : sequence of (str, str, str)
        Label, value and convention of what a curve alone does not tell.
    charts : sequence of Chart
        Of exposure.
    assumptions, costs_summary : str
        Sentences.
    """

    statistics: Sequence[tuple[str, str, str]]
    charts: Sequence[Chart]
    assumptions: str
    costs_summary: str
    costs: Sequence[CostRow]
    refusals: Sequence[RefusalRow]


@dataclass(frozen=True)
class RunView:
    """Everything the template shows of a run."""

    name: str
    summary: str
    currency: str
    span: str
    in_sample_models: Sequence[str]
    headline: Sequence[Headline]
    statistics_names: Sequence[str]
    statistics_rows: Sequence[tuple[str, Sequence[str]]]
    charts: Sequence[Chart]
    months: Sequence[MonthRow]
    trades: Sequence[TradeRow]
    trades_summary: str
    detail: RunDetail | None = None
