"""The terms of a simulated venue, in a paper account and in a backtest."""

from dataclasses import dataclass
from decimal import Decimal

from algotrendy import _core
from algotrendy.errors import InvalidArgumentError

_BPS_LIMIT = 10_000


@dataclass(frozen=True)
class VenueTerms:
    """How orders are filled and charged, in basis points of the price met and of the notional."""

    slippage_bps: Decimal = Decimal(0)
    fee_bps: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        for field in ("slippage_bps", "fee_bps"):
            value: Decimal = getattr(self, field)
            if not value.is_finite() or not 0 <= value < _BPS_LIMIT:
                raise InvalidArgumentError(
                    f"{field} is {value}; expected 0 to below {_BPS_LIMIT}.",
                    field=field,
                    value=str(value),
                )

    def to_core(self) -> _core.SimulatedVenue:
        """Return a venue of these terms, without orders."""
        return _core.SimulatedVenue(
            slippage_bps=f"{self.slippage_bps:f}", fee_bps=f"{self.fee_bps:f}"
        )
