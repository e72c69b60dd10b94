from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algotrendy import _core
from algotrendy.domain.limits import Limits
from algotrendy.errors import InvalidArgumentError

AMOUNTS = st.none() | st.decimals(
    min_value=Decimal("0.01"), max_value=Decimal(10**12), places=2, allow_nan=False
)
COUNTS = st.none() | st.integers(min_value=1, max_value=2**31 - 1)


LIMITS = st.builds(
    Limits,
    version=st.just(1),
    max_order_quantity=AMOUNTS,
    max_order_notional=AMOUNTS,
    max_position_notional=AMOUNTS,
    max_open_orders=COUNTS,
    price_collar_bps=COUNTS,
    max_reference_age_s=COUNTS,
    allow_short=st.booleans(),
)


@given(LIMITS)
def test_limits_come_back_from_the_core_as_they_went(limits: Limits) -> None:
    core = _core.TradingCore("account")
    core.execute({"type": "SetLimits", "limits": limits.to_core()}, 0)
    in_force = core.limits()
    assert in_force is not None
    assert Limits.from_core(in_force) == limits


@pytest.mark.parametrize(
    "field",
    [
        *("max_order_quantity", "max_order_notional", "max_position_notional"),
        *("max_open_orders", "price_collar_bps", "max_reference_age_s"),
    ],
)
@pytest.mark.parametrize("value", [0, -1])
def test_a_limit_is_positive_or_none(field: str, value: int) -> None:
    changes: dict[str, Any] = {field: value}
    with pytest.raises(InvalidArgumentError) as refusal:
        Limits(**changes)
    assert refusal.value.metadata == {"field": field, "value": str(value)}
