"""What a deployment sends to its account, what came of it, and how long that took."""

from collections.abc import Mapping

from algotrendy.domain.clock import Clock
from algotrendy.domain.fill import Fill
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.money import round_half_even
from algotrendy.domain.order import AccountView, OrderIntent, strategy_client_order_id
from algotrendy.errors import FailedPreconditionError
from algotrendy.strategy.decision import EntryIntent
from algotrendy.strategy.holding import Holding
from algotrendy.strategy.model import Deployment, LatencySummary, OpenedBar
from algotrendy.strategy.ports import Accounts, Events, Observer, Stopwatch


class Desk:
    """Sends a deployment's orders; a refusal is an answer, not a failure."""

    def __init__(
        self,
        deployment: Deployment,
        instruments: Mapping[str, Instrument],
        *,
        accounts: Accounts,
        events: Events,
        observer: Observer,
        clock: Clock,
        stopwatch: Stopwatch,
    ) -> None:
        self._deployment = deployment
        self._account_id = deployment.account_id
        self._strategy_id = deployment.strategy_id
        self._instruments = instruments
        self._accounts = accounts
        self._events = events
        self._observer = observer
        self._clock = clock
        self._stopwatch = stopwatch
        self.order_count = deployment.order_count
        self.rejected_count = deployment.rejected_count
        self._bar_to_signal_ns: list[int] = []
        self._order_to_ack_ns: list[int] = []

    @property
    def bar_to_signal(self) -> LatencySummary:
        """From a bar's publication to the decision on it, in this process."""
        return LatencySummary.of(self._bar_to_signal_ns)

    @property
    def order_to_ack(self) -> LatencySummary:
        """From an order's submission to its answer, in this process."""
        return LatencySummary.of(self._order_to_ack_ns)

    def decided(self, publish_time_ns: int) -> None:
        """Note that a bar which was published then is decided on."""
        latency_ns = max(0, self._clock.now_ns() - publish_time_ns)
        self._bar_to_signal_ns.append(latency_ns)
        self._observer.bar_to_signal(latency_ns)

    async def view(self, symbol: str) -> AccountView:
        """Return the account as the strategy sees it now, for one symbol."""
        return await self._accounts.view(
            self._account_id, self._strategy_id, self._instruments[symbol]
        )

    async def open_orders(self) -> frozenset[str]:
        """Return the `client_order_id` of each of the strategy's orders that may still fill."""
        return await self._accounts.open_orders(self._account_id, self._strategy_id)

    async def close(self, intent: OrderIntent, *, is_all: bool = True) -> str | None:
        """Send what closes a position; of all of it, what protects it is cancelled before.

        Return its `client_order_id`; None where it was refused.
        """
        if is_all:
            await self._accounts.cancel_exits(self._account_id, self._strategy_id, intent.symbol)
        name = self._name(intent)
        return name if await self._submit(intent, name) else None

    async def open(self, entry: EntryIntent, holding: Holding, role: str = "") -> None:
        """Send what opens a position or adds to one; `role` tells it from what closed another."""
        name = self._name(entry.intent, role)
        # Before it is sent: it may fill at once.
        holding.enter(name, entry.bar, entry.exits)
        await self._submit(entry.intent, name)

    async def open_at(
        self, entry: EntryIntent, holding: Holding, opened: OpenedBar, role: str = ""
    ) -> None:
        """Send what opens a position, sized at a bar's open; nothing where that buys nothing."""
        # What is sized at the open is checked at the open.
        await self._events.opened(self._instruments[opened.symbol], opened)
        view = await self.view(opened.symbol)
        venue = await self._accounts.venue_terms(self._account_id)
        sized = entry.at_open(opened.price, view.equity, venue)
        if sized.intent.quantity:
            await self.open(sized, holding, role)

    async def protect(self, fill: Fill, holding: Holding) -> None:
        """Send what protects a position whose entry has filled, in place of what did before."""
        instrument = self._instruments[fill.symbol]
        account_id, strategy_id = self._account_id, self._strategy_id
        average = await self._accounts.average_price(fill.order_id)
        price = instrument.price_units(round_half_even(average, instrument.price_scale))
        view = await self.view(fill.symbol)
        orders = holding.entered(fill, price, view.position)
        if orders:
            await self._accounts.cancel_exits(account_id, strategy_id, fill.symbol)
            name = f"{fill.client_order_id}:{fill.execution_id}"
            await self._accounts.protect(account_id, strategy_id, instrument, orders, name)

    def _name(self, intent: OrderIntent, role: str = "") -> str:
        return strategy_client_order_id(
            self._deployment.deployment_id, intent.symbol, intent.bar_close_time_ns, role
        )

    async def _submit(self, intent: OrderIntent, client_order_id: str) -> bool:
        """Return whether the order was taken."""
        instrument = self._instruments[intent.symbol]
        await self._events.signal(self._deployment, instrument, intent, client_order_id)
        self.order_count += 1
        started_ns = self._stopwatch.now_ns()
        try:
            await self._accounts.submit(
                self._account_id, self._strategy_id, instrument, intent, client_order_id
            )
        except FailedPreconditionError as refusal:
            self._observer.refused(self._deployment, intent, refusal)
            self.rejected_count += 1
            return False
        finally:
            latency_ns = self._stopwatch.now_ns() - started_ns
            self._order_to_ack_ns.append(latency_ns)
            self._observer.order_to_ack(latency_ns)
        return True
