"""What the risk area needs of others."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Protocol

from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.risk.model import Alert, Exposure, InstrumentExposure, LimitsVersion


class Trading(Protocol):
    """The trading area, which applies the limits."""

    async def limits_version(self, account_id: AccountId) -> int:
        """Return the version in force, 0 for none; `AccountNotFoundError` without the account."""

    async def limits_versions(self) -> dict[AccountId, int]:
        """Return the version in force by account."""

    async def apply(self, account_id: AccountId, limits: Limits) -> None:
        """Put limits in force; return once they are."""


class LimitsRepository(Protocol):
    """Every version of every account's limits."""

    async def append(self, account_id: AccountId, limits: Limits, first_version: int) -> Limits:
        """Store limits as the next version, at least `first_version`."""

    async def append_first(self, account_id: AccountId, limits: Limits) -> bool:
        """Store limits as version 1 unless the account has some; tell whether they are stored."""

    async def latest(self, account_id: AccountId) -> Limits | None:
        """Return the last version stored."""

    async def in_force(self, account_id: AccountId) -> Limits | None:
        """Return the last version known to be in force."""

    async def find(self, account_id: AccountId, version: int) -> Limits | None:
        """Return one version, if it is stored."""

    async def versions(
        self, account_id: AccountId, before: int | None, count: int
    ) -> list[LimitsVersion]:
        """Return up to `count` versions below `before`, newest first."""

    async def mark_in_force(self, account_id: AccountId, version: int) -> None:
        """Remember that a version is in force."""

    async def discard(self, account_id: AccountId, version: int) -> None:
        """Forget a version that trading refused."""


class Watch(Protocol):
    """Exposures and alerts, within one transaction."""

    async def open_account(self, account_id: AccountId) -> None:
        """Begin to watch an account."""

    async def advance(self, account_id: AccountId, sequence: int) -> bool:
        """Note an account's event; tell whether it is new."""

    async def set_cash(self, account_id: AccountId, cash: Decimal) -> None:
        """Set an account's cash."""

    async def register(self, account_id: AccountId, symbol: str, multiplier: int) -> None:
        """Begin to watch an instrument."""

    async def add_fill(
        self,
        account_id: AccountId,
        symbol: str,
        signed_quantity: Decimal,
        price: Decimal | None,
        time_ns: int,
    ) -> InstrumentExposure:
        """Add to a position, at the last price where there is none; return it."""

    async def set_beyond(self, account_id: AccountId, symbol: str, *, beyond: bool) -> None:
        """Remember whether a position is beyond its limit."""

    async def set_price(
        self, symbol: str, price: Decimal, time_ns: int
    ) -> Sequence[tuple[AccountId, InstrumentExposure]]:
        """Set a newer price of an instrument; return the open positions in it."""

    async def add_alert(self, alert: Alert) -> None:
        """Add an alert; one that is there stays as it is."""


class Exposures(Protocol):
    """What was learnt from events."""

    def apply(self, stream_sequence: int) -> AbstractAsyncContextManager[Watch | None]:
        """Open a transaction for an event of the stream; None where it was applied before."""

    def change(self) -> AbstractAsyncContextManager[Watch]:
        """Open a transaction for what no event of the stream tells."""

    async def find(self, account_id: AccountId) -> Exposure | None:
        """Return an account's exposure, if it is watched."""

    async def alerts(
        self, account_id: AccountId | None, before: int | None, count: int
    ) -> list[tuple[int, Alert]]:
        """Return up to `count` alerts numbered below `before`, newest first, with their numbers."""


class Events(Protocol):
    """Tells other areas what happened. Telling it again changes nothing."""

    async def limits_changed(self, account_id: AccountId, limits: Limits) -> None:
        """Publish LimitsChanged."""

    async def threshold_breached(self, alert: Alert, cause: str) -> None:
        """Publish RiskThresholdBreached."""

    async def position_exceeded(self, alert: Alert, cause: str) -> None:
        """Publish PositionLimitExceeded."""
