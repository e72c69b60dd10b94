"""Limits on the wire: all of them, both ways, and what is refused."""

from decimal import Decimal
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.type.decimal_pb2 import Decimal as WireDecimal
from hypothesis import given

from algotrendy.api.trading.v1 import trading_pb2 as pb
from algotrendy.domain.limits import Limit, Limits, Severity, TradingState
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.limits import decode_limits, decode_trading_state, encode_limits
from algotrendy.testing.limits import LIMITS


@given(LIMITS)
def test_limits_come_back_from_the_wire_as_they_went(limits: Limits) -> None:
    assert decode_limits(encode_limits(limits)) == limits


def test_an_accounts_hard_limits_may_be_told_for_short_and_are_told_in_both_places() -> None:
    short = pb.Limits(max_order_notional=WireDecimal(value="1000.50"), max_open_orders=3)
    limits = decode_limits(short)
    assert limits == Limits.of(max_order_notional=Decimal("1000.50"), max_open_orders=3)
    told = encode_limits(limits)
    assert (told.max_order_notional.value, told.max_open_orders) == ("1000.50", 3)
    assert told.account_limits.max_open_orders.value.value == "3"
    assert decode_limits(told) == limits


def test_a_soft_limit_and_one_of_part_of_a_point_have_no_short_form() -> None:
    told = pb.Limits(
        account_limits=pb.LimitSet(
            max_order_notional=pb.Limit(value=WireDecimal(value="5"), severity=pb.SEVERITY_SOFT),
            price_collar_bps=pb.Limit(value=WireDecimal(value="12.5")),
        )
    )
    limits = decode_limits(told)
    assert limits.account_limits.max_order_notional == Limit(Decimal(5), Severity.SOFT)
    answer = encode_limits(limits)
    assert not answer.HasField("max_order_notional")
    assert answer.price_collar_bps == 0
    assert answer.account_limits.price_collar_bps.value.value == "12.5"


@pytest.mark.parametrize("severity", [pb.SEVERITY_SOFT, pb.SEVERITY_HARD])
def test_a_limit_told_twice_must_be_the_same(severity: pb.Severity.ValueType) -> None:
    scoped = pb.Limit(value=WireDecimal(value="5"), severity=severity)
    message = pb.Limits(
        max_order_notional=WireDecimal(value="6"),
        account_limits=pb.LimitSet(max_order_notional=scoped),
    )
    with pytest.raises(InvalidArgumentError) as refusal:
        decode_limits(message)
    assert refusal.value.metadata["field"] == "max_order_notional"


def one(name: str, **limit: Any) -> pb.Limits:
    return pb.Limits(account_limits=pb.LimitSet(**{name: pb.Limit(**limit)}))


def of_rate(**rate: Any) -> pb.Limits:
    return pb.Limits(account_limits=pb.LimitSet(order_rate=pb.Rate(**rate)))


SECOND = Duration(seconds=1)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (one("max_credit"), "max_credit"),
        (one("max_credit", value=WireDecimal(value="0")), "max_credit"),
        (one("max_credit", value=WireDecimal(value="-1")), "max_credit"),
        (one("max_credit", value=WireDecimal(value="1e18")), "max_credit"),
        (one("max_credit", value=WireDecimal(value="NaN")), "max_credit"),
        (one("max_credit", value=WireDecimal(value="1"), severity=9), "max_credit.severity"),
        (of_rate(count=5), "order_rate.window"),
        (of_rate(count=0, window=SECOND), "order_rate.count"),
        (of_rate(count=10_001, window=SECOND), "order_rate.count"),
        (of_rate(count=5, window=Duration(seconds=-1)), "order_rate.window"),
        (pb.Limits(max_open_orders=-1), "max_open_orders"),
        (pb.Limits(order_to_trade_minimum=-1), "order_to_trade_minimum"),
        (pb.Limits(max_mark_move_bps=-1), "max_mark_move_bps"),
        (pb.Limits(duplicate_window=Duration(seconds=-1)), "duplicate_window"),
        (pb.Limits(self_trade=9), "self_trade"),
        (pb.Limits(trading_state=9), "trading_state"),
        (
            pb.Limits(locates=pb.LocateList(quantities={"SPY": WireDecimal(value="-1")})),
            "locates.SPY",
        ),
        (pb.Limits(sector_limits={"tech": pb.Limit()}), "sector_limits.tech"),
    ],
)
def test_limits_that_cannot_be_are_refused_by_field(message: pb.Limits, field: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        decode_limits(message)
    assert refusal.value.metadata["field"] == field


def test_nobody_is_not_everybody() -> None:
    assert decode_limits(pb.Limits()).traders is None
    assert decode_limits(pb.Limits(traders=pb.PermissionList())).traders == {}
    nothing = pb.PermissionList(permissions=[pb.Permission(name="ann")])
    assert decode_limits(pb.Limits(traders=nothing)).traders == {"ann": frozenset()}
    anything = pb.PermissionList(permissions=[pb.Permission(name="ann", any_symbol=True)])
    assert decode_limits(pb.Limits(traders=anything)).traders == {"ann": None}


def test_an_account_may_do_everything_unless_it_is_told_otherwise() -> None:
    assert decode_trading_state(pb.TRADING_STATE_UNSPECIFIED) is TradingState.ACTIVE
    assert decode_trading_state(pb.TRADING_STATE_HALTED) is TradingState.HALTED
