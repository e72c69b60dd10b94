"""One column of a reference, the expression that it is, and how far both may be apart."""

from dataclasses import dataclass

import numpy as np
from tests.parity.expressions.naive.model import Column

EXACT = 1e-9


@dataclass(frozen=True)
class Case:
    """`tolerance` is absolute, and comes with `EXACT` relative: what the reference rounds to.

    Where the reference starts another way, `starts` says how, and rows count from `settled` on:
    the row from which on the two starts differ by less than the tolerance.
    """

    column: str
    text: str
    tolerance: float = EXACT
    starts: str = ""
    settled: int = 0

    def __str__(self) -> str:
        return f"{self.column} is {self.text}"


def assert_agrees(found: Column, wanted: Column, case: Case) -> None:
    """From the first value on, or from where the ways to start no longer matter."""
    both = ~np.isnan(found) & ~np.isnan(wanted)
    if not case.starts:
        assert first_value(found) == first_value(wanted), "the first values are of different bars"
    both[: case.settled] = False
    assert both.sum() >= 2, "too few rows to compare"
    differences = np.abs(found - wanted)[both]
    allowed = case.tolerance + EXACT * np.abs(wanted[both])
    worst = np.argmax(differences - allowed)
    row = np.flatnonzero(both)[worst]
    assert differences[worst] <= allowed[worst], f"row {row}: {found[row]} is not {wanted[row]}"


def first_value(column: Column) -> int:
    return int(np.flatnonzero(~np.isnan(column))[0])


def bars_until_forgotten(weight: float) -> int:
    """How many bars until a mean that moves by `weight` keeps 1e-13 of where it started."""
    return int(np.ceil(np.log(1e-13) / np.log1p(-weight)))
