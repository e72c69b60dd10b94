"""What all random commands are made with: one pick at a time from a sequence.

The same code serves a seeded generator and Hypothesis, which shrinks each pick towards the first
of its options."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.parity.trading.model import NaiveCore
from tests.parity.trading.model.orders import Order
from tests.parity.trading.world import INSTRUMENTS, PRICES, SIZES

Pick = Callable[[Sequence[Any]], Any]
Command = dict[str, Any]
TRADED = [symbol for symbol in INSTRUMENTS if symbol != "VIX"]
RARELY = (*[False] * 9, True)
SOMETIMES = (False, False, False, True)


class Picking:
    """What all random commands are made with: one pick at a time from a sequence."""

    def __init__(self, pick: Pick, model: NaiveCore) -> None:
        self.pick = pick
        self.model = model
        self.count = 0

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    @property
    def now(self) -> int:
        return self.model.state.time_ns or 0

    def price_near(self, symbol: str, moves: Sequence[int] = (0, 5, -5, 40, -40, 300, -300)) -> int:
        """A price some bps from the reference, on the tick."""
        reference = self.model.state.slots[symbol].price or PRICES[symbol]
        tick = self.model.state.slots[symbol].terms["tick_size"]
        steps = round(reference * (10_000 + self.pick(moves)) / 10_000 / tick)
        price = steps * tick
        return price if price > 0 or symbol == "SPREAD" else tick

    def quantity(self, symbol: str) -> int:
        size, lot = SIZES[symbol], self.model.state.slots[symbol].terms["lot_size"]
        share = self.pick((10, 1, 5, 20, 33, 80))
        return max(size * share // 10 // lot, 1) * lot

    def an_order(self, *, is_open: bool = False) -> Order | None:
        orders = [o for o in self.model.state.orders.values() if o.is_open or not is_open]
        if self.pick((True, True, True, False)):
            orders = [o for o in orders if o.state != "REJECTED"]
        recent = orders[-25:]
        return self.pick(recent[::-1]) if recent else None
