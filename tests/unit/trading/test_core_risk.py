"""Limits, checks, approvals and switches through `algotrendy.trading.Core`."""

from decimal import Decimal
from typing import Any

import pytest

from algotrendy import errors
from algotrendy.trading import (
    ApprovalRequested,
    Core,
    Event,
    Instrument,
    Killed,
    Limit,
    Limits,
    LimitSet,
    OrderRejected,
    Severity,
)

MINUTE_NS = 60_000_000_000


def core(limits: Limits | None = None, **terms: Any) -> Core:
    made = Core(
        [Instrument("SPY"), Instrument("QQQ")],
        limits or Limits.of(max_order_notional=50_000, max_open_orders=3),
        **{"cash": 100_000, "venue": {}, **terms},
    )
    made.mark("SPY", 400)
    made.mark("QQQ", 500)
    return made


def soft(**values: int) -> Limits:
    limits = {name: Limit(Decimal(value), Severity.SOFT) for name, value in values.items()}
    return Limits(account_limits=LimitSet(**limits))  # type: ignore[arg-type]  # Not rates.


def types(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def rejected(events: list[Event]) -> OrderRejected:
    (event,) = events
    assert isinstance(event, OrderRejected)
    return event


def test_a_check_tells_every_rule_and_sends_nothing() -> None:
    account = core()
    report = account.check(account.order("SPY", "BUY", 200, limit_price=400))
    assert (report.verdict, report.passed) == ("HARD", False)
    (notional,) = report.breaches
    assert (notional.number, notional.rule) == (3, "order_notional")
    assert notional.reason == "NOTIONAL_LIMIT_EXCEEDED"
    assert (notional.limit, notional.observed, notional.head_room) == (50_000, 80_000, -30_000)
    assert account.orders == []


def test_a_check_that_passes_tells_how_much_more_there_could_be() -> None:
    account = core()
    report = account.check(account.order("SPY", "BUY", 100))
    assert report.passed
    assert report.breaches == []
    assert report["order_notional"].head_room == 10_000
    assert report["open_orders"].head_room == 2
    assert report["leverage"].verdict == "NOT_SET"
    assert [check.rule for check in report] == [report[place].rule for place in range(len(report))]
    assert report[-1].rule == list(report)[-1].rule


def test_a_check_that_is_not_there_is_a_key_or_index_error() -> None:
    account = core()
    report = account.check(account.order("SPY", "BUY", 1))
    with pytest.raises(KeyError):
        report["no_such_rule"]
    for place in (len(report), -len(report) - 1):
        with pytest.raises(IndexError):
            report[place]


def test_a_check_of_terms_that_are_wrong_raises() -> None:
    account = core()
    with pytest.raises(errors.QuantityNotPositiveError):
        account.check(account.order("SPY", "BUY", 0))


def test_without_limits_nothing_is_sent() -> None:
    account = Core([Instrument("SPY")], cash=100_000)
    account.mark("SPY", 400)
    assert rejected(account.submit("SPY", "BUY", 1)).reason == "LIMITS_MISSING"
    assert not account.check(account.order("SPY", "BUY", 1)).passed


def test_without_a_price_nothing_is_sent() -> None:
    account = Core([Instrument("SPY")], Limits.of(), cash=100_000)
    assert rejected(account.submit("SPY", "BUY", 1)).reason == "REFERENCE_PRICE_MISSING"


def test_limits_are_replaced_by_the_next_version() -> None:
    account = core()
    account.set_limits(Limits.of(max_order_notional=1_000))
    assert account.limits is not None
    assert account.limits["version"] == 2
    assert rejected(account.submit("SPY", "BUY", 10)).rule == "order_notional"
    with pytest.raises(errors.FailedPreconditionError):
        account.set_limits(Limits.of(version=1, max_order_notional=1_000_000))


def test_a_soft_limit_waits_for_a_person() -> None:
    account = core(soft(max_order_notional=1_000))
    created, asked = account.submit("SPY", "BUY", 10, order_id="o", trader_id="ada")
    assert created.type == "OrderCreated"
    assert isinstance(asked, ApprovalRequested)
    assert (asked.rule, asked.limit, asked.observed) == ("order_notional", 1_000, 4_000)
    with pytest.raises(errors.AlgoTrendyError):
        account.approve("o", "ada")
    assert types(account.approve("o", "grace", note="hedge"))[0] == "OrderApproved"
    assert [order.status for order in account.open_orders] == ["NEW"]


def test_a_person_may_refuse_or_let_time_run_out() -> None:
    account = core(soft(max_order_notional=1_000))
    account.submit("SPY", "BUY", 10, order_id="denied")
    assert rejected(account.deny("denied", "grace")).reason == "APPROVAL_DENIED"
    account.submit("SPY", "BUY", 10, order_id="late")
    (expired,) = (
        event for event in account.advance(2 * MINUTE_NS) if isinstance(event, OrderRejected)
    )
    assert expired.reason == "APPROVAL_EXPIRED"


def test_an_override_lets_one_rule_pass_for_a_time() -> None:
    account = core()
    assert types(account.override("order_notional", "grace", until_ns=MINUTE_NS, symbol="SPY")) == [
        "OverrideGranted"
    ]
    assert account.submit("SPY", "BUY", 150)[0].type == "OrderCreated"
    assert rejected(account.submit("QQQ", "BUY", 120)).rule == "order_notional"
    account.advance(MINUTE_NS)
    account.mark("SPY", 400)
    assert rejected(account.submit("SPY", "SELL", 150)).rule in {"order_notional", "short"}


def test_a_rule_without_a_limit_cannot_be_overridden() -> None:
    for rule in ("limits_present", "no_such_rule"):
        with pytest.raises(errors.InvalidArgumentError):
            core().override(rule, "grace", until_ns=MINUTE_NS)


def test_a_kill_switch_cancels_blocks_and_closes_until_two_steps_rearm_it() -> None:
    account = core()
    account.on_quote("SPY", 399, 401, bid_size=100, ask_size=100, time_ns=1)
    account.submit("SPY", "BUY", 10)
    account.submit("SPY", "BUY", 10, limit_price=390, order_id="resting")
    events = account.kill("grace", flatten=True, note="enough")
    assert isinstance(events[0], Killed)
    assert account.open_orders == []
    assert account.positions == []
    assert rejected(account.submit("SPY", "BUY", 1)).reason == "KILL_SWITCH_ON"
    with pytest.raises(errors.FailedPreconditionError):
        account.rearm("grace", confirm=True)
    account.rearm("grace")
    account.rearm("grace", confirm=True)
    assert account.submit("SPY", "BUY", 1)[0].type == "OrderCreated"


def test_a_strategy_is_stopped_alone() -> None:
    account = core()
    account.kill("grace", strategy_id="momentum")
    assert rejected(account.submit("SPY", "BUY", 1, strategy_id="momentum")).rule == "kill_switch"
    assert account.submit("SPY", "BUY", 1, strategy_id="carry")[0].type == "OrderCreated"


def test_an_account_may_only_reduce_or_do_nothing() -> None:
    account = core()
    account.set_trading_state("REDUCING", "grace")
    assert rejected(account.submit("SPY", "BUY", 1)).reason == "TRADING_REDUCING"
    account.set_trading_state("HALTED", "grace")
    assert rejected(account.submit("SPY", "BUY", 1)).reason == "TRADING_HALTED"
    account.set_trading_state("ACTIVE", "grace")
    assert account.submit("SPY", "BUY", 1)[0].type == "OrderCreated"


def test_a_lost_connection_refuses_orders() -> None:
    account = core()
    account.set_connection(connected=False)
    assert rejected(account.submit("SPY", "BUY", 1)).reason == "VENUE_DISCONNECTED"


def test_a_halt_a_band_and_a_tick_are_the_instruments() -> None:
    account = core()
    account.change_instrument("SPY", is_halted=True)
    assert rejected(account.submit("SPY", "BUY", 1)).reason == "INSTRUMENT_HALTED"
    account.change_instrument("SPY", is_halted=False, upper_band="410", tick_size="0.05")
    assert rejected(account.submit("SPY", "BUY", 1, limit_price=411)).rule == "price_band"
    with pytest.raises(errors.PriceOffTickError):
        account.submit("SPY", "BUY", 1, limit_price="400.01")
    with pytest.raises(errors.InvalidArgumentError):
        account.change_instrument("SPY", lower_band="0.001")


def test_value_at_risk_is_limited_once_there_is_a_covariance() -> None:
    account = core(Limits.of(max_value_at_risk=200))
    assert rejected(account.submit("SPY", "BUY", 1)).reason == "VALUE_AT_RISK_EXCEEDED"
    account.set_covariance(["SPY", "QQQ"], [[0.0001, 0], [0, 0.0001]])
    assert account.submit("SPY", "BUY", 10)[0].type == "OrderCreated"
    refusal = rejected(account.submit("SPY", "BUY", 100))
    assert refusal.limit == 200
    assert refusal.observed is not None
    assert refusal.observed > 200
