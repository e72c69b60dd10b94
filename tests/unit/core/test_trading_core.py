"""The trading core through its Python face: decide, fold, journal, recover."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algotrendy import errors
from algotrendy._core import TradingCore

if TYPE_CHECKING:
    from algotrendy._core import (
        ExecutionReport,
        InstrumentTerms,
        Limits,
        Mark,
        Submit,
    )

NOW_NS = 1_000
USD_CASH = 100_000_000


def spy() -> "InstrumentTerms":
    return {
        "symbol": "SPY",
        "kind": "EQUITY",
        "currency": "USD",
        "price_scale": 2,
        "quantity_scale": 0,
        "tick_size": 1,
        "lot_size": 1,
    }


def limits() -> "Limits":
    return {
        "version": 1,
        "account": {
            "max_order_quantity": {"value": "1000"},
            "max_order_notional": {"value": "100000"},
            "max_position_notional": {"value": "200000.00"},
            "max_open_orders": {"value": "5"},
            "price_collar_bps": {"value": "500"},
        },
        "max_reference_age_ns": 1_000_000,
    }


def mark(price: int = 40_000) -> "Mark":
    return {"type": "Mark", "symbol": "SPY", "price": price, "source": "close"}


def buy(order_id: str = "o", quantity: int = 10) -> "Submit":
    return {
        "type": "Submit",
        "order_id": order_id,
        "client_order_id": f"client-{order_id}",
        "symbol": "SPY",
        "side": "BUY",
        "order_type": "MARKET",
        "quantity": quantity,
        "time_in_force": "GTC",
        "strategy_id": "strategy",
    }


def limit_buy(limit_price: int | None, quantity: int = 10) -> "Submit":
    order = buy(quantity=quantity)
    order["order_type"] = "LIMIT"
    order["limit_price"] = limit_price
    return order


def fill(execution_id: str, quantity: int, price: int = 40_000) -> "ExecutionReport":
    return {
        "type": "ExecutionReport",
        "order_id": "o",
        "execution_id": execution_id,
        "kind": "FILL",
        "quantity": quantity,
        "price": price,
        "fee": 7,
    }


def unmarked_core() -> TradingCore:
    core = TradingCore("account", "USD")
    core.execute({"type": "RegisterInstrument", "instrument": spy()}, NOW_NS)
    core.execute({"type": "Deposit", "currency": "USD", "amount": USD_CASH}, NOW_NS)
    core.execute({"type": "SetLimits", "limits": limits()}, NOW_NS)
    return core


def ready_core() -> TradingCore:
    core = unmarked_core()
    core.execute(mark(), NOW_NS)
    return core


def test_a_new_account_has_nothing() -> None:
    core = TradingCore("account", "USD")
    assert (core.account_id, core.time_ns) == ("account", None)
    assert (core.event_sequence, core.record_sequence) == (0, 0)
    assert (core.orders(), core.positions(), core.cash(), core.limits()) == ([], [], {}, None)


def test_deciding_changes_nothing_and_applying_changes_what_was_decided() -> None:
    core = ready_core()
    decision = core.decide(buy(), NOW_NS)
    assert core.orders() == []
    assert core.decide(buy(), NOW_NS).record == decision.record
    core.apply(decision)
    order = core.order("o")
    assert order is not None
    assert order["status"] == "PENDING_NEW"
    assert order["reference_price"] == 40_000
    assert core.open_orders() == core.orders() == [order]
    assert core.order_by_client_id("client-o") == order
    assert repr(decision) == "Decision(Submit -> [OrderCreated])"


def test_deciding_and_applying_equals_executing() -> None:
    executed, applied = ready_core(), ready_core()
    for command in (buy(), fill("1", 4), fill("2", 6, price=41_000)):
        applied.apply(applied.decide(command, NOW_NS))
        executed.execute(command, NOW_NS)
    assert applied.orders() == executed.orders()
    assert applied.positions() == executed.positions()
    assert applied.cash() == executed.cash() == {"USD": USD_CASH - 406_000 - 14}


def test_a_fill_is_a_trade_a_position_and_cash() -> None:
    core = ready_core()
    core.execute(buy(), NOW_NS)
    filled, opened = core.execute(fill("1", 10), NOW_NS).events
    assert filled["type"] == "OrderFilled"
    assert opened["type"] == "PositionOpened"
    assert (filled["sequence"] + 1, filled["record_sequence"]) == (
        opened["sequence"],
        opened["record_sequence"],
    )
    assert core.positions() == [
        {"symbol": "SPY", "quantity": 10, "total_cost": 400_000, "realized_pnl": 0, "mark": 40_000}
    ]
    core.execute(mark(41_000), NOW_NS)
    assert core.equity() == {
        "currency": "USD",
        "cash": USD_CASH - 400_007,
        "positions_value": 410_000,
        "equity": USD_CASH + 9_993,
    }


def test_the_records_alone_recover_orders_positions_and_cash() -> None:
    core = TradingCore("account", "USD")
    commands: list[Any] = [
        {"type": "RegisterInstrument", "instrument": spy()},
        {"type": "Deposit", "currency": "USD", "amount": USD_CASH},
        {"type": "SetLimits", "limits": limits()},
        mark(),
        buy(),
        fill("1", 4),
        fill("1", 4),
    ]
    records = [core.execute(command, NOW_NS).record for command in commands]
    assert [bool(record) for record in records] == [True, True, True, False, True, True, False]
    recovered = TradingCore("account", "USD")
    events = [event for record in records if record for event in recovered.fold_record(record)]
    assert [event["sequence"] for event in events] == list(range(1, core.event_sequence + 1))
    assert recovered.record_sequence == core.record_sequence == 5
    assert recovered.orders() == core.orders()
    assert recovered.cash() == core.cash()
    assert recovered.limits() == core.limits()
    assert recovered.positions() == core.positions()
    (rejected,) = recovered.execute(buy("another"), NOW_NS).events
    assert rejected["type"] == "OrderRejected"
    assert rejected["reason"] == "REFERENCE_PRICE_MISSING"


def test_a_decision_tells_the_prices_it_read_once() -> None:
    core = ready_core()
    first = core.execute(buy(), NOW_NS)
    assert first.prices_read == [
        {
            "mark": {
                "symbol": "SPY",
                "reference": {
                    "price": 40_000,
                    "time_ns": NOW_NS,
                    "price_time_ns": NOW_NS,
                    "source": "close",
                },
            }
        }
    ]
    assert core.execute(buy("another"), NOW_NS).prices_read == []


def test_after_recovery_orders_wait_for_a_fresh_reference_price() -> None:
    core = unmarked_core()
    (rejected,) = core.execute(buy(), NOW_NS).events
    assert rejected["type"] == "OrderRejected"
    assert rejected["reason"] == "REFERENCE_PRICE_MISSING"


def test_a_mark_is_never_recorded_and_takes_effect_when_executed() -> None:
    core = unmarked_core()
    assert core.decide(mark(), NOW_NS).record == b""
    assert core.reference_price("SPY") is None
    assert core.execute(mark(), NOW_NS).events == []
    assert core.reference_price("SPY") == {
        "price": 40_000,
        "time_ns": NOW_NS,
        "price_time_ns": NOW_NS,
        "source": "close",
    }


def test_a_rejection_carries_reason_rule_limit_and_observed_value() -> None:
    core = ready_core()
    (rejected,) = core.execute(buy(quantity=300), NOW_NS).events
    assert rejected["type"] == "OrderRejected"
    assert (rejected["reason"], rejected["rule"]) == ("NOTIONAL_LIMIT_EXCEEDED", "order_notional")
    assert (rejected["limit"], rejected["observed"]) == ("100000.00", "120000.00")
    assert rejected["order"]["status"] == "REJECTED"
    assert core.order("o") == rejected["order"]


def test_check_tells_what_every_rule_says_and_changes_nothing() -> None:
    core = ready_core()
    said = {check["rule"]: check for check in core.check(limit_buy(50_000, 2_001), NOW_NS)}
    assert [rule for rule, check in said.items() if check["verdict"] == "HARD"] == [
        "order_quantity",
        "order_notional",
        "price_collar",
        "position_notional",
        "funds",
    ]
    collar = said["price_collar"]
    assert (collar["reason"], collar["number"]) == ("PRICE_COLLAR_BREACHED", 5)
    assert (collar["limit"], collar["observed"]) == ("500.00", "2500.00")
    assert said["net"]["verdict"] == "NOT_SET"
    assert {check["verdict"] for check in core.check(buy(), NOW_NS)} <= {
        "PASS",
        "NOT_SET",
        "NOT_APPLICABLE",
    }
    assert core.orders() == []


def test_a_repeated_submission_has_an_empty_record() -> None:
    core = ready_core()
    core.execute(buy(), NOW_NS)
    retry = buy()
    retry["order_id"] = "another"
    decision = core.decide(retry, NOW_NS)
    assert (decision.events, decision.record) == ([], b"")
    first = core.order_by_client_id("client-o")
    assert first is not None
    assert first["order_id"] == "o"


def repeated_with_other_terms(core: TradingCore) -> None:
    core.execute(buy(), NOW_NS)
    core.execute(buy(quantity=11), NOW_NS)


def overfilled(core: TradingCore) -> None:
    core.execute(buy(), NOW_NS)
    core.execute(fill("1", 11), NOW_NS)


def canceled_after_its_fill(core: TradingCore) -> None:
    core.execute(buy(), NOW_NS)
    core.execute(fill("1", 10), NOW_NS)
    core.execute({"type": "Cancel", "order_id": "o"}, NOW_NS)


def overdrawn(core: TradingCore) -> None:
    core.execute({"type": "Withdraw", "currency": "USD", "amount": USD_CASH + 1}, NOW_NS)


def far_priced(core: TradingCore) -> None:
    terms = spy()
    terms.update({"symbol": "BIG", "multiplier": 2**62})
    core.execute({"type": "RegisterInstrument", "instrument": terms}, NOW_NS)
    far = mark(2**62)
    far["symbol"] = "BIG"
    core.execute(far, NOW_NS)
    order = buy(quantity=1_000)
    order["symbol"] = "BIG"
    core.execute(order, NOW_NS)


REFUSALS: list[tuple[Callable[[TradingCore], object], type[errors.AlgoTrendyError]]] = [
    (lambda core: core.execute(buy(quantity=0), NOW_NS), errors.QuantityNotPositiveError),
    (lambda core: core.execute(buy(quantity=-1), NOW_NS), errors.QuantityNotPositiveError),
    (lambda core: core.execute(buy(quantity=2**63), NOW_NS), errors.InvalidArgumentError),
    (lambda core: core.execute(limit_buy(0), NOW_NS), errors.PriceNotPositiveError),
    (lambda core: core.execute(limit_buy(None), NOW_NS), errors.OrderTermsError),
    (lambda core: core.execute(mark(0), NOW_NS), errors.PriceNotPositiveError),
    (lambda core: core.execute(buy(), NOW_NS - 1), errors.TimeWentBackError),
    (lambda core: core.execute(fill("1", 1), NOW_NS), errors.OrderNotFoundError),
    (lambda _: TradingCore("other", "USD").execute(buy(), 0), errors.InstrumentNotFoundError),
    (lambda core: core.fold_record(b"\x00not a record"), errors.JournalCorruptError),
    (repeated_with_other_terms, errors.ClientOrderIdReusedError),
    (overfilled, errors.OverfillError),
    (canceled_after_its_fill, errors.OrderStateError),
    (overdrawn, errors.InsufficientFundsError),
    (far_priced, errors.OverflowValueError),
]


@pytest.mark.parametrize(("attempt", "expected"), REFUSALS)
def test_every_refusal_is_the_error_of_its_reason(
    attempt: Callable[[TradingCore], object], expected: type[errors.AlgoTrendyError]
) -> None:
    with pytest.raises(errors.AlgoTrendyError) as refusal:
        attempt(ready_core())
    assert type(refusal.value) is expected


def test_the_metadata_of_a_refusal_are_human_decimals() -> None:
    core = TradingCore("account", "USD")
    terms = spy()
    terms["tick_size"] = 5
    core.execute({"type": "RegisterInstrument", "instrument": terms}, NOW_NS)
    with pytest.raises(errors.PriceOffTickError) as refusal:
        core.execute(limit_buy(40_001), NOW_NS)
    assert refusal.value.metadata == {"price": "400.01", "tick_size": "0.05"}


MALFORMED: list[Any] = [
    {},
    {"type": "Unsubmit"},
    {"order_id": "o", "type": "Cancel"},
    {"type": "Cancel"},
    {"type": "Cancel", "order_id": 5},
    {"type": "Cancel", "order_id": "o", "why": "typo"},
    {"type": "Deposit", "currency": "USD", "amount": 1.5},
    {"type": "Deposit", "currency": "usd", "amount": 1},
    {"type": "RegisterInstrument", "instrument": {**spy(), "tick_size": 0}},
    {"type": "SetLimits", "limits": {**limits(), "account": {"max_order_notional": "1e5"}}},
    {"type": "SetLimits", "limits": {**limits(), "max_order_notional": {"value": "1"}}},
    {"type": "Cancel", "command_id": "first", "order_id": "o", "why": "typo"},
    {"type": "Cancel", "order_id": "o", "command_id": "last"},
    "Cancel",
    None,
]


@pytest.mark.parametrize("command", MALFORMED)
def test_a_malformed_command_is_an_invalid_argument(command: Any) -> None:
    with pytest.raises(errors.InvalidArgumentError) as refusal:
        ready_core().execute(command, NOW_NS)
    assert refusal.value.metadata["argument"] == "command"


def test_a_record_of_another_moment_is_refused_and_changes_nothing() -> None:
    core = ready_core()
    record = core.decide(buy(), NOW_NS).record
    core.fold_record(record)
    orders = core.orders()
    with pytest.raises(errors.JournalCorruptError):
        core.fold_record(record)
    assert core.orders() == orders


def test_amounts_beyond_64_bits_pass_between_python_and_the_core() -> None:
    core = TradingCore("account", "USD")
    terms = spy()
    terms.update({"symbol": "BTC-USD", "price_scale": 8, "quantity_scale": 8})
    core.execute({"type": "RegisterInstrument", "instrument": terms}, NOW_NS)
    core.execute({"type": "Deposit", "currency": "USD", "amount": 2**62}, NOW_NS)
    huge = limits()
    huge["account"] = {"max_order_notional": {"value": "1" + "0" * 12}}
    core.execute({"type": "SetLimits", "limits": huge}, NOW_NS)
    price, quantity = 60_000 * 10**8, 100 * 10**8
    marked = mark(price)
    marked["symbol"] = "BTC-USD"
    core.execute(marked, NOW_NS)
    order = buy(quantity=quantity)
    order["symbol"] = "BTC-USD"
    core.execute(order, NOW_NS)
    core.apply(core.decide(fill("1", quantity, price), NOW_NS))
    (position,) = core.positions()
    assert position["total_cost"] == price * quantity > 2**64
    assert core.cash() == {"USD": 2**62 - 600_000_000 - 7}


@given(
    st.lists(
        st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(1, 400), st.integers(1, 90_000)),
        max_size=25,
    )
)
def test_cash_and_cost_are_conserved_to_the_cent(trades: list[tuple[Any, int, int]]) -> None:
    core = ready_core()
    shorting = limits()
    shorting.update({"version": 2, "allow_short": True})
    core.execute({"type": "SetLimits", "limits": shorting}, NOW_NS)
    fees = 0
    for number, (side, quantity, price) in enumerate(trades):
        order = buy(f"o{number}", quantity)
        order["side"] = side
        core.execute(order, NOW_NS)
        filled = fill(f"e{number}", quantity, price)
        filled["order_id"] = f"o{number}"
        if core.open_orders():
            core.execute(filled, NOW_NS)
            fees += 7
    cost = sum(position["total_cost"] for position in core.positions())
    profit = sum(position["realized_pnl"] for position in core.positions())
    assert core.cash()["USD"] + cost - profit + fees == USD_CASH


def test_a_submission_takes_microseconds() -> None:
    core = ready_core()
    count = 2_000
    orders = [buy(f"o{number}", quantity=100_000) for number in range(count)]
    started = time.perf_counter()
    for order in orders:
        core.execute(order, NOW_NS)
    # About 5 µs where it was measured; the bound only tells a change of kind.
    assert (time.perf_counter() - started) / count < 200e-6
