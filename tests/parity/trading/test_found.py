"""Stories that the core and the model once told differently, as short as they can be told."""

from decimal import Decimal
from typing import Any

from tests.parity.trading.comparison import Pair
from tests.parity.trading.world import DAY, HOUR, SECOND, START, opening

LIMITS: dict[str, Any] = {"version": 1, "max_reference_age_ns": 40 * DAY, "allow_short": True}


def opened(**limits: Any) -> Pair:
    pair = Pair()
    for command in opening({**LIMITS, **limits}):
        pair.execute(command, START)
    return pair


def terms(order_id: str, symbol: str, side: str, quantity: int, **more: Any) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "client_order_id": order_id,
        "symbol": symbol,
        "side": side,
        "order_type": "LIMIT" if "limit_price" in more else "MARKET",
        "quantity": quantity,
        "time_in_force": "GTC",
        **more,
    }


def submit(*args: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Submit", **terms(*args, **more)}


def report(order_id: str, kind: str, execution_id: str = "x", **more: Any) -> dict[str, Any]:
    ids = {"order_id": order_id, "execution_id": execution_id}
    return {"type": "ExecutionReport", **ids, "kind": kind, **more}


def types(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(e["type"], e["order_id"]) for e in events if "order_id" in e]


def test_an_order_whose_first_expires_with_it_ends_once() -> None:
    pair = opened()
    ends = {"time_in_force": "GTD", "expire_time_ns": START + HOUR}
    first = terms("first", "SPY", "BUY", 10, limit_price=39_000, **ends)
    then = terms("then", "SPY", "SELL", 10, limit_price=41_000, **ends)
    pair.execute(
        {"type": "SubmitList", "list_id": "l", "contingency": "OTO", "orders": [first, then]},
        START,
    )
    ended = pair.execute({"type": "Advance"}, START + HOUR)
    assert types(ended) == [("OrderExpired", "first"), ("OrderCanceled", "then")]


def test_closing_under_cancel_both_cancels_each_order_once() -> None:
    pair = opened(self_trade="CANCEL_BOTH")
    pair.execute(submit("held", "SPY", "BUY", 10), START)
    pair.execute(report("held", "FILL", quantity=10, price=40_000), START)
    pair.execute(submit("resting", "SPY", "BUY", 10, limit_price=39_000), START)
    closing = {"type": "ClosePosition", "symbol": "SPY", "order_id": "c", "client_order_id": "c"}
    events = pair.execute(closing, START)
    assert [event["type"] for event in events] == ["CancelRequested", "OrderRejected"]


def test_a_refused_list_cancels_nothing_that_it_would_have_crossed() -> None:
    pair = opened(self_trade="CANCEL_OLDEST", account={"max_order_quantity": {"value": "50"}})
    pair.execute(submit("resting", "SPY", "BUY", 10, limit_price=39_000), START)
    orders = [terms("good", "SPY", "SELL", 10), terms("large", "SPY", "SELL", 51)]
    events = pair.execute(
        {"type": "SubmitList", "list_id": "l", "contingency": "OCO", "orders": orders}, START
    )
    assert [event["type"] for event in events] == ["OrderRejected", "OrderRejected"]


def test_when_an_order_was_made_matters_only_as_it_comes_in() -> None:
    pair = opened(max_clock_skew_ns=SECOND)
    order = submit("o", "SPY", "BUY", 10, limit_price=39_000, sending_time_ns=START)
    pair.execute(order, START)
    pair.execute(report("o", "ACCEPTED"), START)
    replacement = {"type": "Replace", "order_id": "o", "replacement": {"quantity": 5}}
    (event,) = pair.execute(replacement, START + HOUR)
    assert event["type"] == "ReplaceRequested"


def test_value_at_risk_follows_what_is_held_now() -> None:
    covariance = {"type": "SetCovariance", "symbols": ["SPY"], "covariance": [400_000_000]}
    pair = opened(account={"max_value_at_risk": {"value": "1000"}})
    pair.execute({**covariance, "deviations_thousandths": 2_000}, START)
    pair.execute(submit("o", "SPY", "BUY", 50), START)
    pair.execute(report("o", "FILL", quantity=50, price=40_000), START)
    # Two deviations of 2 % of 62 shares at 400.12 are 992.30; of 63 they are 1,008.31.
    (event,) = pair.execute(submit("within", "SPY", "BUY", 12), START)
    assert event["type"] == "OrderCreated"
    (event,) = pair.execute(submit("beyond", "SPY", "BUY", 1), START)
    assert (event["rule"], event["observed"]) == ("value_at_risk", Decimal("1008.31"))


def test_a_smaller_order_is_never_refused_for_what_positions_become() -> None:
    """At a price below zero, a smaller sell leaves a larger sum."""
    pair = opened()
    pair.execute(submit("sold", "SPY", "SELL", 10), START)
    pair.execute(report("sold", "FILL", quantity=10, price=40_000), START)
    pair.execute(submit("cover", "SPY", "BUY", 10, limit_price=39_000), START)
    pair.execute(submit("short", "SPREAD", "SELL", 100), START)
    pair.execute(report("short", "ACCEPTED"), START)
    tight = {**LIMITS, "version": 2, "account": {"max_net_notional": {"value": "1"}}}
    pair.execute({"type": "SetLimits", "limits": tight}, START)
    replacement = {"type": "Replace", "order_id": "short", "replacement": {"quantity": 1}}
    (event,) = pair.execute(replacement, START)
    assert event["type"] == "ReplaceRequested"
