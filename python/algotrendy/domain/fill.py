"""Fills, and the trades they make up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from algotrendy import _core
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.money import currency_scale, from_units
from algotrendy.domain.order import Side

_EXACT_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Fill:
    """One fill; price in quote currency, quantity in base units, fee in the account's currency."""

    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fill_time_ns: int
    execution_id: str = ""
    order_id: str = ""
    client_order_id: str = ""
    strategy_id: str = ""

    @classmethod
    def from_core(cls, event: "_core.OrderFilledDict", instrument: Instrument) -> "Fill":
        """Return the fill that the core's event tells of."""
        traded_time_ns = event["transact_time_ns"]
        return cls(
            symbol=event["symbol"],
            side=Side(event["side"]),
            quantity=instrument.quantity(event["quantity"]),
            price=instrument.price(event["price"]),
            fee=from_units(event["fee"], currency_scale(event["fee_currency"])),
            fill_time_ns=event["time_ns"] if traded_time_ns is None else traded_time_ns,
            execution_id=event["execution_id"],
            order_id=event["order_id"],
            client_order_id=event["client_order_id"],
            strategy_id=event["strategy_id"] or "",
        )


@dataclass(frozen=True)
class OpenTrip:
    """What was opened from flat and is still held, at least in part.

    Parameters
    ----------
    side : Side
        BUY for a long trip, SELL for a short one.
    quantity : Decimal
        What was opened in all, in base units.
    entry_price : Decimal
        The average weighted by quantity.
    fees : Decimal
        Of all its fills.
    """

    symbol: str
    side: Side
    quantity: Decimal
    entry_time_ns: int
    entry_price: Decimal
    fees: Decimal


@dataclass(frozen=True)
class RoundTrip(OpenTrip):
    """From a flat position to the next flat one.

    Parameters
    ----------
    exit_price : Decimal
        The average weighted by quantity.
    pnl : Decimal
        In the quote currency, fees taken off.
    profit_share : float
        The profit as a fraction of the notional of the entry.
    """

    exit_time_ns: int
    exit_price: Decimal
    pnl: Decimal
    profit_share: float


def round_trips(
    fills: Iterable[Fill], multipliers: Mapping[str, int]
) -> tuple[list[RoundTrip], list[OpenTrip]]:
    """Return the round trips, in the order in which they ended, and what is still held, by symbol.

    The fills come oldest first. One through zero ends a trip and begins the next; its fee is
    shared by quantity. A symbol without a multiplier has 1.
    """
    finished: list[RoundTrip] = []
    held: dict[str, _Held] = {}
    with localcontext(prec=_EXACT_DIGITS):
        for fill in fills:
            rest = fill.quantity
            while rest:
                trip = held.setdefault(fill.symbol, _Held(fill.side, fill.fill_time_ns))
                closes = fill.side is not trip.side
                taken = min(rest, trip.quantity) if closes else rest
                trip.add(fill, taken)
                rest -= taken
                if not trip.quantity:
                    multiplier = multipliers.get(fill.symbol, 1)
                    finished.append(held.pop(fill.symbol).round_trip(fill, multiplier))
        return finished, [trip.open_trip(symbol) for symbol, trip in sorted(held.items())]


@dataclass
class _Held:
    """A position since it was flat; quantities and price × quantity of both sides."""

    side: Side
    entry_time_ns: int
    fees: Decimal = Decimal(0)
    quantities: dict[Side, Decimal] = field(default_factory=lambda: dict.fromkeys(Side, Decimal(0)))
    amounts: dict[Side, Decimal] = field(default_factory=lambda: dict.fromkeys(Side, Decimal(0)))

    @property
    def quantity(self) -> Decimal:
        """What is held, positive on either side."""
        return abs(self.quantities[Side.BUY] - self.quantities[Side.SELL])

    def add(self, fill: Fill, quantity: Decimal) -> None:
        self.fees += fill.fee * quantity / fill.quantity
        self.quantities[fill.side] += quantity
        self.amounts[fill.side] += quantity * fill.price

    def open_trip(self, symbol: str) -> OpenTrip:
        opened = self.quantities[self.side]
        price = self.amounts[self.side] / opened
        return OpenTrip(symbol, self.side, opened, self.entry_time_ns, price, self.fees)

    def round_trip(self, last: Fill, multiplier: int) -> RoundTrip:
        gain = (self.amounts[Side.SELL] - self.amounts[Side.BUY]) * multiplier
        pnl = gain - self.fees
        return RoundTrip(
            **vars(self.open_trip(last.symbol)),
            exit_time_ns=last.fill_time_ns,
            exit_price=self.amounts[last.side] / self.quantities[last.side],
            pnl=pnl,
            profit_share=float(pnl / (self.amounts[self.side] * multiplier)),
        )
