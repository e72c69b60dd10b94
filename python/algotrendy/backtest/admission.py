"""What a backtest must be before it runs, and what is kept of it afterwards."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from algotrendy.backtest.model import BacktestOutcome, BacktestTerms, TradeStatistics
from algotrendy.backtest.ports import LoadedStrategy
from algotrendy.backtest.result import Result
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.money import currency_scale, to_units
from algotrendy.domain.statistics import BacktestStatistics
from algotrendy.errors import InsufficientDataError, InvalidArgumentError

_Part = TypeVar("_Part", BacktestStatistics, TradeStatistics)


def require_one_currency(series: Sequence[BarColumns], terms: BacktestTerms) -> None:
    """Refuse instruments of several currencies, and cash finer than theirs."""
    currencies = sorted({columns.instrument.currency for columns in series})
    if len(currencies) != 1:
        raise InvalidArgumentError(
            f"The instruments are quoted in {', '.join(currencies)}; expected one currency.",
            field="symbols",
            value=", ".join(currencies),
        )
    to_units(terms.initial_cash, currency_scale(currencies[0]), field="initial_cash")


def require_tradable(
    strategy: LoadedStrategy, series: Sequence[BarColumns], terms: BacktestTerms
) -> None:
    """Refuse a span without bars to trade, or with bars of a model's training."""
    for bars in series:
        symbol = bars.instrument.symbol
        traded = bars.between(terms.start_time_ns, None)
        if len(traded) == 0:
            raise InsufficientDataError(
                f"{symbol} has no bar in the span to trade.", symbol=symbol, bar_count="0"
            )
        # Models are asked at every close after the start, also of a bar that opened before it.
        asked = np.searchsorted(bars.close_time_ns, terms.start_time_ns, side="right")
        strategy.require_out_of_sample(symbol, int(bars.close_time_ns[asked]))


def outcome_of(
    result: Result, series: Sequence[BarColumns], terms: BacktestTerms
) -> BacktestOutcome:
    """Return what is kept of a run beside its rows."""
    statistics = vars(result.statistics)
    traded = [bars.between(terms.start_time_ns, None) for bars in series]
    return BacktestOutcome(
        start_time_ns=min(int(bars.open_time_ns[0]) for bars in traded),
        end_time_ns=max(int(bars.close_time_ns[-1]) for bars in traded),
        final_equity=result.equity["equity"][-1].as_py(),
        statistics=_part(BacktestStatistics, statistics),
        trades=_part(TradeStatistics, statistics),
        order_count=len(result.orders),
        rejected_count=len(result.rejections),
        fill_count=len(result.fills),
        total_fees=result.statistics.fees,
    )


def _part(kind: type[_Part], statistics: dict[str, Any]) -> _Part:
    return kind(**{field.name: statistics[field.name] for field in fields(kind)})
