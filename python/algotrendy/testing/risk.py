"""The risk area's ports in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal

from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.errors import AccountNotFoundError, AlgoTrendyError
from algotrendy.risk.model import Alert, Exposure, InstrumentExposure, LimitsVersion


class FakeTrading:
    """A trading area that applies what it is told, unless `failure` is set."""

    def __init__(self, *account_ids: AccountId) -> None:
        self.applied: dict[AccountId, Limits] = dict.fromkeys(account_ids, Limits())
        self.failure: AlgoTrendyError | None = None

    async def limits_version(self, account_id: AccountId) -> int:
        """See `Trading`."""
        if account_id not in self.applied:
            raise AccountNotFoundError(f"account {account_id!r} does not exist.")
        return self.applied[account_id].version

    async def limits_versions(self) -> dict[AccountId, int]:
        """See `Trading`."""
        return {account_id: limits.version for account_id, limits in self.applied.items()}

    async def apply(self, account_id: AccountId, limits: Limits) -> None:
        """See `Trading`."""
        if self.failure is not None:
            raise self.failure
        self.applied[account_id] = limits


class FakeLimits:
    """Versions in a list, and those known to be in force."""

    def __init__(self) -> None:
        self.stored: dict[AccountId, list[Limits]] = {}
        self.in_force_versions: set[tuple[AccountId, int]] = set()

    async def append(self, account_id: AccountId, limits: Limits, first_version: int) -> Limits:
        """See `LimitsRepository`."""
        versions = self.stored.setdefault(account_id, [])
        next_version = versions[-1].version + 1 if versions else 1
        versions.append(limits.with_version(max(next_version, first_version)))
        return versions[-1]

    async def append_first(self, account_id: AccountId, limits: Limits) -> bool:
        """See `LimitsRepository`."""
        if self.stored.get(account_id):
            return False
        await self.append(account_id, limits, 1)
        return True

    async def latest(self, account_id: AccountId) -> Limits | None:
        """See `LimitsRepository`."""
        versions = self.stored.get(account_id)
        return versions[-1] if versions else None

    async def in_force(self, account_id: AccountId) -> Limits | None:
        """See `LimitsRepository`."""
        for limits in reversed(self.stored.get(account_id, [])):
            if (account_id, limits.version) in self.in_force_versions:
                return limits
        return None

    async def find(self, account_id: AccountId, version: int) -> Limits | None:
        """See `LimitsRepository`."""
        stored = self.versions_of(account_id, None)
        return next((limits for limits in stored if limits.version == version), None)

    async def versions(
        self, account_id: AccountId, before: int | None, count: int
    ) -> list[LimitsVersion]:
        """See `LimitsRepository`."""
        return [
            LimitsVersion(
                limits, limits.version, 9 if self._is_in_force(account_id, limits) else None
            )
            for limits in self.versions_of(account_id, before)[:count]
        ]

    def versions_of(self, account_id: AccountId, before: int | None) -> list[Limits]:
        """Return what is stored below a version, newest first."""
        stored = reversed(self.stored.get(account_id, []))
        return [limits for limits in stored if before is None or limits.version < before]

    def _is_in_force(self, account_id: AccountId, limits: Limits) -> bool:
        return (account_id, limits.version) in self.in_force_versions

    async def mark_in_force(self, account_id: AccountId, version: int) -> None:
        """See `LimitsRepository`."""
        self.in_force_versions.add((account_id, version))

    async def discard(self, account_id: AccountId, version: int) -> None:
        """See `LimitsRepository`."""
        kept = [limits for limits in self.stored[account_id] if limits.version != version]
        self.stored[account_id] = kept


class FakeWatch:
    """Exposures and alerts in dictionaries."""

    def __init__(self) -> None:
        self.accounts: dict[AccountId, Exposure] = {}
        self.positions: dict[tuple[AccountId, str], InstrumentExposure] = {}
        self.alerts: dict[str, Alert] = {}

    async def open_account(self, account_id: AccountId) -> None:
        """See `Watch`."""
        self.accounts.setdefault(account_id, Exposure(account_id, Decimal(0), 0))

    async def advance(self, account_id: AccountId, sequence: int) -> bool:
        """See `Watch`."""
        account = self.accounts.get(account_id)
        if account is None or account.event_sequence >= sequence:
            return False
        self.accounts[account_id] = replace(account, event_sequence=sequence)
        return True

    async def set_cash(self, account_id: AccountId, cash: Decimal) -> None:
        """See `Watch`."""
        self.accounts[account_id] = replace(self.accounts[account_id], cash=cash)

    async def register(self, account_id: AccountId, symbol: str, multiplier: int) -> None:
        """See `Watch`."""
        flat = InstrumentExposure(symbol, Decimal(0), None, multiplier)
        self.positions.setdefault((account_id, symbol), flat)

    async def add_fill(
        self,
        account_id: AccountId,
        symbol: str,
        signed_quantity: Decimal,
        price: Decimal | None,
        time_ns: int,  # Fills come in order here.
    ) -> InstrumentExposure:
        """See `Watch`."""
        position = self.positions[account_id, symbol]
        quantity = position.quantity + signed_quantity
        position = replace(position, quantity=quantity, price=price or position.price)
        self.positions[account_id, symbol] = position
        return position

    async def set_beyond(self, account_id: AccountId, symbol: str, *, beyond: bool) -> None:
        """See `Watch`."""
        position = self.positions[account_id, symbol]
        self.positions[account_id, symbol] = replace(position, beyond_limit=beyond)

    async def set_price(
        self,
        symbol: str,
        price: Decimal,
        time_ns: int,  # Prices come in order here.
    ) -> Sequence[tuple[AccountId, InstrumentExposure]]:
        """See `Watch`."""
        found = []
        for (account_id, held), position in self.positions.items():
            if held == symbol and position.quantity:
                self.positions[account_id, held] = replace(position, price=price)
                found.append((account_id, self.positions[account_id, held]))
        return found

    async def add_alert(self, alert: Alert) -> None:
        """See `Watch`."""
        self.alerts.setdefault(alert.alert_id, alert)


class FakeExposures:
    """Transactions on a `FakeWatch`: what fails half-way leaves it as it was."""

    def __init__(self) -> None:
        self.watch = FakeWatch()
        self.last_applied = 0

    @asynccontextmanager
    async def apply(self, stream_sequence: int) -> AsyncIterator[FakeWatch | None]:
        """See `Exposures`."""
        if stream_sequence <= self.last_applied:
            yield None
            return
        async with self.change() as watch:
            yield watch
        self.last_applied = stream_sequence

    @asynccontextmanager
    async def change(self) -> AsyncIterator[FakeWatch]:
        """See `Exposures`."""
        changed = deepcopy(self.watch)
        yield changed
        self.watch = changed

    async def find(self, account_id: AccountId) -> Exposure | None:
        """See `Exposures`."""
        account = self.watch.accounts.get(account_id)
        positions = self.watch.positions.items()
        held = tuple(position for (owner, _), position in positions if owner == account_id)
        return None if account is None else replace(account, instruments=held)

    async def alerts(
        self, account_id: AccountId | None, before: int | None, count: int
    ) -> list[tuple[int, Alert]]:
        """See `Exposures`."""
        numbered = list(enumerate(self.watch.alerts.values(), start=1))
        return [
            (number, alert)
            for number, alert in reversed(numbered)
            if account_id in {None, alert.account_id} and (before is None or number < before)
        ][:count]


class FakeEvents:
    """What was told, in order; `failures` make as many tellings fail."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self.failures: list[AlgoTrendyError] = []

    async def limits_changed(self, account_id: AccountId, limits: Limits) -> None:
        """See `Events`."""
        self._tell("LimitsChanged", (account_id, limits.version))

    async def threshold_breached(self, alert: Alert, cause: str) -> None:  # Unused.
        """See `Events`."""
        self._tell("RiskThresholdBreached", alert)

    async def position_exceeded(self, alert: Alert, cause: str) -> None:  # Unused.
        """See `Events`."""
        self._tell("PositionLimitExceeded", alert)

    def _tell(self, name: str, what: object) -> None:
        if self.failures:
            raise self.failures.pop()
        if (name, what) not in self.told:
            self.told.append((name, what))
