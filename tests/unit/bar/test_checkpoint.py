"""A stream that was saved goes on as if it had never stopped; anything else is refused."""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from tests.unit.bar.builders import SECOND_NS, TRADE_STYLES, quotes, rows, small_bars, trades, walk

import algotrendy
from algotrendy.errors import DataValueError, InvalidArgumentError

STYLES = TRADE_STYLES | {
    "with lateness": ("tick", {"size": 3, "lateness": "2s"}),
    "with sessions": (
        "renko",
        {"size": 2, "sessions": {"open_time": [0, 10**10], "close_time": [10**10, 10**12]}},
    ),
    "with ids that count up": ("tick", {"size": 3, "ids": "monotone"}),
    "in a zone": ("time", {"interval": "4s", "zone": "America/New_York"}),
    "from an hour on": ("time", {"interval": "4s", "day_start": "17:00"}),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("after", [0, 1, 17, 59])
def test_a_restored_stream_goes_on_as_if_it_had_never_stopped(style: str, after: int) -> None:
    name, options = STYLES[style]
    stream = algotrendy.BarStream(name, **options)
    ticks = rows(walk())
    for tick in ticks[:after]:
        stream.push(*tick)
    restored = algotrendy.BarStream.restore(stream.checkpoint())
    assert restored.pending == stream.pending
    for tick in ticks[after:]:
        assert restored.push(*tick) == stream.push(*tick)
        assert restored.held == stream.held
    assert list(restored.finish()) == list(stream.finish())  # type: ignore[call-overload]
    assert restored.report == stream.report
    assert restored.checkpoint() == stream.checkpoint()


@pytest.mark.parametrize(
    ("source", "style", "options"),
    [
        ("quotes", "tick", {"size": 2, "price": "ask"}),
        ("quotes", "renko", {"size": 1}),
        ("bars", "heikin_ashi", {}),
        ("bars", "line_break", {"lines": 2}),
        ("bars", "renko", {"size": "atr(2)"}),
    ],
)
def test_a_stream_of_another_source_goes_on_too(
    source: str, style: str, options: dict[str, Any]
) -> None:
    prices = [100, 103, 101, 106, 99, 97, 104]
    table = quotes(*prices) if source == "quotes" else small_bars(*prices)
    stream = algotrendy.BarStream(style, source=source, label="close", **options)
    stream.push_many({name: values[:4] for name, values in table.items()})
    restored = algotrendy.BarStream.restore(stream.checkpoint())
    assert restored.source == source
    rest = {name: values[4:] for name, values in table.items()}
    found = [list(one.push_many(rest)) for one in (stream, restored)]  # type: ignore[call-overload]
    assert found[0] == found[1]
    assert found[0][-1].time_ns == found[1][-1].time_ns == found[0][-1].close_time_ns


def test_the_kind_of_numbers_columns_and_conditions_go_on_too() -> None:
    options = {"price_scale": 1, "columns": {"price": "p"}}
    stream = algotrendy.BarStream(
        "tick", size=2, conditions=algotrendy.POLYGON_CONDITIONS, **options
    )
    table = trades(1, p=np.array([1.25]), conditions=np.array(["37"]))
    stream.push_many(table | {"conditions": np.array([""])})
    restored = algotrendy.BarStream.restore(stream.checkpoint())
    assert restored.report["rounded"] == 1
    with pytest.raises(InvalidArgumentError, match="as before"):
        restored.push(1, Decimal(5), 1)
    with pytest.raises(DataValueError, match="conditions"):
        restored.push_many(table | {"conditions": np.array(["999"])})
    assert restored.push_many(table).close.tolist() == [1.2]


def test_a_checkpoint_leaves_the_stream_as_it_was() -> None:
    stream = algotrendy.BarStream("tick", size=2)
    stream.push(0, 1, 1)
    saved = stream.checkpoint()
    assert saved == stream.checkpoint()
    assert len(stream.push(1, 2, 1)) == 1
    for _ in range(2):
        restored = algotrendy.BarStream.restore(saved)
        assert restored.pending is not None
        assert restored.pending.close == 1


def saved_stream() -> bytes:
    stream = algotrendy.BarStream("renko", size=2, lateness="1s")
    for tick in rows(walk(20)):
        stream.push(*tick)
    return stream.checkpoint()


def test_a_checkpoint_that_is_cut_off_anywhere_is_refused() -> None:
    saved = saved_stream()
    for length in range(len(saved)):
        with pytest.raises(InvalidArgumentError):
            algotrendy.BarStream.restore(saved[:length])


def test_a_checkpoint_with_any_bit_changed_is_refused() -> None:
    saved = saved_stream()
    for place in range(len(saved)):
        damaged = bytearray(saved)
        damaged[place] ^= 1 << place % 8
        with pytest.raises(InvalidArgumentError) as refusal:
            algotrendy.BarStream.restore(bytes(damaged))
        assert set(refusal.value.metadata) == {"problem"}


def test_a_checkpoint_with_more_after_it_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="checksum"):
        algotrendy.BarStream.restore(saved_stream() + b"\0")


def test_a_checkpoint_of_another_version_is_refused() -> None:
    saved = saved_stream()
    assert saved[:5] == b"ATBS\x01"
    with pytest.raises(InvalidArgumentError, match="start otherwise"):
        algotrendy.BarStream.restore(b"ATBS\x02" + saved[5:])


@pytest.mark.parametrize("saved", [b"", b"ATBS", b"ATBS\x01", b"other bytes", b"\0" * 100])
def test_what_is_no_checkpoint_is_refused(saved: bytes) -> None:
    with pytest.raises(InvalidArgumentError, match="no checkpoint"):
        algotrendy.BarStream.restore(saved)


@pytest.mark.parametrize("saved", [None, "ATBS", 5, [1, 2]])
def test_a_checkpoint_is_bytes(saved: Any) -> None:
    with pytest.raises(TypeError):
        algotrendy.BarStream.restore(saved)


def test_a_restored_stream_keeps_what_it_was_promised() -> None:
    stream = algotrendy.BarStream("time", interval="1s")
    stream.advance(5 * SECOND_NS)
    restored = algotrendy.BarStream.restore(stream.checkpoint())
    restored.push(SECOND_NS, 1, 1)
    assert restored.report["rejected"]["late"]["count"] == 1
