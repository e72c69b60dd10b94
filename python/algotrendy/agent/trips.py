"""Finished trades from fills: from flat to flat in one instrument. Exact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from algotrendy.agent.model import Fill
from algotrendy.domain.order import Side

_EXACT_DIGITS = 60


@dataclass(frozen=True)
class RoundTrip:
    """One finished trade.

    Parameters
    ----------
    side : Side
        BUY where it was long.
    quantity : Decimal
        Base units bought in all, or sold where it was short.
    entry_price, exit_price : Decimal
        Averages over its fills.
    pnl : Decimal
        Profit after fees, in quote currency.
    """

    symbol: str
    side: Side
    quantity: Decimal
    entry_price: Decimal
    exit_price: Decimal
    open_time_ns: int
    close_time_ns: int
    pnl: Decimal


@dataclass
class _OpenTrip:
    multiplier: int
    held: Decimal = Decimal(0)
    open_time_ns: int = 0
    fees: Decimal = Decimal(0)
    quantities: dict[Side, Decimal] = field(default_factory=lambda: dict.fromkeys(Side, Decimal(0)))
    notionals: dict[Side, Decimal] = field(default_factory=lambda: dict.fromkeys(Side, Decimal(0)))


def round_trips(
    fills: Iterable[Fill], multipliers: Mapping[str, int]
) -> tuple[list[RoundTrip], list[str]]:
    """Return the finished trades, in the order in which they ended, and the symbols still held.

    A fill through zero ends one trade and begins the next; its fee is shared by quantity. A symbol
    without a multiplier has 1.
    """
    finished: list[RoundTrip] = []
    trips: dict[str, _OpenTrip] = {}
    with localcontext(prec=_EXACT_DIGITS):
        for fill in fills:
            rest, fee = fill.quantity, fill.fee
            while rest:
                multiplier = multipliers.get(fill.symbol, 1)
                trip = trips.setdefault(fill.symbol, _OpenTrip(multiplier))
                sign = 1 if fill.side is Side.BUY else -1
                closes = trip.held * sign < 0
                taken = min(rest, abs(trip.held)) if closes else rest
                _add(trip, fill, taken, fee * taken / fill.quantity)
                rest -= taken
                if not trip.held:
                    finished.append(_finish(fill, trips.pop(fill.symbol)))
    return finished, sorted(trips)


def _add(trip: _OpenTrip, fill: Fill, quantity: Decimal, fee: Decimal) -> None:
    if not trip.held:
        trip.open_time_ns = fill.time_ns
    trip.held += quantity if fill.side is Side.BUY else -quantity
    trip.fees += fee
    trip.quantities[fill.side] += quantity
    trip.notionals[fill.side] += quantity * fill.price * trip.multiplier


def _finish(last: Fill, trip: _OpenTrip) -> RoundTrip:
    entry = Side.SELL if last.side is Side.BUY else Side.BUY
    units = {side: held * trip.multiplier for side, held in trip.quantities.items()}
    return RoundTrip(
        symbol=last.symbol,
        side=entry,
        quantity=trip.quantities[entry],
        entry_price=trip.notionals[entry] / units[entry],
        exit_price=trip.notionals[last.side] / units[last.side],
        open_time_ns=trip.open_time_ns,
        close_time_ns=last.time_ns,
        pnl=trip.notionals[Side.SELL] - trip.notionals[Side.BUY] - trip.fees,
    )
