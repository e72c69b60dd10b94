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
        Whether an order of this strategy in this symbol still works.
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
    expression : str
        What held at the bar: the strategy's entry or exit.
    model_outputs : mapping of str to float
        What each model of the strategy said of the bar, by its id.
    """

    symbol: str
    side: Side
    quantity: int
    bar_close_time_ns: int
    expression: str
    model_outputs: Mapping[str, float]


def strategy_client_order_id(run_id: str, symbol: str, bar_close_time_ns: int) -> str:
    """Return the id of what `run_id` decides on one bar: repeating a decision repeats its id.

    Examples
    --------
    >>> strategy_client_order_id("run", "SP500", 12)
    'run:SP500:12'
    """
    readable = f"{run_id}:{symbol}:{bar_close_time_ns}"
    if len(readable) <= CLIENT_ORDER_ID_LIMIT:
        return readable
    return hashlib.sha256(readable.encode()).hexdigest()
