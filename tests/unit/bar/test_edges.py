"""Where clocks, memory and half-given columns are at their edges."""

import copy
import pickle
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

import algotrendy
from algotrendy.errors import ColumnLengthError, InvalidArgumentError, ResourceExhaustedError

SECOND_NS = 1_000_000_000
HOUR_NS = 3_600 * SECOND_NS


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_NS


def ticks(*times_ns: int, prices: Any = None) -> dict[str, Any]:
    count = len(times_ns)
    return {
        "time": np.array(times_ns, np.int64),
        "price": np.arange(10, 10 + count) if prices is None else np.array(prices),
        "quantity": np.ones(count, np.int64),
    }


def hours(*opens: int, **columns: Any) -> dict[str, Any]:
    price = np.array([10 + number for number, _ in enumerate(opens)])
    table = {
        "open_time": np.array(opens, np.int64) * HOUR_NS,
        **dict.fromkeys(("open", "high", "low", "close"), price),
    }
    return table | columns


@pytest.mark.parametrize(
    ("options", "time"),
    [
        ({"interval": "1d", "zone": "America/St_Johns"}, "2006-10-29T02:40"),
        ({"interval": "1d", "zone": "America/New_York", "day_start": "01:30"}, "2024-11-03T06:10"),
        ({"interval": "1h", "zone": "America/New_York", "day_start": "01:30"}, "2024-11-03T06:10"),
        ({"interval": "1d", "zone": "America/New_York", "day_start": "02:30"}, "2024-03-10T07:10"),
        ({"interval": "1w", "zone": "Antarctica/Casey"}, "2010-03-04T15:30"),
    ],
)
def test_a_tick_is_in_its_day_though_clocks_change_where_the_day_starts(
    options: dict[str, Any], time: str
) -> None:
    times_ns = [ns(time) + minutes * 60 * SECOND_NS for minutes in range(-600, 600, 7)]
    bars = algotrendy.bars(ticks(*times_ns), "time", **options)
    assert bars.trade_count.sum() == len(times_ns)
    starts, ends = bars.open_time_ns, bars.close_time_ns
    assert (starts < ends).all()
    assert (ends[:-1] <= starts[1:]).all()
    for time_ns in times_ns:
        assert ((starts <= time_ns) & (time_ns < ends)).sum() == 1


def test_a_day_can_start_when_a_market_does() -> None:
    times = [ns("2024-01-02T21:59"), ns("2024-01-02T22:00"), ns("2024-01-03T21:59")]
    bars = algotrendy.bars(
        ticks(*times), "time", interval="1d", zone="America/New_York", day_start="17:00"
    )
    assert bars.trade_count.tolist() == [1, 2]
    assert bars.open_time_ns[1] == ns("2024-01-02T22:00")


def test_more_bricks_than_memory_holds_are_refused() -> None:
    prices = np.where(np.arange(60) % 2, 1, 900_000)
    with pytest.raises(ResourceExhaustedError) as refusal:
        algotrendy.bars(ticks(*range(60), prices=prices), "renko", size=1)
    assert refusal.value.metadata["limit"] == "20000000"


def test_a_bar_of_overlapping_bars_is_known_when_all_of_them_are() -> None:
    closes = np.array([9, 2]) * HOUR_NS
    bars = algotrendy.bars(hours(0, 1, close_time=closes), "tick", size=2)
    assert bars.close_time_ns.tolist() == [9 * HOUR_NS]


def test_a_session_that_ends_before_its_last_bar_does_not_know_it_earlier() -> None:
    sessions = {"open_time": np.array([0, 20]) * HOUR_NS, "close_time": np.array([2, 22]) * HOUR_NS}
    table = hours(1, 20, close_time=np.array([3, 21]) * HOUR_NS)
    bars = algotrendy.bars(table, "tick", size=9, sessions=sessions)
    assert bars.close_time_ns[0] == 3 * HOUR_NS


def test_bars_without_close_times_close_after_their_interval() -> None:
    bars = algotrendy.bars(hours(0, 1), "tick", size=2, source_interval="1h")
    assert bars.close_time_ns.tolist() == [2 * HOUR_NS]
    with pytest.raises(InvalidArgumentError):
        algotrendy.bars(hours(0, 1), "time", interval="1m", source_interval="1h")


@pytest.mark.parametrize("missing", [np.nan, None])
def test_a_bar_whose_notional_is_missing_is_invalid(missing: float | None) -> None:
    notional = np.array([1.5, missing], dtype=object if missing is None else float)
    table = hours(0, 1, volume=np.array([1, 1]), notional=notional.astype(float))
    bars = algotrendy.bars(table, "time", interval="1d")
    assert bars.report is not None
    assert bars.report["rejected"]["invalid"]["count"] == 1
    assert bars.trade_count.tolist() == [1]


def test_columns_that_lie_askew_in_memory_are_read() -> None:
    def askew(values: Any) -> Any:
        return np.frombuffer(b"\0" + np.array(values, np.int64).tobytes(), np.int64, offset=1)

    table = {"time": askew([0, 1]), "price": askew([5, 6]), "quantity": askew([1, 1])}
    assert algotrendy.bars(table, "tick", size=1).close.tolist() == [5, 6]


def test_a_short_column_of_flags_is_refused_by_name() -> None:
    table = hours(0, 1, flags=np.array([1]))
    with pytest.raises(ColumnLengthError) as refusal:
        algotrendy.bars(table, "time", interval="1d")
    assert refusal.value.metadata["column"] == "flags"


def test_single_trades_have_conditions_too() -> None:
    stream = algotrendy.BarStream("tick", size=3, conditions=algotrendy.POLYGON_CONDITIONS)
    stream.push(0, 10, 1)
    stream.push(1, 99, 1, conditions=["37"])
    (bar,) = stream.push(2, 11, 1, conditions=[])
    assert (bar.high, bar.volume) == (11, 3)
    with pytest.raises(InvalidArgumentError):
        stream.push(3, 10, 1, conditions=["no code"])


def test_a_rejected_trade_moves_no_watermark_and_a_refused_one_adds_no_column() -> None:
    stream = algotrendy.BarStream(
        "tick", size=1, conditions=algotrendy.POLYGON_CONDITIONS, faults={"late": "raise"}
    )
    stream.push(100, 10, 1, conditions=["37"])
    assert stream.report["rejected"]["unpriced"]["count"] == 1
    assert len(stream.push(50, 10, 1)) == 1
    with pytest.raises(InvalidArgumentError):
        stream.push(49, 10, 1, trade_id=7)
    assert stream.finish().first_trade_id is None


def test_many_held_ticks_come_out_in_order_and_a_refused_one_takes_none_along() -> None:
    stream = algotrendy.BarStream("tick", size=1, lateness="1h", faults={"late": "raise"})
    for number in range(2_000):
        stream.push(number * SECOND_NS, 10, 1)
    before = stream.checkpoint()
    with pytest.raises(InvalidArgumentError):
        stream.push(-2 * HOUR_NS, 10, 1)
    assert stream.checkpoint() == before
    assert stream.held["count"] == 2_000
    assert (np.diff(stream.finish().open_time_ns) > 0).all()


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))],  # noqa: S301 - Our own.
)
def test_a_stream_copies_and_pickles_half_built(copied: Any) -> None:
    stream = algotrendy.BarStream("renko", size=5)
    stream.push(0, 10, 1)
    other = copied(stream)
    assert other.push(1, 16, 1) == stream.push(1, 16, 1)
