"""Limits as people write them: a dict whose numbers need no quotes, for `Core`."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol, TypedDict, cast

from algotrendy import _core
from algotrendy.errors import InvalidArgumentError

Bound = Decimal | int | str | _core.Limit
"""A limit that refuses what exceeds it, or `soft(…)`."""

SECOND_NS: Final = 1_000_000_000
_MINUTE_NS: Final = 60 * SECOND_NS


class LimitSet(TypedDict, total=False):
    """What orders may be and make of the account. What is left out limits nothing.

    Amounts are in the account's currency, quantities in base units, shares in basis points; the
    reference of pre-trade checks says how each is measured.
    """

    max_order_quantity: Bound
    max_order_notional: Bound
    min_order_notional: Bound
    price_collar_bps: Bound
    price_move_bps: Bound
    order_rate: _core.Rate
    replace_rate: _core.Rate
    max_order_to_trade: Bound
    execution_rate: _core.Rate
    max_position_quantity: Bound
    max_position_notional: Bound
    max_open_orders: Bound
    max_gross_notional: Bound
    max_net_notional: Bound
    max_leverage_bps: Bound
    max_concentration_bps: Bound
    max_credit: Bound
    max_volume_share_bps: Bound
    max_daily_loss: Bound
    max_drawdown_bps: Bound
    max_value_at_risk: Bound


# `global` is a keyword, so that this one cannot be a class.
_Scopes = TypedDict("_Scopes", {"global": LimitSet}, total=False)


class Limits(LimitSet, _Scopes, total=False):
    """All limits of an account. Those of `LimitSet` without a scope are the account's.

    `version` is one more than the last where it is left out, and `max_reference_age_ns` a minute.
    """

    version: int
    account: LimitSet
    strategies: Mapping[str, LimitSet]
    instruments: Mapping[str, LimitSet]
    sectors: Mapping[str, Bound]
    max_reference_age_ns: int
    collar_window_ns: int
    duplicate_window_ns: int
    order_to_trade_minimum: int
    allow_short: bool
    locates: Mapping[str, Decimal | int | str] | None
    self_trade: str
    queue_when_closed: bool
    restricted: Sequence[str]
    permissions: _core.Permissions
    cancel_on_disconnect: bool
    trading_state: str
    max_mark_move_bps: int | None
    max_clock_skew_ns: int | None
    approval_ttl_ns: int
    day_start_ns: int


class CoreLimits(Protocol):
    """Limits that know how the core takes them, such as `algotrendy.domain.limits.Limits`."""

    def to_core(self) -> _core.Limits:
        """Return them as the core's `SetLimits` takes them."""


def soft(value: Decimal | int | str) -> _core.Limit:
    """Return a limit that an order may break once a person approves it.

    Examples
    --------
    >>> soft(10_000)
    {'value': '10000', 'severity': 'SOFT'}
    """
    return {"value": _number("soft", value), "severity": "SOFT"}


def rate(count: int, *, per_s: int | Decimal = 1) -> _core.Rate:
    """Return a limit of `count` in `per_s` seconds.

    Examples
    --------
    >>> rate(100, per_s=60)
    {'count': 100, 'window_ns': 60000000000}
    """
    return {"count": count, "window_ns": int(per_s * SECOND_NS)}


def document(limits: Limits | CoreLimits, *, version: int) -> _core.Limits:
    """Return limits as the core's `SetLimits` takes them; `version` is for those that name none."""
    if not isinstance(limits, Mapping):
        return limits.to_core()
    terms: dict[str, Any] = {"version": version, "max_reference_age_ns": _MINUTE_NS}
    account = dict(limits.get("account", {}))
    for name, value in limits.items():
        if name in LimitSet.__annotations__:
            account[name] = value
        else:
            terms[name] = value
    terms["account"] = account
    for name in ("global", "account"):
        if name in terms:
            terms[name] = _limit_set(terms[name])
    for name in ("strategies", "instruments"):
        if name in terms:
            terms[name] = {key: _limit_set(value) for key, value in terms[name].items()}
    if "sectors" in terms:
        terms["sectors"] = _limit_set(terms["sectors"])
    if terms.get("locates") is not None:
        locates = terms["locates"].items()
        terms["locates"] = {symbol: _number("locates", value) for symbol, value in locates}
    return cast("_core.Limits", terms)


def _limit_set(bounds: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _limit(name, bound) for name, bound in bounds.items()}


def _limit(name: str, bound: Any) -> Any:
    return bound if isinstance(bound, dict) else {"value": _number(name, bound)}


def _number(name: str, value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise InvalidArgumentError(
        f"{name} is {value!r}; expected a Decimal, an int or text; a float is not exact.",
        field=name,
        value=repr(value),
        expected="a Decimal, an int or text",
    )
