"""Fakes of what the trading area needs, and builders of what it is asked."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.ids import AccountId, ClientOrderId, StrategyId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.limits import Limits
from algotrendy.domain.order import Side
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import AlgoTrendyError, CoreHaltedError
from algotrendy.trading.events import AccountEvent
from algotrendy.trading.model import AccountTerms, MarketBar
from algotrendy.trading.terms import NewOrder

ACCOUNT_ID = AccountId("01900000-0000-7000-8000-000000000001")
SPY = Instrument("SPY")


class FakeJournal:
    """A journal in memory. What was not synced is lost when it is opened again.

    A failure that is set makes the next append or sync fail, and everything after it.
    """

    def __init__(self, durable: list[bytes] | None = None) -> None:
        self.durable = [] if durable is None else durable
        self.sync_count = 0
        self.append_failure: AlgoTrendyError | None = None
        self.sync_failure: AlgoTrendyError | None = None
        self._appended: list[bytes] = []
        self._halted = False

    def append(self, payload: bytes) -> None:
        """See `Journal`."""
        self._fail(self.append_failure)
        self._appended.append(payload)

    def sync(self) -> None:
        """See `Journal`."""
        self._fail(self.sync_failure)
        self.sync_count += 1
        self.durable.extend(self._appended)
        self._appended.clear()

    def records(self) -> list[bytes]:
        """See `Journal`."""
        return [*self.durable, *self._appended]

    def close(self) -> None:
        """See `Journal`."""
        self._halted = True

    def _fail(self, failure: AlgoTrendyError | None) -> None:
        if self._halted:
            raise CoreHaltedError("the journal is halted")
        if failure is not None:
            self._halted = True
            raise failure


class FakeJournals:
    """Journals whose synced records outlive them, as files do."""

    def __init__(self) -> None:
        self.opened: dict[AccountId, FakeJournal] = {}
        self._durable: dict[AccountId, list[bytes]] = {}

    def account_ids(self) -> list[AccountId]:
        """See `Journals`."""
        return sorted(self._durable)

    def open(self, account_id: AccountId) -> FakeJournal:
        """See `Journals`."""
        journal = self.make(self._durable.setdefault(account_id, []))
        self.opened[account_id] = journal
        return journal

    def make(self, durable: list[bytes]) -> FakeJournal:
        """Return the journal that keeps `durable`."""
        return FakeJournal(durable)


class FakePublisher:
    """A stream in memory; set `failures` to make as many publications fail."""

    def __init__(self) -> None:
        self.events: list[AccountEvent] = []
        self.failures: list[Exception] = []
        # What `observe` returned at each publication.
        self.observe: Callable[[], str] = str
        self.observed: list[str] = []

    async def publish(self, event: AccountEvent) -> None:
        """See `EventPublisher`."""
        if self.failures:
            raise self.failures.pop()
        if event not in self.events:
            self.events.append(event)
            self.observed.append(self.observe())

    async def last_sequence(self, account_id: AccountId) -> int | None:
        """See `EventPublisher`."""
        sequences = [event.sequence for event in self.events if event.account_id == account_id]
        return sequences[-1] if sequences else None

    @property
    def ids(self) -> list[str]:
        """The ids of what was published, in order."""
        return [event.event_id for event in self.events]

    @property
    def names(self) -> list[str]:
        """The names of what was published, in order."""
        return [type(event.body).__name__ for event in self.events]


def account_terms(
    account_id: AccountId = ACCOUNT_ID,
    initial_cash: str = "100000",
    slippage_bps: str = "0",
    fee_bps: str = "0",
) -> AccountTerms:
    """Return a paper account in USD."""
    return AccountTerms(
        account_id=account_id,
        display_name="Paper",
        currency="USD",
        initial_cash=Decimal(initial_cash),
        venue_terms=VenueTerms(Decimal(slippage_bps), Decimal(fee_bps)),
        create_time_ns=1_700_000_000_000_000_000,
    )


def wide_limits(version: int = 1, **changes: Any) -> Limits:  # noqa: ANN401  # Any of `Limits.of`.
    """Return limits that forbid nothing but what `changes` say, hard ones of the account."""
    return Limits.of(version, **changes)


def buy(
    quantity: str = "10",
    limit_price: str | None = None,
    client_order_id: str = "order-1",
    account_id: AccountId = ACCOUNT_ID,
    **changes: Any,  # noqa: ANN401  # Any field of NewOrder.
) -> NewOrder:
    """Return an order to buy SPY, at the market or at a limit."""
    terms: dict[str, Any] = {
        "account_id": account_id,
        "client_order_id": ClientOrderId(client_order_id),
        "symbol": SPY.symbol,
        "side": Side.BUY,
        "quantity": Decimal(quantity),
        "limit_price": None if limit_price is None else Decimal(limit_price),
        "strategy_id": StrategyId("strategy-1"),
        **changes,
    }
    return NewOrder(**terms)


def daily_bar(
    day: int, prices: Sequence[str] = ("100", "101", "99", "100.50"), symbol: str = "SPY"
) -> MarketBar:
    """Return the bar of a day since the epoch, which ends as the next opens; prices are OHLC."""
    open_, high, low, close = map(Decimal, prices)
    return MarketBar(
        symbol=symbol,
        open_time_ns=day * DAY_NS,
        close_time_ns=(day + 1) * DAY_NS,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=Decimal(1_000_000),
    )
