"""What the strategy area needs of others."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from algotrendy.domain.bar import BarColumns
from algotrendy.domain.ids import AccountId, DeploymentId, StrategyId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, ExitOrder, OrderIntent
from algotrendy.domain.venue import VenueTerms
from algotrendy.errors import AlgoTrendyError
from algotrendy.expression.features import Model
from algotrendy.strategy.model import Deployment, OpenedBar, Strategy


class Models(Protocol):
    """The ml area."""

    async def load(self, model_id: str) -> Model:
        """Load a model into this process; raise `ModelNotFoundError` where there is none."""


class MarketData(Protocol):
    """The market_data area."""

    async def instrument(self, symbol: str) -> Instrument:
        """Return an instrument; raise `SymbolNotFoundError` where there is none."""

    async def bars(
        self, symbol: str, start_time_ns: int | None, end_time_ns: int | None
    ) -> BarColumns:
        """Return every stored bar whose open time lies in `[start, end)`; None is open."""


class Accounts(Protocol):
    """The trading area."""

    async def register_instruments(
        self, account_id: AccountId, instruments: Sequence[Instrument]
    ) -> None:
        """Make instruments known to an account; raise `AccountNotFoundError`."""

    async def view(
        self, account_id: AccountId, strategy_id: StrategyId, instrument: Instrument
    ) -> AccountView:
        """Return the account as the strategy sees it now, for one symbol."""

    async def open_orders(self, account_id: AccountId, strategy_id: StrategyId) -> frozenset[str]:
        """Return the `client_order_id` of each of the strategy's orders that may still fill."""

    async def venue_terms(self, account_id: AccountId) -> VenueTerms:
        """Return how the account's venue fills and charges."""

    async def submit(
        self,
        account_id: AccountId,
        strategy_id: StrategyId,
        instrument: Instrument,
        intent: OrderIntent,
        client_order_id: str,
    ) -> None:
        """Submit the order; raise the `FailedPreconditionError` it was refused with."""

    async def protect(
        self,
        account_id: AccountId,
        strategy_id: StrategyId,
        instrument: Instrument,
        orders: Sequence[ExitOrder],
        name: str,
    ) -> None:
        """Submit what protects a position: one fill cancels the others; `name` begins their ids."""

    async def cancel_exits(
        self, account_id: AccountId, strategy_id: StrategyId, symbol: str
    ) -> None:
        """Ask for cancels of the strategy's orders that protect a position in a symbol."""

    async def average_price(self, order_id: str) -> Decimal:
        """Return the average price of an order's fills."""


class Repository(Protocol):
    """Keeps strategies and deployments."""

    async def add_strategy(self, strategy: Strategy) -> None:
        """Store a strategy; one that is stored stays as it is."""

    async def find_strategy(self, strategy_id: StrategyId) -> Strategy | None:
        """Return a strategy, if there is one."""

    async def list_strategies(self, count: int, before: StrategyId | None) -> list[Strategy]:
        """Return up to `count` strategies older than `before`, newest first."""

    async def add_deployment(self, deployment: Deployment) -> None:
        """Store a deployment; one that is stored stays as it is."""

    async def save_deployment(self, deployment: Deployment) -> None:
        """Replace what is stored of a deployment."""

    async def find_deployment(self, deployment_id: DeploymentId) -> Deployment | None:
        """Return a deployment, if there is one."""

    async def active_deployments(self) -> list[Deployment]:
        """Return the deployments that run, oldest first."""


class Events(Protocol):
    """Tells the other areas what happened."""

    async def activated(self, deployment: Deployment) -> None:
        """Publish StrategyActivated."""

    async def deactivated(self, deployment: Deployment) -> None:
        """Publish StrategyDeactivated."""

    async def signal(
        self,
        deployment: Deployment,
        instrument: Instrument,
        intent: OrderIntent,
        client_order_id: str,
    ) -> None:
        """Publish SignalGenerated."""

    async def time_passed(self, account_id: AccountId, time_ns: int) -> None:
        """Publish TimePassed; return once the account lives up to that time."""

    async def rest(self) -> None:
        """Return once accounts and strategies have dealt with all that has happened."""

    async def opened(self, instrument: Instrument, opened: OpenedBar) -> None:
        """Publish a bar's open as a PriceUpdate; return once accounts reckon with it."""


class Observer(Protocol):
    """Metrics and logs of the live loop."""

    def bar_to_signal(self, latency_ns: int) -> None:
        """Observe the time from a bar's publication to the decision on it."""

    def order_to_ack(self, latency_ns: int) -> None:
        """Observe the time from an order's submission to its answer."""

    def refused(
        self, deployment: Deployment, intent: OrderIntent, refusal: AlgoTrendyError
    ) -> None:
        """Log that an order was refused."""

    def open_missed(self, intent: OrderIntent) -> None:
        """Log that the open was never told at which an order was to be sized: it is not sent."""


class Stopwatch(Protocol):
    """A clock that never goes back; only differences mean something."""

    def now_ns(self) -> int:
        """Nanoseconds since some moment."""
