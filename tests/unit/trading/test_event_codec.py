"""Every event of the core has a message, and says in it what the core says."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.errors import InternalError
from algotrendy.testing.trading import ACCOUNT_ID, SPY, account_terms
from algotrendy.trading import core_event_codec
from algotrendy.trading.event_codec import encode_event
from algotrendy.trading.translator import Translator

SOURCE = Path(__file__).parents[3] / "core_rs/algotrendy-core/src/order/event.rs"
NAMES = set(re.findall(r"^        (\w+)\(\1\),$", SOURCE.read_text("utf-8"), flags=re.MULTILINE))


def translator() -> Translator:
    """Knows SPY and the order `o`."""
    known = Translator(account_terms())
    known.translate(
        {"type": "CashDeposited", "sequence": 1, "time_ns": 1, "currency": "USD",
         "amount": 1_000_00, "balance": 1_000_00}
    )  # fmt: skip
    instrument = {
        "type": "InstrumentRegistered", "sequence": 2, "time_ns": 1, "instrument": SPY.core_terms
    }  # fmt: skip
    known.translate(instrument)
    known.translate({"type": "OrderCreated", "sequence": 3, "time_ns": 1, "order": raw_order()})
    return known


def raw_order(**changes: Any) -> dict[str, Any]:
    return {
        "order_id": "o", "client_order_id": "c", "symbol": "SPY", "side": "BUY",
        "order_type": "LIMIT", "quantity": 10, "limit_price": 100_00, "stop_price": None,
        "trail": None, "time_in_force": "GTC", "expire_time_ns": None, "post_only": False,
        "reduce_only": False, "strategy_id": None, "trader_id": "ann", "sending_time_ns": None,
        "list": None, "state": "PENDING_SEND", "status": "PENDING_NEW", "filled_quantity": 0,
        "leaves_quantity": 10, "average_price_numerator": 0, "reference_price": 99_50,
        "is_triggered": False, "venue_order_id": None, "reject_reason": None, "replacement": None,
        "create_time_ns": 1, "update_time_ns": 1,
        **changes,
    }  # fmt: skip


def told(type_: str, **entries: Any) -> Any:
    """Return the message of the core's next event."""
    raw = {"type": type_, "sequence": 4, "time_ns": 5, **entries}
    return encode_event(translator().translate(raw)).payload


def test_every_event_of_the_core_is_translated_or_passed_on_and_none_is_both() -> None:
    assert len(NAMES) > 40
    assert translator().names | core_event_codec.names() == NAMES
    assert not translator().names & core_event_codec.names()


def test_an_event_that_the_contract_has_no_word_for_is_a_defect() -> None:
    with pytest.raises(InternalError):
        told("BrandNew")


def test_a_bust_gives_cash_and_fee_back() -> None:
    message = told(
        "FillBusted", order_id="o", execution_id="b", busted_execution_id="e", symbol="SPY",
        side="BUY", quantity=4, price=100_00, fee=1_00, fee_currency="USD", currency="USD",
        cash_change=400_00, filled_quantity=6, leaves_quantity=4, average_price_numerator=0,
        state="ACCEPTED", status="PARTIALLY_FILLED",
    )  # fmt: skip
    assert (message.cash.value, message.cash_change.value) == ("1401.00", "400.00")
    assert (message.fill.execution_id, message.execution_id) == ("e", "b")
    assert message.status == trading_pb2.ORDER_STATUS_PARTIALLY_FILLED


def test_a_late_fee_is_taken_from_cash() -> None:
    message = told(
        "FeeCharged", order_id="o", execution_id="f", reference_execution_id="e", fee=25,
        fee_currency="USD",
    )  # fmt: skip
    assert (message.fee.value, message.cash.value, message.symbol) == ("0.25", "999.75", "SPY")


def test_a_settled_day_is_cash_and_the_positions_new_cost() -> None:
    message = told(
        "VariationSettled", symbol="SPY", price=101_00, quantity=10, total_cost=1010_00,
        amount=10_00, total_realized_pnl=10_00, currency="USD",
    )  # fmt: skip
    assert (message.cash.value, message.amount.value, message.price.value) == (
        "1010.00", "10.00", "101.00",
    )  # fmt: skip
    assert Decimal(message.position.total_cost.value) == 1010


def test_an_adjusted_position_tells_what_was_held_before_and_who_said_so() -> None:
    message = told(
        "PositionAdjusted", symbol="SPY", previous_quantity=3, quantity=5, total_cost=500_00,
        total_realized_pnl=0, person="ann", note="a split",
    )  # fmt: skip
    assert (message.previous_quantity.value, message.position.quantity.value) == ("3", "5")
    assert (message.person, message.note) == ("ann", "a split")


def test_a_replacement_is_told_as_it_was_asked_for_and_as_it_was_made() -> None:
    asked = {"quantity": 7, "limit_price": 99_00, "stop_price": None}
    requested = told("ReplaceRequested", order_id="o", replacement=asked)
    assert requested.replacement.limit_price.value == "99.00"
    assert not requested.replacement.HasField("stop_price")
    refused = told(
        "ReplaceRefused", order_id="o", replacement=asked, reason="PRICE_COLLAR_BREACHED",
        rule="price_collar", limit="500", observed=None,
    )  # fmt: skip
    assert (refused.failure.limit, refused.failure.observed) == ("500", "")
    assert refused.symbol == "SPY"
    made = told(
        "OrderReplaced", order_id="o", venue_order_id=None, quantity=7, leaves_quantity=7,
        limit_price=99_00, stop_price=None, state="ACCEPTED", status="NEW",
    )  # fmt: skip
    assert (made.quantity.value, made.limit_price.value, made.venue_order_id) == ("7", "99.00", "")


def test_an_instruments_change_is_told_in_its_own_numbers() -> None:
    change = {
        "tick_size": 5, "lot_size": None, "is_halted": True, "lower_band": 90_00,
        "upper_band": None, "average_volume": "1000000", "expire_time_ns": None,
    }  # fmt: skip
    for name in ("InstrumentChanged", "InstrumentChangeScheduled"):
        message = told(name, symbol="SPY", change=change, effective_time_ns=9)
        assert (message.change.tick_size.value, message.change.lower_band.value) == (
            "0.05",
            "90.00",
        )
        assert message.change.halted
        assert not message.change.HasField("upper_band")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("global", {"all_accounts": True}),
        ({"strategy": "s"}, {"strategy_id": "s"}),
        ("account", {}),
    ],
)
def test_a_kill_switch_tells_what_it_stops(raw: Any, expected: dict[str, Any]) -> None:
    message = told("Killed", scope=raw, person="ann", note="a storm", flatten=True)
    assert message.scope == trading_pb2.SwitchScope(**expected)
    assert (message.person, message.flatten) == ("ann", True)
    assert told("RearmRequested", scope=raw, person="bob").scope == message.scope
    assert told("Rearmed", scope=raw, person="bob").scope == message.scope


def test_amounts_of_the_account_are_in_its_currency() -> None:
    called = told("MarginCalled", equity=90_05, maintenance_margin=100_00)
    assert (called.equity.value, called.maintenance_margin.value) == ("90.05", "100.00")
    restored = told("MarginRestored", equity=110_00, maintenance_margin=100_00)
    assert restored.equity.value == "110.00"
    assert told("EquityPeaked", equity=1).equity.value == "0.01"
    unvalued = told("DayStarted", day_start_time_ns=0, equity=None)
    assert not unvalued.HasField("equity")


def test_an_override_tells_its_rule_its_scope_and_its_end() -> None:
    granted = {"rule": "order_notional", "strategy_id": "s", "symbol": None, "until_ns": 7}
    message = told("OverrideGranted", granted=granted, approver="ann", note="")
    assert (message.override.rule, message.override.strategy_id) == ("order_notional", "s")
    assert message.override.until_time.nanos == 7
    assert told("OverrideExpired", granted=granted).override == message.override


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("OrderSent", {"order_id": "o"}),
        ("OrderUncertain", {"order_id": "o"}),
        ("OrderTriggered", {"order_id": "o"}),
        ("OrderReleased", {"order_id": "o", "quantity": 3}),
        ("OrderApproved", {"order_id": "o", "approver": "ann", "note": ""}),
        ("CancelRejected", {"order_id": "o", "status": "FILLED", "text": "too late"}),
        ("ReplaceRejected", {"order_id": "o", "status": "NEW", "text": "no"}),
        (
            "ApprovalRequested",
            {
                "order_id": "o",
                "reason": "NOTIONAL_LIMIT_EXCEEDED",
                "rule": "order_notional",
                "limit": "1",
                "observed": "2",
                "expire_time_ns": 9,
            },
        ),
    ],
)
def test_what_happens_to_an_order_names_it(name: str, entries: dict[str, Any]) -> None:
    message = told(name, **entries)
    assert (message.account_id, message.order_id) == (ACCOUNT_ID, "o")


def test_an_order_tells_all_its_terms_and_what_it_waits_for() -> None:
    waiting = raw_order(
        order_type="TRAILING_STOP", limit_price=None, stop_price=95_00, trail={"bps": 50},
        reduce_only=True, state="HELD", expire_time_ns=9, time_in_force="GTD",
        list={"list_id": "l", "contingency": "BRACKET", "index": 1, "first_order_id": "o"},
        replacement={"quantity": 5, "limit_price": None, "stop_price": None},
    )  # fmt: skip
    order = told("OrderAdopted", order=waiting).order
    assert (order.order_type, order.time_in_force) == (
        trading_pb2.ORDER_TYPE_TRAILING_STOP,
        trading_pb2.TIME_IN_FORCE_GTD,
    )
    assert (order.stop_price.value, order.trail_bps, order.reduce_only) == ("95.00", 50, True)
    assert (order.held, order.awaiting_approval, order.uncertain) == (True, False, False)
    assert (order.list.list_id, order.list.index) == ("l", 1)
    assert order.replacement.quantity.value == "5"
    assert (order.trader_id, order.arrival_price.value) == ("ann", "99.50")


def test_sessions_and_states_are_passed_on() -> None:
    sessions = [{"open_time_ns": 1, "close_time_ns": 2, "order_cutoff_time_ns": None}]
    assert (
        told("CalendarSet", calendar_id="XNYS", sessions=sessions).sessions[0].close_time.nanos == 2
    )
    assert told("CovarianceSet", symbols=["SPY"]).symbols == ["SPY"]
    assert not told("ConnectionChanged", connected=False).connected
    assert told("StrategyDisabled", strategy_id="s", count=5).fill_count == 5
    changed = told("TradingStateChanged", trading_state="HALTED", person="ann")
    assert changed.trading_state == trading_pb2.TRADING_STATE_HALTED
