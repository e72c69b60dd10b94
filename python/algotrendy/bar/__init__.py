"""Bars of every style: `algotrendy.bars`, `algotrendy.BarStream`, and what they are told.

The guide "Bars" says what each style and option means.
"""

from algotrendy.bar.batch import bars
from algotrendy.bar.conditions import POLYGON_CONDITIONS
from algotrendy.bar.sessions import exchange_sessions

__all__ = ["POLYGON_CONDITIONS", "bars", "exchange_sessions"]
