"""A live strategy's timers."""

from typing import Any

import pytest

from algotrendy.client.live.bars import Series
from algotrendy.client.live.context import LiveContext
from algotrendy.client.live.timers import Timer, Timers
from algotrendy.domain.clock import HOUR_NS
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import InvalidArgumentError


@pytest.fixture
def context() -> LiveContext:
    """At one o'clock; it asks nobody."""
    nobody: Any = None
    context = LiveContext(nobody, {"SPY": Series(Instrument("SPY"))}, nobody, nobody)
    context.about(None, HOUR_NS)
    return context


def test_a_strategy_asks_for_times_and_durations(context: LiveContext) -> None:
    once = context.timer("once", at="1970-01-01T02:30")
    hourly = context.timer(every="1h")
    context.timer(at=9 * HOUR_NS, every="2h")
    ended = context.timer(at=90 * HOUR_NS)
    context.end_timer(ended)
    due = [timer for _ in range(4) for timer in context.timers.take(4 * HOUR_NS)]
    hours = [(timer.timer_id, timer.time_ns / HOUR_NS) for timer in due]
    assert hours == [(hourly, 2), (once, 2.5), (hourly, 3), (hourly, 4)]
    context.timers.end(hourly)
    taken = [context.timers.take(100 * HOUR_NS)[0].time_ns // HOUR_NS for _ in range(3)]
    assert taken == [9, 11, 13]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({}, "at"),
        ({"at": "never"}, "at"),
        ({"at": HOUR_NS}, "due_ns"),
        ({"every": "1mo"}, "every"),
        ({"every": "often"}, "every"),
        ({"at": 9 * HOUR_NS, "every": -1}, "every"),
    ],
)
def test_what_is_no_time_to_be_woken_at_is_refused(
    context: LiveContext, terms: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        context.timer(**terms)
    assert refusal.value.metadata["field"] == field
    assert context.timers.next_due_ns is None


def test_timers_are_due_in_order_and_those_of_one_time_together() -> None:
    timers = Timers()
    late = timers.set("late", 30, None, now_ns=0)
    first = timers.set("first", 10, 20, now_ns=0)
    same = timers.set(None, 10, None, now_ns=0)
    assert (late, first, same) == (1, 2, 3)
    assert timers.take(9) == []
    assert timers.next_due_ns == 10
    assert timers.take(100) == [Timer(2, "first", 10), Timer(3, None, 10)]
    # The one that repeats is due again, in the order of what was asked for.
    assert timers.take(100) == [Timer(1, "late", 30), Timer(2, "first", 30)]
    assert timers.take(49) == []
    assert timers.take(50) == [Timer(2, "first", 50)]


def test_a_timer_that_was_ended_is_not_due_and_may_be_ended_again() -> None:
    timers = Timers()
    ended, kept = timers.set("a", 5, 5, now_ns=0), timers.set("b", 7, None, now_ns=0)
    timers.end(ended)
    timers.end(ended)
    timers.end(99)
    assert timers.take(100) == [Timer(kept, "b", 7)]
    assert timers.take(100) == []
    assert timers.next_due_ns is None


@pytest.mark.parametrize(
    ("due_ns", "interval_ns", "field"),
    [(5, None, "due_ns"), (4, 10, "due_ns"), (6, 0, "interval_ns"), (6, -1, "interval_ns")],
)
def test_a_timer_in_the_past_or_without_an_interval_is_refused(
    due_ns: int, interval_ns: int | None, field: str
) -> None:
    timers = Timers()
    with pytest.raises(InvalidArgumentError) as refusal:
        timers.set(None, due_ns, interval_ns, now_ns=5)
    assert refusal.value.metadata["field"] == field
    assert timers.next_due_ns is None
