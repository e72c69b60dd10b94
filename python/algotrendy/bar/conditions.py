"""Trade conditions: which prints count for high and low, for open and close, and for volume."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Counts = Mapping[str, bool]


def _counts(*, high_low: bool, open_close: bool, volume: bool) -> Counts:
    return MappingProxyType({"high_low": high_low, "open_close": open_close, "volume": volume})


_ALL: Final = _counts(high_low=True, open_close=True, volume=True)
_HIGH_LOW_AND_VOLUME: Final = _counts(high_low=True, open_close=False, volume=True)
_VOLUME: Final = _counts(high_low=False, open_close=False, volume=True)
_PRICE: Final = _counts(high_low=True, open_close=True, volume=False)
_NOTHING: Final = _counts(high_low=False, open_close=False, volume=False)

# Codes of Polygon's (now Massive's) trade conditions for US stocks, by what a consolidated bar
# counts: the `update_rules.consolidated` of its reference endpoint `/v3/reference/conditions`,
# which follow the processors' own rules (CTA and UTP). Its glossary numbers and judges a few
# otherwise; trades carry the endpoint's numbers.
_CODES: Final = (
    # Regular, acquisition, automatic, bunched, CAP election, closing prints, cross, distribution,
    # intermarket sweep; a market's opening, reopening and closing trades.
    (_ALL, (0, 1, 3, 4, 6, 8, 9, 11, 14, 17, 18, 19)),
    # Rule 155, rule 127, opening prints, stopped stock, reopening prints, sold last, the same of
    # stopped stock, split, stock option, yellow flag, trade-through exempt, (re)opening detail.
    (_ALL, (23, 24, 25, 27, 28, 30, 31, 34, 35, 36, 41, 55)),
    # Short sale restrictions and the issuer's financial status: these say nothing about the trade,
    # and have no update rules.
    (_ALL, (*range(57, 61), *range(62, 72))),
    # Bunched sold, derivatively priced, prior reference price, sold out of sequence, the same of
    # stopped stock.
    (_HIGH_LOW_AND_VOLUME, (5, 10, 22, 32, 33)),
    # Average price, cash, extended hours and those out of sequence, next day, price variation,
    # seller, odd lot, contingent, qualified contingent.
    (_VOLUME, (2, 7, 12, 13, 20, 21, 29, 37, 52, 53)),
    # The corrected close of all markets.
    (_PRICE, (38,)),
    # The official close and open of one market.
    (_NOTHING, (15, 16)),
)

POLYGON_CONDITIONS: Final[Mapping[str, Counts]] = MappingProxyType(
    {str(code): counts for counts, codes in _CODES for code in codes}
)
"""Polygon's codes of trade conditions for US stocks. A code that is not in it is an error."""
