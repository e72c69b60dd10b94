"""One table of reasons: the contract's enum, the error classes and the core agree."""

import re
from pathlib import Path

import grpc
import pytest
from google.rpc import code_pb2

from algotrendy.api.type.v1 import reason_pb2
from algotrendy.errors import AlgoTrendyError, error_classes

REASONS = {
    value.name.removeprefix("REASON_"): code_pb2.Code.Name(
        value.GetOptions().Extensions[reason_pb2.status_code]
    )
    for value in reason_pb2.Reason.DESCRIPTOR.values
    if value.number
}

CORE = Path(__file__).parents[3] / "core_rs"
REJECT_REASONS = re.findall(
    r'^    \w+ = "([A-Z_]+)",$',
    (CORE / "algotrendy-core/src/risk/reason.rs").read_text("utf-8"),
    flags=re.MULTILINE,
)


def error_reasons() -> set[str]:
    """What the Rust errors call themselves: the text on the right in each `fn reason`."""
    return {
        reason
        for path in CORE.rglob("*.rs")
        for body in re.findall(
            r"fn reason\(&self\) -> &'static str \{(.*?)\n    \}",
            path.read_text("utf-8"),
            flags=re.DOTALL,
        )
        for reason in re.findall(r'"([A-Z_]+)"', body)
    }


def test_every_reason_of_the_contract_has_a_class_and_every_class_a_reason() -> None:
    assert set(error_classes()) == set(REASONS)


@pytest.mark.parametrize("error_class", error_classes().values(), ids=error_classes())
def test_a_class_has_the_status_that_the_contract_gives_its_reason(
    error_class: type[AlgoTrendyError],
) -> None:
    assert error_class.code == REASONS[error_class.reason]
    assert error_class.code in grpc.StatusCode.__members__


def test_no_two_classes_share_a_reason() -> None:
    found: dict[str, type[AlgoTrendyError]] = {}
    pending = list(AlgoTrendyError.__subclasses__())
    while pending:
        error_class = pending.pop()
        pending.extend(error_class.__subclasses__())
        assert found.setdefault(error_class.reason, error_class) is error_class


def test_the_core_rejects_orders_for_reasons_that_are_read_from_its_source() -> None:
    assert len(REJECT_REASONS) > 40
    assert {"KILL_SWITCH_ON", "REJECTED_BY_VENUE"} < set(REJECT_REASONS)


@pytest.mark.parametrize("reason", REJECT_REASONS)
def test_an_order_is_rejected_for_a_reason_of_the_contract_which_the_state_can_change(
    reason: str,
) -> None:
    assert REASONS[reason] == "FAILED_PRECONDITION"


def test_every_error_of_the_core_is_one_of_the_contract() -> None:
    reasons = error_reasons()
    assert "JOURNAL_VERSION_UNKNOWN" in reasons
    assert reasons <= set(REASONS)
