"""One active deployment in this process: what it follows, what it has done, how it ends."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from algotrendy.domain.bar import Bar
from algotrendy.domain.clock import Clock
from algotrendy.domain.fill import Fill
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.strategy import SizeAt
from algotrendy.errors import StrategyUnsupportedError
from algotrendy.strategy.desk import Desk
from algotrendy.strategy.model import Deployment, DeploymentState, OpenedBar
from algotrendy.strategy.moment import Moment
from algotrendy.strategy.ports import (
    Accounts,
    Events,
    MarketData,
    Observer,
    Repository,
    Stopwatch,
)
from algotrendy.strategy.rule import Rule
from algotrendy.strategy.traders import AloneTrader, TogetherTrader


class LiveDeployment:
    """Follows a deployment's symbols and trades its account.

    One thing that happens is dealt with at a time; what it changed is stored before the next one.
    An error ends the deployment and is raised.
    """

    def __init__(
        self,
        deployment: Deployment,
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
        self._rule = rule
        self._instruments = instruments
        self._market_data = market_data
        self._repository = repository
        self._events = events
        self._desk = Desk(
            deployment,
            instruments,
            accounts=accounts,
            events=events,
            observer=observer,
            clock=clock,
            stopwatch=stopwatch,
        )
        kind = TogetherTrader if rule.needs_universe else AloneTrader
        self._trader = kind(self._desk, observer, rule, instruments, deployment)
        # Symbols whose stored bars have been read up to the first bar that arrived.
        self._joined: set[str] = set()
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
        bars: list[Bar] = []
        for symbol in self._instruments:
            end_ns = max(self._deployment.start_time_ns, decided.get(symbol, -1) + 1)
            bars.extend(await self._market_data.bars(symbol, None, end_ns))
        self._trader.warm_up(bars)

    async def on_moment(self, moment: Moment) -> None:
        """Learn what orders meet, and decide on finished bars that closed together."""
        part = moment.of(self._instruments)
        async with self._working():
            if not self.is_active:
                return
            for made in part.ticks:
                self._meet_ticks(made.symbol)
            for published in part.bars:
                if published.symbol not in self._joined:
                    await self._join(published.bar)
            if part.bars:
                await self._note(await self._trader.take(part.bars))

    async def on_time(self, time_ns: int, opened: OpenedBar | None) -> bool:
        """Decide on what waited for a time, and send what waited for an open.

        Return whether a bar had waited.
        """
        async with self._working():
            if not self.is_active:
                return False
            decided = await self._trader.pass_time(time_ns)
            await self._note(decided)
            if opened is not None and opened.symbol in self._instruments:
                await self._trader.open(opened)
                await self._note()
            return bool(decided)

    async def on_fill(self, fill: Fill) -> None:
        """Protect what an entry of it bought, and go on with what waited for a fill."""
        async with self._working():
            if self.is_active and fill.symbol in self._instruments:
                await self._trader.on_fill(fill)
                await self._note()

    async def on_news(self) -> None:
        """Go on with what waited for an order of its account to end."""
        async with self._working():
            if self.is_active:
                await self._trader.on_news()
                await self._note()

    async def stop(self) -> None:
        """End it after the bar it is working on."""
        async with self._lock:
            if self.is_active:
                await self._end(self._deployment.stopped())

    async def drain(self) -> None:
        """Wait for the bar it is working on."""
        async with self._lock:
            pass

    @asynccontextmanager
    async def _working(self) -> AsyncIterator[None]:
        async with self._lock:
            try:
                yield
            except Exception as error:
                await self._end(self._deployment.failed(str(error) or type(error).__name__))
                raise

    def _meet_ticks(self, symbol: str) -> None:
        if self._rule.spec.size_at is SizeAt.NEXT_OPEN:
            raise StrategyUnsupportedError(
                f"size_at is next_open, and orders of {symbol} meet trades or quotes, which have "
                "no open; expected close.",
                field="size_at",
                value="next_open",
                symbol=symbol,
            )
        self._trader.meet_ticks(symbol)

    async def _join(self, bar: Bar) -> None:
        """Take what was stored between the warm-up and the first bar that arrived."""
        bars: list[Bar] = []
        symbols = self._trader.symbols_with(bar.symbol)
        for symbol in symbols:
            last_ns = self._trader.holding(symbol).last_open_time_ns
            start_ns = None if last_ns is None else last_ns + 1
            bars.extend(await self._market_data.bars(symbol, start_ns, bar.open_time_ns))
        self._trader.warm_up(bars)
        self._joined.update(symbols)

    async def _note(self, decided: Sequence[Bar] = ()) -> None:
        """Store what has changed, if anything has."""
        before, last = self._deployment, dict(self._deployment.last_open_time_ns)
        last.update({bar.symbol: bar.open_time_ns for bar in decided})
        holdings = (self._trader.holding(symbol) for symbol in self._instruments)
        self._deployment = replace(
            before,
            bar_count=before.bar_count + len(decided),
            order_count=self._desk.order_count,
            rejected_count=self._desk.rejected_count,
            last_open_time_ns=tuple(sorted(last.items())),
            entries=tuple(holding.entry for holding in holdings if holding.entry is not None),
        )
        if self._deployment != before:
            await self._repository.save_deployment(self._deployment)

    async def _end(self, ended: Deployment) -> None:
        # Stored before it is believed: a stop that was not stored must not count as one.
        await self._repository.save_deployment(self._measured(ended))
        self._deployment = ended
        await self._events.deactivated(self.deployment)

    def _measured(self, deployment: Deployment) -> Deployment:
        return replace(
            deployment,
            order_count=self._desk.order_count,
            rejected_count=self._desk.rejected_count,
            bar_to_signal=self._desk.bar_to_signal,
            order_to_ack=self._desk.order_to_ack,
        )
