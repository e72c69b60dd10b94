"""One table of reasons: the contract's enum and the error classes agree."""

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
