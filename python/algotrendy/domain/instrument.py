"""What is traded, and in which steps."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from algotrendy import _core
from algotrendy.domain.cost import (
    Commission,
    Margin,
    commission_from_core,
    commission_to_core,
)
from algotrendy.domain.money import from_units, to_units
from algotrendy.errors import InstrumentError


class InstrumentKind(StrEnum):
    """What kind of thing an instrument is."""

    EQUITY = "EQUITY"
    INDEX = "INDEX"
    FUTURE = "FUTURE"
    CRYPTO = "CRYPTO"
    PERPETUAL = "PERPETUAL"
    FX = "FX"

    @property
    def is_paid_in_full(self) -> bool:
        """Whether a fill moves cash by its notional; else profit alone becomes cash."""
        return self in {InstrumentKind.INDEX, InstrumentKind.EQUITY, InstrumentKind.CRYPTO}


@dataclass(frozen=True)
class Instrument:
    """An instrument's terms; a tick of 0.01 makes its prices integers in cents.

    Parameters
    ----------
    initial_margin, maintenance_margin : Margin, optional
        What must be free to open a position, and must stay while it is held. Default: its whole
        notional, and nothing where it is paid in full, else the initial margin.
    commission : Commission, optional
        What a fill costs, as the account expects it before a trade.
    expire_time_ns : int, optional
        When it stops trading.
    calendar_id : str, optional
        The table of its sessions; without one its market is always open.
    sector : str, optional
        The group whose exposure is limited together.

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
    allow_negative_prices: bool = False
    initial_margin: Margin | None = None
    maintenance_margin: Margin | None = None
    commission: Commission | None = None
    expire_time_ns: int | None = None
    calendar_id: str | None = None
    sector: str | None = None

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
        return _core.Instrument(**self._core_terms())

    @property
    def core_terms(self) -> "_core.InstrumentTerms":
        """The same instrument, as the core's `RegisterInstrument` takes it."""
        terms: _core.InstrumentTerms = self._core_terms()
        return terms

    def _core_terms(self) -> Any:  # noqa: ANN401  # As the stub describes them.
        initial, maintenance = self.initial_margin, self.maintenance_margin
        return {
            "symbol": self.symbol,
            "kind": self.kind.value,
            "currency": self.currency,
            "price_scale": self.price_scale,
            "quantity_scale": self.quantity_scale,
            "tick_size": to_units(self.tick_size, self.price_scale, field="tick_size"),
            "lot_size": to_units(self.lot_size, self.quantity_scale, field="lot_size"),
            "multiplier": self.multiplier,
            "allow_negative_prices": self.allow_negative_prices,
            "initial_margin": None if initial is None else initial.to_core(self.currency),
            "maintenance_margin": None
            if maintenance is None
            else maintenance.to_core(self.currency),
            "commission": None if self.commission is None else commission_to_core(self.commission),
            "expire_time_ns": self.expire_time_ns,
            "calendar_id": self.calendar_id,
            "sector": self.sector,
        }

    @classmethod
    def from_core(cls, terms: "_core.InstrumentTerms") -> "Instrument":
        """Return the instrument that the core knows by these terms."""
        currency = terms["currency"]
        initial, maintenance = terms["initial_margin"], terms["maintenance_margin"]
        commission = terms["commission"]
        return cls(
            symbol=terms["symbol"],
            kind=InstrumentKind(terms["kind"]),
            currency=currency,
            tick_size=from_units(terms["tick_size"], terms["price_scale"]),
            lot_size=from_units(terms["lot_size"], terms["quantity_scale"]),
            multiplier=terms["multiplier"],
            allow_negative_prices=terms["allow_negative_prices"],
            initial_margin=None if initial is None else Margin.from_core(initial, currency),
            maintenance_margin=None
            if maintenance is None
            else Margin.from_core(maintenance, currency),
            commission=None if commission is None else commission_from_core(commission),
            expire_time_ns=terms["expire_time_ns"],
            calendar_id=terms["calendar_id"],
            sector=terms["sector"],
        )

    def as_traded(self) -> "Instrument":
        """Return what simulated accounts trade of it.

        An index cannot be owned: a fund of its symbol, steps and prices stands for it.
        """
        if self.kind is not InstrumentKind.INDEX:
            return self
        return replace(self, kind=InstrumentKind.EQUITY)

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
