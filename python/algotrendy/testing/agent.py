"""Fakes of what the agent area needs, and builders of what the other areas tell."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from algotrendy.agent.model import (
    Backtest,
    Check,
    Exposure,
    Holding,
    Instrument,
    Limits,
    OrderTerms,
    Period,
    Portfolio,
    Strategy,
)
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.domain.clock import DAY_NS
from algotrendy.domain.fill import Fill
from algotrendy.domain.order import Side
from algotrendy.domain.statistics import YEAR_NS, BacktestStatistics
from algotrendy.errors import AlgoTrendyError, BacktestNotFoundError


def holding(symbol: str = "SP500", quantity: str = "10") -> Holding:
    """Return a holding bought at 2,600 that stands at 2,650."""
    held = Decimal(quantity)
    return Holding(
        symbol=symbol,
        quantity=held,
        average_price=Decimal(2600),
        current_price=Decimal(2650),
        market_value=held * 2650,
        unrealized_pnl=held * 50,
        weight=float(held * 2650 / 100_000),
    )


def portfolio(
    portfolio_id: str = "p-1", display_name: str = "Demo", *holdings: Holding
) -> Portfolio:
    """Return a portfolio worth 100,000 USD."""
    return Portfolio(
        portfolio_id=portfolio_id,
        display_name=display_name,
        currency="USD",
        cash=Decimal(100_000) - sum((held.market_value for held in holdings), Decimal(0)),
        equity=Decimal(100_000),
        net_deposits=Decimal(99_000),
        total_fees=Decimal("12.50"),
        holdings=holdings,
    )


def backtest(**changes: object) -> Backtest:
    """Return a backtest of five years that made a profit."""
    found = Backtest(
        backtest_id="b-1",
        strategy_id="s-1",
        symbols=("SP500",),
        start_time_ns=43 * YEAR_NS,
        end_time_ns=48 * YEAR_NS,
        initial_cash=Decimal(100_000),
        final_equity=Decimal(110_000),
        slippage_bps=Decimal(1),
        fee_bps=Decimal("1.5"),
        total_fees=Decimal(500),
        order_count=4,
        rejected_count=1,
        fill_count=4,
        statistics=BacktestStatistics(0.10, 0.019, 0.61, 0.098, 0.081, 0.45),
    )
    return replace(found, **changes)  # type: ignore[arg-type]  # Checked by the test itself.


def fill(side: Side, quantity: str, price: str, *, day: int, fee: str = "0") -> Fill:
    """Return a fill of SP500."""
    return Fill("SP500", side, Decimal(quantity), Decimal(price), Decimal(fee), day * DAY_NS)


class FakePortfolios:
    """The portfolios it was given."""

    def __init__(self, *found: Portfolio) -> None:
        self.found = list(found)

    async def list(self) -> Sequence[Portfolio]:
        """See `Portfolios`."""
        return self.found


class FakeRisk:
    """One exposure and one set of limits, for every portfolio."""

    def __init__(self) -> None:
        self.seen: Exposure | None = Exposure(Decimal(26_500), Decimal(26_500))
        self.in_force: Limits | None = Limits(max_position_notional=Decimal(50_000))

    async def exposure(self, portfolio_id: str) -> Exposure | None:
        """See `Risk`."""
        return self.seen

    async def limits(self, portfolio_id: str) -> Limits | None:
        """See `Risk`."""
        return self.in_force


class FakeMarket:
    """SP500, NASDAQ and a coin."""

    def __init__(self) -> None:
        self.moved: float | None = 0.85

    async def instruments(self) -> Sequence[Instrument]:
        """See `Market`."""
        return [Instrument("SP500"), Instrument("NASDAQ"), Instrument("BTC-USD")]

    async def change(self, symbol: str, start_time_ns: int, end_time_ns: int) -> float | None:
        """See `Market`."""
        return self.moved


class FakeStrategies:
    """The strategies it was given."""

    def __init__(self, *found: Strategy) -> None:
        self.found = list(found)

    async def list(self) -> Sequence[Strategy]:
        """See `Strategies`."""
        return self.found


@dataclass
class FakeBacktests:
    """Backtests that end at once, or fail to start."""

    found: list[Backtest] = field(default_factory=list)
    result: Backtest = field(default_factory=backtest)
    failure: AlgoTrendyError | None = None
    made: list[tuple[str, Period]] = field(default_factory=list)
    filled: list[Fill] = field(default_factory=list)

    async def create(self, request_id: str, strategy_id: str, period: Period) -> str:
        """See `Backtests`."""
        if self.failure is not None:
            raise self.failure
        self.made.append((strategy_id, period))
        self.found.insert(0, self.result)
        return self.result.backtest_id

    async def wait(self, backtest_id: str) -> Backtest:
        """See `Backtests`."""
        return await self.get(backtest_id)

    async def get(self, backtest_id: str) -> Backtest:
        """See `Backtests`."""
        for one in self.found:
            if one.backtest_id == backtest_id:
                return one
        raise BacktestNotFoundError(f"No backtest has the id {backtest_id}.")

    async def latest(self, strategy_id: str) -> Backtest | None:
        """See `Backtests`."""
        same = [one for one in self.found if strategy_id in {"", one.strategy_id}]
        return same[0] if same else None

    async def fills(self, backtest_id: str) -> Sequence[Fill]:
        """See `Backtests`."""
        return self.filled


class FakeOrders:
    """Order entry that answers as it is told, and places each client order id once."""

    def __init__(self) -> None:
        self.answer = Check(accepted=True, reference_price=Decimal(2650), notional=Decimal(26_500))
        self.failure: AlgoTrendyError | None = None
        self.checked: list[OrderTerms] = []
        self.placed: dict[str, trading_pb2.Order] = {}

    async def check(self, terms: OrderTerms) -> Check:
        """See `Orders`."""
        self.checked.append(terms)
        if self.failure is not None:
            raise self.failure
        return self.answer

    async def submit(self, terms: OrderTerms) -> trading_pb2.Order:
        """See `Orders`."""
        if self.failure is not None:
            raise self.failure
        order = trading_pb2.Order(
            order_id=f"o-{len(self.placed) + 1}",
            client_order_id=terms.client_order_id,
            account_id=terms.account_id,
            symbol=terms.symbol,
        )
        return self.placed.setdefault(terms.client_order_id, order)


class FakePreviews:
    """Previews in memory, which outlive the service as a table does."""

    def __init__(self) -> None:
        self.kept: dict[bytes, tuple[OrderTerms, int]] = {}
        self._confirmed: set[bytes] = set()

    async def add(self, token_hash: bytes, terms: OrderTerms, expire_time_ns: int) -> None:
        """See `Previews`."""
        self.kept[token_hash] = (terms, expire_time_ns)

    async def confirm(self, token_hash: bytes, time_ns: int) -> OrderTerms | None:
        """See `Previews`."""
        terms, expire_time_ns = self.kept.get(token_hash, (None, 0))
        if terms is None or (token_hash not in self._confirmed and expire_time_ns <= time_ns):
            return None
        self._confirmed.add(token_hash)
        return terms
