"""The error hierarchy, and its way through `google.rpc.Status`."""

import pytest

from algotrendy.errors import (
    AlgoTrendyError,
    InternalError,
    NotionalLimitExceededError,
    error_classes,
    from_reason,
)
from algotrendy.rpc.errors import encode_error, error_info


def test_a_reason_makes_its_class_with_message_and_metadata() -> None:
    error = from_reason("NOTIONAL_LIMIT_EXCEEDED", "Too much.", {"limit": "100000"})
    assert type(error) is NotionalLimitExceededError
    assert (error.message, error.metadata) == ("Too much.", {"limit": "100000"})


def test_a_reason_of_a_newer_version_is_an_internal_error_that_names_it() -> None:
    error = from_reason("BRAND_NEW", "What is this?", {})
    assert type(error) is InternalError
    assert error.message == "BRAND_NEW: What is this?"


def test_metadata_may_be_called_message() -> None:
    assert from_reason("INTERNAL", "Broken.", {"message": "x"}).metadata == {"message": "x"}


@pytest.mark.parametrize("reason", error_classes())
def test_every_error_has_a_status_that_carries_it(reason: str) -> None:
    error: AlgoTrendyError = from_reason(reason, "Refused.", {"field": "quantity"})
    status = encode_error(error)
    info = error_info(status)
    assert info is not None
    assert status.code != 0
    assert (info.reason, info.domain, dict(info.metadata)) == (
        reason,
        "algotrendy",
        {"field": "quantity"},
    )
