from decimal import Decimal

import pytest

from algotrendy.api.backtest.v1 import backtest_events_pb2, backtest_service_pb2
from algotrendy.api.trading.v1 import trading_events_pb2, trading_pb2
from algotrendy.errors import InvalidArgumentError
from algotrendy.notification.adapters.events import EventCatalogue, value_of
from algotrendy.notification.model import default_rules
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.time import encode_time

FILLED = trading_events_pb2.OrderFilled(
    fill=trading_pb2.Fill(
        symbol="SPY",
        side=trading_pb2.SIDE_BUY,
        quantity=encode_decimal(Decimal("1.50")),
        fee=encode_decimal(Decimal("-2664.02000000")),
        fill_time=encode_time(1_500_000_000_000_000_001),
        strategy_id="a\0b",
    ),
    filled_quantity=encode_decimal(Decimal(10)),
    leaves_quantity=encode_decimal(Decimal("0.00000120")),
    status=trading_pb2.ORDER_STATUS_PARTIALLY_FILLED,
)


def test_the_default_rules_name_events_and_fields_that_exist() -> None:
    catalogue = EventCatalogue()
    for rule in default_rules(0):
        catalogue.check(rule.event_type, rule.template.paths)


def test_an_unknown_event_type_is_refused_and_the_known_ones_are_told() -> None:
    with pytest.raises(InvalidArgumentError, match="OrderFilled") as refusal:
        EventCatalogue().check("OrderFulfilled", [])
    assert refusal.value.metadata == {"field": "event_type", "value": "OrderFulfilled"}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("price", "is unknown: OrderFilled has fill, status"),
        ("fill.prize", "is unknown: Fill has execution_id"),
        ("fill", "is made of parts"),
        ("fill.symbol.length", "has nothing below it"),
        ("fill.price.value", "has nothing below it"),
        ("fill.fill_time.seconds", "has nothing below it"),
    ],
)
def test_an_unknown_field_is_refused_by_name(path: str, why: str) -> None:
    with pytest.raises(InvalidArgumentError, match=why) as refusal:
        EventCatalogue().check("OrderFilled", ["cash", path])
    assert refusal.value.metadata == {"field": "template", "path": path}


def test_a_field_within_a_list_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="which is a list"):
        EventCatalogue().check("BacktestCompleted", ["backtest.spec.symbols"])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("fill.symbol", "SPY"),
        ("fill.side", "BUY"),
        ("status", "PARTIALLY_FILLED"),
        ("fill.quantity", "1.50"),
        ("fill.fee", "-2664.02"),
        ("filled_quantity", "10"),
        ("leaves_quantity", "0.0000012"),
        ("fill.fill_time", "2017-07-14T02:40:00.000000001Z"),
        ("fill.strategy_id", "ab"),
        ("fill.price", "none"),
        ("cash", "none"),
        ("fill.order_id", "none"),
    ],
)
def test_values_are_for_people_to_read(path: str, text: str) -> None:
    assert value_of(FILLED, path) == text


def test_fractions_counts_and_flags_are_readable() -> None:
    statistics = backtest_service_pb2.PerformanceStatistics(total_return=0.1234567)
    event = backtest_events_pb2.BacktestCompleted(
        backtest=backtest_service_pb2.Backtest(statistics=statistics, in_sample=True, fill_count=12)
    )
    paths = ("backtest.statistics.total_return", "backtest.in_sample", "backtest.fill_count")
    assert [value_of(event, path) for path in paths] == ["0.123457", "true", "12"]


def test_a_value_of_a_message_that_is_not_set_is_none() -> None:
    assert value_of(backtest_events_pb2.BacktestCompleted(), "backtest.statistics.cagr") == "none"
