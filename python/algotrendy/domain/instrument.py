"""What is traded, and in which steps."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from algotrendy import _core
from algotrendy.domain.money import from_units, to_units
from algotrendy.errors import InstrumentError


class InstrumentKind(StrEnum):
    """What kind of thing an instrument is."""

    EQUITY = "EQUITY"
    INDEX = "INDEX"
    FUTURE = "FUTURE"
    CRYPTO = "CRYPTO"
    FX = "FX"


@dataclass(frozen=True)
class Instrument:
    """An instrument's terms; a tick of 0.01 makes its prices integers in cents.

    Raises
    ------
    InstrumentError
        If a term is out of range; the metadata name the field.
    """

    symbol: str
    kind: InstrumentKind = InstrumentKind.EQUITY
    currency: str = "USD"
    tick_size: Decimal = Decimal("0.01")
    lot_size: Decimal = Decimal(1)
    multiplier: int = 1

    def __post_init__(self) -> None:
        for field in ("tick_size", "lot_size"):
            step: Decimal = getattr(self, field)
            if not step.is_finite() or step <= 0:
                raise InstrumentError(
                    f"{field} of {self.symbol} is {step}; expected a positive number.",
                    field=field,
                    value=str(step),
                )
        _ = self.core

    @cached_property
    def price_scale(self) -> int:
        """Digits after the point of a price."""
        return _scale(self.tick_size)

    @cached_property
    def quantity_scale(self) -> int:
        """Digits after the point of a quantity."""
        return _scale(self.lot_size)

    @cached_property
    def core(self) -> _core.Instrument:
        """The same instrument, as the Rust core takes it."""
        return _core.Instrument(
            self.symbol,
            kind=self.kind.value,
            currency=self.currency,
            price_scale=self.price_scale,
            quantity_scale=self.quantity_scale,
            tick_size=to_units(self.tick_size, self.price_scale, field="tick_size"),
            lot_size=to_units(self.lot_size, self.quantity_scale, field="lot_size"),
            multiplier=self.multiplier,
        )

    @property
    def core_terms(self) -> "_core.InstrumentTerms":
        """The same instrument, as the core's `RegisterInstrument` takes it."""
        core = self.core
        return {
            "symbol": core.symbol,
            "kind": core.kind,
            "currency": core.currency,
            "price_scale": core.price_scale,
            "quantity_scale": core.quantity_scale,
            "tick_size": core.tick_size,
            "lot_size": core.lot_size,
            "multiplier": core.multiplier,
            "allow_negative_prices": core.allow_negative_prices,
        }

    def price_units(self, price: Decimal, *, field: str = "price") -> int:
        """Return a price in units of 10^-price_scale; a finer one is an error."""
        return to_units(price, self.price_scale, field=field)

    def quantity_units(self, quantity: Decimal, *, field: str = "quantity") -> int:
        """Return a quantity in units of 10^-quantity_scale; a finer one is an error."""
        return to_units(quantity, self.quantity_scale, field=field)

    def price(self, units: int) -> Decimal:
        """Return a price from its units."""
        return from_units(units, self.price_scale)

    def quantity(self, units: int) -> Decimal:
        """Return a quantity from its units."""
        return from_units(units, self.quantity_scale)


def _scale(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
