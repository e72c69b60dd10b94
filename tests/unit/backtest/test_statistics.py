"""What a run amounts to, by the conventions it names."""

from decimal import Decimal

import numpy as np
import pytest
from tests.unit.backtest.builders import CASH, Trade, result

from algotrendy.backtest.tables import TABLES
from algotrendy.backtest.trade_statistics import CONVENTIONS, measure, profit_factor, shown_value
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.statistics import performance
from algotrendy.errors import InsufficientDataError

# 100 shares at 100.00, sold at 110.00; 50 sold short at 110.00, bought at 112.00; 10 held.
CLOSES = [100_00, 105_00, 110_00, 111_00, 112_00, 100_00]
TRADES = [
    Trade(1, "BUY", 100, 100_00, fee=1_00),
    Trade(2, "SELL", 100, 110_00, fee=1_10),
    Trade(3, "SELL", 50, 110_00, fee=55),
    Trade(4, "BUY", 50, 112_00, fee=56),
    Trade(5, "BUY", 10, 101_00, fee=10),
]


def test_round_trips_are_measured_after_fees() -> None:
    statistics = result(CLOSES, TRADES).statistics
    assert (statistics.trade_count, statistics.open_trade_count) == (2, 1)
    won, lost = 1_000 - 2.10, 100 + 1.11
    assert statistics.win_rate == 0.5
    assert statistics.profit_factor == pytest.approx(won / lost)
    assert statistics.average_trade == pytest.approx((won - lost) / 2)


def test_the_curve_is_measured_as_everywhere() -> None:
    traded = result(CLOSES, TRADES)
    equity = traded.equity["equity"].cast("double").to_numpy()
    times = traded.equity["time"].cast("int64").to_numpy()
    measured = vars(traded.statistics)
    assert {name: measured[name] for name in vars(performance(times, equity))} == vars(
        performance(times, equity)
    )


def test_costs_and_profit_are_exact() -> None:
    statistics = result(CLOSES, TRADES, slippage_each=3).statistics
    assert (statistics.fees, statistics.slippage) == (Decimal("3.31"), Decimal("0.15"))
    assert statistics.profit == Decimal("1000.00") - Decimal("100.00") - 10 - Decimal("3.31")


def test_exposure_is_gross_over_equity_and_time_in_market_counts_closes() -> None:
    statistics = result([100_00] * 4, [Trade(1, "SELL", 500, 100_00)]).statistics
    assert statistics.time_in_market == 0.75
    assert statistics.exposure == pytest.approx(0.75 * 0.5)


def test_turnover_is_one_way_and_a_year() -> None:
    bars = 366
    held = [Trade(1, "BUY", 1_000, 100_00), Trade(300, "SELL", 1_000, 100_00)]
    statistics = result([100_00] * bars, held).statistics
    assert statistics.turnover == pytest.approx(365.25 / (bars - 1))


def test_without_a_closed_trade_its_statistics_are_none() -> None:
    statistics = result(CLOSES).statistics
    assert statistics.win_rate is statistics.profit_factor is statistics.average_trade is None
    assert statistics.turnover == 0
    shown = {each.name: shown_value(each, "USD") for each in statistics.labelled()}
    assert shown["win_rate"] == "–"
    assert shown["trade_count"] == "0"


def test_profits_in_another_currency_have_no_sum() -> None:
    traded = result(CLOSES, TRADES)
    foreign = {"SPY": Instrument("SPY", currency="EUR")}
    tables = {name: traded.table(name) for name in TABLES}
    statistics = measure(tables, foreign, "USD")
    assert statistics.profit_factor is statistics.average_trade is None
    assert (statistics.trade_count, statistics.win_rate) == (2, 0.5)


def test_without_a_loss_there_is_no_profit_factor() -> None:
    assert profit_factor(np.array([1.0, 2.0])) is None
    assert profit_factor(np.array([-1.0])) == 0


def test_an_account_that_lost_more_than_it_had_is_measured_without_an_error() -> None:
    ruined = result([100_00, 100_00, 400_00], [Trade(1, "SELL", 1_000, 100_00)])
    assert ruined.statistics.profit == Decimal(-300_000)
    assert ruined.statistics.total_return == -3
    (cagr,) = (each for each in ruined.statistics.labelled() if each.name == "cagr")
    assert shown_value(cagr, "USD") == "–"


def test_a_run_without_a_close_says_so() -> None:
    with pytest.raises(InsufficientDataError, match="saw no close"):
        _ = result([]).statistics


def test_every_statistic_has_a_label_and_a_convention() -> None:
    labelled = result(CLOSES, TRADES).statistics.labelled()
    assert [each.name for each in labelled] == list(CONVENTIONS)
    assert all(each.label and each.convention.endswith((".", ")")) for each in labelled)
    assert CASH == 100_000_00
