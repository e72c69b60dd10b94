"""Expressions over bars: `algotrendy.features`, and what is written in the language.

The guide "Expressions" teaches the language, the reference "Functions" lists it.
"""

from algotrendy.expression.features import features

__all__ = ["features"]
