"""What the core costs from Python: a dry run, and the cycle from order to position."""

from collections.abc import Callable
from decimal import Decimal

from algotrendy.trading import (
    Core,
    Event,
    Instrument,
    Limit,
    Limits,
    LimitSet,
    OrderFilled,
    OrderTerms,
)
from benchmarks.harness import Row, median_seconds, row
from benchmarks.peers.nautilus import VERSION, cycle_ns
from benchmarks.peers.noop_build import noop_push

_POSITIONS, _OPEN_ORDERS = 50, 20
_CALLS, _ROUNDS = 20_000, 9
_PEER_ORDERS = 5_000
_CHECK_LIMIT_US, _CYCLE_LIMIT_US = 1.5, 4.0


def rows() -> list[Row]:
    core = warm()
    order = core.order("S30", "BUY", 10, limit_price="100.05", strategy_id="momentum")
    assert core.check(order).passed
    buy = core.order("S30", "BUY", 1, strategy_id="momentum")
    sell = core.order("S30", "SELL", 1, strategy_id="momentum")
    _assert_cycle(core, buy, sell)
    noop, check, submit = noop_push(), core.check, core.submit
    work = {
        "check": lambda: _times(lambda: check(order)),
        "empty": lambda: _times(lambda: noop(1, 2, 3)),
        "cycle": lambda: _times(lambda: (submit(buy), submit(sell))),
        "looked at": lambda: _times(lambda: (_look(submit(buy)), _look(submit(sell)))),
        "loop": lambda: _times(lambda: None),
    }
    seconds = median_seconds(work, rounds=_ROUNDS)
    each = {name: (value - seconds["loop"]) / _CALLS * 1e6 for name, value in seconds.items()}
    check_us, empty_us = each["check"], each["empty"]
    cycle_us, looked_at_us = each["cycle"] / 2, each["looked at"] / 2
    nautilus_us = cycle_ns(_PEER_ORDERS) / 1e3
    what = "submit to position and events, Python"
    return [
        row("core.check, Python", check_us, "µs", "limit", _CHECK_LIMIT_US, target=1.0),
        row("core.check, Python", check_us, "µs", "PyO3 method, empty", empty_us),
        row(what, cycle_us, "µs", "limit", _CYCLE_LIMIT_US, target=1.0),
        row(what, cycle_us, "µs", f"nautilus_trader {VERSION}", nautilus_us),
        row("the same, every event looked at", looked_at_us, "µs", "limit", _CYCLE_LIMIT_US),
    ]


def warm() -> Core:
    """Return an account of 50 positions and 20 open orders under many limits."""
    symbols = [f"S{number:02}" for number in range(_POSITIONS)]
    bounds = {
        name: Limit(Decimal(value))
        for name, value in (
            ("max_order_quantity", 10**6),
            ("max_order_notional", 10**8),
            ("min_order_notional", 1),
            ("price_collar_bps", 500),
            ("price_move_bps", 500),
            ("max_position_quantity", 10**6),
            ("max_position_notional", 10**8),
            ("max_open_orders", 1_000),
            ("max_gross_notional", 10**9),
            ("max_net_notional", 10**9),
            ("max_leverage_bps", 50_000),
            ("max_concentration_bps", 5_000),
            ("max_credit", 10**12),
            ("max_daily_loss", 10**8),
            ("max_drawdown_bps", 5_000),
        )
    }
    every = LimitSet(**bounds)
    core = Core(
        [Instrument(symbol) for symbol in symbols],
        Limits(
            global_limits=every,
            account_limits=every,
            strategy_limits={"momentum": every},
            instrument_limits=dict.fromkeys(symbols, every),
            allow_short=True,
        ),
        cash=10**9,
        venue={},
    )
    for symbol in symbols:
        core.on_quote(
            symbol, "99.99", "100.01", bid_size=10**9, ask_size=10**9, time_ns=core.time_ns
        )
        core.submit(symbol, "BUY", 100)
    for symbol in symbols[:_OPEN_ORDERS]:
        core.submit(symbol, "BUY", 10, limit_price=99)
    assert len(core.positions) == _POSITIONS
    assert len(core.open_orders) == _OPEN_ORDERS
    return core


def _times(call: Callable[[], object]) -> None:
    for _ in range(_CALLS):
        call()


def _look(events: list[Event]) -> None:
    for event in events:
        assert event.type


def _assert_cycle(core: Core, buy: OrderTerms, sell: OrderTerms) -> None:
    before = core.position("S30").quantity
    for order in (buy, sell):
        events = core.submit(order)
        assert any(isinstance(event, OrderFilled) for event in events)
    assert core.position("S30").quantity == before
