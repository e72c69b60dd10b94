"""Checks 6, 7 and 8: how much is sent."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.parity.trading.model import memory, money
from tests.parity.trading.model.orders import asks_the_same
from tests.parity.trading.model.rules.candidate import Breach, Candidate

MESSAGES = ("OrderCreated", "OrderApproved", "ReplaceRequested", "CancelRequested")


def duplicate_terms(c: Candidate) -> Iterator[Breach]:
    window = c.limits["duplicate_window_ns"]
    if window == 0 or c.replaced or c.is_granted:
        return
    same = [at for at, terms in c.state.memory.recent if asks_the_same(terms, c.terms)]
    if same and (age_ns := c.time_ns - max(same)) < window:
        yield Breach("DUPLICATE_ORDER", "HARD", Decimal(window), Decimal(age_ns))


def concerns(c: Candidate, scope: str, terms: dict[str, Any]) -> bool:
    """Whether a scope's count has an order in it."""
    if scope == "strategies":
        return terms["strategy_id"] == c.strategy
    return scope != "instruments" or terms["symbol"] == c.terms["symbol"]


def rate_breaches(c: Candidate, name: str, reason: str) -> Iterator[Breach]:
    for scope in memory.SCOPES:
        window = c.state.memory.windows.get(memory.key_of(name, scope, c.terms))
        if window is not None:
            ahead = len([m for m in c.members if concerns(c, scope, m.terms)])
            count = window.count_at(c.time_ns) + ahead + 1
            if count > (limit := window.rate["count"]):
                yield Breach(reason, "HARD", Decimal(limit), Decimal(count))


def order_rate(c: Candidate) -> Iterator[Breach]:
    if c.replaced is None:
        yield from rate_breaches(c, "order_rate", "ORDER_RATE_EXCEEDED")


def replace_rate(c: Candidate) -> Iterator[Breach]:
    if c.replaced is not None:
        yield from rate_breaches(c, "replace_rate", "REPLACE_RATE_EXCEEDED")


def messages_today(c: Candidate, scope: str) -> int:
    counted = 0
    for event in c.state.of_the_day(*MESSAGES):
        terms = event["order"] if "order" in event else c.state.orders[event["order_id"]].terms
        waits = event["type"] == "OrderCreated" and event["order"]["state"] == "PENDING_APPROVAL"
        counted += not waits and concerns(c, scope, terms)
    return counted + len([m for m in c.members if concerns(c, scope, m.terms)])


def order_to_trade(c: Candidate) -> Iterator[Breach]:
    for scope, limit, severity in c.bounds("max_order_to_trade"):
        sent = messages_today(c, scope)
        fills = [e for e in c.state.of_the_day("OrderFilled") if concerns(c, scope, e)]
        ratio = Fraction(sent + 1, max(len(fills), 1))
        if sent >= c.limits["order_to_trade_minimum"] and ratio > Fraction(limit):
            observed = money.ceil_hundredths(ratio)
            yield Breach("ORDER_TO_TRADE_EXCEEDED", severity, limit, observed)


def strategy_disabled(c: Candidate) -> Iterator[Breach]:
    if c.strategy in c.state.disabled:
        yield Breach("STRATEGY_DISABLED")
