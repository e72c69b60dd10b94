"""Decimals and times of the wire."""

from decimal import Decimal

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.decimal_pb2 import Decimal as WireDecimal
from hypothesis import given
from hypothesis import strategies as st

from algotrendy.api.market_data.v1.market_data_service_pb2 import GetBarsRequest, ImportBarsRequest
from algotrendy.api.trading.v1.order_entry_service_pb2 import SubmitOrderRequest
from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import (
    decode_decimal,
    decode_optional_decimal,
    encode_decimal,
    parse_decimal,
)
from algotrendy.rpc.time import (
    decode_optional_duration,
    decode_optional_time,
    decode_time,
    encode_duration,
    encode_time,
)

INT64 = st.integers(-(2**63), 2**63 - 1)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=12, min_value=-(10**20), max_value=10**20
    )
)
def test_a_decimal_survives_the_wire(value: Decimal) -> None:
    request = SubmitOrderRequest(quantity=encode_decimal(value))
    assert decode_decimal(request, "quantity") == value


def test_a_decimal_keeps_its_trailing_zeros() -> None:
    assert encode_decimal(Decimal("1.50")).value == "1.50"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1,5",
        "NaN",
        "Infinity",
        "0x10",
        "1e",
        "1_000",
        "\u0661",
        "1e999",
        "9" * 65,
        "--1",
        "1e-100",
    ],
)
def test_text_that_is_no_number_is_refused_by_the_field_that_holds_it(text: str) -> None:
    request = SubmitOrderRequest(limit_price=WireDecimal(value=text))
    with pytest.raises(InvalidArgumentError, match="limit_price") as refusal:
        decode_optional_decimal(request, "limit_price")
    assert refusal.value.metadata["field"] == "limit_price"


@pytest.mark.parametrize("text", ["0", "+1", "-.5", "1.", "2.5e3", "0e-99"])
def test_every_way_to_write_a_number_is_read(text: str) -> None:
    assert parse_decimal(text, "quantity") == Decimal(text)


def test_what_is_not_set_is_none_or_missing() -> None:
    assert decode_optional_decimal(SubmitOrderRequest(), "quantity") is None
    assert decode_optional_time(GetBarsRequest(), "start_time") is None
    with pytest.raises(InvalidArgumentError, match="quantity is missing"):
        decode_decimal(SubmitOrderRequest(), "quantity")
    with pytest.raises(InvalidArgumentError, match="start_time is missing"):
        decode_time(GetBarsRequest(), "start_time")


def test_a_number_that_is_not_finite_is_a_defect_of_the_sender() -> None:
    with pytest.raises(ValueError, match="NaN"):
        encode_decimal(Decimal("NaN"))


@given(INT64)
def test_a_time_survives_the_wire(time_ns: int) -> None:
    request = GetBarsRequest(start_time=encode_time(time_ns))
    assert decode_time(request, "start_time") == time_ns


@given(INT64)
def test_a_duration_survives_the_wire_with_one_sign(duration_ns: int) -> None:
    duration = encode_duration(duration_ns)
    assert duration.seconds * duration.nanos >= 0
    request = ImportBarsRequest(interval=duration)
    assert decode_optional_duration(request, "interval") == duration_ns


@pytest.mark.parametrize(
    "time", [Timestamp(seconds=2**62), Timestamp(seconds=1, nanos=1_000_000_000)]
)
def test_a_time_outside_of_its_range_is_refused(time: Timestamp) -> None:
    with pytest.raises(InvalidArgumentError, match="start_time"):
        decode_time(GetBarsRequest(start_time=time), "start_time")
