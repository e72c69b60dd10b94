"""Every function written a second time, from its description alone: loops and exact fractions.

Nothing here is fast. `evaluate` reads an expression with Python's parser and works through the
whole columns each time.
"""

from tests.parity.expressions.naive.language import evaluate, evaluate_universe

__all__ = ["evaluate", "evaluate_universe"]
