"""What holding and trading an instrument costs: margin and commission."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from algotrendy.domain.money import currency_scale, from_units, to_units
from algotrendy.errors import InstrumentError


@dataclass(frozen=True)
class Margin:
    """Equity that a position takes up: a share of its notional, or an amount for each contract.

    Parameters
    ----------
    bps : int, optional
        Basis points of the notional, 1 to 10,000.
    per_contract : Decimal, optional
        For each unit of quantity, in the instrument's currency; positive.
    """

    bps: int | None = None
    per_contract: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.bps is None) == (self.per_contract is None):
            raise InstrumentError(
                "A margin is either basis points or an amount for each contract.", field="margin"
            )

    def to_core(self, currency: str) -> dict[str, int]:
        """Return the margin as the Rust core takes it."""
        if self.per_contract is None:
            return {"bps": self.bps or 0}
        scale = currency_scale(currency)
        return {"per_contract": to_units(self.per_contract, scale, field="per_contract")}

    @classmethod
    def from_core(cls, margin: dict[str, int], currency: str) -> "Margin":
        """Return the margin that `to_core` gave to the core."""
        if "bps" in margin:
            return cls(bps=margin["bps"])
        return cls(per_contract=from_units(margin["per_contract"], currency_scale(currency)))


@dataclass(frozen=True)
class PerShare:
    """So much a share, at least `minimum` an order, at most `maximum_bps` of the notional."""

    rate: Decimal
    minimum: Decimal | None = None
    maximum_bps: Decimal | None = None


@dataclass(frozen=True)
class PerContract:
    """So much a contract."""

    rate: Decimal


@dataclass(frozen=True)
class Percentage:
    """Basis points of the notional: of an order that rested, of one that traded at once."""

    maker_bps: Decimal
    taker_bps: Decimal


Commission = PerShare | PerContract | Percentage

_NAMES: dict[str, Callable[..., Commission]] = {
    "per_share": PerShare,
    "per_contract": PerContract,
    "percentage": Percentage,
}


def commission_to_core(commission: Commission) -> dict[str, Any]:
    """Return a commission as the Rust core takes it."""
    name = next(name for name, kind in _NAMES.items() if kind is type(commission))
    rates = asdict(commission).items()
    return {name: {field: None if rate is None else f"{rate:f}" for field, rate in rates}}


def commission_from_core(commission: dict[str, Any]) -> Commission:
    """Return the commission that `commission_to_core` gave to the core."""
    ((name, rates),) = commission.items()
    return _NAMES[name](
        **{field: None if rate is None else Decimal(rate) for field, rate in rates.items()}
    )
