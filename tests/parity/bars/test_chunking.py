"""A stream gives the same bars in pieces of any size, and loses nothing."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.bars.builders import (
    Row,
    assert_bars,
    columns,
    library_options,
    naive_bar,
    naive_bars,
)
from tests.parity.bars.naive import Advance, Bar, Quote, SourceBar, Trade, run
from tests.parity.bars.naive.intake import amounts
from tests.parity.bars.strategies import (
    SECOND,
    chunks,
    cut_at,
    quotes,
    short_sessions,
    source_bars,
    trades,
)
from tests.soak import examples

import algotrendy

SESSIONS = short_sessions(-108 * SECOND)
OF_TRADES: list[tuple[str, dict[str, Any]]] = [
    ("time", {"interval": "4s"}),
    ("time", {"interval": "4s", "closed": "right", "empty": "flat", "lateness": "3s"}),
    ("time", {"interval": "5s", "sessions": SESSIONS, "outside": "keep"}),
    ("tick", {"size": 3}),
    ("tick", {"size": 3, "lateness": "5s"}),
    ("volume", {"size": 17, "overshoot": "split"}),
    ("dollar", {"size": 20_000}),
    ("dollar", {"size": 20_000, "overshoot": "split", "faults": {"late": "keep"}}),
    ("range", {"size": 7}),
    ("range", {"size": 7, "trigger": "exceed", "sessions": SESSIONS}),
    ("range", {"size": 7, "gaps": True}),
    ("range", {"size": 7, "gaps": True, "trigger": "exceed"}),
    ("renko", {"size": 5, "wicks": True, "volume": "spread"}),
    ("renko", {"size": "0.5%", "wicks": "both", "reversal": 1, "lateness": "2s"}),
    ("renko", {"size": "atr(2, 3s)", "sessions": SESSIONS, "wicks": True}),
    ("tick_imbalance", {"threshold": 3}),
    ("volume_imbalance", {"expected_ticks": 4, "expected_imbalance": 3, "span": 3}),
    ("dollar_imbalance", {"expected_ticks": 4, "expected_imbalance": 3000, "sign": "side"}),
]
OF_QUOTES: list[tuple[str, dict[str, Any]]] = [
    ("time", {"interval": "4s", "lateness": "2s"}),
    ("renko", {"size": "4", "price": "bid", "wicks": True}),
]
OF_BARS: list[tuple[str, dict[str, Any]]] = [
    ("time", {"interval": "4s", "closed": "right"}),
    ("volume", {"size": 50}),
    ("renko", {"size": "atr(3)", "volume": "spread"}),
    ("heikin_ashi", {}),
    ("line_break", {"lines": 2}),
]
SOURCES: dict[type, Callable[[], st.SearchStrategy[list[Any]]]] = {
    Trade: lambda: trades(unit_ns=2 * SECOND, start_ns=2 * SECOND),
    Quote: quotes,
    SourceBar: lambda: source_bars(ids=True),
}
CASES = [
    *((Trade, style, options) for style, options in OF_TRADES),
    *((Quote, style, options) for style, options in OF_QUOTES),
    *((SourceBar, style, options) for style, options in OF_BARS),
]
few = settings(max_examples=examples(12), deadline=None)


def stream_of(kind: type[Row], style: str, options: dict[str, Any]) -> algotrendy.BarStream:
    """A stream cannot tell its source by columns it has not seen."""
    source = {Trade: "trades", Quote: "quotes", SourceBar: "bars"}[kind]
    return algotrendy.BarStream(style, source=source, **library_options(options))


@pytest.mark.parametrize(("kind", "style", "options"), CASES)
@few
@given(data=st.data())
def test_chunks_and_checkpoints_change_no_bar(
    data: Any, kind: type[Row], style: str, options: dict[str, Any]
) -> None:
    rows = data.draw(SOURCES[kind]())
    whole = algotrendy.bars(columns(rows, kind), style, **library_options(options))
    stream = stream_of(kind, style, options)
    bars: list[Bar] = []
    for chunk in cut_at(rows, data.draw(chunks(len(rows)))):
        bars += naive_bars(stream.push_many(columns(chunk, kind)))
        if data.draw(st.booleans()):
            stream = algotrendy.BarStream.restore(stream.checkpoint())
    bars += naive_bars(stream.finish())
    assert_bars(bars, naive_bars(whole))
    assert stream.report == whole.report


@pytest.mark.parametrize(("style", "options"), OF_TRADES)
@few
@given(data=st.data())
def test_each_tick_gives_the_bars_it_completes(
    data: Any, style: str, options: dict[str, Any]
) -> None:
    """After each event a stream knows what the naive bars know of the events up to there."""
    events: list[Trade | Advance] = data.draw(SOURCES[Trade]())
    for place in sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=2)), reverse=True):
        before = events[place - 1].time_ns if place else 0
        events.insert(place, Advance(before + data.draw(st.integers(-1, 6)) * SECOND))
    stream = stream_of(Trade, style, options)
    bars: list[Bar] = []
    for number, event in enumerate(events, start=1):
        bars += push(stream, event)
        expected = run(events[:number], style, finish=False, **options)
        assert_bars(bars, expected.bars)
        assert naive_bar(stream.pending) == expected.pending
        assert stream.held == vars(expected.held)
        assert stream.report == expected.report
    bars += naive_bars(stream.finish())
    assert_bars(bars, run(events, style, finish=True, **options).bars)


def push(stream: algotrendy.BarStream, event: Trade | Advance) -> list[Bar]:
    if isinstance(event, Advance):
        return naive_bars(stream.advance(event.time_ns))
    closed = stream.push(
        event.time_ns, event.price, event.quantity, side=event.side, trade_id=event.trade_id
    )
    return [bar for bar in map(naive_bar, closed) if bar is not None]


@pytest.mark.parametrize(("kind", "style", "options"), CASES)
@few
@given(data=st.data())
def test_bars_and_what_was_rejected_add_up_to_the_input(
    data: Any, kind: type[Row], style: str, options: dict[str, Any]
) -> None:
    rows = data.draw(SOURCES[kind]())
    stream = stream_of(kind, style, options)
    bars = naive_bars(stream.push_many(columns(rows, kind)))
    for bar in bars:
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert min(bar.buy_volume, bar.sell_volume) >= 0
        assert bar.buy_volume + bar.sell_volume <= bar.volume
    pending = [bar for bar in [naive_bar(stream.pending)] if bar is not None]
    # Heikin-Ashi prices have six digits more, and its notional with them.
    unit = 10**6 if style == "heikin_ashi" else 1
    found = totals((bar.trade_count, bar.volume, bar.notional // unit) for bar in bars + pending)
    rest = totals(
        (part["count"], part["volume"], part["notional"])
        for part in [stream.held, *stream.report["rejected"].values()]
    )
    given_in = totals(amounts(row) for row in rows)
    assert totals([found, rest]) == given_in


def totals(amounts_of: Any) -> tuple[int, ...]:
    rows: Sequence[tuple[int, ...]] = [(0, 0, 0), *amounts_of]
    return tuple(sum(column) for column in zip(*rows, strict=True))
