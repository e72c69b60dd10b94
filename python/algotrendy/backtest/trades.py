"""Round trips: what was bought and sold again, and what came of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from algotrendy.backtest.result import Fill
from algotrendy.domain.order import Side

_ZERO = Decimal(0)


@dataclass(frozen=True)
class RoundTrip:
    """From a flat position to the next flat one, or to where the run ended.

    Parameters
    ----------
    side : Side
        BUY for a long trip, SELL for a short one.
    quantity : Decimal
        What was opened in all, in base units.
    entry_price, exit_price : Decimal
        Averages weighted by quantity; an open trip has no `exit_price`.
    pnl : Decimal or None
        In the quote currency, fees taken off; None while the trip is open.
    """

    symbol: str
    side: Side
    quantity: Decimal
    entry_time_ns: int
    entry_price: Decimal
    exit_time_ns: int | None
    exit_price: Decimal | None
    fees: Decimal
    pnl: Decimal | None

    @property
    def profit_share(self) -> float | None:
        """The profit as a fraction of what was paid to enter; None while the trip is open."""
        if self.pnl is None:
            return None
        return float(self.pnl / (self.quantity * self.entry_price))


def round_trips(fills: Iterable[Fill]) -> list[RoundTrip]:
    """Return the round trips that fills make, oldest first; multipliers of 1.

    A fill through zero ends one trip and starts the next; its fee is shared by quantity.
    """
    legs: dict[str, _Legs] = {}
    trips: list[RoundTrip] = []
    for fill in sorted(fills, key=lambda fill: fill.fill_time_ns):
        held = legs.setdefault(fill.symbol, _Legs())
        quantity = fill.quantity
        if held.position != 0 and held.side is not fill.side:
            closing = min(quantity, abs(held.position))
            held.add(fill, closing)
            quantity -= closing
            if held.position == 0:
                trips.append(held.trip())
                held = legs[fill.symbol] = _Legs()
        if quantity > 0:
            held.add(fill, quantity)
    trips.extend(held.trip() for held in legs.values() if held.position != 0)
    return sorted(trips, key=lambda trip: (trip.entry_time_ns, trip.symbol))


class _Legs:
    def __init__(self) -> None:
        self.side = Side.BUY
        self.position = _ZERO
        self._entries: list[tuple[Fill, Decimal]] = []
        self._exits: list[tuple[Fill, Decimal]] = []

    def add(self, fill: Fill, quantity: Decimal) -> None:
        if not self._entries:
            self.side = fill.side
        opens = fill.side is self.side
        (self._entries if opens else self._exits).append((fill, quantity))
        sign = 1 if fill.side is Side.BUY else -1
        self.position += sign * quantity

    def trip(self) -> RoundTrip:
        is_open = self.position != 0
        cost, proceeds = _notional(self._entries), _notional(self._exits)
        fees = sum(
            (fill.fee * quantity / fill.quantity for fill, quantity in self._entries + self._exits),
            _ZERO,
        )
        quantity = sum((quantity for _, quantity in self._entries), _ZERO)
        profit = proceeds - cost if self.side is Side.BUY else cost - proceeds
        return RoundTrip(
            symbol=self._entries[0][0].symbol,
            side=self.side,
            quantity=quantity,
            entry_time_ns=self._entries[0][0].fill_time_ns,
            entry_price=cost / quantity,
            exit_time_ns=None if is_open else self._exits[-1][0].fill_time_ns,
            exit_price=None if is_open else proceeds / quantity,
            fees=fees,
            pnl=None if is_open else profit - fees,
        )


def _notional(legs: Sequence[tuple[Fill, Decimal]]) -> Decimal:
    return sum((fill.price * quantity for fill, quantity in legs), _ZERO)
