"""Ids: opaque strings, UUIDv7 when ours, verbatim when a venue's."""

from typing import NewType

import uuid_utils

AccountId = NewType("AccountId", str)
OrderId = NewType("OrderId", str)
ClientOrderId = NewType("ClientOrderId", str)
ExecutionId = NewType("ExecutionId", str)
ModelId = NewType("ModelId", str)
StrategyId = NewType("StrategyId", str)
DeploymentId = NewType("DeploymentId", str)
BacktestId = NewType("BacktestId", str)


def new_id() -> str:
    """Return a new UUIDv7 (RFC 9562): sorts by the time it was made."""
    return str(uuid_utils.uuid7())
