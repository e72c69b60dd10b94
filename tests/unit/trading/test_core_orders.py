"""Orders through `algotrendy.trading.Core`: what goes in, what comes out, what is refused."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from algotrendy import errors
from algotrendy.trading import (
    Core,
    Event,
    Instrument,
    Limits,
    OrderAccepted,
    OrderCreated,
    OrderFilled,
    OrderRejected,
    PositionOpened,
)

MINUTE_NS = 60_000_000_000


def core(**terms: Any) -> Core:
    """An account with 100,000 dollars and SPY at 400.00, whose venue fills at what it is told."""
    made = Core(
        [Instrument("SPY")],
        terms.pop("limits", Limits.of(max_order_notional=50_000, price_collar_bps=500)),
        **{"cash": 100_000, "venue": {}, **terms},
    )
    made.mark("SPY", "400.00")
    return made


def types(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def bar(account: Core, number: int, *prices: str) -> list[Event]:
    opened, high, low, close = prices
    start = (number + 1) * MINUTE_NS
    return account.on_bar(
        "SPY", open=opened, high=high, low=low, close=close, volume=1_000,
        open_time_ns=start, close_time_ns=start + MINUTE_NS,
    )  # fmt: skip


def test_an_order_is_created_accepted_and_filled_by_the_next_bar() -> None:
    account = core()
    created = account.submit("SPY", "BUY", 10)
    assert types(created)[0] == "OrderCreated"
    assert types(created)[-1] == "OrderAccepted"
    filled, opened = bar(account, 0, "401", "402", "399", "400.50")
    assert isinstance(filled, OrderFilled)
    assert isinstance(opened, PositionOpened)
    assert (filled.price, filled.quantity, filled.cash_change) == (401, 10, -4_010)
    position = account.position("SPY")
    assert (position.quantity, position.average_price) == (10, 401)
    assert (position.mark, position.unrealized_pnl) == (Decimal("400.50"), Decimal("-5.00"))
    assert account.cash == {"USD": Decimal("95990.00")}
    assert account.equity == Decimal("99995.00")


@pytest.mark.parametrize(
    ("terms", "order_type", "time_in_force"),
    [
        ({}, "MARKET", "GTC"),
        ({"limit_price": "399.99"}, "LIMIT", "GTC"),
        ({"stop_price": Decimal(410)}, "STOP", "GTC"),
        ({"stop_price": 410, "limit_price": 411}, "STOP_LIMIT", "GTC"),
        ({"trail": "1.50"}, "TRAILING_STOP", "GTC"),
        ({"trail_bps": 50}, "TRAILING_STOP", "GTC"),
        ({"limit_price": 399, "time_in_force": "IOC"}, "LIMIT", "IOC"),
        ({"limit_price": 399, "expire_time_ns": MINUTE_NS}, "LIMIT", "GTD"),
    ],
)
def test_prices_tell_the_type_of_an_order(
    terms: dict[str, Any], order_type: str, time_in_force: str
) -> None:
    account = core()
    order = account.order("SPY", "BUY", 10, **terms)
    assert (order.order_type, order.time_in_force) == (order_type, time_in_force)
    created = account.submit(order)[0]
    assert isinstance(created, OrderCreated)
    assert created.order.order_type == order_type


def test_an_order_made_once_is_sent_as_often_as_wanted() -> None:
    account = core()
    order = account.order("SPY", "BUY", 1)
    for _ in range(3):
        account.submit(order)
    assert [sent.client_order_id for sent in account.orders] == ["1", "2", "3"]
    assert order.client_order_id == ""


def test_an_id_of_the_callers_makes_a_retry_safe() -> None:
    account = core()
    order = account.order("SPY", "BUY", 1, client_order_id="mine")
    assert account.submit(order) != []
    assert account.submit(order) == []
    found = account.find_by_client_id("mine")
    assert found is not None
    assert found.quantity == 1
    with pytest.raises(errors.ClientOrderIdReusedError):
        account.submit("SPY", "BUY", 2, client_order_id="mine")


def test_an_order_without_a_name_gets_one_that_is_free() -> None:
    account = core()
    account.submit("SPY", "BUY", 1, order_id="1", client_order_id="2")
    account.submit("SPY", "BUY", 1)
    assert [order.order_id for order in account.orders] == ["1", "3"]


def test_a_refusal_is_an_event_that_says_why() -> None:
    account = core()
    (rejected,) = account.submit("SPY", "BUY", 200)
    assert isinstance(rejected, OrderRejected)
    assert (rejected.reason, rejected.rule) == ("NOTIONAL_LIMIT_EXCEEDED", "order_notional")
    assert (rejected.limit, rejected.observed) == (50_000, 80_000)
    assert rejected.order.status == "REJECTED"


FLOATS: list[Callable[[Core], object]] = [
    lambda account: account.submit("SPY", "BUY", 1.0),  # type: ignore[call-overload]
    lambda account: account.submit("SPY", "BUY", 1, limit_price=400.0),  # type: ignore[call-overload]
    lambda account: account.mark("SPY", 400.0),  # type: ignore[arg-type]
    lambda account: account.deposit(1.5),  # type: ignore[arg-type]
    lambda account: account.order("SPY", "BUY", quantity=True),
    lambda account: account.order("SPY", "BUY", None),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("attempt", FLOATS)
def test_a_number_that_is_not_exact_is_refused_by_its_field(
    attempt: Callable[[Core], object],
) -> None:
    account = core()
    with pytest.raises(errors.InvalidArgumentError, match="a float is not exact") as refusal:
        attempt(account)
    assert refusal.value.metadata["field"] in {"quantity", "limit_price", "price", "amount"}
    assert account.orders == []


@pytest.mark.parametrize(
    ("quantity", "terms", "expected"),
    [
        ("1.5", {}, errors.QuantityOffLotError),
        (Decimal("0.1"), {}, errors.QuantityOffLotError),
        (0, {}, errors.QuantityNotPositiveError),
        (-1, {}, errors.QuantityNotPositiveError),
        (2**63, {}, errors.OverflowValueError),
        ("1e3", {}, errors.InvalidArgumentError),
        ("", {}, errors.InvalidArgumentError),
        (Decimal("NaN"), {}, errors.InvalidArgumentError),
        (Decimal("Infinity"), {}, errors.InvalidArgumentError),
        (1, {"limit_price": "400.001"}, errors.PriceOffTickError),
        (1, {"limit_price": "-1"}, errors.PriceNotPositiveError),
        (1, {"limit_price": 2**63}, errors.OverflowValueError),
        (1, {"trail": 1, "trail_bps": 5}, errors.InvalidArgumentError),
        (1, {"trail": 1, "limit_price": 400}, errors.OrderTermsError),
        (1, {"time_in_force": "GTD"}, errors.OrderTermsError),
        (1, {"time_in_force": "FOREVER"}, errors.InvalidArgumentError),
        (1, {"post_only": True}, errors.OrderTermsError),
    ],
)
def test_terms_that_are_wrong_raise_the_error_of_their_reason(
    quantity: Any, terms: dict[str, Any], expected: type[errors.AlgoTrendyError]
) -> None:
    account = core()
    with pytest.raises(errors.AlgoTrendyError) as refusal:
        account.submit("SPY", "BUY", quantity, **terms)
    assert type(refusal.value) is expected
    assert account.orders == []


def test_a_symbol_a_side_and_a_keyword_that_nobody_knows_are_refused() -> None:
    account = core()
    with pytest.raises(errors.InstrumentNotFoundError):
        account.submit("QQQ", "BUY", 1)
    with pytest.raises(errors.InvalidArgumentError):
        account.submit("SPY", "buy", 1)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        account.submit("SPY", "BUY", 1, price=400)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        account.submit("SPY")  # type: ignore[call-overload]
    with pytest.raises(errors.InvalidArgumentError):
        account.submit(account.order("SPY", "BUY", 1), limit_price=400)  # type: ignore[call-overload]


def test_time_does_not_go_back() -> None:
    account = core()
    account.advance(MINUTE_NS)
    with pytest.raises(errors.TimeWentBackError):
        account.submit("SPY", "BUY", 1, time_ns=MINUTE_NS - 1)
    assert account.time_ns == MINUTE_NS


def test_what_time_did_before_a_refusal_is_told_with_what_comes_next() -> None:
    account = core()
    account.submit("SPY", "BUY", 1, limit_price=399, expire_time_ns=MINUTE_NS)
    with pytest.raises(errors.QuantityNotPositiveError):
        account.submit("SPY", "BUY", 0, time_ns=MINUTE_NS)
    assert "OrderExpired" in types(account.advance(MINUTE_NS))


def test_an_order_is_replaced_and_canceled() -> None:
    account = core()
    account.submit("SPY", "BUY", 10, limit_price=399, client_order_id="mine", order_id="o")
    assert "OrderReplaced" in types(account.replace("o", limit_price="398.50", quantity=8))
    order = account.find("o")
    assert order is not None
    assert (order.limit_price, order.quantity) == (Decimal("398.50"), 8)
    assert types(account.cancel("o")) == ["CancelRequested", "OrderCanceled"]
    assert account.cancel("o") == []
    assert account.open_orders == []
    for attempt in (account.cancel, account.replace):
        with pytest.raises(errors.OrderNotFoundError):
            attempt("nobody")


def test_a_venue_elsewhere_is_told_of_by_reports() -> None:
    account = core(venue=None)
    assert types(account.submit("SPY", "BUY", 10, order_id="o")) == ["OrderCreated"]
    (accepted,) = account.report("o", "ACCEPTED", "1", venue_order_id="v")
    assert isinstance(accepted, OrderAccepted)
    assert accepted.venue_order_id == "v"
    filled = account.report("o", "FILL", "2", quantity=4, price="400.10", fee="0.35")
    assert types(filled) == ["OrderFilled", "PositionOpened"]
    assert account.report("o", "FILL", "2", quantity=4, price="400.10", fee="0.35") == []
    with pytest.raises(errors.OverfillError):
        account.report("o", "FILL", "3", quantity=7, price="400.10")
    with pytest.raises(errors.FailedPreconditionError):
        account.on_trade("SPY", 400, 10, time_ns=1)
    assert account.cash == {"USD": Decimal("98399.25")}
    assert account.position("SPY").quantity == 4


def test_quotes_and_trades_fill_too() -> None:
    account = core()
    account.on_quote("SPY", "399.90", "400.10", bid_size=500, ask_size=500, time_ns=1)
    events = account.submit("SPY", "BUY", 10)
    (filled,) = (event for event in events if isinstance(event, OrderFilled))
    assert filled.price == Decimal("400.10")
    account.submit("SPY", "SELL", 10, limit_price=401)
    events = account.on_trade("SPY", 401, 100, time_ns=2)
    assert [event.price for event in events if isinstance(event, OrderFilled)] == [401]
    assert account.positions == []


def test_a_bar_that_contradicts_itself_is_refused() -> None:
    account = core()
    with pytest.raises(errors.DataValueError) as refusal:
        bar(account, 0, "400", "399", "398", "399")
    assert refusal.value.metadata["field"] == "high"
