"""The engine against a simulation written a second time, from the rules alone, in `Decimal`."""

from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.soak import examples

from algotrendy.backtest.model import BacktestTerms
from algotrendy.backtest.rows import equity_of, fills_of, orders_of
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.order import Side
from algotrendy.domain.strategy import Percent, StrategySpec
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import InsufficientFundsError
from algotrendy.testing.backtest import run_spec
from algotrendy.testing.strategy import MODEL_ID, daily_bars, spec

CENT = Decimal("0.01")
# More than a market has bars.
MARKET = 1000
CASH = Decimal(100_000)
# Those of `spec`.
ENTRY, EXIT = 0.6, 0.4
Probabilities = list[float | None]


@dataclass(frozen=True)
class Market:
    """Bars of one symbol and what the model says at each."""

    bars: BarColumns
    probabilities: Probabilities


class TableModel:
    """Says what each market's script says of its n-th bar; a volume tells market and bar."""

    model_id = MODEL_ID
    features = (("bar", "volume"),)
    usable_after_ns = 0

    def __init__(self, markets: list[Market]) -> None:
        self._scripts = [np.array(market.probabilities, dtype=float) for market in markets]

    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        places = [divmod(int(volume) - 1, MARKET) for volume in rows[:, 0]]
        return np.array([self._scripts[market][bar] for market, bar in places])


@dataclass
class Naive:
    """One account, day by day; every symbol has a bar on every day."""

    chosen: StrategySpec
    venue: VenueTerms
    cash: Decimal = CASH
    held: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, tuple[Side, int, Decimal]] = field(default_factory=dict)
    fills: list[tuple[object, ...]] = field(default_factory=list)
    rejected: int = 0

    def open(self, symbol: str, price: Decimal, time_ns: int) -> None:
        if symbol not in self.waiting:
            return
        side, quantity, _ = self.waiting.pop(symbol)
        sign = 1 if side is Side.BUY else -1
        slipped = (price * (1 + sign * self.venue.slippage_bps / 10_000)).quantize(
            CENT, ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
        )
        slipped = max(slipped, CENT)
        fee = (slipped * quantity * self.venue.fee_bps / 10_000).quantize(CENT, ROUND_HALF_EVEN)
        self.cash -= sign * slipped * quantity + fee
        self.held[symbol] = self.held.get(symbol, 0) + sign * quantity
        self.fills.append((symbol, side, Decimal(quantity), slipped, fee, time_ns))

    def equity(self, closes: dict[str, Decimal]) -> Decimal:
        return self.cash + sum(self.held.get(symbol, 0) * close for symbol, close in closes.items())

    def decide(self, symbol: str, probability: float | None, closes: dict[str, Decimal]) -> None:
        if probability is None or symbol in self.waiting:
            return
        held = self.held.get(symbol, 0)
        if held == 0 and probability >= ENTRY:
            budget = self.chosen.size.percent * self.equity(closes)
            quantity = max(0, int(budget // closes[symbol]))
            reserved = sum(
                q * price for side, q, price in self.waiting.values() if side is Side.BUY
            )
            if quantity * closes[symbol] > self.cash - reserved:
                self.rejected += quantity > 0
            elif quantity > 0:
                self.waiting[symbol] = (Side.BUY, quantity, closes[symbol])
        elif held > 0 and probability <= EXIT:
            self.waiting[symbol] = (Side.SELL, held, closes[symbol])


def simulate(
    markets: list[Market], chosen: StrategySpec, venue: VenueTerms
) -> tuple[Naive, list[Decimal]]:
    book = Naive(chosen, venue)
    equity: list[Decimal] = []
    days = [list(market.bars) for market in markets]
    for day in range(len(days[0])):
        today = [bars[day] for bars in days]
        for bar in today:
            book.open(bar.symbol, bar.open * CENT, bar.open_time_ns)
        closes = {bar.symbol: bar.close * CENT for bar in today}
        for market, bar in zip(markets, today, strict=True):
            book.decide(bar.symbol, market.probabilities[day], closes)
        equity.append(book.equity(closes))
    return book, equity


@st.composite
def market_lists(draw: st.DrawFn) -> list[Market]:
    length = draw(st.integers(2, 40))
    # Mostly within a few per cent of each other, so that accounts live long enough to trade.
    steps = st.one_of(st.integers(95_00, 105_00), st.integers(1, 400_00))
    prices = st.lists(steps, min_size=length, max_size=length)
    # Eager on purpose: most bars trade, some say nothing, some meet a threshold exactly.
    says = st.one_of(st.none(), st.sampled_from([0.6, 0.4]), st.floats(0, 1))
    symbols = draw(st.sampled_from([("AAA",), ("AAA", "BBB"), ("AAA", "BBB", "CCC")]))
    markets = []
    for place, symbol in enumerate(symbols):
        bars = daily_bars(draw(prices), symbol, opens=draw(prices))
        bars = replace(bars, volume=bars.volume + place * MARKET)
        markets.append(Market(bars, draw(st.lists(says, min_size=length, max_size=length))))
    return markets


rates = st.decimals(0, 50, places=2)
weights = st.decimals(Decimal("0.01"), 1, places=3)


@settings(max_examples=examples(100), deadline=None)
@given(market_lists(), rates, rates, weights)
def test_the_engine_equals_a_naive_simulation(
    markets: list[Market], slippage_bps: Decimal, fee_bps: Decimal, weight: Decimal
) -> None:
    chosen = spec([m.bars.instrument.symbol for m in markets], size=Percent(weight))
    venue = VenueTerms(slippage_bps, fee_bps)
    terms = BacktestTerms(0, initial_cash=CASH, venue_terms=venue)
    book, equity = simulate(markets, chosen, venue)
    model = TableModel(markets)
    if min(equity) <= 0:
        with pytest.raises(InsufficientFundsError):
            run_spec(chosen, [m.bars for m in markets], terms, model)
        return
    result = run_spec(chosen, [m.bars for m in markets], terms, model)
    assert [
        (f.symbol, f.side, f.quantity, f.price, f.fee, f.fill_time_ns) for f in fills_of(result, "")
    ] == book.fills
    assert [value * CENT for value in equity_of(result).equity.tolist()] == equity
    assert len(result.rejections) == book.rejected
    waiting = [order.symbol for order in orders_of(result) if order.status == "NEW"]
    assert sorted(waiting) == sorted(book.waiting)
