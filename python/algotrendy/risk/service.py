"""What one can ask of the risk area, and what it does with what it hears."""

import asyncio
from collections import defaultdict
from decimal import Decimal

import structlog

from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.errors import (
    AccountNotFoundError,
    FailedPreconditionError,
    InvalidArgumentError,
    LimitsMissingError,
    NotFoundError,
)
from algotrendy.risk.model import (
    Alert,
    Cause,
    Exposure,
    InstrumentExposure,
    LimitsVersion,
    alert_id,
    position_alert,
)
from algotrendy.risk.ports import Events, Exposures, LimitsRepository, Trading, Watch

log = structlog.get_logger(__name__)


class LimitsService:
    """Owns the limits; a version is stored first, then put in force by trading."""

    def __init__(
        self, repository: LimitsRepository, trading: Trading, events: Events, defaults: Limits
    ) -> None:
        self._repository = repository
        self._trading = trading
        self._events = events
        self._defaults = defaults
        # One change of an account's limits at a time, so that versions arrive in order.
        self._changing: defaultdict[AccountId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def set(self, account_id: AccountId, limits: Limits) -> Limits:
        """Store the next version and return it once it is in force.

        Raises
        ------
        AccountNotFoundError
            Trading has no such account.
        UnavailableError
            Trading could not be told. The version is put in force by the next start, unless a later
            one is set.
        """
        async with self._changing[account_id]:
            in_force = await self._trading.limits_version(account_id)
            stored = await self._repository.append(account_id, limits, in_force + 1)
            try:
                await self._put_in_force(account_id, stored)
            except (InvalidArgumentError, FailedPreconditionError, NotFoundError):
                await self._repository.discard(account_id, stored.version)
                raise
        return stored

    async def get(self, account_id: AccountId, version: int | None = None) -> Limits:
        """Return the limits in force, or one version of them.

        Raises
        ------
        LimitsMissingError
            None are in force.
        NotFoundError
            There is no such version.
        """
        if version is not None:
            found = await self._repository.find(account_id, version)
            if found is None:
                raise NotFoundError(
                    f"account {account_id!r} has no limits of version {version}.",
                    account_id=account_id,
                    version=str(version),
                )
            return found
        limits = await self._repository.in_force(account_id)
        if limits is None:
            raise LimitsMissingError(
                f"account {account_id!r} has no limits.", account_id=account_id
            )
        return limits

    async def versions(
        self, account_id: AccountId, before: int | None, count: int
    ) -> tuple[list[LimitsVersion], int | None]:
        """Return up to `count` versions, newest first, and the one the next page is before."""
        # One more than asked for tells whether there is a next page.
        found = await self._repository.versions(account_id, before, count + 1)
        more = len(found) > count
        return found[:count], found[count - 1].limits.version if more else None

    async def set_defaults(self, account_id: AccountId) -> None:
        """Give an account that has no limits the conservative ones."""
        async with self._changing[account_id]:
            await self._repository.append_first(account_id, self._defaults)
            await self._restore(account_id)

    async def restore(self) -> None:
        """Put in force what a stop, or trading's absence, kept from being so."""
        for account_id in await self._trading.limits_versions():
            async with self._changing[account_id]:
                await self._restore(account_id)

    async def _restore(self, account_id: AccountId) -> None:
        latest = await self._repository.latest(account_id)
        known = await self._repository.in_force(account_id)
        if latest is None:
            return
        try:
            in_force = await self._trading.limits_version(account_id)
            if in_force > latest.version:
                return
            if in_force < latest.version or known != latest:
                await self._put_in_force(account_id, latest)
        except AccountNotFoundError:
            log.warning("account_of_limits_missing", account_id=account_id)

    async def _put_in_force(self, account_id: AccountId, limits: Limits) -> None:
        await self._trading.apply(account_id, limits)
        await self._events.limits_changed(account_id, limits)
        await self._repository.mark_in_force(account_id, limits.version)
        log.info("limits_in_force", account_id=account_id, version=limits.version)


class ExposureService:
    """Tells exposures and alerts."""

    def __init__(self, exposures: Exposures) -> None:
        self._exposures = exposures

    async def get(self, account_id: AccountId) -> Exposure:
        """Return an account's exposure; raise `AccountNotFoundError` where none was seen."""
        exposure = await self._exposures.find(account_id)
        if exposure is None:
            raise AccountNotFoundError(
                f"account {account_id!r} does not exist.", account_id=account_id
            )
        return exposure

    async def alerts(
        self, account_id: AccountId | None, before: int | None, count: int
    ) -> tuple[list[Alert], int | None]:
        """Return up to `count` alerts, newest first, and the number the next page is before."""
        # One more than asked for tells whether there is a next page.
        found = await self._exposures.alerts(account_id, before, count + 1)
        more = len(found) > count
        return [alert for _, alert in found[:count]], found[count - 1][0] if more else None


class Monitor:
    """Watches what trading tells. Seeing an event twice changes nothing.

    An alert's event is published within the transaction that stores the alert: after a failure both
    are done again, and the event's id makes the second one no event.
    """

    def __init__(
        self,
        exposures: Exposures,
        limits: LimitsService,
        repository: LimitsRepository,
        events: Events,
    ) -> None:
        self._exposures = exposures
        self._limits = limits
        self._repository = repository
        self._events = events

    async def account_opened(self, cause: Cause) -> None:
        """Watch a new account, and see that it has limits."""
        await self._limits.set_defaults(cause.account_id)
        async with self._exposures.apply(cause.stream_sequence) as watch:
            if watch is not None:
                await watch.open_account(cause.account_id)

    async def cash_moved(self, cause: Cause, balance: Decimal) -> None:
        """Note the cash after something other than a fill moved it."""
        async with self._exposures.apply(cause.stream_sequence) as watch:
            if watch is not None and await watch.advance(cause.account_id, cause.sequence):
                await watch.set_cash(cause.account_id, balance)

    async def instrument_registered(self, cause: Cause, symbol: str, multiplier: int) -> None:
        """Watch a new instrument."""
        async with self._exposures.apply(cause.stream_sequence) as watch:
            if watch is not None and await watch.advance(cause.account_id, cause.sequence):
                await watch.register(cause.account_id, symbol, multiplier)

    async def order_filled(
        self, cause: Cause, symbol: str, signed_quantity: Decimal, price: Decimal, cash: Decimal
    ) -> None:
        """Add a fill to its position, and look whether that is beyond its limit."""
        async with self._exposures.apply(cause.stream_sequence) as watch:
            if watch is None or not await watch.advance(cause.account_id, cause.sequence):
                return
            await watch.set_cash(cause.account_id, cash)
            exposure = await watch.add_fill(
                cause.account_id, symbol, signed_quantity, price, cause.time_ns
            )
            await self._look(watch, cause.event_id, cause.account_id, exposure, cause.time_ns)

    async def position_adjusted(self, cause: Cause, symbol: str, signed_quantity: Decimal) -> None:
        """Add to a position what the venue says is missing, and look at its limit."""
        async with self._exposures.apply(cause.stream_sequence) as watch:
            if watch is None or not await watch.advance(cause.account_id, cause.sequence):
                return
            exposure = await watch.add_fill(
                cause.account_id, symbol, signed_quantity, None, cause.time_ns
            )
            await self._look(watch, cause.event_id, cause.account_id, exposure, cause.time_ns)

    async def order_rejected(
        self, cause: Cause, symbol: str, rule: str, limit: str, observed: str
    ) -> None:
        """Raise an alert for an order that a check refused."""
        alert = Alert(
            alert_id=alert_id(cause.event_id, rule),
            account_id=cause.account_id,
            rule=rule,
            symbol=symbol,
            limit=limit,
            observed=observed,
            create_time_ns=cause.time_ns,
        )
        async with self._exposures.apply(cause.stream_sequence) as watch:
            if watch is None or not await watch.advance(cause.account_id, cause.sequence):
                return
            await watch.add_alert(alert)
            await self._events.threshold_breached(alert, cause.event_id)

    async def other(self, cause: Cause) -> None:
        """Note an event that moves no exposure."""
        async with self._exposures.apply(cause.stream_sequence) as watch:
            if watch is not None:
                await watch.advance(cause.account_id, cause.sequence)

    async def price_updated(self, symbol: str, price: Decimal, time_ns: int) -> None:
        """Value the positions in an instrument, and look whether one is beyond its limit."""
        cause = f"price:{symbol}:{time_ns}"
        async with self._exposures.change() as watch:
            for account_id, exposure in await watch.set_price(symbol, price, time_ns):
                await self._look(watch, f"{cause}:{account_id}", account_id, exposure, time_ns)

    async def _look(
        self,
        watch: Watch,
        cause: str,
        account_id: AccountId,
        exposure: InstrumentExposure,
        time_ns: int,
    ) -> None:
        limits = await self._repository.in_force(account_id)
        beyond = exposure.is_beyond(limits)
        if beyond == exposure.beyond_limit:
            return  # An excursion is told once, when it begins.
        await watch.set_beyond(account_id, exposure.symbol, beyond=beyond)
        if beyond and limits is not None:
            alert = position_alert(cause, account_id, exposure, limits, time_ns)
            await watch.add_alert(alert)
            await self._events.position_exceeded(alert, cause)
            log.warning(
                "position_limit_exceeded",
                account_id=account_id,
                symbol=exposure.symbol,
                limit=alert.limit,
                observed=alert.observed,
            )
