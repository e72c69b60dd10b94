"""An account's book: its cash, its holdings and what moved them. Money is exact."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from algotrendy.domain.money import currency_scale, round_half_even
from algotrendy.domain.order import Side
from algotrendy.portfolio.changes import (
    CashMoved,
    FeeCharged,
    Filled,
    InstrumentRegistered,
    PositionSet,
)
from algotrendy.portfolio.holding import Holding


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
