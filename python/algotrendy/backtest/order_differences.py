"""How the orders of two runs differ, for a proof that they do not."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

_COMPARED: Final = (
    *("create_time", "symbol", "side", "order_type", "quantity", "limit_price", "stop_price"),
    *("time_in_force", "tag"),
)

OrderDifference = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]


def first_difference(
    first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]
) -> OrderDifference | None:
    """Return the first orders that are not the same, None where one run has no more."""
    for place in range(max(len(first), len(second))):
        one = first[place] if place < len(first) else None
        other = second[place] if place < len(second) else None
        if one is None or other is None or any(one[name] != other[name] for name in _COMPARED):
            return one, other
    return None


def until(orders: Sequence[Mapping[str, Any]], time_ns: int) -> list[Mapping[str, Any]]:
    """Return the orders created by a time."""
    return [order for order in orders if order["create_time"] <= time_ns]


def shown(difference: OrderDifference, first: str, second: str) -> str:
    """Say what each of two runs, by its name, ordered."""
    one, other = difference
    return f"{first} {_order(one)}, {second} {_order(other)}"


def moment(time_ns: int) -> str:
    """Return a time as people read it, without zeros at its end."""
    text = str(np.datetime64(time_ns, "ns")).replace("T", " ")
    return text.removesuffix(".000000000").removesuffix(":00")


def _order(order: Mapping[str, Any] | None) -> str:
    if order is None:
        return "none"
    price = order["limit_price"] if order["limit_price"] is not None else order["stop_price"]
    at = "" if price is None else f" at {price:f}"
    return (
        f"{order['order_id']} {order['side']} {order['quantity']:f} {order['symbol']}{at}"
        f" decided {moment(order['create_time'])}"
    )
