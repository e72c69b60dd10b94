"""Integers are units; floats and decimals are prices, exact at the scale that is named or found."""

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.bar.builders import INT64_MAX, quotes, small_bars, trades

import algotrendy
from algotrendy.domain.instrument import Instrument
from algotrendy.errors import (
    DataColumnsError,
    InvalidArgumentError,
    OverflowValueError,
)

D = Decimal
EMINI = Instrument("ES", tick_size=D("0.25"), lot_size=D("0.001"))


def decimals(*values: str) -> np.ndarray[Any, Any]:
    return np.array([D(value) for value in values], dtype=object)


def report(bars: Any) -> dict[str, Any]:
    assert bars.report is not None
    found: dict[str, Any] = bars.report
    return found


def test_integers_are_units_and_go_out_as_units() -> None:
    bars = algotrendy.bars(trades(1050, 1200), "tick", size=2)
    assert (bars.close.dtype, bars.close.tolist(), bars.notional) == (np.int64, [1200], [2250])
    assert (bars.price_scale, bars.quantity_scale) == (0, 0)
    assert report(bars)["accepted"] == {"count": 2, "volume": 2, "notional": 2250}


def test_a_named_scale_says_what_integers_are_units_of() -> None:
    bars = algotrendy.bars(trades(1050, 1200), "range", size="1.5", price_scale=2, quantity_scale=3)
    assert (bars.close.tolist(), bars.price_scale, bars.quantity_scale) == ([1200], 2, 3)
    assert bars.close_reason == ["RANGE"]


def test_floats_go_out_as_the_same_floats() -> None:
    prices = [0.1, 0.7, 1234.56, 0.3]
    bars = algotrendy.bars(trades(*prices, quantity=np.array(prices)), "tick", size=1)
    assert (bars.close.dtype, bars.close.tolist()) == (np.float64, prices)
    assert (bars.volume.dtype, bars.volume.tolist()) == (np.float64, prices)
    assert bars.notional.dtype == np.float64


def test_decimals_go_out_as_decimals_and_in_numpy_as_floats() -> None:
    table = trades(1, 1, price=decimals("10.50", "12"), quantity=decimals("0.001", "2"))
    bars = algotrendy.bars(table, "tick", size=2)
    assert (bars.close.dtype, bars.close.tolist()) == (np.float64, [12.0])
    arrow = pa.table(bars)
    assert arrow["close"].to_pylist() == [D("12.00")]
    assert arrow["notional"].to_pylist() == [D("24.01050")]
    assert bars[0].volume == D("2.001")
    assert report(bars)["accepted"]["notional"] == D("24.0105")


def test_prices_and_quantities_may_be_of_different_kinds() -> None:
    bars = algotrendy.bars(trades(1.5, 2.5, quantity=np.array([3, 4])), "tick", size=2)
    assert (bars.close.tolist(), bars.volume.tolist()) == ([2.5], [7])
    assert (bars.volume.dtype, bars.notional.tolist()) == (np.int64, [14.5])


@pytest.mark.parametrize(
    ("prices", "scale"),
    [
        ([5.0, 7.0], 0),
        ([123.45], 2),
        ([1.0, 0.5, 0.125], 3),
        ([0.07, 1e6], 2),
        ([1e-9], 9),
        ([4503599627370495.0], 0),
        ([-37.63], 2),
        ([np.nan, np.nan, 0.5], 1),
        ([np.nan], 0),
        ([0.0], 0),
    ],
)
def test_the_scale_of_floats_is_the_smallest_that_is_exact(prices: list[float], scale: int) -> None:
    bars = algotrendy.bars(trades(*prices), "tick", size=1, allow_nonpositive_prices=True)
    assert bars.price_scale == scale
    assert bars.close.tolist() == [price for price in prices if np.isfinite(price)]


@pytest.mark.parametrize("price", [1e-10, 1 / 3, 0.1 + 0.2, 1e19])
@pytest.mark.parametrize("role", ["price", "quantity"])
def test_floats_of_no_such_scale_need_a_name_to_round_to(price: float, role: str) -> None:
    table = trades(1, **{role: np.array([price])})
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(table, "tick", size=1)
    assert refusal.value.metadata["field"] == role
    assert "tick_size" in refusal.value.metadata["expected"]


def test_a_finer_number_is_rounded_half_even_and_counted() -> None:
    table = trades(0.25, 0.35, 0.3, 1.0, quantity=np.array([1.5, 2.5, 3.0, 4.0]))
    bars = algotrendy.bars(table, "tick", size=1, price_scale=1, quantity_scale=0)
    assert (bars.close.tolist(), bars.volume.tolist()) == ([0.2, 0.4, 0.3, 1.0], [2, 2, 3, 4])
    assert report(bars)["rounded"] == 4


def test_finer_decimals_are_rounded_half_even_and_counted() -> None:
    table = trades(1, 1, 1, price=decimals("0.25", "0.35", "0.30"))
    bars = algotrendy.bars(table, "tick", size=1, price_scale=1)
    assert pa.table(bars)["close"].to_pylist() == [D("0.2"), D("0.4"), D("0.3")]
    assert report(bars)["rounded"] == 2


@pytest.mark.parametrize("scale", [0, 2, 18, 20, 38])
def test_decimals_of_any_scale_are_rounded_to_a_named_one(scale: int) -> None:
    kind = pa.decimal128(38, scale)
    prices = pa.array([D("0.5") if scale else D(1)], kind)
    bars = algotrendy.bars(pa.table(trades(1, price=prices)), "tick", size=1, price_scale=2)
    assert bars.close.tolist() == [0.5 if scale else 1.0]
    assert report(bars)["rounded"] == 0


@pytest.mark.parametrize("kind", [pa.decimal128(38, 19), pa.decimal128(38, 38)])
def test_decimals_too_fine_to_be_exact_need_a_name_to_round_to(kind: pa.DataType) -> None:
    table = pa.table(trades(1, price=pa.array([D("0.5")], kind)))
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(table, "tick", size=1)
    assert refusal.value.metadata["field"] == "price_scale"


def test_decimals_have_the_finest_scale_among_them() -> None:
    columns = {name: decimals("1.5") for name in ("open", "low")}
    columns |= {"high": decimals("2.125"), "close": decimals("2")}
    bars = algotrendy.bars(small_bars(1, **columns), "tick", size=1)
    assert (bars.price_scale, bars.high.tolist()) == (3, [2.125])


@pytest.mark.parametrize(
    ("tick_size", "scale", "size"),
    [
        ("0.25", 2, 1.0),
        (0.1, 1, 0.4),
        (D("0.10"), 1, 0.4),
        (1, 0, 4.0),
        (10, 0, 40.0),
        ("0.00000001", 8, 0.00000004),
    ],
)
def test_a_tick_size_names_the_scale_and_the_step(tick_size: Any, scale: int, size: float) -> None:
    bricks = algotrendy.bars(
        trades(100.0, 100.0 + size), "renko", size="4 ticks", tick_size=tick_size
    )
    assert bricks.price_scale == scale
    assert bricks.close.tolist() == [100.0 + size]


@pytest.mark.parametrize("tick_size", [0, -1, "0", "-0.01", "a tick", "nan", "inf", True, [1]])
def test_a_tick_size_is_a_positive_number(tick_size: Any) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(trades(1.0), "tick", size=1, tick_size=tick_size)
    assert refusal.value.metadata["field"] == "tick_size"
    assert refusal.value.metadata["value"] == str(tick_size)


@pytest.mark.parametrize("instrument", [EMINI, EMINI.core], ids=["the platform's", "the core's"])
def test_an_instrument_names_scales_and_tick(instrument: Any) -> None:
    table = trades(100.0, 101.0, quantity=np.array([0.5, 0.25]))
    bars = algotrendy.bars(table, "renko", size="4 ticks", instrument=instrument)
    assert (bars.price_scale, bars.quantity_scale) == (2, 3)
    assert (bars.close.tolist(), bars.volume.tolist()) == ([101.0], [0.75])
    stream = algotrendy.BarStream("renko", size="4 ticks", instrument=instrument)
    stream.push(0, 100.0, 0.5)
    assert stream.push(1, 101.0, 0.25)[0].close == 101.0


def test_what_is_named_comes_before_the_instrument() -> None:
    bars = algotrendy.bars(
        trades(100.0, 101.0), "tick", size=2, instrument=EMINI, price_scale=4, quantity_scale=0
    )
    assert (bars.price_scale, bars.quantity_scale) == (4, 0)
    bricks = algotrendy.bars(
        trades(100.0, 101.0), "renko", size="1 tick", instrument=EMINI, tick_size="0.5"
    )
    assert bricks.close.tolist() == [100.5, 101.0]


@pytest.mark.parametrize("allows", [True, False])
def test_an_instrument_says_whether_prices_may_be_negative(*, allows: bool) -> None:
    instrument = algotrendy.Instrument(
        "CL",
        kind="FUTURE",
        currency="USD",
        price_scale=2,
        quantity_scale=0,
        tick_size=1,
        lot_size=1,
        allow_negative_prices=allows,
    )
    bars = algotrendy.bars(trades(-37.63, 1.0), "tick", size=2, instrument=instrument)
    assert bars.low.tolist() == ([-37.63] if allows else [1.0])
    bars = algotrendy.bars(
        trades(-37.63), "tick", size=1, instrument=instrument, allow_nonpositive_prices=not allows
    )
    assert len(bars) == (not allows)


@pytest.mark.parametrize("instrument", ["ES", 5, {"symbol": "ES"}])
def test_what_is_no_instrument_is_refused(instrument: Any) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(trades(1), "tick", size=1, instrument=instrument)
    assert refusal.value.metadata["field"] == "instrument"


@pytest.mark.parametrize("field", ["price_scale", "quantity_scale"])
@pytest.mark.parametrize("scale", [-1, 19, 1.5, "two", True, 10**30, [2]])
def test_a_scale_is_a_whole_number_to_18(field: str, scale: Any) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(trades(1), "tick", size=1, **{field: scale})
    assert refusal.value.metadata["field"] == field


def test_a_mid_price_has_one_digit_more() -> None:
    bars = algotrendy.bars(quotes(10, 12, spread=1), "tick", size=2)
    assert (bars.close.tolist(), bars.price_scale) == ([125], 1)
    bars = algotrendy.bars(quotes(1.25, spread=0.01), "tick", size=1)
    assert (bars.close.tolist(), bars.price_scale) == ([1.255], 3)


@pytest.mark.parametrize(("style", "source"), [("tick", "quotes"), ("heikin_ashi", "bars")])
def test_more_digits_than_18_are_refused(style: str, source: str) -> None:
    table = quotes(1) if source == "quotes" else small_bars(1)
    options = {"size": 1} if style == "tick" else {}
    with pytest.raises(InvalidArgumentError) as refusal:
        algotrendy.bars(table, style, price_scale=18, **options)
    assert refusal.value.metadata["field"] == "price_scale"


OVERFLOWS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "a sum of quantities": (trades(1, 1, quantity=np.array([INT64_MAX, 1])), "tick", {"size": 5}),
    "a float price": (trades(1e19), "tick", {"size": 1, "price_scale": 0}),
    "a float price at its scale": (trades(1e10), "tick", {"size": 1, "price_scale": 9}),
    "a float quantity": (
        trades(1, quantity=np.array([1e18])),
        "tick",
        {"size": 1, "quantity_scale": 1},
    ),
    "a decimal price": (
        trades(1, price=decimals("12345678901.5")),
        "tick",
        {"size": 1, "price_scale": 9},
    ),
    "a mid price": (quotes(INT64_MAX - 2), "tick", {"size": 1}),
    "a price of Heikin-Ashi": (small_bars(2**62), "heikin_ashi", {}),
    "a time": (trades(1, time=np.array([INT64_MAX])), "time", {"interval": "1m"}),
}


@pytest.mark.parametrize("what", OVERFLOWS)
def test_what_leaves_its_range_is_refused(what: str) -> None:
    table, style, options = OVERFLOWS[what]
    with pytest.raises(OverflowValueError):
        algotrendy.bars(table, style, **options)


def test_a_decimal_too_large_for_the_digits_of_its_column_is_named() -> None:
    large = "1" + 30 * "0"
    table = trades(1, 1, price=decimals("0.000000000000000001", large))
    with pytest.raises(OverflowValueError) as refusal:
        algotrendy.bars(table, "tick", size=1)
    assert refusal.value.metadata == {"field": "price", "row": "1", "value": large}


def test_a_notional_may_be_larger_than_64_bits() -> None:
    table = trades(2**62, 2**62, quantity=np.array([2**61, 2**61]))
    bars = algotrendy.bars(table, "tick", size=2)
    assert bars.notional == [2**124]
    assert pa.table(bars)["notional"].to_pylist() == [2**124]
    assert report(bars)["accepted"]["notional"] == 2**124


def test_kinds_of_prices_that_differ_within_a_table_are_refused() -> None:
    table = small_bars(1, high=np.array([1.5]))
    with pytest.raises(DataColumnsError, match="several kinds of number"):
        algotrendy.bars(table, "tick", size=1)
