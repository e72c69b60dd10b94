"""One active deployment in this process: its runners, its counts, its latencies."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from algotrendy.domain.bar import Bar
from algotrendy.domain.clock import Clock
from algotrendy.domain.fill import Fill
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.money import round_half_even
from algotrendy.domain.order import AccountView, OrderIntent, strategy_client_order_id
from algotrendy.errors import FailedPreconditionError
from algotrendy.strategy.model import Deployment, DeploymentState, LatencySummary, Strategy
from algotrendy.strategy.ports import (
    Accounts,
    Events,
    MarketData,
    Observer,
    Repository,
    Stopwatch,
)
from algotrendy.strategy.rule import Rule
from algotrendy.strategy.runner import Decision, SymbolRunner


@dataclass(frozen=True, slots=True)
class PublishedBar:
    """A finished bar, and when it was published."""

    bar: Bar
    publish_time_ns: int

    @property
    def symbol(self) -> str:
        """The bar's symbol."""
        return self.bar.symbol


class LiveDeployment:
    """Follows a deployment's symbols and trades its account.

    Bars are taken one at a time. What a bar changed is stored before the next one is taken.
    """

    def __init__(
        self,
        deployment: Deployment,
        strategy: Strategy,
        rule: Rule,
        instruments: Mapping[str, Instrument],
        *,
        market_data: MarketData,
        accounts: Accounts,
        repository: Repository,
        events: Events,
        observer: Observer,
        clock: Clock,
        stopwatch: Stopwatch,
    ) -> None:
        self._deployment = deployment
        self._strategy = strategy
        self._instruments = instruments
        self._runners = {
            symbol: SymbolRunner(rule, instrument, deployment.start_time_ns)
            for symbol, instrument in instruments.items()
        }
        self._market_data = market_data
        self._accounts = accounts
        self._repository = repository
        self._events = events
        self._observer = observer
        self._clock = clock
        self._stopwatch = stopwatch
        # Symbols whose stored bars have been read up to the first bar that arrived.
        self._joined: set[str] = set()
        # The `client_order_id` of each symbol's last entry.
        self._entries: dict[str, str] = {}
        self._bar_to_signal_ns: list[int] = []
        self._order_to_ack_ns: list[int] = []
        self._lock = asyncio.Lock()

    @property
    def deployment(self) -> Deployment:
        """Return it as it stands, with the latencies measured in this process."""
        return self._measured(self._deployment)

    @property
    def is_active(self) -> bool:
        """Whether it decides on bars."""
        return self._deployment.state is DeploymentState.ACTIVE

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """The instruments it trades, by symbol."""
        return self._instruments

    async def warm_up(self) -> None:
        """Read the bars that open before it trades, and those decided on before a restart."""
        decided = dict(self._deployment.last_open_time_ns)
        for symbol, runner in self._runners.items():
            last_open_time_ns = decided.get(symbol)
            end_ns = self._deployment.start_time_ns
            if last_open_time_ns is not None:
                end_ns = max(end_ns, last_open_time_ns + 1)
            runner.warm_up(await self._market_data.bars(symbol, None, end_ns))

    async def on_moment(self, moment: Sequence[PublishedBar]) -> None:
        """Decide on finished bars that closed together.

        An error ends the deployment and is raised.
        """
        async with self._lock:
            if not self.is_active:
                return
            try:
                for published in moment:
                    await self._take(published.bar, published.publish_time_ns)
            except Exception as error:
                await self._end(self._deployment.failed(str(error) or type(error).__name__))
                raise

    async def on_fill(self, fill: Fill) -> None:
        """Protect what an entry of it bought; an error ends the deployment and is raised."""
        async with self._lock:
            if not self.is_active or self._entries.get(fill.symbol) != fill.client_order_id:
                return
            try:
                await self._protect(fill)
            except Exception as error:
                await self._end(self._deployment.failed(str(error) or type(error).__name__))
                raise

    async def stop(self) -> None:
        """End it after the bar it is working on."""
        async with self._lock:
            if self.is_active:
                await self._end(self._deployment.stopped())

    async def drain(self) -> None:
        """Wait for the bar it is working on."""
        async with self._lock:
            pass

    async def _take(self, bar: Bar, publish_time_ns: int) -> None:
        runner = self._runners[bar.symbol]
        if runner.has_seen(bar):
            return
        if bar.symbol not in self._joined:
            await self._join(bar, runner)
        if bar.open_time_ns < self._deployment.start_time_ns:
            runner.warm_up((bar,))
            return
        decision = await self._decide(bar, runner)
        latency_ns = max(0, self._clock.now_ns() - publish_time_ns)
        self._bar_to_signal_ns.append(latency_ns)
        self._observer.bar_to_signal(latency_ns)
        taken = [await self._submit(*each) for each in self._named(decision)]
        self._count(bar, ordered=len(taken), rejected=taken.count(False))
        await self._repository.save_deployment(self._deployment)

    async def _join(self, bar: Bar, runner: SymbolRunner) -> None:
        """Take what was stored between the warm-up and the first bar that arrived."""
        last_ns = runner.last_open_time_ns
        start_ns = None if last_ns is None else last_ns + 1
        runner.warm_up(await self._market_data.bars(bar.symbol, start_ns, bar.open_time_ns))
        self._joined.add(bar.symbol)

    async def _decide(self, bar: Bar, runner: SymbolRunner) -> Decision:
        if not runner.observe(bar):
            return Decision()
        view = await self._view(self._instruments[bar.symbol])
        decision = runner.decide(bar, view)
        if decision.close is not None:
            await self._accounts.cancel_exits(
                self._deployment.account_id, self._strategy.strategy_id, bar.symbol
            )
        return decision

    async def _view(self, instrument: Instrument) -> AccountView:
        return await self._accounts.view(
            self._deployment.account_id, self._strategy.strategy_id, instrument
        )

    def _named(self, decision: Decision) -> list[tuple[OrderIntent, str]]:
        """Return the orders that are wanted, each with its `client_order_id`."""
        named = []
        for place, intent in enumerate(decision.intents):
            role = "open" if place else ""
            client_order_id = strategy_client_order_id(
                self._deployment.deployment_id, intent.symbol, intent.bar_close_time_ns, role
            )
            if not intent.reduce_only:
                self._entries[intent.symbol] = client_order_id
            named.append((intent, client_order_id))
        return named

    async def _submit(self, intent: OrderIntent, client_order_id: str) -> bool:
        """Return whether the order was taken; a refusal is an answer, not a failure."""
        instrument = self._instruments[intent.symbol]
        await self._events.signal(self._deployment, instrument, intent, client_order_id)
        started_ns = self._stopwatch.now_ns()
        try:
            await self._accounts.submit(
                self._deployment.account_id,
                self._strategy.strategy_id,
                instrument,
                intent,
                client_order_id,
            )
        except FailedPreconditionError as refusal:
            self._observer.refused(self._deployment, intent, refusal)
            return False
        finally:
            latency_ns = self._stopwatch.now_ns() - started_ns
            self._order_to_ack_ns.append(latency_ns)
            self._observer.order_to_ack(latency_ns)
        return True

    async def _protect(self, fill: Fill) -> None:
        """Send what protects a position whose entry has filled, in place of what did before."""
        instrument, runner = self._instruments[fill.symbol], self._runners[fill.symbol]
        account_id, strategy_id = self._deployment.account_id, self._strategy.strategy_id
        average = await self._accounts.average_price(fill.order_id)
        price = instrument.price_units(round_half_even(average, instrument.price_scale))
        view = await self._view(instrument)
        orders = runner.entered(fill, price, view.position)
        if orders:
            await self._accounts.cancel_exits(account_id, strategy_id, fill.symbol)
            name = f"{fill.client_order_id}:{fill.execution_id}"
            await self._accounts.protect(account_id, strategy_id, instrument, orders, name)

    def _count(self, bar: Bar, *, ordered: int, rejected: int) -> None:
        last = {**dict(self._deployment.last_open_time_ns), bar.symbol: bar.open_time_ns}
        self._deployment = replace(
            self._deployment,
            bar_count=self._deployment.bar_count + 1,
            order_count=self._deployment.order_count + ordered,
            rejected_count=self._deployment.rejected_count + rejected,
            last_open_time_ns=tuple(sorted(last.items())),
        )

    async def _end(self, ended: Deployment) -> None:
        # Stored before it is believed: a stop that was not stored must not count as one.
        await self._repository.save_deployment(self._measured(ended))
        self._deployment = ended
        await self._events.deactivated(self.deployment)

    def _measured(self, deployment: Deployment) -> Deployment:
        return replace(
            deployment,
            bar_to_signal=LatencySummary.of(self._bar_to_signal_ns),
            order_to_ack=LatencySummary.of(self._order_to_ack_ns),
        )
