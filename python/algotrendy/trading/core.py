"""`Core`: one account's orders, positions and pre-trade checks, in process and in one object.

Commands return the events they led to. Prices, quantities and amounts are `Decimal`, text or `int`;
a float is refused, since it is not exact. Times are nanoseconds since the Unix epoch, UTC, and pass
only when a command says so: `advance`, or `time_ns` of any other.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any, Literal, TypedDict, Unpack, cast

from algotrendy import _core
from algotrendy._core import Event, Instrument, OrderTerms, SimulatedVenue

Number = Decimal | str | int
"""A price, a quantity or an amount: exact."""

Scope = Literal["ACCOUNT", "GLOBAL"]
"""What a kill switch is for, where it is not one strategy."""


class LimitsTerms(TypedDict, total=False):
    """What `Core` takes as limits: `_core.Limits`, whose numbers need no quotes.

    A limit is a number, or `soft(number)` for one that wants approval.
    """

    version: int
    account: Mapping[str, object]
    strategies: Mapping[str, Mapping[str, object]]
    instruments: Mapping[str, Mapping[str, object]]


def soft(value: Number) -> "_core.Limit":
    """Return a limit that an order may break once a person approves it."""
    return {"value": str(value), "severity": "SOFT"}
