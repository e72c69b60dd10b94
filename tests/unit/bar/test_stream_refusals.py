"""What a stream refuses changes nothing: no bar, no count, no kind of number."""

from typing import Any

import numpy as np
import pytest
from tests.unit.bar.builders import INT64_MAX, MINUTE_NS, SECOND_NS, trades

import algotrendy
from algotrendy.errors import AlgoTrendyError, DataValueError, OverflowValueError

REFUSED: dict[str, Any] = {
    "a sum that overflows": lambda stream: stream.push(3, 1.0, INT64_MAX),
    "a price that overflows": lambda stream: stream.push(3, 1e300, 1),
    "a price of another kind": lambda stream: stream.push(3, "1", 1),
    "a quantity of another kind, after a price that is rounded": (
        lambda stream: stream.push(3, 1.005, 1.5)
    ),
    "a side that is none": lambda stream: stream.push(3, 1.005, 1, 9),
    "a late trade": lambda stream: stream.push(0, 1.005, 1),
    "a table with a late trade": lambda stream: stream.push_many(trades(1.005, 2.0)),
    "a table that overflows at its end": lambda stream: stream.push_many(
        trades(1.005, 2.0, time=np.array([3, 4]), quantity=np.array([1, INT64_MAX]))
    ),
    "a table of another kind": lambda stream: stream.push_many(trades(1)),
    "a table of one length too few": lambda stream: stream.push_many(
        trades(1.005, 2.0, quantity=np.array([1]))
    ),
    "a table without prices": lambda stream: stream.push_many({"time": [1], "quantity": [1]}),
    "what is no table": lambda stream: stream.push_many(None),
    "a quote": lambda stream: stream.push_quote(3, 1.0, 2.0),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_changes_nothing(what: str) -> None:
    stream = algotrendy.BarStream("tick", size=100, price_scale=2, faults={"late": "raise"})
    stream.push(1, 1.0, 1)
    before = stream.checkpoint(), stream.report, stream.pending
    with pytest.raises((AlgoTrendyError, TypeError)):
        REFUSED[what](stream)
    assert (stream.checkpoint(), stream.report, stream.pending) == before
    stream.push(1, 2.0, 1)


def test_a_held_trade_that_overflows_changes_nothing_when_it_is_let_go() -> None:
    stream = algotrendy.BarStream("tick", size=100, lateness="1us")
    stream.push(1, 1, INT64_MAX)
    stream.push(2, 1, 1)
    before = stream.checkpoint()
    for let_go in (
        stream.finish,
        lambda: stream.advance(SECOND_NS),
        lambda: stream.push(SECOND_NS, 1, 1),
        lambda: stream.push_many(trades(1, time=np.array([SECOND_NS]))),
    ):
        with pytest.raises(OverflowValueError):
            let_go()
        assert (stream.checkpoint(), stream.held["count"]) == (before, 2)


def test_a_refused_first_trade_decides_no_kind() -> None:
    stream = algotrendy.BarStream("tick", size=100, price_scale=2, faults={"invalid": "raise"})
    for refused in (
        lambda: stream.push(0, 1.5, -1),
        lambda: stream.push_many(trades(1.5, quantity=np.array([-1]))),
    ):
        with pytest.raises(DataValueError):
            refused()
    stream.push(0, 150, 1)
    assert stream.pending is not None
    assert stream.pending.close == 150


def test_a_refused_chunk_keeps_the_bars_of_its_first_rows() -> None:
    stream = algotrendy.BarStream("time", interval="1m")
    chunk = trades(1, 2, 3, time=np.array([0, MINUTE_NS, INT64_MAX]))
    with pytest.raises(OverflowValueError) as refusal:
        stream.push_many(chunk)
    assert refusal.value.metadata == {"time_ns": str(INT64_MAX), "index": "2"}
    bars = stream.push_many({name: values[:2] for name, values in chunk.items()})
    assert bars.close.tolist() == [1]
