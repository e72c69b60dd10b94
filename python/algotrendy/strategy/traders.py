"""How a deployment trades: each symbol by itself, or all of them together."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from algotrendy.domain.bar import Bar
from algotrendy.domain.fill import Fill
from algotrendy.domain.instrument import Instrument
from algotrendy.strategy.decision import Decision, EntryIntent
from algotrendy.strategy.desk import Desk
from algotrendy.strategy.holding import Holding
from algotrendy.strategy.model import Deployment, OpenedBar
from algotrendy.strategy.moment import PublishedBar
from algotrendy.strategy.ports import Observer
from algotrendy.strategy.rule import Rule
from algotrendy.strategy.runner import SymbolRunner
from algotrendy.strategy.universe import Rotation, UniverseRunner

# Of an order that follows on one that closes, of the same bar.
_OPEN = "open"


class Trader(ABC):
    """Lets a rule decide, and carries out what it decides.

    Parameters
    ----------
    start_time_ns : int
        Bars that open before it are not decided on.
    """

    def __init__(self, desk: Desk, observer: Observer, start_time_ns: int) -> None:
        self._desk = desk
        self._observer = observer
        self._start_time_ns = start_time_ns
        # What is sized at the next open, and what is opened once an order, by its
        # `client_order_id`, has closed what was held before.
        self._at_open: dict[str, EntryIntent] = {}
        self._after: dict[str, tuple[str, EntryIntent]] = {}
        self._opened: dict[str, OpenedBar] = {}
        # Symbols whose orders meet trades or quotes, not bars.
        self._of_ticks: set[str] = set()

    @abstractmethod
    def holding(self, symbol: str) -> Holding:
        """Return what is held of a symbol."""

    @abstractmethod
    def symbols_with(self, symbol: str) -> Sequence[str]:
        """Return the symbols that are looked at together with one, it included."""

    @abstractmethod
    def warm_up(self, bars: Iterable[Bar]) -> None:
        """Take bars that are not decided on; old ones change nothing."""

    @abstractmethod
    async def take(self, moment: Sequence[PublishedBar]) -> list[Bar]:
        """Take bars that closed together; return those that were decided on."""

    def meet_ticks(self, symbol: str) -> None:
        """Learn that a symbol's orders meet trades or quotes."""
        self._of_ticks.add(symbol)

    async def pass_time(self, time_ns: int) -> list[Bar]:  # noqa: ARG002  # Nobody waits for it.
        """Decide on bars that need not wait for others any more; return them."""
        return []

    async def open(self, opened: OpenedBar) -> None:
        """Send what was to be sized at the bar's open."""
        self._opened[opened.symbol] = opened
        entry = self._at_open.pop(opened.symbol, None)
        if entry is not None:
            await self._desk.open_at(entry, self.holding(opened.symbol), opened)

    async def on_fill(self, fill: Fill) -> None:
        """Protect what an entry bought, and open what waited for a close."""
        holding = self.holding(fill.symbol)
        if holding.entry is not None and holding.entry.client_order_id == fill.client_order_id:
            await self._desk.protect(fill, holding)
        close, entry = self._after.get(fill.symbol, ("", None))
        if entry is None or close != fill.client_order_id:
            return
        if (await self._desk.view(fill.symbol)).position:
            return
        del self._after[fill.symbol]
        opened = self._opened.get(fill.symbol)
        if entry.is_sized:
            await self._desk.open(entry, holding, _OPEN)
        elif opened is None:
            self._observer.open_missed(entry.intent)
        else:
            await self._desk.open_at(entry, holding, opened, _OPEN)

    @abstractmethod
    async def on_news(self) -> None:
        """Learn that something else has become of an order of the account."""

    async def _carry_out(self, decision: Decision) -> None:
        entry = decision.open
        close = None if decision.close is None else await self._desk.close(decision.close)
        if entry is None:
            return
        symbol = entry.intent.symbol
        if symbol in self._of_ticks and close is not None:
            # What is closed pays for what is opened, which the tick that fills it cannot meet.
            self._after[symbol] = (close, entry)
        elif entry.is_sized:
            # Behind the order that closes, so that both fill at the next open, and its stops work
            # in the rest of that bar.
            role = "" if decision.close is None else _OPEN
            await self._desk.open(entry, self.holding(symbol), role)
        elif decision.close is None:
            self._at_open[symbol] = entry
        elif close is not None:
            self._after[symbol] = (close, entry)

    def _give_up_open(self, symbol: str) -> None:
        """Forget what was to be sized at an open that was never told."""
        entry = self._at_open.pop(symbol, None)
        if entry is not None:
            self._observer.open_missed(entry.intent)


class AloneTrader(Trader):
    """Decides on each symbol by itself."""

    def __init__(
        self,
        desk: Desk,
        observer: Observer,
        rule: Rule,
        instruments: Mapping[str, Instrument],
        deployment: Deployment,
    ) -> None:
        super().__init__(desk, observer, deployment.start_time_ns)
        kept = {entry.symbol: entry for entry in deployment.entries}
        self._runners = {
            symbol: SymbolRunner(rule, instrument, deployment.start_time_ns, kept.get(symbol))
            for symbol, instrument in instruments.items()
        }

    def holding(self, symbol: str) -> Holding:
        """See `Trader`."""
        return self._runners[symbol].holding

    def symbols_with(self, symbol: str) -> Sequence[str]:
        """See `Trader`."""
        return [symbol]

    def warm_up(self, bars: Iterable[Bar]) -> None:
        """See `Trader`."""
        for bar in bars:
            self._runners[bar.symbol].warm_up((bar,))

    async def take(self, moment: Sequence[PublishedBar]) -> list[Bar]:
        """See `Trader`."""
        decided = []
        for published in moment:
            bar, runner = published.bar, self._runners[published.symbol]
            if runner.holding.has_seen(bar):
                continue
            if bar.open_time_ns < self._start_time_ns:
                runner.warm_up((bar,))
                continue
            self._give_up_open(bar.symbol)
            decision = Decision()
            if runner.observe(bar):
                decision = runner.decide(bar, await self._desk.view(bar.symbol))
            self._desk.decided(published.publish_time_ns)
            await self._carry_out(decision)
            decided.append(bar)
        return decided

    async def on_news(self) -> None:
        """See `Trader`; nothing waits for it."""


class TogetherTrader(Trader):
    """Decides on all symbols of a time together, once each has its bar or the time has passed."""

    def __init__(
        self,
        desk: Desk,
        observer: Observer,
        rule: Rule,
        instruments: Mapping[str, Instrument],
        deployment: Deployment,
    ) -> None:
        super().__init__(desk, observer, deployment.start_time_ns)
        self._runner = UniverseRunner(
            rule, instruments, deployment.start_time_ns, deployment.entries
        )
        self._places = {symbol: place for place, symbol in enumerate(instruments)}
        self._is_ranking = rule.is_ranking
        # Bars of a time at which others may still come, by symbol.
        self._waiting: dict[str, PublishedBar] = {}
        # What is bought once the orders that pay for it have ended.
        self._purchases: list[EntryIntent] = []
        self._sales: frozenset[str] = frozenset()

    def holding(self, symbol: str) -> Holding:
        """See `Trader`."""
        return self._runner.holdings[symbol]

    def symbols_with(self, symbol: str) -> Sequence[str]:  # noqa: ARG002  # It is one of all.
        """See `Trader`."""
        return list(self._places)

    def warm_up(self, bars: Iterable[Bar]) -> None:
        """See `Trader`."""
        self._runner.warm_up(bars)

    async def take(self, moment: Sequence[PublishedBar]) -> list[Bar]:
        """See `Trader`."""
        decided: list[Bar] = []
        for published in moment:
            bar = published.bar
            decided += await self.pass_time(bar.close_time_ns - 1)
            # One that comes when its time has passed changes nothing.
            if not self._runner.has_seen(bar) and self._waiting_ns() in {None, bar.close_time_ns}:
                self._waiting.setdefault(bar.symbol, published)
        if len(self._waiting) == len(self._places):
            decided += await self._decide()
        return decided

    async def pass_time(self, time_ns: int) -> list[Bar]:
        """See `Trader`."""
        waiting_ns = self._waiting_ns()
        return await self._decide() if waiting_ns is not None and waiting_ns <= time_ns else []

    async def on_fill(self, fill: Fill) -> None:
        """See `Trader`."""
        await super().on_fill(fill)
        await self.on_news()

    async def on_news(self) -> None:
        """See `Trader`."""
        if self._sales:
            self._sales &= await self._desk.open_orders()
        if not self._sales:
            await self._purchase()

    def _waiting_ns(self) -> int | None:
        """When the bars closed that wait for others."""
        return next((each.bar.close_time_ns for each in self._waiting.values()), None)

    async def _decide(self) -> list[Bar]:
        waiting, self._waiting = self._waiting, {}
        moment = [waiting[symbol].bar for symbol in self._places if symbol in waiting]
        if all(bar.open_time_ns < self._start_time_ns for bar in moment):
            self._runner.warm_up(moment)
            return []
        for bar in moment:
            self._give_up_open(bar.symbol)
        needs_decision = self._runner.observe(moment)
        rotation: Rotation | None = None
        if needs_decision and self._is_ranking:
            views = {symbol: await self._desk.view(symbol) for symbol in self._places}
            rotation = self._runner.rank(moment, views)
        for published in waiting.values():
            self._desk.decided(published.publish_time_ns)
        if rotation is not None:
            await self._rotate(rotation)
        elif needs_decision:
            for bar in moment:
                # What one has sent is known to the next.
                decision = self._runner.decide(bar, await self._desk.view(bar.symbol))
                await self._carry_out(decision)
        return moment

    async def _rotate(self, rotation: Rotation) -> None:
        if self._runner.is_due:
            self._purchases, self._sales = rotation.purchases, frozenset()
        sales = set()
        for sale in rotation.sales:
            if sale.symbol in rotation.sold_out:
                self.holding(sale.symbol).clear()
            name = await self._desk.close(sale, is_all=sale.symbol in rotation.sold_out)
            if name is not None and sale.symbol in rotation.waits_for:
                sales.add(name)
        self._sales |= sales
        if not self._sales:
            await self._purchase()

    async def _purchase(self) -> None:
        """Buy what is to be held, once what was sold for it has filled."""
        purchases, self._purchases = self._purchases, []
        for entry in purchases:
            symbol = entry.intent.symbol
            view = await self._desk.view(symbol)
            change = entry.intent.quantity - view.position
            if change > 0 and not view.has_working_order:
                await self._desk.open(entry.of(change), self.holding(symbol))
