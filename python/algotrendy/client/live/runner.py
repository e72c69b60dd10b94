"""Runs a strategy's class on an account of a running platform, in this process.

The platform tells of trades and quotes, of finished bars, of what becomes of orders and of the
times that timers wait for, one thing at a time, and waits until the strategy has dealt with it: in
a lock-step replay the run is the backtest's, order by order. What a strategy sends while it is told
of a fill meets the market from then on.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from algotrendy.api.market_data.v1.market_data_service_pb2 import (
    ReplayBarsRequest,
    ReplayTicksRequest,
)
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.api.strategy.v1 import strategy_service_pb2 as pb
from algotrendy.api.strategy.v1.strategy_service_pb2_grpc import StrategyServiceStub
from algotrendy.client.live.account import LiveAccount
from algotrendy.client.live.bars import Series
from algotrendy.client.live.context import LiveContext
from algotrendy.client.live.features import LiveFeatures
from algotrendy.client.live.teller import Teller
from algotrendy.client.live.ticks_before import ticks_before
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.ids import new_id
from algotrendy.domain.strategy_class import Strategy, overridden_callbacks
from algotrendy.errors import InvalidArgumentError
from algotrendy.expression.features import Model
from algotrendy.rpc.market_data import decode_bar, decode_ticks, fetch_bars
from algotrendy.rpc.time import decode_time, encode_optional_time


@dataclass(frozen=True)
class LiveTerms:
    """What a strategy trades, and when.

    Parameters
    ----------
    symbols : sequence of str
        In the order in which what happens at one time is told.
    start_ns : int, optional
        Bars that open before it warm features up and are not traded; ticks before it are not told.
        None: after the last stored bar.
    end_ns : int, optional
        Where a replay ends.
    is_replay : bool
        Whether stored bars, or ticks, are replayed in lock-step from the start on; else the run
        follows the market until it is cancelled.
    ticks : bool, optional
        Whether it is told of trades and quotes, which a replay then replays. None: where the class
        overrides `on_trade` or `on_quote`.
    """

    account_id: str
    symbols: Sequence[str]
    start_ns: int | None = None
    end_ns: int | None = None
    is_replay: bool = False
    ticks: bool | None = None


async def run_live(
    channel: Callable[[str], grpc.aio.Channel],
    strategy: Strategy,
    terms: LiveTerms,
    models: Mapping[str, Model] | None = None,
) -> None:
    """Run a strategy until a replay ends, or until this is cancelled.

    Raises
    ------
    AccountNotFoundError, SymbolNotFoundError
        If there is no such account or symbol.
    FailedPreconditionError
        If ticks are to be replayed, and of a symbol neither trades nor quotes are stored.
    """
    if not terms.symbols:
        raise InvalidArgumentError("symbols is empty; expected at least one.", field="symbols")
    stored = [await fetch_bars(channel("market_data"), symbol) for symbol in terms.symbols]
    await _Run(channel, strategy.fresh(), terms, stored, models or {}).follow()


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
        self._terms = terms
        callbacks = overridden_callbacks(type(strategy))
        is_asked_for = not callbacks.isdisjoint({"on_trade", "on_quote"})
        self._is_of_ticks = is_asked_for if terms.ticks is None else terms.ticks
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
        holds_events = terms.is_replay and self._is_of_ticks
        self._teller = Teller(strategy, self._context, self._series, holds_events=holds_events)
        self._is_in_place = asyncio.Event()

    async def follow(self) -> None:
        await self._account.register([series.instrument for series in self._series.values()])
        if self._is_of_ticks:
            await self._know_ticks()
        # Before anything, as in a backtest: a timer may be due at the first open.
        self._context.about(None, self._start_ns - 1, is_trading=False)
        await self._teller.call("on_start")
        dealt_with: asyncio.Queue[pb.FollowMarketRequest] = asyncio.Queue()
        dealt_with.put_nowait(
            pb.FollowMarketRequest(
                symbols=self._terms.symbols,
                account_id=self._terms.account_id,
                wake_time=self._wake_time(),
                ticks=self._is_of_ticks,
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
        await self._teller.call("on_stop")

    async def _know_ticks(self) -> None:
        """Learn the last prices before the start, as a backtest knows them."""
        for series in self._series.values():
            before = await ticks_before(
                self._channel("market_data"), series.instrument, self._start_ns
            )
            series.is_of_ticks = before is not None
            if before is not None and (before.trades or before.quotes):
                series.take_ticks(before)

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
                await self._teller.pass_time(decode_time(response, "time"))
            case "ticks":
                await self._take_ticks(response)
            case "bar":
                await self._take_bar(response)
            case "fill":
                fill = self._account.filled(response.fill)
                if fill is not None:
                    await self._teller.hear(fill)
            case "order_news":
                await self._take_news(response.order_news)

    def _wake_time(self) -> Timestamp | None:
        return encode_optional_time(self._context.timers.next_due_ns)

    async def _take_ticks(self, response: pb.FollowMarketResponse) -> None:
        series = self._series[response.ticks.symbol]
        ticks = decode_ticks(response.ticks, series.instrument)
        if series.take_ticks(ticks) and ticks.time_ns >= self._start_ns:
            self._teller.add_ticks(ticks)
        if not response.following_count:
            await self._teller.complete(ticks.time_ns)

    async def _take_bar(self, response: pb.FollowMarketResponse) -> None:
        series = self._series[response.bar.symbol]
        bar = decode_bar(response.bar, series.instrument)
        taken = series.take(bar)
        if taken is not None:
            is_traded = bar.open_time_ns >= self._start_ns
            self._features.take(bar, series.instrument, ask_models=is_traded)
            if is_traded and taken.index >= self._warm_up:
                self._teller.add_bar(taken)
        if not response.following_count:
            await self._teller.complete(bar.close_time_ns)

    async def _take_news(self, news: pb.OrderNews) -> None:
        if "on_order" not in self._teller.callbacks:
            return
        name = pb.OrderNewsType.Name(news.type).removeprefix("ORDER_NEWS_TYPE_")
        time_ns = decode_time(news, "create_time")
        event = await self._account.order_event(name, news.order_id, time_ns, news.reason)
        if event is not None:
            await self._teller.hear(event)

    async def _replay(self) -> None:
        stub = MarketDataServiceStub(self._channel("market_data"))
        span: dict[str, Any] = {
            "symbols": self._terms.symbols,
            "start_time": encode_optional_time(self._start_ns),
            "end_time": encode_optional_time(self._terms.end_ns),
        }
        steps: AsyncIterable[object] = (
            stub.ReplayTicks(ReplayTicksRequest(**span))
            if self._is_of_ticks
            else stub.ReplayBars(ReplayBarsRequest(**span))
        )
        async for _ in steps:
            pass


async def _all(
    requests: "asyncio.Queue[pb.FollowMarketRequest]",
) -> AsyncIterator[pb.FollowMarketRequest]:
    while True:
        yield await requests.get()


def _after_last(stored: Sequence[BarColumns]) -> int:
    return max((int(bars.close_time_ns[-1]) for bars in stored if len(bars)), default=0)
