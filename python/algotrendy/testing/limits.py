"""Any limits, as hypothesis finds them."""

from dataclasses import fields
from decimal import Decimal

from hypothesis import strategies as st

from algotrendy.domain.limits import (
    Limit,
    Limits,
    LimitSet,
    Rate,
    SelfTrade,
    Severity,
    TradingState,
)

_RATES = ("order_rate", "replace_rate", "execution_rate")
# Where the core takes a limit only for everybody and the account, or only a hard one.
_WHOLE = (
    *("max_gross_notional", "max_net_notional", "max_leverage_bps", "max_concentration_bps"),
    *("max_daily_loss", "max_drawdown_bps", "max_value_at_risk"),
)

_NAMES = st.text("abcXYZ-1", min_size=1, max_size=8)
_VALUES = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(10**12), places=2)
_DURATIONS = st.integers(min_value=1, max_value=10**15)
_RATE = st.builds(Rate, count=st.integers(1, 10_000), window_ns=_DURATIONS)
_LIMIT = st.builds(Limit, value=_VALUES, severity=st.sampled_from(Severity))
_PERMISSIONS = st.none() | st.dictionaries(
    _NAMES, st.none() | st.frozensets(_NAMES, max_size=2), max_size=2
)


def limit_sets(*left_out: str) -> st.SearchStrategy[LimitSet]:
    """Find limits of one scope, but for those named."""
    values = {
        each.name: st.none() | (_RATE if each.name in _RATES else _LIMIT)
        for each in fields(LimitSet)
        if each.name not in left_out
    }
    return st.builds(LimitSet, **values)


LIMITS = st.builds(
    Limits,
    version=st.just(1),
    global_limits=limit_sets(),
    account_limits=limit_sets(),
    strategy_limits=st.dictionaries(_NAMES, limit_sets(*_WHOLE), max_size=2),
    instrument_limits=st.dictionaries(
        _NAMES, limit_sets(*_WHOLE, "execution_rate", "max_credit"), max_size=2
    ),
    sector_limits=st.dictionaries(_NAMES, _LIMIT, max_size=2),
    max_reference_age_s=st.none() | st.integers(1, 10**9),
    collar_window_ns=_DURATIONS,
    duplicate_window_ns=st.just(0) | _DURATIONS,
    order_to_trade_minimum=st.integers(0, 10_000),
    allow_short=st.booleans(),
    locates=st.none() | st.dictionaries(_NAMES, _VALUES, max_size=2),
    self_trade=st.sampled_from(SelfTrade),
    queue_when_closed=st.booleans(),
    restricted=st.frozensets(_NAMES, max_size=2),
    traders=_PERMISSIONS,
    permitted_strategies=_PERMISSIONS,
    cancel_on_disconnect=st.booleans(),
    trading_state=st.sampled_from(TradingState),
    max_mark_move_bps=st.none() | st.integers(1, 10_000),
    max_clock_skew_ns=st.none() | _DURATIONS,
    approval_ttl_ns=_DURATIONS,
    day_start_ns=st.integers(0, 86_399_999_999_999),
)
