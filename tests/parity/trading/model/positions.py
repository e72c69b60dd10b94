"""Netted positions: what a fill does to quantity, cost and profit."""

from dataclasses import dataclass

from tests.parity.trading.model import money
from tests.parity.trading.model.state import Slot


@dataclass(frozen=True)
class Step:
    kind: str
    quantity: int
    total_cost: int
    realized_pnl: int
    total_realized_pnl: int


def steps(slot: Slot, signed_quantity: int, price: int) -> list[Step]:
    """One step, or two through zero: the old side closes, then the new one opens."""
    held = slot.quantity
    if held * signed_quantity >= 0:
        return [extended(slot, held, slot.total_cost, slot.realized_pnl, signed_quantity, price)]
    closing = min(abs(signed_quantity), abs(held))
    sign = 1 if held > 0 else -1
    share = money.half_even(slot.total_cost * closing, abs(held))
    proceeds = money.notional(slot.terms, price, sign * closing)
    profit = money.cash(slot.terms, proceeds - share)
    rest = held - sign * closing
    kind = "PositionChanged" if rest else "PositionClosed"
    total = slot.realized_pnl + profit
    reduced = Step(kind, rest, slot.total_cost - share, profit, total)
    beyond = signed_quantity + sign * closing
    if beyond == 0:
        return [reduced]
    return [reduced, extended(slot, rest, reduced.total_cost, total, beyond, price)]


def extended(
    slot: Slot, held: int, cost: int, realized: int, signed_quantity: int, price: int
) -> Step:
    kind = "PositionChanged" if held else "PositionOpened"
    added = money.notional(slot.terms, price, signed_quantity)
    return Step(kind, held + signed_quantity, cost + added, 0, realized)
