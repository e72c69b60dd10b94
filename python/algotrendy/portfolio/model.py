"""An account's book: its cash, its holdings and what moved them. Money is exact.

A holding's cost is kept whole and signed like its quantity, as the trading core keeps it: closing a
part takes its share, rounded half-even to the notional's scale, so that both tell the same profit
to the last cent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext

from algotrendy.domain.money import currency_scale, round_half_even
from algotrendy.domain.order import Side

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


@dataclass(frozen=True, slots=True)
class Cause:
    """The trading event behind a change: its id, its place in the account's own order, its time."""

    event_id: str
    sequence: int
    time_ns: int
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """An account was opened."""

    portfolio_id: str
    display_name: str
    currency: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class CashMoved:
    """Cash came in (positive) or went out (negative)."""

    portfolio_id: str
    amount: Decimal
    balance: Decimal
    cause: Cause


@dataclass(frozen=True, slots=True)
class InstrumentRegistered:
    """An instrument became known to the account."""

    portfolio_id: str
    symbol: str
    multiplier: int
    notional_scale: int
    cause: Cause
    is_paid_in_full: bool = True


@dataclass(frozen=True, slots=True)
class Filled:
    """Part or all of an order was executed; a bust is a fill of the other side, its fee negative.

    `quantity` is positive; `cash` is the account's after it.
    """

    portfolio_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal
    cash: Decimal
    cause: Cause


@dataclass(frozen=True, slots=True)
class FeeCharged:
    """A fee of an earlier fill was charged; `cash` is the account's after it."""

    portfolio_id: str
    symbol: str
    fee: Decimal
    cash: Decimal
    cause: Cause


@dataclass(frozen=True, slots=True)
class PositionSet:
    """A position was settled, or made what the venue says it is; `cash` is None where it stays."""

    portfolio_id: str
    symbol: str
    quantity: Decimal
    total_cost: Decimal
    realized_pnl: Decimal
    cash: Decimal | None
    cause: Cause


@dataclass(frozen=True, slots=True)
class PositionTurned:
    """A position was opened or closed, by the fill told before."""

    portfolio_id: str
    symbol: str
    cause: Cause


Change = (
    AccountOpened
    | CashMoved
    | InstrumentRegistered
    | Filled
    | FeeCharged
    | PositionSet
    | PositionTurned
)


@dataclass(frozen=True, slots=True)
class Flow:
    """One move of a book: cash in or out, a fill, a fee, or a position that was set.

    Parameters
    ----------
    sequence : int
        Of the account's event that made it; flows are ordered by it.
    cash : Decimal
        Change of cash, fee included.
    quantity : Decimal
        Change of the holding; 0 where cash alone moved.
    total_cost : Decimal or None
        The holding's cost after it, where it is not that of a fill.
    """

    sequence: int
    time_ns: int
    cash: Decimal
    symbol: str = ""
    quantity: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    total_cost: Decimal | None = None

    @property
    def is_deposit(self) -> bool:
        """Whether it came from outside, or went there."""
        return not self.symbol


@dataclass(frozen=True, slots=True)
class Book:
    """An account's book; the portfolio of the same id."""

    portfolio_id: str
    display_name: str
    currency: str
    update_time_ns: int
    cash: Decimal = Decimal(0)
    net_deposits: Decimal = Decimal(0)
    total_fees: Decimal = Decimal(0)
    holdings: Mapping[str, Holding] = field(default_factory=dict)

    @property
    def cash_scale(self) -> int:
        """Digits after the point of the currency's minor unit."""
        return currency_scale(self.currency)

    def holding(self, symbol: str) -> Holding:
        """Return the holding of `symbol`, flat where there was none."""
        return self.holdings.get(symbol) or Holding(symbol)

    def after_cash(self, moved: CashMoved) -> tuple["Book", Flow]:
        """Return the book after cash moved, and the flow."""
        book = replace(
            self,
            cash=moved.balance,
            net_deposits=self.net_deposits + moved.amount,
            update_time_ns=moved.cause.time_ns,
        )
        return book, Flow(moved.cause.sequence, moved.cause.time_ns, moved.amount)

    def after_registration(self, registered: InstrumentRegistered) -> "Book":
        """Return the book knowing an instrument's terms."""
        holding = replace(
            self.holding(registered.symbol),
            multiplier=registered.multiplier,
            notional_scale=registered.notional_scale,
            is_paid_in_full=registered.is_paid_in_full,
        )
        return replace(self._with(holding), update_time_ns=registered.cause.time_ns)

    def after_fill(self, fill: Filled) -> tuple["Book", Flow]:
        """Return the book after a fill, and the flow. Cash is what trading says it is."""
        quantity = fill.quantity if fill.side is Side.BUY else -fill.quantity
        holding = self.holding(fill.symbol).after_fill(quantity, fill.price, self.cash_scale)
        book = replace(
            self._with(holding),
            cash=fill.cash,
            total_fees=self.total_fees + fill.fee,
            update_time_ns=fill.cause.time_ns,
        )
        flow = Flow(
            sequence=fill.cause.sequence,
            time_ns=fill.cause.time_ns,
            cash=fill.cash - self.cash,
            symbol=fill.symbol,
            quantity=quantity,
            price=fill.price,
        )
        return book, flow

    def after_fee(self, charged: FeeCharged) -> tuple["Book", Flow]:
        """Return the book after a late fee, and the flow."""
        book = replace(
            self,
            cash=charged.cash,
            total_fees=self.total_fees + charged.fee,
            update_time_ns=charged.cause.time_ns,
        )
        change = charged.cash - self.cash
        cause = charged.cause
        return book, Flow(cause.sequence, cause.time_ns, change, charged.symbol)

    def after_setting(self, told: PositionSet) -> tuple["Book", Flow]:
        """Return the book after a settlement or an adjustment, and the flow."""
        before = self.holding(told.symbol)
        holding = replace(
            before,
            quantity=told.quantity,
            total_cost=told.total_cost,
            realized_pnl=told.realized_pnl,
        )
        cash = self.cash if told.cash is None else told.cash
        book = replace(self._with(holding), cash=cash, update_time_ns=told.cause.time_ns)
        flow = Flow(
            sequence=told.cause.sequence,
            time_ns=told.cause.time_ns,
            cash=cash - self.cash,
            symbol=told.symbol,
            quantity=told.quantity - before.quantity,
            total_cost=told.total_cost,
        )
        return book, flow

    def _with(self, holding: Holding) -> "Book":
        return replace(self, holdings={**self.holdings, holding.symbol: holding})


@dataclass(frozen=True, slots=True)
class ValuedHolding:
    """A holding at a price; `weight` is its share of the book's equity."""

    holding: Holding
    current_price: Decimal
    market_value: Decimal
    unrealized_pnl: Decimal
    weight: float


@dataclass(frozen=True, slots=True)
class ValuedBook:
    """A book at prices; open holdings only, by symbol."""

    book: Book
    equity: Decimal
    holdings: tuple[ValuedHolding, ...]


def value(book: Book, prices: Mapping[str, Decimal]) -> ValuedBook:
    """Value a book at `prices`, and where one is missing at the price of the last fill.

    Amounts are rounded half-even to the currency's minor unit, holding by holding, as the trading
    core does.
    """
    rows = []
    for _, holding in sorted(book.holdings.items()):
        price = prices.get(holding.symbol, holding.last_fill_price)
        if holding.quantity and price is not None:
            notional = holding.notional(holding.quantity, price)
            market_value = round_half_even(notional, book.cash_scale)
            unrealized = holding.unrealized_pnl(price, book.cash_scale)
            rows.append((holding, price, market_value, unrealized))
    equity = book.cash + sum(
        (holding.equity(price, book.cash_scale) for holding, price, _, _ in rows), Decimal(0)
    )
    return ValuedBook(
        book,
        equity,
        tuple(
            ValuedHolding(*row, weight=float(row[2] / equity) if equity else 0.0) for row in rows
        ),
    )
