"""A trading core as it would be written if nothing had to be fast: the other opinion.

It shares no code with the core. Every number is exact (`int` and `Fraction`), every check adds up
all orders and positions anew, every window scans the whole history, and nothing is cached.
"""

from tests.parity.trading.model.core import NaiveCore
from tests.parity.trading.model.refusal import Refused

__all__ = ["NaiveCore", "Refused"]
