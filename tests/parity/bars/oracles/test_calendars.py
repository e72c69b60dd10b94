"""Sessions equal LEAN's market hours of US equities; days, weeks and months follow local clocks.

Expected intervals are computed with zoneinfo alone.
"""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from tests.parity.bars.oracles.readers import (
    HOUR_NS,
    MINUTE_NS,
    SECOND_NS,
    SESSION_BREAK,
    Columns,
    rows,
)

import algotrendy

# exchange_calendars reads values in a way that pandas 3.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning an ndarray")

NEW_YORK = ZoneInfo("America/New_York")
STEP_NS = 15 * MINUTE_NS
Interval = tuple[int, int]


def to_ns(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND_NS


def new_york_ns(day: date, clock: str) -> int:
    return to_ns(datetime.combine(day, time.fromisoformat(clock), NEW_YORK))


def lean_sessions(data: Path, year: int) -> list[Interval]:
    """Regular hours of US equities, by LEAN's lists of holidays and early closes."""
    path = data / "reference" / "market_hours" / "market-hours-database.json"
    hours = json.loads(path.read_text("utf-8"))["entries"]["Equity-usa-[*]"]
    holidays = {month_day_year(text) for text in hours["holidays"]}
    early = {month_day_year(text): clock for text, clock in hours["earlyCloses"].items()}
    days = [date(year, 1, 1) + timedelta(days) for days in range(365)]
    return [
        (new_york_ns(day, "09:30:00"), new_york_ns(day, early.get(day, "16:00:00")))
        for day in days
        if day.weekday() < 5 and day not in holidays
    ]


def month_day_year(text: str) -> date:
    month, day, year = map(int, text.split("/"))
    return date(year, month, day)


def trades_every_quarter(start_ns: int, end_ns: int) -> Columns:
    times = np.arange(start_ns, end_ns, STEP_NS, dtype=np.int64)
    ones = np.ones(len(times), dtype=np.int64)
    return {"time": times, "price": np.arange(1, len(times) + 1), "quantity": ones}


def trades_over(sessions: list[Interval]) -> Columns:
    """To the first trade of the last session, which closes the bars of those before it."""
    return trades_every_quarter(sessions[0][0], sessions[-1][0] + STEP_NS)


def ticks_within(trades: Columns, interval: Interval) -> int:
    first, last = np.searchsorted(trades["time"], interval)
    return int(last - first)


def in_hours(session: Interval) -> list[Interval]:
    """From the open, the last one to the close."""
    open_ns, close_ns = session
    starts = range(open_ns, close_ns, HOUR_NS)
    return [(start, min(start + HOUR_NS, close_ns)) for start in starts]


def table_of(sessions: list[Interval]) -> Columns:
    opens, closes = np.array(sessions, dtype=np.int64).T
    return {"open_time": opens.copy(), "close_time": closes.copy()}


def intervals(bars: algotrendy.Bars) -> list[tuple[Any, ...]]:
    return rows(bars, "open_time_ns", "close_time_ns", "trade_count")


# Hurricane Sandy closed two days of 2012, mourning one of 2018 and one of 2025.
@pytest.mark.parametrize("year", [2007, 2012, 2013, 2018, 2021, 2024, 2025])
def test_days_of_the_new_york_calendar_equal_leans_market_hours(
    oracle_data: Path, year: int
) -> None:
    sessions = lean_sessions(oracle_data, year)
    trades = trades_over(sessions)
    bars = algotrendy.bars(trades, "time", interval="1d", sessions="XNYS")
    wanted = [(*session, ticks_within(trades, session)) for session in sessions]
    assert intervals(bars) == wanted
    outside = len(trades["time"]) - sum(count for *_, count in wanted)
    assert bars.report["rejected"]["outside"]["count"] == outside
    assert not any(bits & SESSION_BREAK for bits in bars.flags.tolist())


@pytest.mark.parametrize("year", [2013, 2024])
@pytest.mark.parametrize("calendar", ["XNYS", "a table"])
def test_hours_of_a_session_start_at_its_open_and_end_at_its_close(
    oracle_data: Path, year: int, calendar: str
) -> None:
    sessions = lean_sessions(oracle_data, year)
    trades = trades_over(sessions)
    chosen = "XNYS" if calendar == "XNYS" else table_of(sessions)
    bars = algotrendy.bars(trades, "time", interval="1h", sessions=chosen)
    hours = [hour for session in sessions[:-1] for hour in in_hours(session)]
    hours.append(in_hours(sessions[-1])[0])
    assert intervals(bars) == [(*hour, ticks_within(trades, hour)) for hour in hours]
    # Full days end half an hour into an interval, and so do the half days.
    short = [end - start < HOUR_NS for start, end in hours]
    assert sum(short) == len(sessions) - 1
    assert [bool(bits & SESSION_BREAK) for bits in bars.flags.tolist()] == short


@pytest.mark.parametrize("year", [2013, 2024])
def test_bars_of_every_style_end_with_leans_sessions(oracle_data: Path, year: int) -> None:
    sessions = lean_sessions(oracle_data, year)
    trades = trades_over(sessions)
    bars = algotrendy.bars(trades, "tick", size=20, sessions="XNYS")
    found = rows(bars, "open_time_ns", "close_time_ns", "trade_count", "close_reason")
    wanted = []
    for open_ns, close_ns in sessions[:-1]:
        count = ticks_within(trades, (open_ns, close_ns))
        if count >= 20:
            wanted.append((open_ns, open_ns + 19 * STEP_NS, 20, "TICKS"))
        start_ns = open_ns + (20 * STEP_NS if count >= 20 else 0)
        wanted.append((start_ns, close_ns, count % 20, "SESSION"))
    last_ns = sessions[-1][0]
    assert found == [*wanted, (last_ns, last_ns, 1, "FINISH")]


# Clocks change at night in New York, by half an hour in Lord Howe, at midnight in São Paulo (the
# day began at 1:00) and Havana (it began twice); Apia left out a Friday.
CHANGES = [
    ("America/New_York", 2024, 3),
    ("America/New_York", 2024, 11),
    ("Europe/London", 2024, 10),
    ("Australia/Lord_Howe", 2024, 4),
    ("Australia/Lord_Howe", 2024, 10),
    ("America/Sao_Paulo", 2018, 11),
    ("America/Sao_Paulo", 2018, 2),
    ("America/Havana", 2024, 11),
    ("Pacific/Apia", 2011, 12),
    ("Asia/Kolkata", 2024, 1),
]
every_change = pytest.mark.parametrize(("zone", "year", "month"), CHANGES)


def trades_around(zone: str, year: int, month: int) -> tuple[Columns, list[datetime]]:
    """Trades of about two months, from a local midnight, and when they were on the zone's clock."""
    start = datetime(year, month, 1, tzinfo=ZoneInfo(zone)) - timedelta(days=20)
    trades = trades_every_quarter(to_ns(start), to_ns(start + timedelta(days=62)))
    seconds = (trades["time"] // SECOND_NS).tolist()
    return trades, [datetime.fromtimestamp(second, ZoneInfo(zone)) for second in seconds]


def grouped(
    trades: Columns, local: list[datetime], key: Callable[[datetime], Any]
) -> list[tuple[int, int, int]]:
    """Start, end and count of the ticks of each key, without the first and the last key."""
    keys = [key(moment) for moment in local]
    counts = Counter(keys)
    starts: dict[Any, int] = {}
    for name, time_ns in zip(keys, trades["time"].tolist(), strict=True):
        starts.setdefault(name, time_ns)
    ends = [*starts.values()][1:]
    groups = zip(starts.items(), ends, strict=False)
    return [(start, end, counts[name]) for (name, start), end in groups][1:]


@every_change
@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("1d", lambda moment: moment.date()),
        ("3d", lambda moment: (moment.date() - date(1970, 1, 1)).days // 3),
        ("1w", lambda moment: (moment.date() - date(1970, 1, 5)).days // 7),
        ("2w", lambda moment: (moment.date() - date(1970, 1, 5)).days // 14),
        ("1mo", lambda moment: (moment.year, moment.month)),
    ],
    ids=["1d", "3d", "1w", "2w", "1mo"],
)
def test_intervals_of_a_zone_hold_the_ticks_of_its_local_dates(
    zone: str, year: int, month: int, label: str, key: Callable[[datetime], Any]
) -> None:
    trades, local = trades_around(zone, year, month)
    bars = algotrendy.bars(trades, "time", interval=label, zone=zone)
    assert intervals(bars)[1:-1] == grouped(trades, local, key)


@every_change
def test_hours_of_a_zone_start_anew_at_midnight_and_end_with_the_day(
    zone: str, year: int, month: int
) -> None:
    trades, local = trades_around(zone, year, month)
    bars = algotrendy.bars(trades, "time", interval="7h", zone=zone)
    step_ns = 7 * HOUR_NS
    wanted = [
        (start, min(start + step_ns, day_end))
        for day_start, day_end, _ in grouped(trades, local, lambda moment: moment.date())
        for start in range(day_start, day_end, step_ns)
    ]
    first = next(i for i, row in enumerate(intervals(bars)) if row[0] == wanted[0][0])
    found = intervals(bars)[first : first + len(wanted)]
    assert found == [(*interval, ticks_within(trades, interval)) for interval in wanted]


def test_a_summer_night_shortens_and_a_winter_night_lengthens_the_day() -> None:
    lengths: dict[str, set[int]] = {}
    for zone, year, month in CHANGES:
        trades, _ = trades_around(zone, year, month)
        bars = algotrendy.bars(trades, "time", interval="1d", zone=zone)
        hours = ((end - start) * 2 // HOUR_NS for start, end, _ in intervals(bars))
        lengths.setdefault(zone, set()).update(length for length in hours if length != 48)
    halves_of_hours = {"America/New_York": {46, 50}, "Australia/Lord_Howe": {47, 49}}
    assert {zone: lengths[zone] for zone in halves_of_hours} == halves_of_hours
    assert lengths["Asia/Kolkata"] == set()
