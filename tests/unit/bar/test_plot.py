"""Charts show the bars they were given."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import algotrendy
from algotrendy.errors import FailedPreconditionError, InvalidArgumentError, StorageError

SECOND_NS = 1_000_000_000


def trades(*prices: float, step_ns: int = SECOND_NS, **columns: Any) -> dict[str, Any]:
    return {
        "time": np.arange(len(prices)) * step_ns,
        "price": np.array(prices),
        "quantity": np.ones(len(prices), dtype=np.int64),
    } | columns


def shapes(figure: Any, name: str) -> list[Any]:
    return [shape for shape in figure.layout.shapes if shape.name == name]


def shown(figure: Any) -> np.ndarray[Any, Any]:
    """Open, high, low and close of each bar, as the pointer shows them."""
    return np.array([row[2:6] for row in figure.data[0].customdata], dtype=float)


def test_a_chart_carries_every_bar_and_draws_rising_and_falling_ones_apart() -> None:
    bars = algotrendy.bars(trades(10.0, 12.5, 11.5, 9.0, 9.5), "tick", size=2)
    figure = algotrendy.plot(bars)
    assert shown(figure).tolist() == [[10, 12.5, 10, 12.5], [11.5, 11.5, 9, 9], [9.5] * 4]
    assert [len(shapes(figure, name)) for name in ("up", "down", "partial")] == [1, 1, 1]
    assert shapes(figure, "up")[0].path == "M-0.35,10.0V12.5H0.35V10.0H-0.35Z"
    assert shapes(figure, "down")[0].path == "M0.65,9.0V11.5H1.35V9.0H0.65Z"


def test_wicks_reach_from_the_body_to_high_and_low() -> None:
    figure = algotrendy.plot(algotrendy.bars(trades(10.0, 13.0, 8.0, 11.0), "tick", size=4))
    assert shapes(figure, "up")[0].path.endswith("ZM0,11V13M0,10V8")


def test_bricks_lie_side_by_side() -> None:
    figure = algotrendy.plot(algotrendy.bars(trades(10.0, 12.0), "renko", size=1))
    assert "Renko" in figure.layout.title.text
    assert shapes(figure, "up")[0].path == "M-0.5,10V11H0.5V10H-0.5ZM0.5,11V12H1.5V11H0.5Z"


def test_integers_are_shown_as_the_prices_they_are_units_of() -> None:
    units = trades(*np.array([1000, 1250]).tolist())
    bars = algotrendy.bars(units, "tick", size=2, price_scale=2, quantity_scale=1)
    figure = algotrendy.plot(bars)
    assert shown(figure).tolist() == [[10, 12.5, 10, 12.5]]
    assert figure.data[0].customdata[0][6:8] == [11.25, 0.2]


def test_volume_is_stacked_by_who_took_the_liquidity() -> None:
    sides = trades(10.0, 10.0, 10.0, side=np.array([1, -1, 0]))
    figure = algotrendy.plot(algotrendy.bars(sides, "tick", size=3))
    paths = [shapes(figure, name)[0].path for name in ("bought", "sold", "side unknown")]
    assert paths == [f"M-0.35,{low}V{low + 1}H0.35V{low}Z" for low in range(3)]
    assert all(shape.yref == "y2" for shape in shapes(figure, "sold"))


def test_quotes_have_no_volume_to_draw() -> None:
    quotes = {"time": np.array([0, 1]), "bid": np.array([1.0, 1.1]), "ask": np.array([1.2, 1.3])}
    figure = algotrendy.plot(algotrendy.bars(quotes, "tick", size=2))
    assert not shapes(figure, "volume")
    assert "volume" not in figure.data[0].hovertemplate


def test_flags_are_marked_and_named() -> None:
    late = trades(10.0, 10.0, 10.0) | {"time": np.array([0, 5, 4]) * SECOND_NS}
    bars = algotrendy.bars(late, "time", interval="1s", faults={"late": "keep"})
    figure = algotrendy.plot(bars)
    names = [trace.name for trace in figure.data[1:]]
    assert names == ["partial (1)", "gap (1)", "late (1)"]
    assert [row[12] for row in figure.data[0].customdata] == ["none", "partial, gap, late"]


def test_a_line_follows_a_session_break() -> None:
    sessions = {"open_time": np.array([0, 10]), "close_time": np.array([3, 20])}
    sessions = {name: times * SECOND_NS for name, times in sessions.items()}
    bars = algotrendy.bars(
        trades(10.0, 11.0, step_ns=12 * SECOND_NS), "tick", size=5, sessions=sessions
    )
    figure = algotrendy.plot(bars)
    assert shapes(figure, "session break")[0].path.startswith("M0.5,")


def test_an_index_axis_is_labelled_in_the_zone_and_a_time_axis_reaches_from_open_to_close() -> None:
    bars = algotrendy.bars(trades(10.0, 11.0, step_ns=60 * SECOND_NS), "time", interval="1m")
    tokyo = algotrendy.plot(bars, zone="Asia/Tokyo")
    assert tokyo.layout.xaxis.labelalias["1"] == "09:01"
    timed = algotrendy.plot(bars, axis="time")
    assert timed.data[0].x[0] == "1970-01-01 00:00:30.0000"
    assert "M1970-01-01_00:00:09.0000," in timed.layout.shapes[0].path


def test_empty_bars_without_prices_leave_a_hole() -> None:
    gap = trades(10.0, 11.0, step_ns=3 * SECOND_NS)
    bars = algotrendy.bars(gap, "time", interval="1s", empty="null")
    figure = algotrendy.plot(bars)
    assert len(figure.data[0].customdata) == 4
    assert not shapes(figure, "empty")


def test_no_bars_are_a_chart_that_says_so() -> None:
    empty = {name: column[:0] for name, column in trades(10.0).items()}
    figure = algotrendy.plot(algotrendy.bars(empty, "tick", size=2))
    assert "0 bars" in figure.layout.title.text


def test_ten_thousand_bars_are_no_more_traces_than_ten() -> None:
    prices = 100 + np.cumsum(np.random.default_rng(7).choice([-0.5, 0.5], 10_000))
    figure = algotrendy.plot(algotrendy.bars(trades(*prices), "tick", size=1))
    assert len(figure.data) + len(figure.layout.shapes) < 10


def test_a_written_chart_needs_no_network(tmp_path: Path) -> None:
    bars = algotrendy.bars(trades(10.0, 11.0), "tick", size=1)
    algotrendy.plot(bars, title="GC", path=tmp_path / "bars.html")
    document = (tmp_path / "bars.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in document
    assert "<script src" not in document
    assert "<link" not in document
    assert "GC" in document


def test_a_chart_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    bars = algotrendy.bars(trades(10.0), "tick", size=1)
    with pytest.raises(StorageError, match="No such file"):
        algotrendy.plot(bars, path=tmp_path / "missing" / "bars.html")


def test_without_plotly_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(FailedPreconditionError, match=r"algotrendy\[report\]"):
        algotrendy.plot(algotrendy.bars(trades(10.0), "tick", size=1))


@pytest.mark.parametrize("options", [{"axis": "log"}, {"axis": "time"}, {"zone": "Mars/Olympus"}])
def test_what_cannot_be_drawn_is_refused(options: dict[str, str]) -> None:
    bricks = algotrendy.bars(trades(10.0, 12.0), "renko", size=1)
    with pytest.raises(InvalidArgumentError):
        algotrendy.plot(bricks, **options)  # type: ignore[arg-type]


def test_only_bars_are_drawn() -> None:
    with pytest.raises(InvalidArgumentError, match="list"):
        algotrendy.plot([])  # type: ignore[arg-type]
