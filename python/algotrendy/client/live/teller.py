"""Calls a live strategy's callbacks, in the order of a backtest's.

At one time: timers that are due, what became of orders, trades and quotes, bars. All that was made
or closed at a time is known before anybody is told of it.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

from algotrendy.client.live.bars import LiveBar, Series
from algotrendy.client.live.context import LiveContext
from algotrendy.client.live.events import OrderEvent, OrderFilled
from algotrendy.client.live.ticks import LiveTrade, live_ticks
from algotrendy.domain.strategy_class import Strategy, overridden_callbacks
from algotrendy.domain.tick import Ticks

_TICK_CALLBACKS: Final = frozenset({"on_trade", "on_quote"})


class Teller:
    """What of a moment is still to be told, and the strategy that it is told to.

    Parameters
    ----------
    series : mapping of str to Series
        By symbol, in the order in which what happens at one time is told.
    holds_events : bool
        Whether what becomes of orders waits for the moment that it belongs to: in a replay of
        ticks, orders meet them before they are told.
    """

    def __init__(
        self,
        strategy: Strategy,
        context: LiveContext,
        series: Mapping[str, Series],
        *,
        holds_events: bool,
    ) -> None:
        self._strategy = strategy
        self._context = context
        self._series = series
        self._holds_events = holds_events
        self.callbacks = overridden_callbacks(type(strategy))
        self._places = {symbol: place for place, symbol in enumerate(series)}
        self._ticks: list[Ticks] = []
        self._bars: list[LiveBar] = []
        self._events: deque[OrderFilled | OrderEvent] = deque()

    async def call(self, callback: str, *about: object) -> None:
        """Call a callback, if the strategy's class overrides it."""
        if callback in self.callbacks:
            call = getattr(self._strategy, callback)
            await asyncio.to_thread(call, self._context, *about)

    async def hear(self, event: OrderFilled | OrderEvent) -> None:
        """Tell what became of an order, perhaps once its moment is complete."""
        if self._holds_events and event.time_ns > self._context.now_ns:
            self._events.append(event)
        else:
            # Timers of that very time wait for what else is known then.
            await self._tell_event(event, timers_until_ns=event.time_ns - 1)

    def add_ticks(self, ticks: Ticks) -> None:
        """Take trades and quotes of the moment, to be told when it is complete."""
        self._ticks.append(ticks)

    def add_bar(self, bar: LiveBar) -> None:
        """Take a bar that closes at the moment, to be told when it is complete."""
        self._bars.append(bar)

    async def pass_time(self, time_ns: int) -> None:
        """Tell what has happened by then that waited, and wake the strategy as it asked."""
        while self._events and self._events[0].time_ns <= time_ns:
            event = self._events.popleft()
            await self._tell_event(event, timers_until_ns=event.time_ns)
        await self._wake(time_ns)

    async def complete(self, time_ns: int) -> None:
        """Tell all of a moment: everything that happens at its time is known."""
        await self.pass_time(time_ns)
        ticks, self._ticks = self._in_order(self._ticks), []
        bars, self._bars = self._in_order(self._bars), []
        if self.callbacks & _TICK_CALLBACKS:
            for made in ticks:
                await self._tell_ticks(made)
        for bar in bars:
            self._context.about(bar.symbol, time_ns)
            await self.call("on_bar", bar)

    async def _tell_ticks(self, ticks: Ticks) -> None:
        for tick in live_ticks(ticks, self._series[ticks.symbol].instrument):
            self._context.about(tick.symbol, tick.time_ns)
            await self.call("on_trade" if isinstance(tick, LiveTrade) else "on_quote", tick)

    async def _tell_event(self, event: OrderFilled | OrderEvent, *, timers_until_ns: int) -> None:
        await self._wake(timers_until_ns)
        self._context.about(event.symbol, event.time_ns)
        await self.call("on_fill" if isinstance(event, OrderFilled) else "on_order", event)

    async def _wake(self, time_ns: int) -> None:
        """Wake the strategy for the timers that are due by then, time by time."""
        while due := self._context.timers.take(time_ns):
            for timer in due:
                self._context.about(None, timer.time_ns)
                await self.call("on_timer", timer)

    def _in_order(self, told: Sequence[Any]) -> list[Any]:
        return sorted(told, key=lambda each: self._places[each.symbol])
