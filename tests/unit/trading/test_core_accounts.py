"""Lists, cash, margins and views through `algotrendy.trading.Core`."""

from decimal import Decimal
from typing import Any

import pytest

from algotrendy import _core, errors
from algotrendy.trading import (
    Core,
    Event,
    Instrument,
    InstrumentKind,
    Limits,
    OrderCreated,
    OrderFilled,
)

MINUTE_NS = 60_000_000_000


def core(*instruments: Instrument, **terms: Any) -> Core:
    made = Core(
        instruments or [Instrument("SPY")],
        Limits.of(allow_short=True),
        **{"cash": 100_000, "venue": {}, **terms},
    )
    for instrument in instruments or [Instrument("SPY")]:
        made.mark(instrument.symbol, 400)
    return made


def types(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def quote(account: Core, bid: int, ask: int, symbol: str = "SPY") -> list[Event]:
    return account.on_quote(
        symbol, bid, ask, bid_size=10_000, ask_size=10_000, time_ns=account.time_ns + 1
    )


def test_a_brackets_exits_wait_and_one_takes_the_other() -> None:
    account = core()
    account.bracket("SPY", "BUY", 10, limit_price=400, stop_loss=390, take_profit=420)
    assert [order.state for order in account.orders] == ["ACCEPTED", "HELD", "HELD"]
    quote(account, 399, 400)
    assert [order.state for order in account.orders] == ["FILLED", "ACCEPTED", "ACCEPTED"]
    assert all(order.reduce_only for order in account.open_orders)
    quote(account, 420, 421)
    assert [order.state for order in account.orders] == ["FILLED", "CANCELED", "FILLED"]
    assert account.positions == []
    assert account.cash == {"USD": Decimal("100200.00")}


def test_a_bracket_needs_an_exit() -> None:
    with pytest.raises(errors.InvalidArgumentError):
        core().bracket("SPY", "BUY", 10)


def test_one_cancels_the_other_and_one_triggers_the_other() -> None:
    account = core()
    account.oco(
        account.order("SPY", "BUY", 10, limit_price=390),
        account.order("SPY", "BUY", 10, stop_price=410),
    )
    quote(account, 389, 390)
    assert [order.state for order in account.orders] == ["FILLED", "CANCELED"]
    account.oto(
        account.order("SPY", "SELL", 10, limit_price=395),
        account.order("SPY", "BUY", 5, limit_price=380),
    )
    assert account.orders[-1].state == "HELD"
    quote(account, 395, 396)
    assert account.orders[-1].state == "ACCEPTED"


def test_a_list_is_all_or_none() -> None:
    account = core(cash=1_000)
    events = account.oco(
        account.order("SPY", "BUY", 1, limit_price=390),
        account.order("SPY", "BUY", 100, limit_price=390),
    )
    assert types(events) == ["OrderRejected", "OrderRejected"]
    assert account.open_orders == []


def test_a_position_is_closed_with_its_open_orders() -> None:
    account = core()
    quote(account, 399, 400)
    account.submit("SPY", "BUY", 10)
    account.submit("SPY", "BUY", 5, limit_price=390)
    account.close("SPY")
    assert (account.positions, account.open_orders) == ([], [])
    assert account.close("SPY") == []


def test_all_orders_are_canceled_or_those_that_fit() -> None:
    account = core(Instrument("SPY"), Instrument("QQQ"))
    for symbol, strategy in (("SPY", "a"), ("SPY", "b"), ("QQQ", "a")):
        account.submit(symbol, "BUY", 1, limit_price=390, strategy_id=strategy)
    account.cancel_all("SPY", strategy_id="a")
    assert [(order.symbol, order.strategy_id) for order in account.open_orders] == [
        ("SPY", "b"),
        ("QQQ", "a"),
    ]
    account.cancel_all()
    assert account.open_orders == []


def test_a_future_takes_margin_and_pays_profit_alone() -> None:
    future = Instrument("ES", InstrumentKind.FUTURE, tick_size=Decimal("0.25"), multiplier=50)
    account = Core(
        [_core.Instrument(**{**future.core.terms, "initial_margin": {"per_contract": 1_200_000}})],
        Limits.of(allow_short=True),
        cash=50_000,
        venue={},
    )
    account.mark("ES", 5_000)
    quote(account, 5_000, 5_000, "ES")
    account.submit("ES", "SELL", 2)
    assert account.cash == {"USD": Decimal("50000.00")}
    assert (account.initial_margin, account.available) == (24_000, 26_000)
    quote(account, 4_990, 4_990, "ES")
    assert account.equity == 51_000
    position = account.position("ES")
    assert (position.quantity, position.unrealized_pnl, position.average_price) == (
        -2,
        1_000,
        5_000,
    )
    account.submit("ES", "BUY", 2)
    assert account.cash == {"USD": Decimal("51000.00")}


def test_currencies_are_kept_apart_and_valued_at_their_rates() -> None:
    sap = Instrument("SAP", currency="EUR")
    account = core(sap, cash={"USD": 10_000, "EUR": 5_000})
    assert account.equity is None
    account.rate("EUR", "1.10")
    assert account.equity == 15_500
    account.deposit("0.50", "EUR")
    with pytest.raises(errors.InsufficientFundsError):
        account.withdraw("10000.01")
    assert account.cash == {"EUR": Decimal("5000.50"), "USD": Decimal("10000.00")}


def test_a_position_is_made_what_the_venue_says() -> None:
    account = core()
    account.adjust_position("SPY", -5, "400", "grace", note="as the broker has it")
    assert account.position("SPY").quantity == -5
    assert account.cash == {"USD": Decimal("100000.00")}


def test_views_are_pictures_of_their_moment() -> None:
    account = core()
    account.submit("SPY", "BUY", 10, limit_price=390, order_id="o")
    before = account.find("o")
    account.cancel("o")
    after = account.find("o")
    assert before is not None
    assert after is not None
    assert (before.status, after.status) == ("NEW", "CANCELED")
    assert before != after
    assert after == account.find("o")
    with pytest.raises(AttributeError):
        before.status = "FILLED"  # type: ignore[misc]
    with pytest.raises(errors.InstrumentNotFoundError):
        account.position("QQQ")
    assert account.find("nobody") is None


def test_events_are_frozen_readable_and_matched_by_class() -> None:
    account = core()
    quote(account, 399, 400)
    events = account.submit("SPY", "BUY", 10)
    matched = []
    for event in events:
        match event:
            case OrderCreated(order=order):
                matched.append(order.symbol)
            case OrderFilled(symbol=symbol, price=price, quantity=quantity):
                matched.append((symbol, price, quantity))
    assert matched == ["SPY", ("SPY", Decimal("400.00"), Decimal(10))]
    filled = next(event for event in events if isinstance(event, OrderFilled))
    assert repr(filled).startswith("OrderFilled(order_id='1', client_order_id='1', execution_id=")
    assert "price=Decimal('400.00')" in repr(filled)
    assert filled.to_dict()["type"] == "OrderFilled"
    assert [event.sequence for event in events] == sorted(event.sequence for event in events)
    with pytest.raises(AttributeError):
        filled.price = Decimal(1)  # type: ignore[misc]


def test_the_same_commands_give_the_same_events() -> None:
    def life() -> list[Event]:
        account = core()
        events = quote(account, 399, 400)
        events += account.bracket("SPY", "BUY", 10, stop_loss=390, take_profit=420)
        events += quote(account, 380, 385)
        return events + account.advance(account.time_ns + MINUTE_NS)

    assert life() == life()
    assert hash(life()[0]) == hash(life()[0])


def test_every_event_of_the_core_has_a_class_with_its_name() -> None:
    classes = {name for name, value in vars(_core).items() if _is_event(value)}
    forms = set(_core.__all__) & {name for name in dir(_core) if _is_event(getattr(_core, name))}
    assert classes == forms
    assert len(classes) > 40


def _is_event(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Event) and value is not Event
