"""The loop around a call, the same for whoever is called."""

from collections.abc import Callable, Sequence

Push = Callable[..., object]
# Time, price, quantity and side of one trade.
Tick = tuple[int, float, float, float]


def push_all(push: Push, ticks: Sequence[Tick]) -> None:
    for time_ns, price, quantity, side in ticks:
        push(time_ns, price, quantity, side)


def alone(ticks: Sequence[Tick]) -> None:
    for _time_ns, _price, _quantity, _side in ticks:
        pass
