"""What an account may do: set by risk, applied by trading, and by a backtest to itself.

The document is the Rust core's, field by field: `to_core` and `from_core` change its numbers alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from algotrendy import _core
from algotrendy.domain.clock import MINUTE_NS, SECOND_NS
from algotrendy.errors import InvalidArgumentError

_LARGEST: Final = Decimal(10**18)
_LARGEST_RATE: Final = 10_000
# Nothing grows this old: the core's way to say that age is not limited.
_NO_AGE_NS: Final = 2**63 - 1


class Severity(StrEnum):
    """What breaking a limit means: a refusal, or that a person must approve."""

    HARD = "HARD"
    SOFT = "SOFT"


class SelfTrade(StrEnum):
    """What becomes of orders that would trade with each other."""

    ALLOW = "ALLOW"
    CANCEL_NEWEST = "CANCEL_NEWEST"
    CANCEL_OLDEST = "CANCEL_OLDEST"
    CANCEL_BOTH = "CANCEL_BOTH"


class TradingState(StrEnum):
    """What an account may do: everything, only what makes positions smaller, or nothing."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


@dataclass(frozen=True)
class Limit:
    """A value that must not be exceeded, in the unit that its field names."""

    value: Decimal
    severity: Severity = Severity.HARD


@dataclass(frozen=True)
class Rate:
    """At most `count` in `window_ns`."""

    count: int
    window_ns: int


@dataclass(frozen=True)
class LimitSet:
    """What orders may be and make of the account; None limits nothing.

    Amounts are in the account's currency, quantities in base units, shares in basis points; the
    contract's `LimitSet` says what each one measures.
    """

    max_order_quantity: Limit | None = None
    max_order_notional: Limit | None = None
    min_order_notional: Limit | None = None
    price_collar_bps: Limit | None = None
    price_move_bps: Limit | None = None
    order_rate: Rate | None = None
    replace_rate: Rate | None = None
    max_order_to_trade: Limit | None = None
    execution_rate: Rate | None = None
    max_position_quantity: Limit | None = None
    max_position_notional: Limit | None = None
    max_open_orders: Limit | None = None
    max_gross_notional: Limit | None = None
    max_net_notional: Limit | None = None
    max_leverage_bps: Limit | None = None
    max_concentration_bps: Limit | None = None
    max_credit: Limit | None = None
    max_volume_share_bps: Limit | None = None
    max_daily_loss: Limit | None = None
    max_drawdown_bps: Limit | None = None
    max_value_at_risk: Limit | None = None

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, Limit):
                check_limit(each.name, value)
            elif isinstance(value, Rate):
                _check_rate(each.name, value)

    @classmethod
    def hard(cls, **values: Decimal | int | None) -> "LimitSet":
        """Return limits that refuse; a value of None limits nothing."""
        return cls(
            **{
                name: None if value is None else Limit(Decimal(value))
                for name, value in values.items()
            }  # type: ignore[arg-type]  # Rates are not set by values.
        )

    def value(self, name: str) -> Decimal | None:
        """Return the value of a limit, hard or soft; None where it limits nothing."""
        limit: Limit | None = getattr(self, name)
        return None if limit is None else limit.value


# By name, or anything the account knows where there is no set of symbols.
Permissions = Mapping[str, frozenset[str] | None]


@dataclass(frozen=True)
class Limits:
    """All limits of one account; the contract's `Limits` says what each one measures."""

    version: int = 0
    global_limits: LimitSet = LimitSet()
    account_limits: LimitSet = LimitSet()
    strategy_limits: Mapping[str, LimitSet] = field(default_factory=dict)
    instrument_limits: Mapping[str, LimitSet] = field(default_factory=dict)
    sector_limits: Mapping[str, Limit] = field(default_factory=dict)
    max_reference_age_s: int | None = None
    collar_window_ns: int = MINUTE_NS
    duplicate_window_ns: int = 0
    order_to_trade_minimum: int = 0
    allow_short: bool = False
    locates: Mapping[str, Decimal] | None = None
    self_trade: SelfTrade = SelfTrade.ALLOW
    queue_when_closed: bool = False
    restricted: frozenset[str] = frozenset()
    traders: Permissions | None = None
    permitted_strategies: Permissions | None = None
    cancel_on_disconnect: bool = False
    trading_state: TradingState = TradingState.ACTIVE
    max_mark_move_bps: int | None = None
    max_clock_skew_ns: int | None = None
    approval_ttl_ns: int = MINUTE_NS
    day_start_ns: int = 0

    def __post_init__(self) -> None:
        for sector, limit in self.sector_limits.items():
            check_limit(f"sector_limits.{sector}", limit)
        for name in ("max_reference_age_s", "collar_window_ns", "approval_ttl_ns"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise _invalid(name, value, "a positive number, or none for no limit")

    @classmethod
    def of(
        cls,
        version: int = 0,
        *,
        max_reference_age_s: int | None = None,
        allow_short: bool = False,
        **values: Decimal | int | None,
    ) -> "Limits":
        """Return limits whose values are hard ones of the account.

        Examples
        --------
        >>> Limits.of(max_open_orders=3).account_limits.max_open_orders
        Limit(value=Decimal('3'), severity=<Severity.HARD: 'HARD'>)
        """
        return cls(
            version=version,
            account_limits=LimitSet.hard(**values),
            max_reference_age_s=max_reference_age_s,
            allow_short=allow_short,
        )

    def with_version(self, version: int) -> "Limits":
        """Return the same limits as another version."""
        return replace(self, version=version)

    def to_core(self) -> "_core.Limits":
        """Return the limits as the Rust core's `SetLimits` takes them."""
        age_ns = _NO_AGE_NS
        if self.max_reference_age_s is not None:
            age_ns = min(_NO_AGE_NS, self.max_reference_age_s * SECOND_NS)
        document: Any = {
            "version": self.version,
            "global": _set_to_core(self.global_limits),
            "account": _set_to_core(self.account_limits),
            "strategies": _sets_to_core(self.strategy_limits),
            "instruments": _sets_to_core(self.instrument_limits),
            "sectors": {name: _limit_to_core(each) for name, each in self.sector_limits.items()},
            "max_reference_age_ns": age_ns,
            "locates": None
            if self.locates is None
            else {symbol: f"{quantity:f}" for symbol, quantity in self.locates.items()},
            "self_trade": self.self_trade.value,
            "restricted": sorted(self.restricted),
            "permissions": {
                "traders": _permissions_to_core(self.traders),
                "strategies": _permissions_to_core(self.permitted_strategies),
            },
            "trading_state": self.trading_state.value,
            **{name: getattr(self, name) for name in _PLAIN},
        }
        return document  # type: ignore[no-any-return]  # As the stub describes it.

    @classmethod
    def from_core(cls, limits: "_core.Limits") -> "Limits":
        """Return the limits that `to_core` gave to the core, or to a database since.

        What is missing has its default, so that a document outlives fields added later.
        """
        document: Any = limits
        age_ns = document["max_reference_age_ns"]
        permissions = document.get("permissions", {})
        sectors = document.get("sectors", {}).items()
        locates = document.get("locates")
        return cls(
            version=document["version"],
            global_limits=_set_from_core(document.get("global", {})),
            account_limits=_set_from_core(document.get("account", {})),
            strategy_limits=_sets_from_core(document.get("strategies", {})),
            instrument_limits=_sets_from_core(document.get("instruments", {})),
            sector_limits={name: _limit_from_core(limit) for name, limit in sectors},
            max_reference_age_s=None if age_ns == _NO_AGE_NS else age_ns // SECOND_NS,
            locates=None
            if locates is None
            else {symbol: Decimal(quantity) for symbol, quantity in locates.items()},
            self_trade=SelfTrade(document.get("self_trade", SelfTrade.ALLOW)),
            restricted=frozenset(document.get("restricted", ())),
            traders=_permissions_from_core(permissions.get("traders")),
            permitted_strategies=_permissions_from_core(permissions.get("strategies")),
            trading_state=TradingState(document.get("trading_state", TradingState.ACTIVE)),
            **{name: document[name] for name in _PLAIN if name in document},
        )

    def tightest(self, name: str, symbol: str) -> Decimal | None:
        """Return the smallest value a limit has for everybody, the account or an instrument."""
        scopes = [self.global_limits, self.account_limits]
        if symbol in self.instrument_limits:
            scopes.append(self.instrument_limits[symbol])
        values = [value for scope in scopes if (value := scope.value(name)) is not None]
        return min(values, default=None)


# Fields that are the same in the core's document.
_PLAIN: Final = (
    *("collar_window_ns", "duplicate_window_ns", "order_to_trade_minimum", "allow_short"),
    *("queue_when_closed", "cancel_on_disconnect", "max_mark_move_bps", "max_clock_skew_ns"),
    *("approval_ttl_ns", "day_start_ns"),
)


def check_limit(name: str, limit: Limit) -> None:
    """Raise `InvalidArgumentError` for a limit that is not positive, or beyond any account."""
    if not limit.value.is_finite() or not 0 < limit.value < _LARGEST:
        raise _invalid(name, limit.value, "a positive number, or none for no limit")


def _check_rate(name: str, rate: Rate) -> None:
    if not 0 < rate.count <= _LARGEST_RATE:
        raise _invalid(f"{name}.count", rate.count, f"1 to {_LARGEST_RATE}")
    if rate.window_ns <= 0:
        raise _invalid(f"{name}.window", rate.window_ns, "a positive duration")


def _invalid(name: str, value: object, expected: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"{name} is {value}; expected {expected}.", field=name, value=str(value)
    )


def _limit_to_core(limit: Limit) -> dict[str, str]:
    return {"value": f"{limit.value:f}", "severity": limit.severity.value}


def _limit_from_core(raw: Mapping[str, str]) -> Limit:
    return Limit(Decimal(raw["value"]), Severity(raw["severity"]))


def _set_to_core(limits: LimitSet) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for each in fields(limits):
        value: Limit | Rate | None = getattr(limits, each.name)
        if isinstance(value, Rate):
            document[each.name] = {"count": value.count, "window_ns": value.window_ns}
        else:
            document[each.name] = None if value is None else _limit_to_core(value)
    return document


def _set_from_core(document: Mapping[str, Any]) -> LimitSet:
    values: dict[str, Any] = {}
    for name, raw in document.items():
        if raw is not None:
            values[name] = Rate(**raw) if "count" in raw else _limit_from_core(raw)
    return LimitSet(**values)


def _sets_to_core(sets: Mapping[str, LimitSet]) -> dict[str, Any]:
    return {name: _set_to_core(limits) for name, limits in sets.items()}


def _sets_from_core(document: Mapping[str, Any]) -> dict[str, LimitSet]:
    return {name: _set_from_core(limits) for name, limits in document.items()}


def _permissions_to_core(permissions: Permissions | None) -> dict[str, list[str] | None] | None:
    if permissions is None:
        return None
    return {
        name: None if symbols is None else sorted(symbols) for name, symbols in permissions.items()
    }


def _permissions_from_core(raw: Mapping[str, list[str] | None] | None) -> Permissions | None:
    if raw is None:
        return None
    return {name: None if symbols is None else frozenset(symbols) for name, symbols in raw.items()}
