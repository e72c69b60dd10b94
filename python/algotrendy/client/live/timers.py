"""A live strategy's timers, by the market's time: in the order of a backtest's."""

import heapq
from dataclasses import dataclass

from algotrendy.errors import InvalidArgumentError


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that is due; `timer_id` is what `context.timer` returned."""

    timer_id: int
    name: str | None
    time_ns: int


class Timers:
    """What a strategy has asked to be woken at."""

    def __init__(self) -> None:
        self._count = 0
        # When each is due, and its id.
        self._due: list[tuple[int, int]] = []
        # The name and the interval of those that have not ended.
        self._terms: dict[int, tuple[str | None, int | None]] = {}

    @property
    def next_due_ns(self) -> int | None:
        """When the next one is due; None where there is none."""
        while self._due and self._due[0][1] not in self._terms:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def set(self, name: str | None, due_ns: int, interval_ns: int | None, now_ns: int) -> int:
        """Set a timer that is due once, or from then on again and again, and return its id.

        Raises
        ------
        InvalidArgumentError
            If it would be due now or before, or the interval is not positive.
        """
        for field, value, is_right, expected in (
            ("due_ns", due_ns, due_ns > now_ns, "in the future"),
            ("interval_ns", interval_ns, interval_ns is None or interval_ns > 0, "positive"),
        ):
            if not is_right:
                raise InvalidArgumentError(
                    f"{field} is {value}; expected {expected}.", field=field, value=str(value)
                )
        self._count += 1
        self._terms[self._count] = (name, interval_ns)
        heapq.heappush(self._due, (due_ns, self._count))
        return self._count

    def end(self, timer_id: int) -> None:
        """End a timer; one that has ended stays so."""
        self._terms.pop(timer_id, None)

    def take(self, time_ns: int) -> list[Timer]:
        """Return those that are due first, all at one time, if that is not after `time_ns`.

        Those that repeat are set again.
        """
        due_ns = self.next_due_ns
        taken: list[Timer] = []
        while due_ns is not None and due_ns <= time_ns and self.next_due_ns == due_ns:
            _, timer_id = heapq.heappop(self._due)
            name, interval_ns = self._terms[timer_id]
            taken.append(Timer(timer_id, name, due_ns))
            if interval_ns is None:
                del self._terms[timer_id]
            else:
                heapq.heappush(self._due, (due_ns + interval_ns, timer_id))
        return taken
