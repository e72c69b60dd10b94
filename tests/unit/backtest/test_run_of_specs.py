"""What a spec trades, as the service runs it."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

from algotrendy.backtest.model import BacktestTerms
from algotrendy.backtest.result import Result
from algotrendy.backtest.rows import equity_of, fills_of, orders_of, rejections_of
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.limits import Limits
from algotrendy.domain.order import Side
from algotrendy.domain.strategy import Percent
from algotrendy.domain.venue import VenueTerms
from algotrendy.testing.backtest import run_spec
from algotrendy.testing.strategy import MODEL_ID, ScriptedModel, daily_bars, spec

FREE = VenueTerms(Decimal(0), Decimal(0))


class Ran:
    """What came of a run, as the service keeps it."""

    def __init__(self, result: Result) -> None:
        self.fills = fills_of(result, "")
        self.orders = orders_of(result)
        account = equity_of(result)
        self.equity, self.close_time_ns = account.equity, account.close_time_ns
        self.final_equity = result.equity["equity"][-1].as_py()
        self.statistics = result.statistics
        self.rejections = rejections_of(result)
        self.in_sample_models = tuple(result.base.in_sample_models)


def run(
    probabilities: Sequence[float | None],
    bars: BarColumns | Sequence[BarColumns],
    terms: BacktestTerms | None = None,
    **changes: object,
) -> Ran:
    series = [bars] if isinstance(bars, BarColumns) else list(bars)
    chosen = spec([columns.instrument.symbol for columns in series], **changes)
    model = ScriptedModel(probabilities)
    return Ran(run_spec(chosen, series, terms or BacktestTerms(0, venue_terms=FREE), model))


def test_an_order_fills_at_the_next_open_with_slippage_and_fee() -> None:
    bars = daily_bars([100_00, 101_00, 99_00], opens=[100_00, 100_50, 101_00])
    terms = BacktestTerms(0, venue_terms=VenueTerms(Decimal(5), Decimal(2)))
    (fill,) = run([0.9, 0.5, 0.5], bars, terms).fills
    # 100.50 × 1.0005 = 100.55025, up to the tick; 5,000 × 100.56 × 0.0002 = 100.56.
    assert (fill.side, fill.quantity, fill.price) == (Side.BUY, 5000, Decimal("100.56"))
    assert fill.fee == Decimal("100.56")
    assert fill.fill_time_ns == int(bars.open_time_ns[1])
    assert (fill.order_id, fill.client_order_id) == ("o-1", "o-1")


def test_equity_is_taken_at_every_close() -> None:
    bars = daily_bars([100_00, 101_00, 99_00], opens=[100_00, 100_00, 101_00])
    result = run([0.9, 0.5, 0.3], bars)
    assert result.equity.tolist() == [1_000_000_00, 1_005_000_00, 995_000_00]
    assert result.close_time_ns.tolist() == bars.close_time_ns.tolist()
    assert result.final_equity == Decimal(995_000)
    assert result.statistics.time_in_market == pytest.approx(2 / 3)


def test_an_order_waiting_at_the_last_bar_stays_unfilled() -> None:
    result = run([0.5, 0.9], daily_bars([100_00, 100_00]))
    assert result.fills == []
    assert [order.status for order in result.orders] == ["NEW"]


def test_no_second_order_while_one_works() -> None:
    # QQQ has no bar on the second day, so its order waits for the third.
    spy = daily_bars([100_00] * 4)
    qqq = daily_bars([100_00] * 4, "QQQ")
    gap = np.array([0, 2, 3])
    columns = [getattr(qqq, name)[gap] for name in (
        "open_time_ns", "close_time_ns", "open", "high", "low", "close", "volume",
    )]  # fmt: skip
    result = run([0.9] * 4, [spy, BarColumns(qqq.instrument, *columns)])
    assert [(fill.symbol, fill.fill_time_ns // DAY_NS) for fill in result.fills] == [
        ("SPY", 2),
        ("QQQ", 3),
    ]
    assert len(result.orders) == 2


def test_bars_before_the_start_warm_up_and_are_not_traded() -> None:
    bars = daily_bars([100_00] * 5)
    terms = BacktestTerms(int(bars.open_time_ns[3]), venue_terms=FREE)
    result = run([0.9, 0.9, 0.9, 0.5, 0.9], bars, terms)
    assert len(result.equity) == 2
    assert [order.create_time_ns for order in result.orders] == [int(bars.close_time_ns[4])]
    assert result.close_time_ns.tolist() == bars.close_time_ns[3:].tolist()


def test_an_order_beyond_a_limit_is_rejected_and_the_run_goes_on() -> None:
    limits = Limits.of(1, max_order_notional=Decimal(1000))
    terms = BacktestTerms(0, venue_terms=FREE, limits=limits)
    result = run([0.9, 0.5, 0.5], daily_bars([100_00] * 3), terms)
    assert [(order.status, order.reason) for order in result.orders] == [
        ("REJECTED", "NOTIONAL_LIMIT_EXCEEDED")
    ]
    (rejection,) = result.rejections
    assert (rejection.rule, rejection.limit) == ("order_notional", "1000.00")
    assert result.final_equity == 1_000_000


def test_a_bar_that_opens_as_another_closes_fills_after_the_close() -> None:
    """Bars without a pause between them: what is decided at a close fills at that moment's open."""
    bars = daily_bars([100_00, 110_00, 120_00], opens=[100_00, 100_00, 110_00])
    seamless = BarColumns(
        bars.instrument,
        bars.open_time_ns,
        bars.open_time_ns + DAY_NS,
        *(getattr(bars, name) for name in ("open", "high", "low", "close", "volume")),
    )
    (fill,) = run([0.9, 0.5, 0.5], seamless).fills
    assert fill.fill_time_ns == int(seamless.close_time_ns[0])
    assert fill.price == Decimal(100)


def test_bars_of_other_hours_are_lived_through_in_time_order() -> None:
    """A decision at one symbol's close knows of another's fill earlier that day."""
    day = daily_bars([100_00] * 3, "DAY")
    night = daily_bars([100_00] * 3, "NIGHT")
    night = BarColumns(
        night.instrument,
        night.open_time_ns - 5 * 3_600_000_000_000,
        night.close_time_ns + 5 * 3_600_000_000_000,
        *(getattr(night, name) for name in ("open", "high", "low", "close", "volume")),
    )
    result = run([0.9, 0.5, 0.5], [day, night], size=Percent(Decimal(1)))
    assert [(order.symbol, order.status) for order in result.orders] == [
        ("DAY", "FILLED"),
        ("NIGHT", "REJECTED"),
    ]


def test_a_run_repeats_exactly() -> None:
    rng = np.random.default_rng(3)
    bars = daily_bars((100_00 + rng.integers(-500, 500, 200)).tolist())
    probabilities = rng.random(200).tolist()
    first, second = run(probabilities, bars), run(probabilities, bars)
    assert first.fills == second.fills
    assert first.orders == second.orders
    assert len(first.fills) > 20


class TrendModel(ScriptedModel):
    """Follows the distance from a moving average."""

    def __init__(self) -> None:
        super().__init__([])
        self.features = [("trend", "close / ema(close, 5) - 1")]

    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(0.5 + 20 * rows[:, 0], 0, 1)


def test_the_future_changes_no_decision() -> None:
    """Features of the real kind; bars after t altered, every order and value up to t the same."""
    rng = np.random.default_rng(11)
    closes = (100_00 * np.exp(np.cumsum(rng.normal(0, 0.02, 120)))).astype(int).tolist()
    altered = closes[:60] + [close * 2 for close in closes[60:]]
    terms = BacktestTerms(0, venue_terms=FREE)
    runs = [
        Ran(run_spec(spec(), [daily_bars(chosen)], terms, TrendModel()))
        for chosen in (closes, altered)
    ]
    # Opens are the last close, so bar 60 opens as before and closes otherwise.
    known_ns = int(daily_bars(closes).close_time_ns[59])
    before = [[o for o in run.orders if o.create_time_ns <= known_ns] for run in runs]
    assert len(before[0]) > 5
    assert [(o.symbol, o.side, o.quantity, o.create_time_ns) for o in before[0]] == [
        (o.symbol, o.side, o.quantity, o.create_time_ns) for o in before[1]
    ]
    assert runs[0].equity[:60].tolist() == runs[1].equity[:60].tolist()


def test_a_model_may_be_asked_about_its_training_where_the_expression_says_so() -> None:
    bars = daily_bars([100_00] * 4)
    model = ScriptedModel([0.9] * 4, train_end_time_ns=int(bars.close_time_ns[1]))
    out_of_sample = BacktestTerms(int(bars.open_time_ns[2]))
    assert Ran(run_spec(spec(), [bars], out_of_sample, model)).in_sample_models == ()
    asked = f'model("{MODEL_ID}", in_sample=True) > 0.5'
    allowed = spec(entry=asked, exit=f"not ({asked})")
    result = Ran(run_spec(allowed, [bars], BacktestTerms(0), model))
    assert result.in_sample_models == (MODEL_ID,)
    assert len(result.fills) == 1


def test_a_strategy_may_do_without_models() -> None:
    bars = daily_bars([100_00, 101_00, 102_00, 90_00, 91_00])
    moving = spec(entry="close > sma(close, 2)", exit="close < sma(close, 2)")
    result = Ran(run_spec(moving, [bars], BacktestTerms(0, venue_terms=FREE)))
    assert [fill.side for fill in result.fills] == [Side.BUY, Side.SELL]


def test_a_model_is_not_asked_about_a_bar_that_closes_as_the_run_starts() -> None:
    bars = daily_bars([100_00] * 4)
    seamless = replace(bars, close_time_ns=bars.open_time_ns + DAY_NS)
    model = ScriptedModel([0.9] * 4, train_end_time_ns=int(seamless.close_time_ns[1]))
    result = Ran(run_spec(spec(), [seamless], BacktestTerms(int(seamless.open_time_ns[2])), model))
    assert len(result.fills) == 1
