"""Limits: their defaults, which scope may set what, and which values bound an order."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.parity.trading.model.refusal import Refused

if TYPE_CHECKING:
    from tests.parity.trading.model.state import State

MINUTE_NS = 60 * 10**9
DAY_NS = 24 * 60 * MINUTE_NS
ACCOUNT = ("global", "account")
MEASURES = [
    "max_order_quantity",
    "max_order_notional",
    "min_order_notional",
    "price_collar_bps",
    "price_move_bps",
    "order_rate",
    "replace_rate",
    "max_order_to_trade",
    "execution_rate",
    "max_position_quantity",
    "max_position_notional",
    "max_open_orders",
    "max_gross_notional",
    "max_net_notional",
    "max_leverage_bps",
    "max_concentration_bps",
    "max_credit",
    "max_volume_share_bps",
    "max_daily_loss",
    "max_drawdown_bps",
    "max_value_at_risk",
]
RATES = ("order_rate", "replace_rate", "execution_rate")
DEFAULTS: dict[str, Any] = {
    "global": {},
    "account": {},
    "strategies": {},
    "instruments": {},
    "sectors": {},
    "collar_window_ns": MINUTE_NS,
    "duplicate_window_ns": 0,
    "order_to_trade_minimum": 0,
    "allow_short": False,
    "locates": None,
    "self_trade": "ALLOW",
    "queue_when_closed": False,
    "restricted": [],
    "permissions": {},
    "cancel_on_disconnect": False,
    "trading_state": "ACTIVE",
    "max_mark_move_bps": None,
    "max_clock_skew_ns": None,
    "approval_ttl_ns": MINUTE_NS,
    "day_start_ns": 0,
}


def complete(limits: dict[str, Any]) -> dict[str, Any]:
    """The limits as an event has them: every entry there."""
    whole = {**DEFAULTS, **limits}
    for scope in ACCOUNT:
        whole[scope] = complete_set(whole[scope])
    for scope in ("strategies", "instruments"):
        whole[scope] = {name: complete_set(values) for name, values in whole[scope].items()}
    whole["sectors"] = {name: with_severity(limit) for name, limit in whole["sectors"].items()}
    whole["permissions"] = {"traders": None, "strategies": None, **whole["permissions"]}
    return whole


def complete_set(values: dict[str, Any]) -> dict[str, Any]:
    return {name: with_severity(values.get(name)) for name in MEASURES}


def with_severity(value: Any) -> Any:
    return {"severity": "HARD", **value} if value is not None and "value" in value else value


def validate(limits: dict[str, Any]) -> None:
    sets = [limits["global"], limits["account"], *limits["strategies"].values()]
    for values in [*sets, *limits["instruments"].values()]:
        for name, value in values.items():
            if value is not None and not is_valid(name, value):
                raise Refused("INVALID_ARGUMENT", name)
    if any(values["execution_rate"] for values in limits["instruments"].values()):
        raise Refused("INVALID_ARGUMENT", "execution_rate")
    if any(Decimal(limit["value"]) < 0 for limit in limits["sectors"].values()):
        raise Refused("INVALID_ARGUMENT", "sectors")
    for name in ("max_reference_age_ns", "collar_window_ns", "approval_ttl_ns"):
        if limits[name] <= 0:
            raise Refused("INVALID_ARGUMENT", name)
    if limits["duplicate_window_ns"] < 0 or not 0 <= limits["day_start_ns"] < DAY_NS:
        raise Refused("INVALID_ARGUMENT", "duplicate_window_ns or day_start_ns")


def is_valid(name: str, value: dict[str, Any]) -> bool:
    if name in RATES:
        return 1 <= value["count"] <= 10_000 and value["window_ns"] > 0
    places = 0 if name == "max_open_orders" else 2
    limit = Decimal(value["value"])
    is_fine = name.endswith("_bps") or name in ("max_order_to_trade", "max_open_orders")
    return limit >= 0 and (not is_fine or limit == round(limit, places))


def sets(limits: dict[str, Any], name: str) -> bool:
    """Whether any scope sets a limit."""
    scopes = [limits["global"], limits["account"], *limits["strategies"].values()]
    return any(values[name] for values in [*scopes, *limits["instruments"].values()])


def sets_for(limits: dict[str, Any], strategy: str | None, symbol: str) -> list[tuple[str, Any]]:
    """The sets that apply to an order, each with its scope."""
    return [
        ("global", limits["global"]),
        ("account", limits["account"]),
        ("strategies", limits["strategies"].get(strategy, {})),
        ("instruments", limits["instruments"].get(symbol, {})),
    ]


def is_overridden(
    state: "State", rule: str, strategy: str | None, symbol: str, time_ns: int
) -> bool:
    return any(
        granted["rule"] == rule
        and granted["strategy_id"] in (None, strategy)
        and granted["symbol"] in (None, symbol)
        and granted["until_ns"] > time_ns
        for granted in state.overrides
    )


def trading_state(state: "State") -> str:
    """The strictest of what a person, the limits and a margin call say."""
    strictness = ("ACTIVE", "REDUCING", "HALTED")
    said = [state.trading_state, "REDUCING" if state.is_margin_called else "ACTIVE"]
    if state.limits is not None:
        said.append(state.limits["trading_state"])
    return max(said, key=strictness.index)
