"""The crossing of two means, simulated a second time: columns in NumPy, money in whole cents.

Signals, prices and the curve are computed column by column; only the size of a position, which the
account at its decision gives, goes from trade to trade.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Terms:
    """What is traded how. Prices and cash are in cents; `percent` is a share of the equity."""

    fast: int
    slow: int
    percent: Fraction = Fraction(1)
    fee_bps: Fraction = Fraction(0)
    slippage_bps: Fraction = Fraction(0)
    tick: int = 25
    cash: int = 10_000_000
    is_short_too: bool = False


class Fill(NamedTuple):
    """A bar at whose open it happened, signed quantity, price and fee."""

    bar: int
    quantity: int
    price: int
    fee: int

    @property
    def cash(self) -> int:
        """What it does to cash."""
        return -self.quantity * self.price - self.fee


def signals(close: Integers, terms: Terms) -> Integers:
    """Return 1 at each bar where the fast mean rises above the slow one, -1 where it falls below.

    Means are compared as sums multiplied out, so that a tie is a tie.
    """
    sums = np.concatenate(([0], np.cumsum(close)))
    fast, slow = terms.fast, terms.slow
    first = max(fast, slow) - 1
    if len(close) <= first:
        return np.zeros(len(close), np.int64)
    ends = np.arange(first + 1, len(close) + 1)
    above = (sums[ends] - sums[ends - fast]) * slow - (sums[ends] - sums[ends - slow]) * fast
    sides = np.sign(above)
    crossed = np.zeros(len(close), np.int64)
    up = (sides[1:] > 0) & (sides[:-1] <= 0)
    down = (sides[1:] < 0) & (sides[:-1] >= 0)
    crossed[first + 1 :] = up.astype(np.int64) - down
    return crossed


def simulate(
    open_: Integers, close: Integers, terms: Terms, *, turns_at_open: bool = False
) -> tuple[list[Fill], Integers]:
    """Return the fills and the equity at each close.

    What a close decides fills at the next open, so the last bar's decision never does. With
    `turns_at_open`, what turns a position around is sent, and has to be paid, at the open that
    closed it: after a gap it may be more than the account has, and is refused.
    """
    fills: list[Fill] = []
    cash, held = terms.cash, 0
    crossed = signals(close, terms)
    for bar in np.flatnonzero(crossed[:-1]).tolist():
        side = int(crossed[bar])
        if held * side > 0:
            continue
        equity = cash + held * int(close[bar])
        is_entry = side > 0 or terms.is_short_too
        entry = side * int(terms.percent * equity / int(close[bar])) if is_entry else 0
        if held:
            fills.append(_fill(open_, bar + 1, -held, terms))
            cash += fills[-1].cash
            if turns_at_open and abs(entry) * int(open_[bar + 1]) > cash:
                entry = 0
        if entry:
            fills.append(_fill(open_, bar + 1, entry, terms))
            cash += fills[-1].cash
        held = entry
    return fills, curve(close, fills, terms.cash)


def curve(close: Integers, fills: list[Fill], cash: int) -> Integers:
    """Return cash and holdings at each close."""
    flows = np.zeros(len(close), np.int64)
    changes = np.zeros(len(close), np.int64)
    for fill in fills:
        flows[fill.bar] += fill.cash
        changes[fill.bar] += fill.quantity
    return cash + np.cumsum(flows) + np.cumsum(changes) * close


def _fill(open_: Integers, bar: int, quantity: int, terms: Terms) -> Fill:
    sign = 1 if quantity > 0 else -1
    met = int(open_[bar]) * (1 + sign * terms.slippage_bps / 10_000) / terms.tick
    # Against the order, to the tick.
    price = max(math.ceil(met) if quantity > 0 else math.floor(met), 1) * terms.tick
    fee = round(abs(quantity) * price * terms.fee_bps / 10_000)
    return Fill(int(bar), quantity, price, fee)
