"""Columns of a file as exact integers."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algotrendy.errors import DataValueError
from algotrendy.market_data.adapters.columns import Column, times_ns, units

CENT = Decimal("0.01")


def column(*values: object, kind: pa.DataType | None = None) -> Column:
    return Column("prices.csv", "x", pa.array(values, kind))


@given(
    numbers=st.lists(
        st.decimals(min_value=-(10**9), max_value=10**9, places=9), min_size=1, max_size=20
    ),
    step=st.sampled_from(["0.01", "0.05", "0.25", "1", "0.0001", "5"]),
)
def test_rounding_to_a_step_equals_decimal_arithmetic(numbers: list[Decimal], step: str) -> None:
    tick = Decimal(step)
    scale = max(0, -int(tick.normalize().as_tuple().exponent))
    expected = [(n / tick).quantize(Decimal(1), ROUND_HALF_EVEN) * tick for n in numbers]
    found, rounding = units(column(*(str(n) for n in numbers)), tick, scale)
    assert found.tolist() == [int(n.scaleb(scale)) for n in expected]
    changes = [abs(a - b) for a, b in zip(numbers, expected, strict=True)]
    assert rounding.count == sum(change != 0 for change in changes)
    assert rounding.largest == max(changes)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("0.125", 12),
        ("0.135", 14),
        ("+1.5", 150),
        (".5", 50),
        ("5.", 500),
        ("1e2", 10_000),
        ("1.5E-1", 15),
        (" 2 ", 200),
        ("92233720368547758.07", 2**63 - 1),
    ],
)
def test_numbers_are_read_as_they_are_written(text: str, cents: int) -> None:
    assert units(column(text), CENT, 2)[0].tolist() == [cents]


@pytest.mark.parametrize(
    "text",
    ["", "nan", "NaN", "inf", "-inf", "abc", "1,5", "0x10", "1e400", "92233720368547758.08"],
)
def test_what_is_no_number_of_64_bits_is_refused_with_its_row(text: str) -> None:
    with pytest.raises(DataValueError) as refusal:
        units(column("1", text), CENT, 2)
    assert refusal.value.metadata == {
        "file": "prices.csv",
        "row": "2",
        "column": "x",
        "value": text,
    }


def test_a_number_with_more_digits_than_anybody_quotes_is_refused() -> None:
    with pytest.raises(DataValueError) as refusal:
        units(column("1", "0." + "1" * 31), CENT, 2)
    assert refusal.value.metadata["row"] == "2"


def test_floats_of_a_parquet_file_round_as_the_digits_they_print() -> None:
    doubles = units(column(1.005, 0.145, 1e-7, kind=pa.float64()), CENT, 2)[0]
    assert doubles.tolist() == [100, 14, 0]
    singles, rounding = units(column(0.1, 132.09, kind=pa.float32()), CENT, 2)
    assert singles.tolist() == [10, 13209]
    assert rounding.count == 0


def test_integers_and_decimals_of_a_parquet_file_are_exact() -> None:
    assert units(column(7, kind=pa.int32()), CENT, 2)[0].tolist() == [700]
    exact = column(Decimal("1.015"), kind=pa.decimal128(20, 3))
    assert units(exact, CENT, 2)[0].tolist() == [102]


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_missing_number_of_a_parquet_file_is_refused(value: float | None) -> None:
    with pytest.raises(DataValueError) as refusal:
        units(column(1.0, value, kind=pa.float64()), CENT, 2)
    assert refusal.value.metadata["row"] == "2"


def test_a_slice_of_a_column_is_read_from_its_own_first_row() -> None:
    part = Column("prices.csv", "x", pa.array(["1", "2", "3"]).slice(1))
    assert units(part, CENT, 2)[0].tolist() == [200, 300]


def ns(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-03-04", datetime(2020, 3, 4, tzinfo=UTC)),
        ("2020/3/4", datetime(2020, 3, 4, tzinfo=UTC)),
        ("20200304", datetime(2020, 3, 4, tzinfo=UTC)),
        ("3/4/2020", datetime(2020, 3, 4, tzinfo=UTC)),
        ("31/12/2020", datetime(2020, 12, 31, tzinfo=UTC)),
        ("04.03.2020", datetime(2020, 3, 4, tzinfo=UTC)),
        ("2020-03-04 09:30", datetime(2020, 3, 4, 9, 30, tzinfo=UTC)),
        ("2020-03-04T09:30:15Z", datetime(2020, 3, 4, 9, 30, 15, tzinfo=UTC)),
        ("2020-03-04 09:30:15.25", datetime(2020, 3, 4, 9, 30, 15, 250_000, tzinfo=UTC)),
        ("2020-03-04 09:30:15 UTC", datetime(2020, 3, 4, 9, 30, 15, tzinfo=UTC)),
        ("2020-03-04T09:30:15-05:00", datetime(2020, 3, 4, 14, 30, 15, tzinfo=UTC)),
        ("2020-03-04T09:30:15+0530", datetime(2020, 3, 4, 4, 0, 15, tzinfo=UTC)),
        ("1969-12-31 23:59:59", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("1583314215", datetime(2020, 3, 4, 9, 30, 15, tzinfo=UTC)),
        ("1583314215.25", datetime(2020, 3, 4, 9, 30, 15, 250_000, tzinfo=UTC)),
        ("1583314215250", datetime(2020, 3, 4, 9, 30, 15, 250_000, tzinfo=UTC)),
        ("1583314215250000", datetime(2020, 3, 4, 9, 30, 15, 250_000, tzinfo=UTC)),
        ("1583314215250000000", datetime(2020, 3, 4, 9, 30, 15, 250_000, tzinfo=UTC)),
    ],
)
def test_times_are_recognised(text: str, moment: datetime) -> None:
    assert times_ns(column(text)).tolist() == [ns(moment)]


@given(
    moment=st.datetimes(min_value=datetime(1700, 1, 1), max_value=datetime(2250, 1, 1)),  # noqa: DTZ001
    minutes=st.integers(-14 * 60, 14 * 60),
)
def test_any_iso_time_with_a_zone_is_the_moment_it_names(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert times_ns(column(zoned.isoformat())).tolist() == [ns(zoned)]


def test_nanoseconds_of_a_time_are_kept() -> None:
    assert times_ns(column("1970-01-01T00:00:01.123456789")).tolist() == [1_123_456_789]


def test_a_day_after_the_12th_tells_the_order_of_day_and_month_for_the_whole_column() -> None:
    expected = [ns(datetime(2020, 2, 1, tzinfo=UTC)), ns(datetime(2020, 2, 13, tzinfo=UTC))]
    assert times_ns(column("2/1/2020", "2/13/2020")).tolist() == expected
    assert times_ns(column("1/2/2020", "13/2/2020")).tolist() == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2020-02-30", "2020-13-01", "2020-01-01 24:00", "2020", "nan"]
)
def test_what_is_no_time_is_refused_with_its_row(text: str) -> None:
    with pytest.raises(DataValueError) as refusal:
        times_ns(column("2020-01-01", text))
    assert refusal.value.metadata == {
        "file": "prices.csv",
        "row": "2",
        "column": "x",
        "value": text,
    }


def test_times_of_a_parquet_file_keep_their_moment() -> None:
    moment = datetime(2020, 3, 4, 9, 30, tzinfo=UTC)
    zoned = pa.timestamp("us", tz="America/New_York")
    assert times_ns(column(moment, kind=zoned)).tolist() == [ns(moment)]
    naive = moment.replace(tzinfo=None)
    assert times_ns(column(naive, kind=pa.timestamp("ms"))).tolist() == [ns(moment)]
    day = column(date(2020, 3, 4), kind=pa.date32())
    assert times_ns(day).tolist() == [ns(datetime(2020, 3, 4, tzinfo=UTC))]
    epoch = column(1_583_314_215_250, kind=pa.int64())
    assert times_ns(epoch).dtype == np.int64


def test_a_missing_or_far_time_of_a_parquet_file_is_refused() -> None:
    with pytest.raises(DataValueError) as refusal:
        times_ns(column(datetime(2020, 1, 1), None, kind=pa.timestamp("us")))  # noqa: DTZ001
    assert refusal.value.metadata["row"] == "2"
    with pytest.raises(DataValueError):
        times_ns(column(date(9999, 1, 1), kind=pa.date32()))
