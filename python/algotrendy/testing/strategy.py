"""Fakes of what the strategy area needs, and builders of bars, models and strategies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.clock import DAY_NS, HOUR_NS
from algotrendy.domain.ids import AccountId, DeploymentId, ModelId, StrategyId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, ExitOrder, OrderIntent
from algotrendy.domain.strategy import Percent, StrategySpec
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import (
    AccountNotFoundError,
    AlgoTrendyError,
    ModelNotFoundError,
    SymbolNotFoundError,
)
from algotrendy.strategy.model import (
    Deployment,
    DeploymentState,
    OpenedBar,
    Strategy,
)
from algotrendy.strategy.rule import Rule
from algotrendy.strategy.service import StrategyService
from algotrendy.testing.clock import FakeClock
from algotrendy.testing.requests import FakeRequests

ACCOUNT_ID = AccountId("01900000-0000-7000-8000-00000000000a")
MODEL_ID = ModelId("direction-1")
_BAR_COUNT = 10


def daily_bars(
    closes: Sequence[int],
    symbol: str = "SPY",
    *,
    opens: Sequence[int] | None = None,
    first_day: int = 1,
    instrument: Instrument | None = None,
) -> BarColumns:
    """Return a bar a day, 09:00 to 16:00, in the instrument's units; it opens at the last close.

    The n-th bar has a volume of n, from 1: `ScriptedModel` counts by it.
    """
    close = np.array(closes, dtype=np.int64)
    open_ = np.array([closes[0], *closes[:-1]] if opens is None else opens, dtype=np.int64)
    chosen = Instrument(symbol) if instrument is None else instrument
    days = np.arange(first_day, first_day + len(close), dtype=np.int64) * DAY_NS
    return BarColumns(
        chosen,
        open_time_ns=days + 9 * HOUR_NS,
        close_time_ns=days + 16 * HOUR_NS,
        open=open_,
        high=np.maximum(open_, close),
        low=np.minimum(open_, close),
        close=close,
        volume=np.arange(1, len(close) + 1, dtype=np.int64) * 10**chosen.quantity_scale,
    )


def spec(symbols: Sequence[str] = ("SPY",), **changes: Any) -> StrategySpec:  # noqa: ANN401  # Any field of StrategySpec.
    """Return a strategy that buys at a model's 0.6 with half of the equity and sells at 0.4."""
    terms: dict[str, Any] = {
        "symbols": tuple(symbols),
        "entry": f'model("{MODEL_ID}") >= 0.6',
        "exit": f'model("{MODEL_ID}") <= 0.4',
        "size": Percent(Decimal("0.5")),
        **changes,
    }
    return StrategySpec(**terms)


def rule(strategy_spec: StrategySpec, *models: "ScriptedModel") -> Rule:
    """Return a spec, compiled with the models it names."""
    return Rule(strategy_spec, {model.model_id: model for model in models})


class ScriptedModel:
    """Says the n-th probability of its script at the n-th of `daily_bars`; None says nothing."""

    model_id = MODEL_ID

    def __init__(
        self, probabilities: Sequence[float | None], *, train_end_time_ns: int = 0, warm_up: int = 0
    ) -> None:
        self.features = [("bar", f"volume + 0 * lag(close, {warm_up})" if warm_up else "volume")]
        self.usable_after_ns = train_end_time_ns
        self._script = np.array(probabilities, dtype=np.float64)

    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `Model`."""
        places = rows[:, 0].astype(np.int64) - 1
        said = np.full(len(rows), np.nan)
        scripted = places < len(self._script)
        said[scripted] = self._script[places[scripted]]
        return said


class FakeModels:
    """Models by id."""

    def __init__(self, *models: ScriptedModel) -> None:
        self.models = {str(model.model_id): model for model in models}

    async def load(self, model_id: str) -> ScriptedModel:
        """See `Models`."""
        if model_id not in self.models:
            raise ModelNotFoundError(f"No model has the id {model_id!r}.", model_id=model_id)
        return self.models[model_id]


class FakeMarketData:
    """Series by symbol."""

    def __init__(self, *series: BarColumns) -> None:
        self.series = {bars.instrument.symbol: bars for bars in series}

    async def instrument(self, symbol: str) -> Instrument:
        """See `MarketData`."""
        return (await self.bars(symbol, None, None)).instrument

    async def bars(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> BarColumns:
        """See `MarketData`."""
        if symbol not in self.series:
            raise SymbolNotFoundError(f"No data has the symbol {symbol!r}.", symbol=symbol)
        return self.series[symbol].between(start_time_ns, end_time_ns)


@dataclass(frozen=True)
class SubmittedOrder:
    """What `FakeAccounts.submit` was told."""

    intent: OrderIntent
    client_order_id: str


@dataclass
class FakeAccounts:
    """One account that no order changes, and what was asked of it; `failure` meets every order."""

    equity: Decimal | None = Decimal(100_000)
    position: int = 0
    registered: list[str] = field(default_factory=list)
    orders: list[SubmittedOrder] = field(default_factory=list)
    failure: Exception | None = None
    exits: dict[str, list[ExitOrder]] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)
    entry_price: Decimal = Decimal(100)
    # What is held by symbol, where it is not `position`; orders that still work.
    positions: dict[str, int] = field(default_factory=dict)
    working: set[str] = field(default_factory=set)
    venue: VenueTerms = field(default_factory=VenueTerms)

    async def register_instruments(
        self, account_id: AccountId, instruments: Sequence[Instrument]
    ) -> None:
        """See `Accounts`."""
        if account_id != ACCOUNT_ID:
            raise AccountNotFoundError(f"No account has the id {account_id!r}.")
        self.registered.extend(instrument.symbol for instrument in instruments)

    async def view(
        self,
        account_id: AccountId,  # There is one account.
        strategy_id: StrategyId,  # It has one strategy.
        instrument: Instrument,  # It has one position.
    ) -> AccountView:
        """See `Accounts`."""
        return AccountView(self.positions.get(instrument.symbol, self.position), self.equity)

    async def open_orders(
        self,
        account_id: AccountId,  # There is one account.
        strategy_id: StrategyId,  # It has one strategy.
    ) -> frozenset[str]:
        """See `Accounts`."""
        return frozenset(self.working)

    async def venue_terms(self, account_id: AccountId) -> VenueTerms:  # There is one account.
        """See `Accounts`."""
        return self.venue

    async def submit(
        self,
        account_id: AccountId,  # There is one account.
        strategy_id: StrategyId,  # It has one strategy.
        instrument: Instrument,  # The intent names it.
        intent: OrderIntent,
        client_order_id: str,
    ) -> None:
        """See `Accounts`."""
        self.orders.append(SubmittedOrder(intent, client_order_id))
        if self.failure is not None:
            raise self.failure

    async def protect(
        self,
        account_id: AccountId,  # There is one account.
        strategy_id: StrategyId,  # It has one strategy.
        instrument: Instrument,  # It has one position.
        orders: Sequence[ExitOrder],
        name: str,
    ) -> None:
        """See `Accounts`."""
        self.exits[name] = list(orders)

    async def cancel_exits(
        self,
        account_id: AccountId,  # There is one account.
        strategy_id: StrategyId,  # It has one strategy.
        symbol: str,
    ) -> None:
        """See `Accounts`."""
        self.cancelled.append(symbol)

    async def average_price(self, order_id: str) -> Decimal:  # There is one order.
        """See `Accounts`."""
        return self.entry_price


class FakeStrategies:
    """Strategies and deployments in memory; `failure` meets the next change of a deployment."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.strategies: dict[StrategyId, Strategy] = {}
        self.deployments: dict[DeploymentId, Deployment] = {}

    async def add_strategy(self, strategy: Strategy) -> None:
        """See `Repository`."""
        self.strategies.setdefault(strategy.strategy_id, strategy)

    async def find_strategy(self, strategy_id: StrategyId) -> Strategy | None:
        """See `Repository`."""
        return self.strategies.get(strategy_id)

    async def list_strategies(self, count: int, before: StrategyId | None) -> list[Strategy]:
        """See `Repository`."""
        found = sorted(self.strategies, reverse=True)
        return [self.strategies[i] for i in found if before is None or i < before][:count]

    async def add_deployment(self, deployment: Deployment) -> None:
        """See `Repository`."""
        self.deployments.setdefault(deployment.deployment_id, deployment)

    async def save_deployment(self, deployment: Deployment) -> None:
        """See `Repository`."""
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        self.deployments[deployment.deployment_id] = deployment

    async def find_deployment(self, deployment_id: DeploymentId) -> Deployment | None:
        """See `Repository`."""
        return self.deployments.get(deployment_id)

    async def active_deployments(self) -> list[Deployment]:
        """See `Repository`."""
        return [d for d in self.deployments.values() if d.state is DeploymentState.ACTIVE]


class FakeStrategyEvents:
    """The names of what was published, in order, and the signals' ids."""

    def __init__(self) -> None:
        self.published: list[str] = []
        self.signals: list[str] = []

    async def activated(self, deployment: Deployment) -> None:  # The name is enough.
        """See `Events`."""
        self.published.append("StrategyActivated")

    async def deactivated(self, deployment: Deployment) -> None:
        """See `Events`."""
        self.published.append(f"StrategyDeactivated {deployment.state}")

    async def signal(
        self,
        deployment: Deployment,  # The id names it.
        instrument: Instrument,  # The intent names it.
        intent: OrderIntent,
        client_order_id: str,
    ) -> None:
        """See `Events`."""
        self.published.append(f"SignalGenerated {intent.side}")
        self.signals.append(client_order_id)

    async def time_passed(self, account_id: AccountId, time_ns: int) -> None:
        """See `Events`."""
        self.published.append(f"TimePassed {account_id} {time_ns}")

    async def rest(self) -> None:
        """See `Events`."""
        self.published.append("Rest")

    async def opened(self, instrument: Instrument, opened: OpenedBar) -> None:
        """See `Events`."""
        self.published.append(f"PriceUpdate {instrument.symbol} {opened.price}")


class FakeObserver:
    """What the live loop measured."""

    def __init__(self) -> None:
        self.bar_to_signal_ns: list[int] = []
        self.order_to_ack_ns: list[int] = []
        self.refusals: list[str] = []
        self.missed: list[str] = []

    def bar_to_signal(self, latency_ns: int) -> None:
        """See `Observer`."""
        self.bar_to_signal_ns.append(latency_ns)

    def order_to_ack(self, latency_ns: int) -> None:
        """See `Observer`."""
        self.order_to_ack_ns.append(latency_ns)

    def refused(
        self,
        deployment: Deployment,  # The reason is enough.
        intent: OrderIntent,  # The reason is enough.
        refusal: AlgoTrendyError,
    ) -> None:
        """See `Observer`."""
        self.refusals.append(refusal.reason)

    def open_missed(self, intent: OrderIntent) -> None:
        """See `Observer`."""
        self.missed.append(intent.symbol)


@dataclass
class StrategyArea:
    """The strategy area on fakes: SPY has ten bars, the model wants to buy on each."""

    market_data: FakeMarketData = field(
        default_factory=lambda: FakeMarketData(daily_bars([100_00] * _BAR_COUNT))
    )
    models: FakeModels = field(
        default_factory=lambda: FakeModels(ScriptedModel([0.9] * _BAR_COUNT, warm_up=2))
    )
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    repository: FakeStrategies = field(default_factory=FakeStrategies)
    requests: FakeRequests = field(default_factory=FakeRequests)
    events: FakeStrategyEvents = field(default_factory=FakeStrategyEvents)
    observer: FakeObserver = field(default_factory=FakeObserver)
    clock: FakeClock = field(default_factory=lambda: FakeClock(1_000_000))
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def start(self) -> StrategyService:
        """Return the service as a process that starts now has it."""
        return StrategyService(
            repository=self.repository,
            requests=self.requests,
            models=self.models,
            market_data=self.market_data,
            accounts=self.accounts,
            events=self.events,
            observer=self.observer,
            clock=self.clock,
            stopwatch=self.clock,
            make_id=lambda: f"id-{next(self.ids):04}",
        )

    def opens(self, index: int) -> int:
        """When the n-th bar of SPY opens."""
        return int(self.market_data.series["SPY"].open_time_ns[index])

    async def deploy(self, service: StrategyService, first_bar: int) -> Deployment:
        """Store a strategy and deploy it from a bar on."""
        strategy_id = await self.create(service)
        return await service.deploy("d", b"d", strategy_id, ACCOUNT_ID, self.opens(first_bar))

    async def create(
        self, service: StrategyService, strategy_spec: StrategySpec | None = None
    ) -> StrategyId:
        """Store a strategy."""
        chosen = spec() if strategy_spec is None else strategy_spec
        return (await service.create("s", b"s", "Rise", chosen)).strategy_id

    async def feed(self, service: StrategyService, *indices: int) -> None:
        """Publish bars of SPY, by index."""
        bars = list(self.market_data.series["SPY"])
        for index in indices:
            await service.on_bar(bars[index], self.clock.time_ns - 5000)

    def stored(self, deployment: Deployment) -> Deployment:
        """Return what the repository holds of a deployment."""
        return self.repository.deployments[DeploymentId(deployment.deployment_id)]
