"""Who evaluates an expression in the tests of outside references: the library, or the naive one.

The naive versions are what the properties compare with, so the references hold them to account too.
"""

from collections.abc import Callable

import pytest
from tests.parity.expressions import naive, ours
from tests.parity.expressions.naive.model import Bars, Column

Evaluate = Callable[[str, Bars], Column]
EVALUATORS: dict[str, Evaluate] = {"ours": ours.evaluate, "naive": naive.evaluate}


@pytest.fixture(params=list(EVALUATORS))
def evaluate(request: pytest.FixtureRequest) -> Evaluate:
    return EVALUATORS[request.param]
