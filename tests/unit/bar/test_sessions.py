"""When there is trading: an exchange's calendar, or a table of one's own."""

import builtins
import sys
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.unit.bar.builders import SECOND_NS, TRADE_STYLES, trades

import algotrendy
from algotrendy.errors import DataValueError, InvalidArgumentError

# What exchange_calendars does with the pandas of today.
pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning an ndarray")

SESSION_BREAK = 8
OPENS_NS, CLOSES_NS = (np.array(times) * SECOND_NS for times in ((0, 10), (5, 20)))
OPENS, CLOSES = OPENS_NS.astype("datetime64[ns]"), CLOSES_NS.astype("datetime64[ns]")
TIMES = {"open_time": OPENS, "close_time": CLOSES}
SESSIONS: dict[str, Any] = {
    "integers": {"open_time": OPENS_NS, "close_time": CLOSES_NS},
    "lists": {"open_time": [0, 10 * SECOND_NS], "close_time": [5 * SECOND_NS, 20 * SECOND_NS]},
    "datetime64": TIMES,
    "coarse datetime64": {name: times.astype("datetime64[s]") for name, times in TIMES.items()},
    "datetimes": {
        "open_time": [datetime.fromtimestamp(second, UTC) for second in (0, 10)],
        "close_time": [datetime.fromtimestamp(second, UTC) for second in (5, 20)],
    },
    "texts": {name: times.astype(str) for name, times in TIMES.items()},
    "pandas": pd.DataFrame(TIMES),
    "pandas with a zone": pd.DataFrame(TIMES).apply(
        lambda times: times.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    ),
    "polars": pl.DataFrame(TIMES),
    "polars with a zone": pl.DataFrame(TIMES).with_columns(
        pl.all().dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo")
    ),
    "pyarrow": pa.table(TIMES),
    "more columns than needed": pd.DataFrame(TIMES | {"name": ["day", "night"]}),
}


def at(*seconds: float, **columns: Any) -> dict[str, Any]:
    times = (np.array(seconds) * SECOND_NS).astype(np.int64)
    return trades(*range(100, 100 + len(seconds)), time=times, **columns)


@pytest.mark.parametrize("kind", SESSIONS)
def test_sessions_come_in_every_kind_of_table(kind: str) -> None:
    bars = algotrendy.bars(at(1, 6, 12), "tick", size=9, sessions=SESSIONS[kind])
    assert bars.close.tolist() == [100, 102]
    assert bars.close_reason == ["SESSION", "FINISH"]
    assert (bars.flags & SESSION_BREAK).tolist() == [SESSION_BREAK, 0]
    assert bars.report is not None
    assert bars.report["rejected"]["outside"]["count"] == 1


@pytest.mark.parametrize("style", TRADE_STYLES)
def test_no_bar_of_any_style_reaches_over_a_sessions_end(style: str) -> None:
    name, options = TRADE_STYLES[style]
    table = at(*np.arange(0, 20, 0.25))
    bars = algotrendy.bars(table, name, sessions=TIMES, **options)
    opens, closes = bars.open_time_ns, bars.close_time_ns
    for session in zip(OPENS_NS, CLOSES_NS, strict=True):
        inside = (opens >= session[0]) & (opens < session[1])
        assert inside.any()
        assert (closes[inside] <= session[1]).all()
    assert bars.report is not None
    assert bars.report["rejected"]["outside"]["count"] == 20
    assert bars.trade_count.sum() == 60


@pytest.mark.parametrize(
    ("closed", "kept"), [("left", [100, 102, 103]), ("right", [100, 101, 103])]
)
def test_one_end_of_a_session_belongs_to_it(closed: str, kept: list[int]) -> None:
    bars = algotrendy.bars(at(1, 5, 10, 12), "tick", size=1, sessions=TIMES, closed=closed)
    assert bars.close.tolist() == kept


def test_ticks_outside_are_kept_in_bars_of_their_own() -> None:
    bars = algotrendy.bars(at(1, 6, 12), "tick", size=9, sessions=TIMES, outside="keep")
    assert bars.close.tolist() == [100, 101, 102]
    assert bars.report is not None
    assert bars.report["kept"]["outside"]["count"] == 1


def test_ticks_outside_are_refused_if_asked_for() -> None:
    with pytest.raises(DataValueError) as refusal:
        algotrendy.bars(at(1, 6, 12), "tick", size=9, sessions=TIMES, outside="raise")
    assert refusal.value.metadata == {
        "fault": "outside",
        "time_ns": str(6 * SECOND_NS),
        "index": "1",
    }


@pytest.mark.parametrize("second", [-1, 20, 1000])
@pytest.mark.parametrize("outside", ["drop", "keep", "raise"])
def test_sessions_must_cover_the_data(second: int, outside: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(at(second), "tick", size=9, sessions=TIMES, outside=outside)
    assert refusal.value.metadata == {
        "field": "sessions",
        "time_ns": str(second * SECOND_NS),
        "index": "0",
    }


WRONG: dict[str, Any] = {
    "a number": 5,
    "a list": [1, 2],
    "a relation": duckdb.from_arrow(pa.table(TIMES)),
    "a column too few": {"open_time": [0]},
    "no such columns": pd.DataFrame({"a": [1]}),
    "no such column in polars": pl.DataFrame({"open_time": [0]}),
    "no such column in pyarrow": pa.table({"close_time": [0]}),
    "texts that are no times": {"open_time": ["noon"], "close_time": ["night"]},
    "floats": {"open_time": [0.5], "close_time": [1.5]},
    "two dimensions": {"open_time": [[0]], "close_time": [[1]]},
    "a time and no column": {"open_time": 0, "close_time": 1},
    "one that closes before it opens": {"open_time": [5], "close_time": [1]},
    "one without length": {"open_time": [5], "close_time": [5]},
    "two that overlap": {"open_time": [0, 3], "close_time": [5, 8]},
    "two in the wrong order": {"open_time": [10, 0], "close_time": [20, 5]},
    "different lengths": {"open_time": [0, 6], "close_time": [5]},
    "none": {"open_time": [], "close_time": []},
    "a missing time": {"open_time": [None], "close_time": [5]},
    "a time that is none": {
        "open_time": np.array(["NaT"], dtype="datetime64[ns]"),
        "close_time": np.array(["2024-01-02"], dtype="datetime64[ns]"),
    },
}


@pytest.mark.parametrize("what", WRONG)
def test_what_are_no_sessions_is_refused(what: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(at(1), "tick", size=9, sessions=WRONG[what])
    assert refusal.value.metadata["field"] == "sessions"


def test_an_exchanges_sessions_know_half_days_and_holidays() -> None:
    sessions = algotrendy.exchange_sessions("XNYS", "2024-07-03", date(2024, 7, 5))
    assert sessions["open_time"].tolist() == (
        np.array(["2024-07-03T13:30", "2024-07-05T13:30"], dtype="datetime64[ns]").tolist()
    )
    assert sessions["close_time"].tolist() == (
        np.array(["2024-07-03T17:00", "2024-07-05T20:00"], dtype="datetime64[ns]").tolist()
    )
    assert {times.dtype for times in sessions.values()} == {np.dtype("datetime64[ns]")}


def test_an_exchanges_sessions_follow_its_clock() -> None:
    sessions = algotrendy.exchange_sessions("XNYS", "2024-03-08", "2024-03-11")
    opens = sessions["open_time"].astype("datetime64[m]")
    assert [str(time)[-5:] for time in opens] == ["14:30", "13:30"]


HOLIDAY = np.array(
    ["2024-07-03T16:59", "2024-07-03T17:01", "2024-07-04T15:00", "2024-07-05T14:00"],
    dtype="datetime64[ns]",
)


def test_an_exchanges_code_is_its_sessions() -> None:
    table = trades(1, 2, 3, 4, time=HOLIDAY)
    bars = algotrendy.bars(table, "tick", size=9, sessions="XNYS")
    sessions = algotrendy.exchange_sessions("XNYS", "2024-07-01", "2024-07-31")
    same = algotrendy.bars(table, "tick", size=9, sessions=sessions)
    assert bars.close.tolist() == same.close.tolist() == [1, 4]
    assert bars.close_time_ns[0] == sessions["close_time"][2].astype(np.int64)
    assert bars.report == same.report
    assert bars.report is not None
    assert bars.report["rejected"]["outside"]["count"] == 2


def test_a_day_of_sessions_is_the_session() -> None:
    bars = algotrendy.bars(trades(1, 2, 3, 4, time=HOLIDAY), "time", interval="1d", sessions="XNYS")
    assert bars.open_time_ns.tolist() == (
        np.array(["2024-07-03T13:30", "2024-07-05T13:30"], "datetime64[ns]").astype(int).tolist()
    )


def test_a_stream_is_told_the_days_of_an_exchanges_sessions() -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.BarStream("tick", size=9, sessions="XNYS")
    assert refusal.value.metadata["field"] == "sessions"
    sessions = algotrendy.exchange_sessions("XNYS", "2024-06-20", "2024-07-20")
    stream = algotrendy.BarStream("tick", size=9, sessions=sessions)
    stream.push_many(trades(1, 2, 3, 4, time=HOLIDAY))
    assert stream.report["rejected"]["outside"]["count"] == 2
    restored = algotrendy.BarStream.restore(stream.checkpoint())
    assert list(restored.finish()) == list(stream.finish())  # type: ignore[call-overload]


def test_no_trades_need_no_days() -> None:
    assert len(algotrendy.bars(at(), "tick", size=9, sessions="XNYS")) == 0


@pytest.mark.parametrize("code", ["NOPE", "", "xnys!"])
def test_an_unknown_exchange_is_refused_by_its_code(code: str) -> None:
    for ask in (
        lambda: algotrendy.exchange_sessions(code, "2024-01-02", "2024-01-05"),
        lambda: algotrendy.bars(trades(1, time=HOLIDAY[:1]), "tick", size=9, sessions=code),
    ):
        with pytest.raises(InvalidArgumentError) as refusal:
            ask()
        assert refusal.value.metadata == {"field": "sessions", "value": code}


@pytest.mark.parametrize(
    ("start", "end"),
    [("2024-07-09", "2024-07-08"), ("soon", "2024-07-08"), ("1500-01-01", "1500-02-01")],
)
def test_days_that_a_calendar_cannot_have_are_refused(start: str, end: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.exchange_sessions("XNYS", start, end)
    assert refusal.value.metadata["field"] == "sessions"


def test_without_the_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(trades(1, time=HOLIDAY[:1]), "tick", size=9, sessions="XNYS")
    assert refusal.value.metadata["value"] == "XNYS"
    assert "algotrendy[calendars]" in refusal.value.metadata["expected"]


def test_a_table_needs_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def refuse(name: str, *arguments: Any, **options: Any) -> Any:
        assert not name.startswith(("exchange_calendars", "pandas", "pyarrow", "polars"))
        return imported(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    bars = algotrendy.bars(at(1, 12), "tick", size=9, sessions=SESSIONS["integers"])
    assert len(bars) == 2
