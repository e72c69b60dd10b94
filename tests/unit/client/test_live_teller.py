"""What happens at one time is told in the order of a backtest, and known before it is told."""

from decimal import Decimal
from typing import Any

import pytest

import algotrendy as at
from algotrendy.client.live.bars import LiveBar, Series
from algotrendy.client.live.context import LiveContext
from algotrendy.client.live.events import OrderEvent, OrderFilled
from algotrendy.client.live.teller import Teller
from algotrendy.domain.bar import Bar
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.tick import Quote, Ticks, Trade

SYMBOLS = ("SPY", "QQQ")


class Noting(at.Strategy):
    """Notes every callback: what, about which symbol or by which name, when, at which price."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[tuple[str, str, int, float]] = []

    def _note(self, callback: str, context: Any, about: str) -> None:
        self.noted.append((callback, about, context.now_ns, context.price("SPY")))

    def on_timer(self, context: Any, timer: Any) -> None:
        self._note("timer", context, timer.name)

    def on_fill(self, context: Any, fill: Any) -> None:
        self._note("fill", context, fill.symbol)

    def on_order(self, context: Any, event: Any) -> None:
        self._note("order", context, event.symbol)

    def on_trade(self, context: Any, trade: Any) -> None:
        self._note("trade", context, trade.symbol)

    def on_quote(self, context: Any, quote: Any) -> None:
        self._note("quote", context, quote.symbol)

    def on_bar(self, context: Any, bar: Any) -> None:
        self._note("bar", context, bar.symbol)


class Told:
    """A teller, and what it has told."""

    def __init__(self, *, holds_events: bool, strategy: at.Strategy | None = None) -> None:
        nobody: Any = None
        self.strategy = Noting() if strategy is None else strategy
        self.series = {symbol: Series(Instrument(symbol)) for symbol in SYMBOLS}
        self.context = LiveContext(nobody, self.series, nobody, nobody)
        self.context.about(None, 0)
        self.teller = Teller(self.strategy, self.context, self.series, holds_events=holds_events)

    @property
    def noted(self) -> Any:
        return self.strategy.noted  # type: ignore[attr-defined]

    def make(self, time_ns: int, symbol: str = "SPY", price: int = 100_00) -> None:
        ticks = Ticks(symbol, time_ns, (Trade(price, 1),), (Quote(price, price + 2),))
        self.series[symbol].take_ticks(ticks)
        self.teller.add_ticks(ticks)

    def close(self, time_ns: int, symbol: str = "SPY") -> None:
        bar = Bar(symbol, time_ns - 5, time_ns, 1, 1, 1, 1, 1)
        taken = self.series[symbol].take(bar)
        assert isinstance(taken, LiveBar)
        self.teller.add_bar(taken)


def fill(time_ns: int, symbol: str = "SPY") -> OrderFilled:
    amounts = (Decimal(1), Decimal(100), Decimal(0))
    return OrderFilled("o-1", "c", "e", symbol, "BUY", *amounts, time_ns)


def news(time_ns: int) -> OrderEvent:
    return OrderEvent("OrderExpired", "o-1", "c", "SPY", time_ns)


async def test_at_one_time_timers_come_first_then_orders_then_ticks_then_bars() -> None:
    told = Told(holds_events=True)
    told.context.timer("then", at=20)
    told.context.timer("before", at=12)
    # As a replay tells it: orders meet the ticks, which are told then, in whichever order.
    await told.teller.hear(fill(20))
    told.make(20, "QQQ")
    told.make(20)
    told.close(20, "QQQ")
    told.close(20)
    assert told.noted == []
    await told.teller.complete(20)
    assert [note[:3] for note in told.noted] == [
        ("timer", "before", 12),
        ("timer", "then", 20),
        ("fill", "SPY", 20),
        *(("trade", "SPY", 20), ("quote", "SPY", 20)),
        *(("trade", "QQQ", 20), ("quote", "QQQ", 20)),
        ("bar", "SPY", 20),
        ("bar", "QQQ", 20),
    ]
    # Told of a fill, it knows the ticks that made it.
    assert {note[3] for note in told.noted} == {100.01}
    await told.teller.complete(21)
    assert len(told.noted) == 9


async def test_what_its_own_orders_lead_to_is_told_at_once() -> None:
    told = Told(holds_events=True)
    told.make(20)
    await told.teller.complete(20)
    await told.teller.hear(fill(20))
    assert told.noted[-1][:3] == ("fill", "SPY", 20)
    # A timer between two moments trades at the quote that stands.
    told.context.timer("between", at=25)
    await told.teller.pass_time(25)
    await told.teller.hear(fill(25, "QQQ"))
    assert told.noted[-1][:3] == ("fill", "QQQ", 25)


async def test_what_waits_for_its_moment_is_told_before_a_timer_of_later() -> None:
    told = Told(holds_events=True)
    told.context.timer("later", at=25)
    await told.teller.hear(news(22))
    assert told.noted == []
    await told.teller.pass_time(25)
    assert [note[:3] for note in told.noted] == [("order", "SPY", 22), ("timer", "later", 25)]


async def test_elsewhere_what_becomes_of_orders_is_told_as_it_comes() -> None:
    told = Told(holds_events=False)
    told.context.timer("then", at=20)
    await told.teller.hear(fill(20))
    assert [note[:3] for note in told.noted] == [("fill", "SPY", 20)]
    told.close(20)
    await told.teller.complete(20)
    assert [note[:2] for note in told.noted[1:]] == [("timer", "then"), ("bar", "SPY")]


class Deaf(at.Strategy):
    """Wants nothing."""


@pytest.mark.parametrize("holds_events", [True, False])
async def test_nobody_is_told_what_nobody_wants(*, holds_events: bool) -> None:
    told = Told(holds_events=holds_events, strategy=Deaf())
    await told.teller.hear(fill(20))
    told.make(20)
    told.close(20)
    await told.teller.complete(20)
