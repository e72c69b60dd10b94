"""What a strategy asks for becomes orders of the contract."""

from decimal import Decimal
from typing import Any

import pytest

from algotrendy.api.trading.v1 import trading_pb2 as pb
from algotrendy.client.live.bars import Series
from algotrendy.client.live.orders import OrderTerms, bracket
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import InvalidArgumentError, LookaheadError
from algotrendy.testing.strategy import daily_bars

SPY = Instrument("SPY")


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({}, pb.ORDER_TYPE_MARKET),
        ({"limit": 99.5}, pb.ORDER_TYPE_LIMIT),
        ({"stop": 99.5}, pb.ORDER_TYPE_STOP),
        ({"limit": 99, "stop": 100}, pb.ORDER_TYPE_STOP_LIMIT),
        ({"trail": 1}, pb.ORDER_TYPE_TRAILING_STOP),
        ({"trail_bps": 50}, pb.ORDER_TYPE_TRAILING_STOP),
    ],
)
def test_prices_tell_what_kind_of_order_it_is(
    terms: dict[str, Any], expected: pb.OrderType.ValueType
) -> None:
    request = OrderTerms(**terms).request("BUY", 5, SPY)
    assert request is not None
    assert (request.order_type, request.time_in_force) == (expected, pb.TIME_IN_FORCE_GTC)
    assert (request.symbol, request.side, request.quantity.value) == ("SPY", pb.SIDE_BUY, "5")


def test_a_float_price_is_never_better_for_the_trader_than_it_was_asked_for() -> None:
    buy = OrderTerms(limit=99.999).request("BUY", 5, SPY)
    sell = OrderTerms(limit=99.991).request("SELL", 5, SPY)
    assert buy is not None
    assert sell is not None
    assert (buy.limit_price.value, sell.limit_price.value) == ("99.99", "100.00")


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"trail": 1, "trail_bps": 5}, "trail_bps"),
        ({"trail": 1, "limit": 5}, "limit"),
        ({"time_in_force": "FOREVER"}, "time_in_force"),
    ],
)
def test_terms_that_do_not_go_together_are_refused(terms: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        OrderTerms(**terms).request("BUY", 5, SPY)
    assert refusal.value.metadata["field"] == field


def test_a_side_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidArgumentError):
        OrderTerms().request("HOLD", 5, SPY)


def test_a_bracket_is_an_entry_and_its_exits_on_the_other_side() -> None:
    made = bracket("BUY", 5, SPY, OrderTerms(limit=100), (95, 110))
    assert made is not None
    contingency, (entry, stop, target) = made
    assert contingency == pb.CONTINGENCY_BRACKET
    assert (entry.side, stop.side, target.side) == (pb.SIDE_BUY, pb.SIDE_SELL, pb.SIDE_SELL)
    assert (stop.stop_price.value, target.limit_price.value) == ("95", "110")
    alone = bracket("SELL", 5, SPY, OrderTerms(), (None, 90))
    assert alone is not None
    assert alone[0] == pb.CONTINGENCY_OTO
    assert bracket("BUY", 0.5, SPY, OrderTerms(), (95, None)) is None
    with pytest.raises(InvalidArgumentError):
        bracket("BUY", 5, SPY, OrderTerms(), (None, None))


def test_a_bar_knows_those_before_it_and_none_after() -> None:
    series = Series(SPY)
    for bar in daily_bars([100_00, 101_00, 102_50]):
        taken = series.take(bar)
        assert taken is not None
    assert (taken.close, taken[-1].close, series[0].index) == (102.5, 101.0, 0)
    assert series.history(2, "close").tolist() == [101.0, 102.5]
    assert series.history(9, "volume").tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(LookaheadError):
        taken[1]
    with pytest.raises(LookaheadError):
        series[3]
    with pytest.raises(IndexError):
        series[0][-1]
    with pytest.raises(InvalidArgumentError):
        series.history(0, "close")
    with pytest.raises(InvalidArgumentError):
        series.history(1, "vwap")
    # A bar that comes again changes nothing.
    assert series.take(series.bars[-1]) is None
    assert len(series) == 3


def test_numbers_of_a_bar_are_those_of_its_units() -> None:
    series = Series(Instrument("BTC", tick_size=Decimal("0.1"), lot_size=Decimal("0.01")))
    bar = series.take(next(iter(daily_bars([123], instrument=series.instrument))))
    assert bar is not None
    assert (bar.close, bar.volume, bar.raw["close"]) == (12.3, 1.0, 123)
