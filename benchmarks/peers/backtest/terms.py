"""What every engine of the comparison is told: cash, fee, and prices as floats."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.backtest.serve import Inputs

# All-in at 1 bp a side loses most of an account in a million bars: it starts with enough to go on
# trading whole units to the end.
CASH = 1e10
FEE = 0.0001
# Of the account, where an order is sized at the close that decides: the next price may be higher.
WEIGHT = 0.99
MOMENTUM_CASH = 1e8
CENTS = 100


def prices(inputs: Inputs, name: str) -> NDArray[np.float64]:
    """Return a column of prices. They are quarters, which floats and their sums hold exactly."""
    return inputs[name] / CENTS
