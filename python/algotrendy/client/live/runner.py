"""Runs a strategy's class on an account of a running platform, in this process.

The platform tells of finished bars, of what becomes of orders and of the times that timers wait
for, one thing at a time, and waits until the strategy has dealt with it: in a lock-step replay the
run is the backtest's, order by order. What a strategy sends while it is told of a fill meets the
market from then on.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from algotrendy.api.market_data.v1.market_data_service_pb2 import ReplayBarsRequest
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.api.strategy.v1 import strategy_service_pb2 as pb
from algotrendy.api.strategy.v1.strategy_service_pb2_grpc import StrategyServiceStub
from algotrendy.client.live.account import LiveAccount
from algotrendy.client.live.bars import LiveBar, Series
from algotrendy.client.live.context import LiveContext
from algotrendy.client.live.features import LiveFeatures
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.ids import new_id
from algotrendy.domain.strategy_class import Strategy, overridden_callbacks
from algotrendy.errors import InvalidArgumentError, StrategyUnsupportedError
from algotrendy.expression.features import Model
from algotrendy.rpc.market_data import decode_bar, fetch_bars
from algotrendy.rpc.time import decode_time, encode_optional_time

_UNSUPPORTED = ("on_trade", "on_quote")


@dataclass(frozen=True)
class LiveTerms:
    """What a strategy trades, and when.

    Parameters
    ----------
    symbols : sequence of str
        In the order in which `on_bar` is told of bars that close together.
    start_ns : int, optional
        Bars that open before it warm features up and are not traded. None: after the last stored
        bar.
    end_ns : int, optional
        Where a replay ends.
    is_replay : bool
        Whether stored bars are replayed in lock-step from the start on; else the run follows the
        market until it is cancelled.
    """

    account_id: str
    symbols: Sequence[str]
    start_ns: int | None = None
    end_ns: int | None = None
    is_replay: bool = False


async def run_live(
    channel: Callable[[str], grpc.aio.Channel],
    strategy: Strategy,
    terms: LiveTerms,
    models: Mapping[str, Model] | None = None,
) -> None:
    """Run a strategy until a replay ends, or until this is cancelled.

    Raises
    ------
    StrategyUnsupportedError
        If its class overrides what a running platform does not tell.
    AccountNotFoundError, SymbolNotFoundError
        If there is no such account or symbol.
    """
    for name in _UNSUPPORTED:
        if name in overridden_callbacks(type(strategy)):
            raise StrategyUnsupportedError(
                f"{type(strategy).__name__} overrides {name}, which a running platform does not "
                "call: it tells of bars, fills, orders and time.",
                callback=name,
            )
    if not terms.symbols:
        raise InvalidArgumentError("symbols is empty; expected at least one.", field="symbols")
    stored = [await fetch_bars(channel("market_data"), symbol) for symbol in terms.symbols]
    run = _Run(channel, strategy.fresh(), terms, stored, models or {})
    await run.follow()


class _Run:
    def __init__(
        self,
        channel: Callable[[str], grpc.aio.Channel],
        strategy: Strategy,
        terms: LiveTerms,
        stored: Sequence[BarColumns],
        models: Mapping[str, Model],
    ) -> None:
        self._channel = channel
        self._strategy = strategy
        self._terms = terms
        self._callbacks = overridden_callbacks(type(strategy))
        self._start_ns = _after_last(stored) if terms.start_ns is None else terms.start_ns
        self._series = {bars.instrument.symbol: Series(bars.instrument) for bars in stored}
        self._features = LiveFeatures(strategy, self._series, models)
        self._warm_up = max(self._features.warm_up, strategy.warm_up_bars)
        self._account = LiveAccount(channel("trading"), terms.account_id, new_id()[-12:])
        self._context = LiveContext(
            self._account, self._series, self._features, asyncio.get_running_loop()
        )
        for bars in stored:
            for bar in bars.between(None, self._start_ns):
                self._series[bar.symbol].take(bar)
                self._features.take(bar, bars.instrument, ask_models=False)
        # Bars of a moment that is not complete.
        self._moment: list[LiveBar] = []
        self._is_in_place = asyncio.Event()

    async def follow(self) -> None:
        await self._account.register([series.instrument for series in self._series.values()])
        # Before anything, as in a backtest: a timer may be due at the first open.
        self._context.about(None, self._start_ns - 1, is_trading=False)
        await self._call("on_start")
        dealt_with: asyncio.Queue[pb.FollowMarketRequest] = asyncio.Queue()
        dealt_with.put_nowait(
            pb.FollowMarketRequest(
                symbols=self._terms.symbols,
                account_id=self._terms.account_id,
                wake_time=self._wake_time(),
            )
        )
        stub = StrategyServiceStub(self._channel("strategy"))
        told = stub.FollowMarket(_all(dealt_with))
        replay: asyncio.Task[None] | None = None
        following = asyncio.create_task(self._take_all(told, dealt_with))
        try:
            await self._in_place(following)
            if self._terms.is_replay:
                replay = asyncio.create_task(self._replay())
                await asyncio.wait({replay, following}, return_when=asyncio.FIRST_COMPLETED)
                if following.done():
                    await following
                await replay
            else:
                await following
        finally:
            for task in (following, replay):
                if task is not None:
                    task.cancel()
                    with suppress(asyncio.CancelledError, Exception):
                        await task
            told.cancel()
        self._context.about(None, self._start_ns, is_trading=False)
        await self._call("on_stop")

    async def _in_place(self, following: "asyncio.Task[None]") -> None:
        """Return once nothing that happens is missed any more."""
        waiting = asyncio.create_task(self._is_in_place.wait())
        await asyncio.wait({waiting, following}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if following.done():
            await following

    async def _take_all(
        self,
        told: AsyncIterable[pb.FollowMarketResponse],
        dealt_with: "asyncio.Queue[pb.FollowMarketRequest]",
    ) -> None:
        async for response in told:
            if response.WhichOneof("event") is None:
                self._is_in_place.set()
                continue
            await self._take(response)
            dealt_with.put_nowait(pb.FollowMarketRequest(wake_time=self._wake_time()))

    async def _take(self, response: pb.FollowMarketResponse) -> None:
        match response.WhichOneof("event"):
            case "time":
                await self._pass_time(decode_time(response, "time"))
            case "bar":
                await self._take_bar(response)
            case "fill":
                fill = self._account.filled(response.fill)
                if fill is not None:
                    await self._pass_time(fill.time_ns - 1)
                    self._context.about(fill.symbol, fill.time_ns)
                    await self._call("on_fill", fill)
            case "order_news":
                await self._take_news(response.order_news)

    async def _pass_time(self, time_ns: int) -> None:
        """Wake the strategy for the timers that are due by then, time by time."""
        while due := self._context.timers.take(time_ns):
            for timer in due:
                self._context.about(None, timer.time_ns)
                await self._call("on_timer", timer)

    def _wake_time(self) -> Timestamp | None:
        return encode_optional_time(self._context.timers.next_due_ns)

    async def _take_bar(self, response: pb.FollowMarketResponse) -> None:
        series = self._series[response.bar.symbol]
        bar = decode_bar(response.bar, series.instrument)
        taken = series.take(bar)
        if taken is not None:
            is_traded = bar.open_time_ns >= self._start_ns
            self._features.take(bar, series.instrument, ask_models=is_traded)
            if is_traded and taken.index >= self._warm_up:
                self._moment.append(taken)
        if response.following_count:
            return
        # What closes at a time is known before the timers, which come before who is told of it.
        await self._pass_time(bar.close_time_ns)
        order = {symbol: place for place, symbol in enumerate(self._terms.symbols)}
        moment, self._moment = sorted(self._moment, key=lambda bar: order[bar.symbol]), []
        for closed in moment:
            self._context.about(closed.symbol, closed.close_time_ns)
            await self._call("on_bar", closed)

    async def _take_news(self, news: pb.OrderNews) -> None:
        if "on_order" not in self._callbacks:
            return
        name = pb.OrderNewsType.Name(news.type).removeprefix("ORDER_NEWS_TYPE_")
        time_ns = decode_time(news, "create_time")
        event = await self._account.order_event(name, news.order_id, time_ns, news.reason)
        if event is not None:
            await self._pass_time(time_ns - 1)
            self._context.about(event.symbol, time_ns)
            await self._call("on_order", event)

    async def _call(self, callback: str, *about: Any) -> None:  # noqa: ANN401  # A bar, a fill, …
        if callback in self._callbacks:
            call = getattr(self._strategy, callback)
            await asyncio.to_thread(call, self._context, *about)

    async def _replay(self) -> None:
        stub = MarketDataServiceStub(self._channel("market_data"))
        request = ReplayBarsRequest(
            symbols=self._terms.symbols,
            start_time=encode_optional_time(self._start_ns),
            end_time=encode_optional_time(self._terms.end_ns),
        )
        async for _ in stub.ReplayBars(request):
            pass


async def _all(
    requests: "asyncio.Queue[pb.FollowMarketRequest]",
) -> AsyncIterator[pb.FollowMarketRequest]:
    while True:
        yield await requests.get()


def _after_last(stored: Sequence[BarColumns]) -> int:
    return max((int(bars.close_time_ns[-1]) for bars in stored if len(bars)), default=0)
