"""Checks 10 and 11: what all positions together can become."""

from collections.abc import Iterator
from decimal import Decimal

from tests.parity.trading.model import exposure
from tests.parity.trading.model.rules.candidate import Breach, Candidate


def positions_valued(c: Candidate) -> Iterator[Breach]:
    if c.only_reduces or c.only_lowers:
        return
    try:
        exposure.equity(c.state)
        exposure.totals(c.state, c.others)
    except exposure.Unvalued:
        yield Breach("RATE_MISSING")


def before_and_after(c: Candidate) -> tuple[exposure.Worth, exposure.Worth]:
    return exposure.totals(c.state, c.without_it), exposure.totals(c.state, c.with_it)


def gross(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_gross_notional")) and not c.only_lowers:
        before, after = before_and_after(c)
        if after.worst > before.worst:
            observed = c.account_cash(after.worst)
            yield from c.above("max_gross_notional", "GROSS_LIMIT_EXCEEDED", observed)


def net(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_net_notional")) and not c.only_lowers:
        sizes = [max(abs(w.longest), abs(w.shortest)) for w in before_and_after(c)]
        if sizes[1] > sizes[0]:
            observed = c.account_cash(sizes[1])
            yield from c.above("max_net_notional", "NET_LIMIT_EXCEEDED", observed)


def leverage(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_leverage_bps")) and not c.only_lowers:
        before, after = before_and_after(c)
        if after.worst > before.worst:
            equity = exposure.equity(c.state)
            yield from c.above_bps(
                "max_leverage_bps", "LEVERAGE_LIMIT_EXCEEDED", after.worst, equity
            )


def concentration(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_concentration_bps")) and not c.only_lowers:
        before = exposure.worth(c.state, c.slot, c.without_it).worst
        after = exposure.worth(c.state, c.slot, c.with_it).worst
        if after > before:
            equity = exposure.equity(c.state)
            yield from c.above_bps(
                "max_concentration_bps", "CONCENTRATION_LIMIT_EXCEEDED", after, equity
            )


def sector(c: Candidate) -> Iterator[Breach]:
    limit = c.limits["sectors"].get(c.slot.terms["sector"])
    if limit is None or c.only_lowers:
        return
    name = c.slot.terms["sector"]
    slots = [slot for slot in c.state.slots.values() if slot.terms["sector"] == name]
    before, after = (
        sum(exposure.worth(c.state, slot, orders).worst for slot in slots)
        for orders in (c.without_it, c.with_it)
    )
    observed = c.account_cash(after)
    if after > before and observed > Decimal(limit["value"]):
        value = Decimal(limit["value"])
        yield Breach("SECTOR_LIMIT_EXCEEDED", limit["severity"], value, observed)


def funds(c: Candidate) -> Iterator[Breach]:
    if c.price is None or c.only_reduces:
        return
    free = exposure.available(c.state, c.others)
    base, before, after = (
        exposure.worth(c.state, c.slot, orders) for orders in (c.others, c.without_it, c.with_it)
    )
    fee = exposure.in_account(
        c.state, exposure.order_fee(c.slot, c.order), c.slot.terms["currency"]
    )
    need = after.initial_margin - base.initial_margin + fee
    now = before.initial_margin - base.initial_margin + before.fees - base.fees
    if need > max(free, now):
        limit, observed = c.account_cash(free), c.account_cash(need)
        yield Breach("INSUFFICIENT_FUNDS", "HARD", limit, observed)
