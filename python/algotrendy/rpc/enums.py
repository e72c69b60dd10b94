"""Enums of the contract, by the part of their values' names that says something."""

from typing import Any, Final

from algotrendy.errors import InvalidArgumentError

UNSPECIFIED: Final = "UNSPECIFIED"


def enum_name(enum: Any, value: int, field: str) -> str:  # noqa: ANN401  # Any generated enum.
    """Return `BUY` for SIDE_BUY; raise `InvalidArgumentError` for what the contract has not."""
    known = enum.DESCRIPTOR.values_by_number.get(value)
    if known is None:
        raise InvalidArgumentError(
            f"{field} is {value}, which the contract does not have.", field=field, value=str(value)
        )
    prefix = enum.DESCRIPTOR.values_by_number[0].name.removesuffix(UNSPECIFIED)
    return str(known.name).removeprefix(prefix)
