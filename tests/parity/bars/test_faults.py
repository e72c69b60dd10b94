"""What is dropped, kept and refused, and what the report says of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.bars.builders import Row, assert_same, columns, naive_bars
from tests.parity.bars.naive import LATE, SUSPECT, Quote, SourceBar, Trade, run
from tests.parity.bars.strategies import SECOND, quotes, source_bars, trades
from tests.soak import examples

import algotrendy
from algotrendy.errors import InvalidArgumentError

some = settings(max_examples=examples(60), deadline=None)
policies = st.sampled_from(["drop", "keep"] * 6 + ["raise"])
refusing = st.sampled_from(["drop", "drop", "drop", "raise"])
STYLES = st.sampled_from(
    [
        ("time", {"interval": "3s"}),
        ("tick", {"size": 3}),
        ("range", {"size": 6}),
        ("renko", {"size": 5, "wicks": True}),
    ]
)
Terms = tuple[str, dict[str, Any]]


@some
@given(
    rows=trades(first_price=40),
    terms=STYLES,
    faults=st.fixed_dictionaries(
        {
            "nonpositive_price": policies,
            "zero_quantity": policies,
            "duplicate": policies,
            "late": policies,
        }
    ),
    ids=st.sampled_from(["window", "monotone"]),
    lateness=st.sampled_from(["0ms", "0ms", "2s"]),
)
def test_faults_of_trades(
    rows: list[Trade], terms: Terms, faults: dict[str, str], ids: str, lateness: str
) -> None:
    style, options = terms
    assert_same(rows, style, faults=faults, ids=ids, lateness=lateness, **options)


@some
@given(
    rows=trades(first_price=40),
    holes=st.dictionaries(
        st.integers(0, 39), st.sampled_from(["price", "quantity"]), min_size=1, max_size=4
    ),
    terms=STYLES,
    invalid=refusing,
)
def test_prices_and_quantities_that_are_no_numbers(
    rows: list[Trade], holes: dict[int, str], terms: Terms, invalid: str
) -> None:
    style, options = terms
    holed = [
        replace(row, **{holes[number]: None}) if number in holes else row
        for number, row in enumerate(rows)
    ]
    size = {"size": f"0.{options['size']:02}"} if style in {"range", "renko"} else {}
    if not size:
        assert_same(holed, style, digits=2, faults={"invalid": invalid}, **options)
        return
    # The naive bars count in units; the library is told the size as a price.
    assert_same_floats(holed, style, {**options, "faults": {"invalid": invalid}}, size)


def assert_same_floats(
    rows: Sequence[Row], style: str, options: dict[str, Any], given_size: dict[str, str]
) -> None:
    table = columns(rows, digits=2)
    scales = {"price_scale": 2, "quantity_scale": 2}
    faulty = any(None in (row.price, row.quantity) for row in rows)
    if faulty and options["faults"]["invalid"] == "raise":
        with pytest.raises(InvalidArgumentError):
            algotrendy.bars(table, style, **{**options, **given_size, **scales})
        return
    bars = algotrendy.bars(table, style, **{**options, **given_size, **scales})
    assert naive_bars(bars, digits=2) == run(rows, style, finish=True, **options).bars


@some
@given(rows=trades(), negative=st.sets(st.integers(0, 39), max_size=4), invalid=refusing)
def test_negative_quantities_are_invalid(
    rows: list[Trade], negative: set[int], invalid: str
) -> None:
    changed = [
        replace(row, quantity=-row.quantity) if number in negative else row
        for number, row in enumerate(rows)
    ]
    assert_same(changed, "tick", size=2, faults={"invalid": invalid})


@some
@given(rows=quotes(), price=st.sampled_from(["bid", "ask", "mid"]), crossed=policies, late=policies)
def test_crossed_quotes(rows: list[Quote], price: str, crossed: str, late: str) -> None:
    faults = {"crossed": crossed, "late": late}
    assert_same(rows, "time", kind=Quote, interval="4s", price=price, faults=faults)


@some
@given(rows=source_bars(), broken=st.sets(st.integers(0, 39), max_size=4), late=policies)
def test_bars_whose_prices_contradict_each_other_are_invalid(
    rows: list[SourceBar], broken: set[int], late: str
) -> None:
    changed = [
        replace(row, high=row.low - 1) if number in broken else row
        for number, row in enumerate(rows)
    ]
    assert_same(changed, "tick", kind=SourceBar, size=3, faults={"late": late})


@some
@given(
    rows=trades(first_price=40),
    fault=st.sampled_from(["late", "duplicate", "zero_quantity", "nonpositive_price"]),
    terms=STYLES,
    cut=st.integers(0, 40),
)
def test_a_refused_chunk_changes_nothing(
    rows: list[Trade], fault: str, terms: Terms, cut: int
) -> None:
    style, options = terms
    stream = algotrendy.BarStream(style, faults={fault: "raise"}, **options)
    bars = []
    accepted: list[Trade] = []
    for chunk in (rows[:cut], rows[cut:], rows[cut + 1 :]):
        before = (stream.report, stream.held, repr(stream.pending))
        try:
            bars += naive_bars(stream.push_many(columns(chunk)))
            accepted += chunk
        except InvalidArgumentError:
            assert (stream.report, stream.held, repr(stream.pending)) == before
    bars += naive_bars(stream.finish())
    expected = run(accepted, style, finish=True, faults={fault: "raise"}, **options)
    assert bars == expected.bars
    assert stream.report == expected.report


def test_a_refused_tick_changes_nothing() -> None:
    stream = algotrendy.BarStream("tick", size=3, faults={"late": "raise"})
    stream.push(2 * SECOND, 100, 1)
    with pytest.raises(InvalidArgumentError):
        stream.push(SECOND, 101, 1)
    assert stream.report["rejected"] == {}
    assert stream.pending.trade_count == 1
    assert stream.pending.close == 100


def test_a_kept_late_tick_counts_at_the_watermark() -> None:
    rows = [Trade(5 * SECOND, 100, 1), Trade(SECOND, 90, 2), Trade(6 * SECOND, 110, 1)]
    bars = algotrendy.bars(columns(rows), "time", interval="4s", faults={"late": "keep"})
    assert bars.open_time_ns.tolist() == [4 * SECOND]
    assert bars.low.tolist() == [90]
    assert bars.flags[0] & LATE
    assert bars.report["kept"] == {"late": {"count": 1, "volume": 2, "notional": 180}}


def test_lateness_puts_ticks_in_order_and_ties_in_order_of_arrival() -> None:
    rows = [
        Trade(3 * SECOND, 103, 1),
        Trade(2 * SECOND, 102, 1),
        Trade(2 * SECOND, 99, 1),
        Trade(5 * SECOND, 105, 1),
    ]
    bars = algotrendy.bars(columns(rows), "tick", size=1, lateness="1s")
    assert bars.close.tolist() == [102, 99, 103, 105]
    assert bars.report["rejected"] == {}


def test_an_id_is_forgotten_after_1024_others() -> None:
    ids = [0, *range(1, 1025), 0, 1024]
    rows = [Trade(number, 100, 1, 0, trade_id) for number, trade_id in enumerate(ids)]
    assert_same(rows, "tick", size=10_000)
    bars = algotrendy.bars(columns(rows), "tick", size=10_000)
    assert bars.report["rejected"]["duplicate"]["count"] == 1


def test_a_kept_duplicate_makes_its_bar_suspect() -> None:
    rows = [Trade(0, 100, 1, 0, 7), Trade(1, 100, 1, 0, 7), Trade(2, 100, 1, 0, 8)]
    bars = algotrendy.bars(columns(rows), "tick", size=2, faults={"duplicate": "keep"})
    assert [bool(flags & SUSPECT) for flags in bars.flags] == [True, False]


@pytest.mark.parametrize("policy", ["keep", "ignore"])
def test_invalid_ticks_cannot_be_kept(policy: str) -> None:
    with pytest.raises(InvalidArgumentError):
        algotrendy.BarStream("tick", size=3, faults={"invalid": policy})


def test_a_price_that_is_no_number_is_invalid() -> None:
    table = {"time": np.array([0, 1]), "price": [np.nan, 1.5], "quantity": [1.0, 2.0]}
    bars = algotrendy.bars({name: np.array(of) for name, of in table.items()}, "tick", size=1)
    assert bars.close.tolist() == [1.5]
    assert bars.report["rejected"]["invalid"]["count"] == 1
