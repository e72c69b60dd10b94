"""What an account may do: set by risk, applied by trading, and by a backtest to itself."""

from dataclasses import dataclass, replace
from decimal import Decimal

from algotrendy import _core
from algotrendy.domain.clock import SECOND_NS
from algotrendy.errors import InvalidArgumentError

# The core wants a number in every field. Unset fields become these, which nothing reaches: the
# largest that the core can still scale to an instrument's units.
_NO_AMOUNT = Decimal(10**18)
_NO_COUNT = 2**32 - 1
_NO_AGE_NS = 2**63 - 1


@dataclass(frozen=True)
class Limits:
    """Values that must not be exceeded; None forbids nothing. Amounts: the account's currency."""

    version: int = 0
    max_order_quantity: Decimal | None = None
    max_order_notional: Decimal | None = None
    max_position_notional: Decimal | None = None
    max_open_orders: int | None = None
    price_collar_bps: int | None = None
    max_reference_age_s: int | None = None
    allow_short: bool = False

    def __post_init__(self) -> None:
        for field in (
            "max_order_quantity", "max_order_notional", "max_position_notional",
            "max_open_orders", "price_collar_bps", "max_reference_age_s",
        ):  # fmt: skip
            value = getattr(self, field)
            if value is not None and (value <= 0 or value >= _NO_AMOUNT):
                raise InvalidArgumentError(
                    f"{field} is {value}; expected a positive number, or none for no limit.",
                    field=field,
                    value=str(value),
                )

    def with_version(self, version: int) -> "Limits":
        """Return the same limits as another version."""
        return replace(self, version=version)

    def to_core(self) -> "_core.Limits":
        """Return the limits as the Rust core's `SetLimits` takes them."""
        age_ns = _NO_AGE_NS
        if self.max_reference_age_s is not None:
            age_ns = min(_NO_AGE_NS, self.max_reference_age_s * SECOND_NS)
        return {
            "version": self.version,
            "max_order_quantity": None
            if self.max_order_quantity is None
            else _text(self.max_order_quantity),
            "max_order_notional": _text(self.max_order_notional or _NO_AMOUNT),
            "max_position_notional": _text(self.max_position_notional or _NO_AMOUNT),
            "max_open_orders": min(self.max_open_orders or _NO_COUNT, _NO_COUNT),
            "price_collar_bps": min(self.price_collar_bps or _NO_COUNT, _NO_COUNT),
            "max_reference_age_ns": age_ns,
            "allow_short": self.allow_short,
        }

    @classmethod
    def from_core(cls, limits: "_core.Limits") -> "Limits":
        """Return the limits that `to_core` gave to the core."""
        age_ns = limits["max_reference_age_ns"]
        return cls(
            version=limits["version"],
            max_order_quantity=_amount(limits["max_order_quantity"]),
            max_order_notional=_amount(limits["max_order_notional"]),
            max_position_notional=_amount(limits["max_position_notional"]),
            max_open_orders=_count(limits["max_open_orders"]),
            price_collar_bps=_count(limits["price_collar_bps"]),
            max_reference_age_s=None if age_ns == _NO_AGE_NS else age_ns // SECOND_NS,
            allow_short=limits["allow_short"],
        )


def _text(value: Decimal) -> str:
    return f"{value:f}"


def _amount(text: str | None) -> Decimal | None:
    return None if text is None or Decimal(text) == _NO_AMOUNT else Decimal(text)


def _count(value: int) -> int | None:
    return None if value == _NO_COUNT else value
