"""Bid and ask bars of FXCM and OANDA quotes equal LEAN's seconds, minutes, hours and days.

FXCM's clock is a fixed UTC-05, so its day is one of the zone Etc/GMT+5; OANDA's is UTC.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.parity.bars.oracles.readers import (
    HOUR_NS,
    PRICES,
    SUSPECT,
    Columns,
    lean_rows,
    lean_time_ns,
    midnight_ns,
    rows,
    table,
    units,
)

import algotrendy

Expected = list[tuple[int, ...]]
RECORDED = {"1s": "bars_second", "1m": "bars_minute", "1h": "bars_hour", "1d": "bars_daily"}
# Where a side's open, high, low and close are in a row; a size, always 0, ends each side.
SIDES = {"bid": slice(1, 5), "ask": slice(6, 10)}
# FXCM's raw quotes cross for moments, and the recorded bars hold them.
KEEP_CROSSED: dict[str, Any] = {"faults": {"crossed": "keep"}}


@dataclass(frozen=True)
class Session:
    feed: str
    date: str
    scale: int = 5

    @property
    def fxcm(self) -> bool:
        return "fxcm" in self.feed

    @property
    def day_ns(self) -> int:
        return midnight_ns(self.date) + (5 * HOUR_NS if self.fxcm else 0)

    @property
    def intervals(self) -> list[str]:
        return list(RECORDED) if self.fxcm else ["1s", "1m"]

    def options(self, interval: str) -> dict[str, Any]:
        zone = {"zone": "Etc/GMT+5"} if interval == "1d" else {}
        return {"interval": interval, **zone}

    def quotes(self, data: Path) -> Columns:
        return table(
            ("time", "bid", "ask"),
            (
                (
                    lean_time_ns(time, self.day_ns),
                    units(bid, self.scale),
                    units(ask, self.scale),
                )
                for time, bid, ask in lean_rows(data / "quotes" / self.file)
            ),
        )

    def recorded(self, data: Path, interval: str, side: str) -> Expected:
        folder = data / RECORDED[interval]
        if interval in ("1s", "1m"):
            found = lean_rows(folder / self.file)
        else:
            every = lean_rows(folder / f"{self.feed}.zip")
            found = [row for row in every if row[0].startswith(self.date)]
        offset_ns = self.day_ns - midnight_ns(self.date)
        return [
            (
                lean_time_ns(row[0], self.day_ns) + (offset_ns if " " in row[0] else 0),
                *(units(text, self.scale) for text in row[SIDES[side]]),
            )
            for row in found
        ]

    @property
    def file(self) -> str:
        return f"{self.feed}/{self.date}_quote.zip"


SESSIONS = [
    Session("lean_forex/fxcm_eurusd", "20140501"),
    Session("lean_forex/fxcm_eurusd", "20140504"),
    Session("lean_forex/fxcm_eurusd", "20140507"),
    Session("lean_forex/oanda_eurusd", "20140501"),
    Session("lean_forex/oanda_eurusd", "20140504"),
    Session("lean_cfd/oanda_xauusd", "20140504", scale=3),
]
every_session = pytest.mark.parametrize(
    "session", SESSIONS, ids=[f"{session.feed[5:]}_{session.date}" for session in SESSIONS]
)
every_side = pytest.mark.parametrize("side", list(SIDES))


def times_and_prices(bars: algotrendy.Bars) -> Expected:
    return rows(bars, "open_time_ns", *PRICES)


@every_session
@every_side
def test_quotes_make_the_recorded_bars_of_every_interval(
    oracle_data: Path, session: Session, side: str
) -> None:
    quotes = session.quotes(oracle_data)
    for interval in session.intervals:
        bars = algotrendy.bars(
            quotes, "time", price=side, **session.options(interval), **KEEP_CROSSED
        )
        assert times_and_prices(bars) == session.recorded(oracle_data, interval, side), interval
        assert sum(bars.trade_count.tolist()) == len(quotes["time"])
        assert not bars.volume.any()
        assert bars.report["rejected"] == {}


@every_session
@every_side
def test_each_interval_made_of_the_next_smaller_bars_equals_the_recorded_one(
    oracle_data: Path, session: Session, side: str
) -> None:
    quotes = session.quotes(oracle_data)
    first, *larger = session.intervals
    smaller = algotrendy.bars(quotes, "time", price=side, **session.options(first), **KEEP_CROSSED)
    for interval in larger:
        smaller = algotrendy.bars(smaller, "time", **session.options(interval))
        assert times_and_prices(smaller) == session.recorded(oracle_data, interval, side), interval
        assert sum(smaller.trade_count.tolist()) == len(quotes["time"])


@every_session
def test_crossed_quotes_are_counted_and_their_bars_are_marked(
    oracle_data: Path, session: Session
) -> None:
    quotes = session.quotes(oracle_data)
    crossed = quotes["bid"] > quotes["ask"]
    bars = algotrendy.bars(quotes, "time", interval="1s", price="bid", **KEEP_CROSSED)
    kept = bars.report["kept"].get("crossed", {"count": 0})
    assert kept["count"] == int(crossed.sum())
    marked = {time for time, flags in rows(bars, "open_time_ns", "flags") if flags & SUSPECT}
    assert marked == set((quotes["time"][crossed] // 10**9 * 10**9).tolist())


@every_session
def test_crossed_quotes_are_left_out_unless_they_are_asked_for(
    oracle_data: Path, session: Session
) -> None:
    quotes = session.quotes(oracle_data)
    uncrossed = quotes["bid"] <= quotes["ask"]
    fair = {name: values[uncrossed] for name, values in quotes.items()}
    options = {"interval": "1m", "price": "ask"}
    bars = algotrendy.bars(quotes, "time", **options)
    assert times_and_prices(bars) == times_and_prices(algotrendy.bars(fair, "time", **options))
    rejected = bars.report["rejected"].get("crossed", {"count": 0})
    assert rejected["count"] == int((~uncrossed).sum())
