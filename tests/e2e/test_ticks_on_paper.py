"""Strategies over trades and quotes: a backtest and paper trading in lock-step are the same."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.paper import orders_back, running
from tests.e2e.tick_paper import BOTH, QUOTES, TRADES, TickDesk, import_all

import algotrendy as at
from algotrendy.api.strategy.v1 import strategy_pb2
from algotrendy.api.strategy.v1.strategy_service_pb2 import GetDeploymentRequest
from algotrendy.backtest.compare import compare
from algotrendy.backtest.rows import fills_of, orders_of
from algotrendy.domain.clock import MINUTE_NS, SECOND_NS
from algotrendy.domain.strategy import (
    Distance,
    Hold,
    Percent,
    Schedule,
    SizeAt,
    Stops,
    StrategySpec,
)
from algotrendy.errors import InvalidArgumentError, ReplayFailedError
from algotrendy.rpc.market_data import fetch_bars
from algotrendy.rpc.time import encode_time

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[TickDesk]:
    """A platform with trades, quotes and minute bars of six symbols."""
    async with running(tmp_path) as client:
        await import_all(client, tmp_path)
        yield TickDesk(client, [await fetch_bars(client.channel("market_data"), QUOTES[0])])


# What each run of a class was told.
TOLD: list[list[tuple[Any, ...]]] = []


class Scalper(at.Strategy):
    """Trades at everything that it is told, by every kind of order."""

    features = {"trend": "close - sma(close, 3)"}

    def on_start(self, context: Any) -> None:
        self._told: list[tuple[Any, ...]] = []
        self._rested: str | None = None
        self._fills = 0
        context.timer("odd", every="37s")
        context.timer("minutely", at=context.now_ns + 1 + 2 * MINUTE_NS, every="1m")

    def _note(self, callback: str, context: Any, about: object) -> int:
        known = [(context.price(each), context.position(each)) for each in context.symbols]
        self._told.append((callback, about, context.now_ns, context.equity, *known))
        return len(self._told)

    def on_trade(self, context: Any, trade: Any) -> None:
        count = self._note("on_trade", context, repr(trade) + str(trade.side))
        if count % 11 == 0:
            context.target_weight(0.2 if count % 2 else -0.15)
        elif count % 7 == 0 and self._rested is not None:
            context.cancel(self._rested)
            self._rested = None
        elif count % 7 == 0:
            self._rested = context.buy(20, limit=trade.price - 0.03)
        elif count % 13 == 0:
            context.sell(10, stop=trade.price - 0.05)

    def on_quote(self, context: Any, quote: Any) -> None:
        count = self._note("on_quote", context, repr(quote) + str(quote.bid_size))
        if count % 17 == 0 and not context.open_orders(quote.symbol):
            context.bracket(30, stop_loss=quote.bid - 0.1, take_profit=quote.ask + 0.08)
        elif count % 23 == 0:
            context.cancel_all(quote.symbol)
        elif count % 9 == 0:
            # Taken at once, by the quote that stands.
            context.buy(15)

    def on_bar(self, context: Any, bar: Any) -> None:
        trend = context.feature("trend")
        self._note("on_bar", context, (bar.symbol, bar.close, trend, *context.history(3)))
        if trend > 0 and context.position() < 0:
            context.target_weight(0.1)
        elif trend < 0:
            context.bracket(
                12, side="SELL", stop_loss=bar.close + 0.07, take_profit=bar.close - 0.07
            )

    def on_fill(self, context: Any, fill: Any) -> None:
        about = (fill.symbol, fill.side, fill.quantity, fill.price, fill.fee)
        self._note("on_fill", context, tuple(map(str, about)))
        self._fills += 1
        if self._fills % 3 == 0:
            # Of the other symbol, whose ticks may have the time of this fill.
            other = next(each for each in context.symbols if each != fill.symbol)
            context.sell(5, other, limit=context.price(other))
        elif self._fills % 5 == 0:
            context.buy(3, fill.symbol)

    def on_order(self, context: Any, event: Any) -> None:
        self._note("on_order", context, event.type)

    def on_timer(self, context: Any, timer: Any) -> None:
        count = self._note("on_timer", context, timer.name)
        if timer.name == "odd":
            context.target_position(count % 5 * 10, context.symbols[count % 2])
        elif count % 4 == 0:
            context.close(context.symbols[0])

    def on_stop(self, context: Any) -> None:
        TOLD.append(self._told)


class Barred(at.Strategy):
    """Decides on bars alone; its orders meet ticks where that is asked for."""

    def on_bar(self, context: Any, bar: Any) -> None:
        if bar.close > bar.open:
            context.target_weight(0.3)
        else:
            context.close()


@pytest.mark.parametrize("symbols", [BOTH, TRADES, QUOTES], ids=["both", "trades", "quotes"])
async def test_a_class_over_ticks_trades_on_paper_what_it_trades_in_a_backtest(
    desk: TickDesk, symbols: tuple[str, str]
) -> None:
    TOLD.clear()
    account_id = await desk.open_account()
    await desk.client.run(
        Scalper(), account_id=account_id, symbols=symbols, start_ns=desk.start_ns, replay=True
    )
    result = await desk.run_back(Scalper(), symbols)
    on_paper, back = TOLD
    for number, (live, told) in enumerate(zip(on_paper, back, strict=False)):
        assert live == told, number
    assert len(on_paper) == len(back)
    paper = await desk.fills(account_id)
    comparison = compare(paper, list(fills_of(result, "")))
    assert comparison.is_identical, str(comparison)
    assert len(paper) > 50
    assert await desk.orders(account_id) == orders_back(result)
    kinds = {order.order_type for order in orders_of(result)}
    assert kinds == {"MARKET", "LIMIT", "STOP"}


async def test_a_class_that_reads_bars_alone_meets_ticks_where_that_is_asked_for(
    desk: TickDesk,
) -> None:
    account_id = await desk.open_account()
    await desk.client.run(
        Barred(),
        account_id=account_id,
        symbols=BOTH,
        start_ns=desk.start_ns,
        replay=True,
        ticks=True,
    )
    result = await desk.run_back(Barred(), BOTH)
    paper = await desk.fills(account_id)
    comparison = compare(paper, list(fills_of(result, "")))
    assert comparison.is_identical, str(comparison)
    assert len(paper) > 10
    assert await desk.orders(account_id) == orders_back(result)


def specs(symbols: tuple[str, str]) -> dict[str, StrategySpec]:
    return {
        "both ways": StrategySpec(
            symbols=symbols,
            entry="close > sma(close, 4)",
            exit="close < sma(close, 4)",
            short_entry="close < sma(close, 4)",
            short_exit="close > sma(close, 4)",
            size=Percent(Decimal("0.3")),
            stops=Stops(
                stop_loss=Distance(percent=Decimal("0.001")),
                take_profit=Distance(distance="0.05 + 0 * close"),
                max_bars=2,
            ),
        ),
        "a rotation": StrategySpec(
            symbols=symbols,
            rank="ret(close, 2)",
            hold=Hold(count=1),
            size=Percent(Decimal("0.5")),
            schedule=Schedule(every=2),
            stops=Stops(trailing=Distance(percent=Decimal("0.002"))),
        ),
    }


@pytest.mark.parametrize("symbols", [BOTH, TRADES, QUOTES], ids=["both", "trades", "quotes"])
async def test_a_spec_on_paper_over_ticks_has_the_orders_of_its_backtest(
    desk: TickDesk, symbols: tuple[str, str]
) -> None:
    accounts, deployments = {}, {}
    for name, spec in specs(symbols).items():
        accounts[name] = await desk.open_account()
        _, deployments[name] = await desk.deploy(spec, accounts[name])
    await desk.replay_ticks(symbols)
    for name, spec in specs(symbols).items():
        request = GetDeploymentRequest(deployment_id=deployments[name])
        deployment = (await desk.client.strategies.GetDeployment(request)).deployment
        assert deployment.error == "", name
        result = await desk.run_back(spec, symbols)
        paper = await desk.fills(accounts[name])
        comparison = compare(paper, list(fills_of(result, "")))
        assert comparison.is_identical, f"{name}: {comparison}"
        assert len(paper) > 10, name
        assert await desk.orders(accounts[name]) == orders_back(result), name


async def test_a_spec_that_is_sized_at_opens_fails_where_ticks_are_replayed(
    desk: TickDesk,
) -> None:
    account_id = await desk.open_account()
    spec = StrategySpec(symbols=BOTH, entry="close > open", size_at=SizeAt.NEXT_OPEN)
    _, deployment_id = await desk.deploy(spec, account_id)
    with pytest.raises(ReplayFailedError, match="size_at"):
        await desk.replay_ticks(BOTH)
    request = GetDeploymentRequest(deployment_id=deployment_id)
    deployment = (await desk.client.strategies.GetDeployment(request)).deployment
    assert deployment.state == strategy_pb2.DEPLOYMENT_STATE_FAILED
    assert "size_at" in deployment.error
    with pytest.raises(InvalidArgumentError, match="whose bars orders meet"):
        await desk.run_back(spec, BOTH)


class Listener(at.Strategy):
    """Hears trades and quotes."""

    def on_start(self, context: Any) -> None:
        self._heard: list[tuple[str, int]] = []
        HEARD.append(self._heard)

    def on_trade(self, context: Any, trade: Any) -> None:
        self._heard.append((trade.symbol, trade.time_ns))

    def on_quote(self, context: Any, quote: Any) -> None:
        self._heard.append((f"{quote.symbol}:quotes", quote.time_ns))


HEARD: list[list[tuple[str, int]]] = []


async def test_a_class_that_follows_the_market_hears_what_somebody_replays(
    desk: TickDesk,
) -> None:
    HEARD.clear()
    account_id = await desk.open_account()
    following = asyncio.create_task(
        desk.client.run(Listener(), account_id=account_id, symbols=BOTH, start_ns=desk.start_ns)
    )
    first_end_ns = desk.start_ns + 30 * SECOND_NS
    while not HEARD or not HEARD[0]:
        # Nobody tells when it has begun to follow.
        await desk.replay_ticks(BOTH, end_time=encode_time(first_end_ns))
        assert not following.done()
    end_ns = first_end_ns + MINUTE_NS
    span = {"start_time": encode_time(first_end_ns), "end_time": encode_time(end_ns)}
    await desk.replay_ticks(BOTH, **span)
    following.cancel()
    ticks = await desk.client.ticks(BOTH, start=first_end_ns, end=end_ns)
    stored = [(name, int(time_ns)) for name, each in ticks.items() for time_ns in each.time_ns]
    # At one time symbol by symbol, trades before quotes: the order of the client's.
    expected = sorted(stored, key=lambda tick: tick[1])
    assert [tick for tick in HEARD[0] if tick[1] >= first_end_ns] == expected
    assert len(expected) > 20
