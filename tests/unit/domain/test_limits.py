from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from algotrendy import _core
from algotrendy.domain.limits import Limit, Limits, LimitSet, Rate, Severity
from algotrendy.errors import InvalidArgumentError
from algotrendy.testing.limits import LIMITS


@given(LIMITS)
def test_limits_are_written_as_the_core_takes_them_and_read_as_it_gives_them(
    limits: Limits,
) -> None:
    assert Limits.from_core(limits.to_core()) == limits


def test_limits_come_back_from_the_core_as_they_went() -> None:
    limits = Limits(
        version=1,
        global_limits=LimitSet(max_order_notional=Limit(Decimal("1000.50"), Severity.SOFT)),
        account_limits=LimitSet(order_rate=Rate(5, 1_000_000_000)),
        strategy_limits={"s": LimitSet.hard(max_position_quantity=7)},
        instrument_limits={"SPY": LimitSet.hard(price_collar_bps=500)},
        sector_limits={"tech": Limit(Decimal(9))},
        max_reference_age_s=60,
        locates={"SPY": Decimal(100)},
        restricted=frozenset({"GME"}),
        traders={"ann": None, "bob": frozenset({"SPY"})},
        max_clock_skew_ns=5,
    )
    core = _core.TradingCore("account", "USD")
    core.execute({"type": "SetLimits", "limits": limits.to_core()}, 0)
    in_force = core.limits()
    assert in_force is not None
    assert Limits.from_core(in_force) == limits


def test_a_document_of_before_a_field_was_added_is_read_with_its_default() -> None:
    stored: Any = {
        "version": 3,
        "account": {"max_open_orders": {"value": "7", "severity": "HARD"}},
        "max_reference_age_ns": 60_000_000_000,
        "allow_short": True,
    }
    expected = Limits.of(3, max_open_orders=7, max_reference_age_s=60, allow_short=True)
    assert Limits.from_core(stored) == expected


@pytest.mark.parametrize(
    "field",
    [
        *("max_order_quantity", "max_order_notional", "max_position_notional"),
        *("max_open_orders", "price_collar_bps", "max_daily_loss"),
    ],
)
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_is_positive_or_none(field: str, value: int) -> None:
    changes: dict[str, Any] = {field: value}
    with pytest.raises(InvalidArgumentError) as refusal:
        Limits.of(**changes)
    assert refusal.value.metadata == {"field": field, "value": str(value)}


def test_a_reference_price_may_not_be_required_to_be_younger_than_it_can_be() -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        Limits(max_reference_age_s=0)
    assert refusal.value.metadata == {"field": "max_reference_age_s", "value": "0"}


def test_the_tightest_of_all_scopes_is_what_holds_for_an_instrument() -> None:
    limits = Limits(
        global_limits=LimitSet.hard(max_position_notional=900),
        account_limits=LimitSet.hard(max_position_notional=500),
        instrument_limits={"SPY": LimitSet.hard(max_position_notional=100)},
    )
    assert limits.tightest("max_position_notional", "SPY") == 100
    assert limits.tightest("max_position_notional", "QQQ") == 500
    assert Limits().tightest("max_position_notional", "SPY") is None
