"""Check 18: what was lost, and could be."""

from collections.abc import Iterator
from fractions import Fraction
from math import isqrt

from tests.parity.trading.model import exposure
from tests.parity.trading.model.orders import Order
from tests.parity.trading.model.rules.candidate import Breach, Candidate


def daily_loss(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_daily_loss")) and not c.only_reduces:
        if c.state.day_equity is None:
            raise exposure.Unvalued("day")
        loss = c.state.day_equity - exposure.equity(c.state)
        yield from c.above("max_daily_loss", "DAILY_LOSS_EXCEEDED", c.account_cash(loss))


def drawdown(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_drawdown_bps")) and not c.only_reduces:
        equity = exposure.equity(c.state)
        if c.state.peak is not None and equity < c.state.peak:
            loss = c.state.peak - equity
            yield from c.above_bps("max_drawdown_bps", "DRAWDOWN_EXCEEDED", loss, c.state.peak)


def value_at_risk(c: Candidate) -> Iterator[Breach]:
    if not any(c.bounds("max_value_at_risk")) or c.only_reduces:
        return
    before, after = risk(c, c.without_it), risk(c, c.with_it)
    for _, limit, severity in c.bounds("max_value_at_risk"):
        if after is None or before is None:
            yield Breach("VALUE_AT_RISK_EXCEEDED", severity, limit, None)
        elif after > before and c.account_cash(after) > limit:
            yield Breach("VALUE_AT_RISK_EXCEEDED", severity, limit, c.account_cash(after))


def risk(c: Candidate, orders: list[Order]) -> int | None:
    """Value at risk with the order's instrument at the worst case of its side; None: unknown."""
    weights = {s.symbol: exposure.worth(c.state, s, []).notional for s in c.state.slots.values()}
    worst = exposure.worth(c.state, c.slot, orders)
    weights[c.terms["symbol"]] = worst.longest if c.order.sign > 0 else worst.shortest
    held = [symbol for symbol, weight in weights.items() if weight]
    table = c.state.covariance
    if table is None or any(symbol not in table["symbols"] for symbol in held):
        return None
    size, places = len(table["symbols"]), {s: i for i, s in enumerate(table["symbols"])}
    variance = sum(
        weights[a] * weights[b] * table["covariance"][places[a] * size + places[b]]
        for a in held
        for b in held
    )
    # (deviations / 1000)² · variance / 10¹², and the square root of it rounded up.
    square = Fraction(table["deviations_thousandths"] ** 2 * variance, 10**18)
    return 0 if square <= 0 else isqrt(-(-square // 1) - 1) + 1
