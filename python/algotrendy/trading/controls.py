"""What persons decide beside the flow of orders, and what follows from it, told from the events."""

from dataclasses import dataclass, field, replace
from typing import Any

from algotrendy.domain.ids import AccountId, OrderId, StrategyId
from algotrendy.domain.limits import TradingState
from algotrendy.trading.model import CheckFailure

NOTE_LIMIT = 1024


@dataclass(frozen=True)
class Scope:
    """What a switch is for: every account, one strategy of an account, or an account."""

    all_accounts: bool = False
    strategy_id: StrategyId | None = None

    def to_core(self) -> str | dict[str, str]:
        """Return the scope as the core takes it."""
        if self.all_accounts:
            return "global"
        return "account" if self.strategy_id is None else {"strategy": self.strategy_id}

    @classmethod
    def from_core(cls, raw: str | dict[str, str]) -> "Scope":
        """Return the scope that the core tells of."""
        if isinstance(raw, dict):
            return cls(strategy_id=StrategyId(raw["strategy"]))
        return cls(all_accounts=raw == "global")


@dataclass(frozen=True)
class Override:
    """A rule that does not refuse until a time: for everything, or one strategy or instrument."""

    rule: str
    until_ns: int
    strategy_id: StrategyId | None = None
    symbol: str | None = None

    def to_core(self) -> dict[str, Any]:
        """Return the override as the core takes it."""
        return dict(vars(self))

    @classmethod
    def from_core(cls, raw: dict[str, Any]) -> "Override":
        """Return the override that the core tells of."""
        return cls(**raw)


@dataclass(frozen=True)
class OverrideGrant:
    """An override that is asked for, by whom and why."""

    account_id: AccountId
    override: Override
    approver: str
    note: str


@dataclass(frozen=True)
class Consent:
    """What a person says of an order that waits."""

    order_id: OrderId
    approver: str
    note: str
    grants: bool


@dataclass(frozen=True)
class KillOrder:
    """A kill switch to pull; the account is None where the scope is every account."""

    account_id: AccountId | None
    scope: Scope
    person: str
    note: str
    flatten: bool


@dataclass(frozen=True)
class RearmStep:
    """The first or, with `confirm`, the second step of re-arming."""

    account_id: AccountId | None
    scope: Scope
    person: str
    confirm: bool


@dataclass(frozen=True)
class StoppedScope:
    """A scope that is stopped, by a person or by a strategy's own fills."""

    scope: Scope
    # Who pulled its kill switch, if somebody did.
    killed_by: str | None
    rearm_requested_by: str | None = None


@dataclass(frozen=True)
class PendingApproval:
    """A soft limit that an order breaks, and when the order is rejected if nobody consents."""

    order_id: OrderId
    failure: CheckFailure
    expire_time_ns: int


@dataclass(frozen=True)
class Switches:
    """What is stopped and overridden in an account, and what it may do."""

    stopped: tuple[StoppedScope, ...]
    overrides: tuple[tuple[Override, str], ...]
    trading_state: TradingState
    connected: bool


@dataclass
class Controls:
    """An account's approvals, overrides and switches, kept by its events."""

    pending: dict[OrderId, PendingApproval] = field(default_factory=dict)
    _stopped: dict[Scope, StoppedScope] = field(default_factory=dict)
    _overrides: dict[Override, str] = field(default_factory=dict)
    _set_state: TradingState = TradingState.ACTIVE
    _limits_state: TradingState = TradingState.ACTIVE
    _margin_called: bool = False
    _connected: bool = True

    @property
    def trading_state(self) -> TradingState:
        """The strictest of what was set, what the limits say, and REDUCING after a margin call."""
        called = TradingState.REDUCING if self._margin_called else TradingState.ACTIVE
        strictness = list(TradingState).index
        return max((self._set_state, self._limits_state, called), key=strictness)

    @property
    def switches(self) -> Switches:
        """All of it."""
        return Switches(
            tuple(self._stopped.values()),
            tuple(self._overrides.items()),
            self.trading_state,
            self._connected,
        )

    def stopped(self, scope: Scope) -> StoppedScope | None:
        """Return what stopped a scope, if it is."""
        return self._stopped.get(scope)

    def note(self, raw: Any) -> None:  # noqa: ANN401  # An event, as the core's stub describes it.
        """Take the core's next event."""
        match raw["type"]:
            case "ApprovalRequested":
                pending = PendingApproval(
                    OrderId(raw["order_id"]), CheckFailure.from_core(raw), raw["expire_time_ns"]
                )
                self.pending[pending.order_id] = pending
            case "OrderApproved" | "OrderCanceled" | "OrderExpired":
                self.pending.pop(raw["order_id"], None)
            case "OrderRejected":
                self.pending.pop(raw["order"]["order_id"], None)
            case "OverrideGranted":
                self._overrides[Override.from_core(raw["granted"])] = raw["approver"]
            case "OverrideExpired":
                self._overrides.pop(Override.from_core(raw["granted"]), None)
            case "LimitsSet":
                self._limits_state = TradingState(raw["limits"]["trading_state"])
            case "TradingStateChanged":
                self._set_state = TradingState(raw["trading_state"])
            case "MarginCalled" | "MarginRestored":
                self._margin_called = raw["type"] == "MarginCalled"
            case "ConnectionChanged":
                self._connected = raw["connected"]
            case _:
                self._note_switch(raw)

    def _note_switch(self, raw: Any) -> None:  # noqa: ANN401  # See `note`.
        match raw["type"]:
            case "Killed":
                scope = Scope.from_core(raw["scope"])
                self._stopped[scope] = StoppedScope(scope, raw["person"])
            case "StrategyDisabled":
                scope = Scope(strategy_id=StrategyId(raw["strategy_id"]))
                stopped = self._stopped.get(scope, StoppedScope(scope, None))
                # It happened again since somebody asked to re-arm it.
                self._stopped[scope] = replace(stopped, rearm_requested_by=None)
            case "RearmRequested":
                scope = Scope.from_core(raw["scope"])
                self._stopped[scope] = replace(
                    self._stopped[scope], rearm_requested_by=raw["person"]
                )
            case "Rearmed":
                self._stopped.pop(Scope.from_core(raw["scope"]), None)
            case _:
                pass
