"""Checks 2, 3, 4 and 17: how large an order may be."""

from collections.abc import Iterator
from decimal import Decimal

from tests.parity.trading.model.rules.candidate import Breach, Candidate


def order_quantity(c: Candidate) -> Iterator[Breach]:
    observed = c.quantity(c.order.leaves)
    yield from c.above("max_order_quantity", "QUANTITY_LIMIT_EXCEEDED", observed)


def order_notional(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_order_notional")) and c.price is not None:
        observed = c.account_cash(c.notional)
        yield from c.above("max_order_notional", "NOTIONAL_LIMIT_EXCEEDED", observed)


def order_notional_minimum(c: Candidate) -> Iterator[Breach]:
    if not any(c.bounds("min_order_notional")) or c.only_reduces or c.price is None:
        return
    observed = c.account_cash(c.notional)
    for _, limit, severity in c.bounds("min_order_notional"):
        if observed < limit:
            yield Breach("NOTIONAL_BELOW_MINIMUM", severity, limit, observed)


def volume_share(c: Candidate) -> Iterator[Breach]:
    # In whole units of quantity, as orders are.
    unit = c.quantity(1)
    volume = int((c.slot.average_volume or Decimal(0)) // unit)
    name, reason = "max_volume_share_bps", "VOLUME_SHARE_EXCEEDED"
    yield from c.above_bps(name, reason, c.order.leaves, volume)
