"""What is held of one instrument. Money is exact.

A holding's cost is kept whole and signed like its quantity, as the trading core keeps it: closing a
part takes its share, rounded half-even to the notional's scale, so that both tell the same profit
to the last cent.
"""

from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from algotrendy.domain.money import round_half_even

AVERAGE_PRICE_SCALE = 8
# Enough for every product of a 64-bit price, a 64-bit quantity and a multiplier.
EXACT_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Holding:
    """What a book holds of one instrument. A flat one stays, for the profit it realised.

    Parameters
    ----------
    notional_scale : int
        Digits after the point of the instrument's price and quantity together.
    is_paid_in_full : bool
        Whether a fill moves cash by its notional; else profit alone becomes cash.
    quantity : Decimal
        Base units; negative is short.
    total_cost : Decimal
        Quantity times price times multiplier paid, signed like the quantity.
    realized_pnl : Decimal
        Profit of what was closed, fees not included.
    """

    symbol: str
    multiplier: int = 1
    notional_scale: int = 2
    quantity: Decimal = Decimal(0)
    total_cost: Decimal = Decimal(0)
    realized_pnl: Decimal = Decimal(0)
    last_fill_price: Decimal | None = None
    is_paid_in_full: bool = True

    @property
    def average_price(self) -> Decimal:
        """The average price paid, rounded half-even to 8 decimals; 0 when flat."""
        if not self.quantity:
            return Decimal(0)
        with localcontext(prec=EXACT_DIGITS):
            average = self.total_cost / (self.quantity * self.multiplier)
        return round_half_even(average, AVERAGE_PRICE_SCALE)

    def flat(self) -> "Holding":
        """Return the same instrument's holding before its first fill."""
        return Holding(
            self.symbol,
            self.multiplier,
            self.notional_scale,
            is_paid_in_full=self.is_paid_in_full,
        )

    def notional(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Return quantity times price times multiplier, exact."""
        with localcontext(prec=EXACT_DIGITS):
            return quantity * price * self.multiplier

    def unrealized_pnl(self, price: Decimal, cash_scale: int) -> Decimal:
        """Return the profit of what is open at `price`."""
        return round_half_even(self.notional(self.quantity, price) - self.total_cost, cash_scale)

    def equity(self, price: Decimal, cash_scale: int) -> Decimal:
        """Return what it adds to the cash: its worth, or of what is margined its open profit."""
        if self.is_paid_in_full:
            return round_half_even(self.notional(self.quantity, price), cash_scale)
        return self.unrealized_pnl(price, cash_scale)

    def after_fill(self, quantity: Decimal, price: Decimal, cash_scale: int) -> "Holding":
        """Return the holding after a fill of a signed `quantity`.

        One through zero closes the holding, then opens the other side.
        """
        if not self.quantity or (self.quantity > 0) == (quantity > 0):
            return self.extended(quantity, price)
        closing = -min(quantity.copy_abs(), self.quantity.copy_abs()).copy_sign(self.quantity)
        reduced = self.reduced(closing, price, cash_scale)
        rest = quantity - closing
        return reduced.extended(rest, price) if rest else reduced

    def extended(self, quantity: Decimal, price: Decimal) -> "Holding":
        """Return the holding after more of its own side was filled."""
        return replace(
            self,
            quantity=self.quantity + quantity,
            total_cost=self.total_cost + self.notional(quantity, price),
            last_fill_price=price,
        )

    def reduced(self, quantity: Decimal, price: Decimal, cash_scale: int) -> "Holding":
        """Return the holding after a part of it, or all, was closed."""
        with localcontext(prec=EXACT_DIGITS):
            share = round_half_even(
                self.total_cost * -quantity / self.quantity, self.notional_scale
            )
            realized = round_half_even(self.notional(-quantity, price) - share, cash_scale)
            return replace(
                self,
                quantity=self.quantity + quantity,
                total_cost=self.total_cost - share,
                realized_pnl=self.realized_pnl + realized,
                last_fill_price=price,
            )
