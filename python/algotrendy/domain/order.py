"""Words of an order that every area shares."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

CLIENT_ORDER_ID_LIMIT = 64


class Side(StrEnum):
    """Which way an order goes (FIX 54)."""

    BUY = "BUY"
    SELL = "SELL"


@dataclass(frozen=True, slots=True)
class AccountView:
    """What a strategy sees of its account when it decides on one symbol.

    Parameters
    ----------
    position : int
        Units of 10^-quantity_scale of the instrument; negative is short.
    equity : Decimal or None
        Cash plus positions at their reference prices, in the account's currency; None where a
        price is missing.
    has_working_order : bool
        Whether an order of this strategy in this symbol still works that protects no position.
    """

    position: int
    equity: Decimal | None
    has_working_order: bool = False


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """A market order a strategy wants, and what it decided on.

    Parameters
    ----------
    quantity : int
        Units of 10^-quantity_scale of the instrument; positive.
    cause : str
        The field of the spec that led to it: `entry`, `exit`, `max_bars`, …
    expression : str
        What held at the bar; the cause where that is no expression.
    model_outputs : mapping of str to float
        What each model of the strategy said of the bar, by its id.
    reduce_only : bool
        Whether it closes a position.
    """

    symbol: str
    side: Side
    quantity: int
    bar_close_time_ns: int
    cause: str
    expression: str
    model_outputs: Mapping[str, float]
    reduce_only: bool = False


@dataclass(frozen=True, slots=True)
class ExitOrder:
    """An order that protects a position; prices in units of 10^-price_scale of the instrument."""

    side: Side
    order_type: str
    quantity: int
    limit_price: int | None
    stop_price: int | None
    trail_offset: int | None
    trail_bps: int | None


def strategy_client_order_id(
    run_id: str, symbol: str, bar_close_time_ns: int, role: str = ""
) -> str:
    """Return the id of what `run_id` decides on one bar: repeating a decision repeats its id.

    `role` tells several orders of one bar apart.

    Examples
    --------
    >>> strategy_client_order_id("run", "SP500", 12)
    'run:SP500:12'
    >>> strategy_client_order_id("run", "SP500", 12, "stop-1")
    'run:SP500:12:stop-1'
    """
    readable = f"{run_id}:{symbol}:{bar_close_time_ns}" + (f":{role}" if role else "")
    if len(readable) <= CLIENT_ORDER_ID_LIMIT:
        return readable
    return hashlib.sha256(readable.encode()).hexdigest()
