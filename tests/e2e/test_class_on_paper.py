"""One strategy as a class: a backtest and paper trading in lock-step are the same."""

from typing import Any

import pytest
from tests.e2e.paper import PAIR, Desk, orders_back, run_back

import algotrendy as at
from algotrendy.backtest.compare import compare
from algotrendy.backtest.rows import fills_of
from algotrendy.domain.clock import DAY_NS, HOUR_NS
from algotrendy.errors import InvalidArgumentError

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


class Swing(at.Strategy):
    """Trades by features, weights, limits, brackets and cancels, on both sides."""

    fast: int = 5
    slow: int = 20
    features = {"spread": "sma(close, fast) - sma(close, slow)", "range": "atr(10)"}

    def on_start(self, context: Any) -> None:
        self._filled = 0
        self._rested: str | None = None

    def on_bar(self, context: Any, bar: Any) -> None:
        if self._rested is not None and bar.symbol == "AAA":
            context.cancel(self._rested)
            self._rested = None
        spread, held = context.feature("spread"), context.position()
        if bar.symbol == "AAA":
            if spread > 0 and held <= 0:
                context.target_weight(0.4)
            elif spread < 0 and held >= 0:
                context.target_weight(-0.3)
            elif context.history(3).mean() > bar.close:
                self._rested = context.buy(10, limit=bar.close * 0.985)
        elif held == 0 and not context.open_orders("BBB"):
            far = 2 * context.feature("range")
            context.bracket(
                0.2 * context.equity / bar.close,
                stop_loss=bar.close - far,
                take_profit=bar.close + far,
            )
        elif bar.index % 37 == 0:
            context.close()

    def on_fill(self, context: Any, fill: Any) -> None:
        self._filled += 1

    def on_stop(self, context: Any) -> None:
        assert self._filled > 20


class Timed(at.Strategy):
    """Trades by timers alone: at closes, at opens and within bars."""

    def on_start(self, context: Any) -> None:
        self._told: list[tuple[Any, ...]] = []
        start_ns = context.now_ns + 1
        context.timer("open", at=start_ns)
        context.timer("daily", at=start_ns + DAY_NS, every="1d")
        context.timer("odd", every="31h")
        self._once = context.timer("never", at=context.now_ns + 3 * DAY_NS)
        context.timer("ender", at=context.now_ns + 2 * DAY_NS + HOUR_NS)

    def on_timer(self, context: Any, timer: Any) -> None:
        self._told.append((timer.name, timer.time_ns, context.now_ns, context.price("AAA")))
        if timer.name == "ender":
            context.end_timer(self._once)
            context.timer("late", at="2020-06-01")
        elif timer.name == "daily":
            context.target_weight(0.3 if len(self._told) % 3 else -0.2, "AAA")
        else:
            context.target_position(len(self._told) % 5 * 10, "BBB")

    def on_bar(self, context: Any, bar: Any) -> None:
        self._told.append((bar.symbol, bar.close_time_ns, context.position()))

    def on_stop(self, context: Any) -> None:
        TOLD.append(self._told)


# What each run of `Timed` was told.
TOLD: list[list[tuple[Any, ...]]] = []


async def test_a_class_trades_on_paper_what_it_trades_in_a_backtest(desk: Desk) -> None:
    account_id = await desk.open_account()
    await desk.client.run(
        Swing(), account_id=account_id, symbols=PAIR, start_ns=desk.start_ns, replay=True
    )
    result = run_back(Swing(), desk, PAIR)
    paper = await desk.fills(account_id)
    comparison = compare(paper, list(fills_of(result, "")))
    assert comparison.is_identical, str(comparison)
    assert len(paper) > 20
    assert await desk.orders(account_id) == orders_back(result)


async def test_timers_wake_a_class_on_paper_when_they_do_in_a_backtest(desk: Desk) -> None:
    TOLD.clear()
    account_id = await desk.open_account()
    await desk.client.run(
        Timed(), account_id=account_id, symbols=PAIR, start_ns=desk.start_ns, replay=True
    )
    result = run_back(Timed(), desk, PAIR)
    on_paper, back = TOLD
    assert on_paper == back
    names = {told[0] for told in back}
    assert names == {"AAA", "BBB", "open", "daily", "odd", "ender", "late"}
    paper = await desk.fills(account_id)
    comparison = compare(paper, list(fills_of(result, "")))
    assert comparison.is_identical, str(comparison)
    assert len(paper) > 100
    assert await desk.orders(account_id) == orders_back(result)


class Hasty(at.Strategy):
    def on_start(self, context: Any) -> None:
        context.timer(at=context.now_ns)


async def test_a_timer_that_has_passed_is_refused(desk: Desk) -> None:
    account_id = await desk.open_account()
    with pytest.raises(InvalidArgumentError) as wrong:
        await desk.client.run(Hasty(), account_id=account_id, symbols=PAIR, replay=True)
    assert wrong.value.metadata["field"] == "due_ns"
