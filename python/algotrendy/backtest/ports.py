"""What the backtest area needs of others."""

from collections.abc import Callable, Sequence
from typing import Protocol

from algotrendy.backtest.model import Backtest, StrategyTerms
from algotrendy.backtest.result import BacktestResult
from algotrendy.domain.bar import Bar, BarColumns, Int64Column
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import BacktestId, StrategyId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import AccountView, OrderIntent
from algotrendy.domain.strategy import Signal

Progress = Callable[[float], None]


class Decider(Protocol):
    """A strategy on one symbol: the object that also trades live."""

    @property
    def in_sample_models(self) -> tuple[str, ...]:
        """The models it asks about bars that they may have been trained on."""

    def warm_up(self, bars: Sequence[Bar]) -> None:
        """Take bars that are not decided on."""

    def observe(self, bar: Bar) -> Signal | None:
        """Take the next bar and return what the strategy says of it; None where it says nothing."""

    def decide(self, bar: Bar, signal: Signal, account: AccountView) -> OrderIntent | None:
        """Return the order wanted at the close of the bar just observed, if any."""


class LoadedStrategy(Protocol):
    """A strategy with its models in this process."""

    @property
    def terms(self) -> StrategyTerms:
        """Its spec."""

    def require_out_of_sample(self, symbol: str, close_time_ns: int) -> None:
        """Raise `InSampleError` if a model has seen the label of the bar that closes then."""

    def decider(self, instrument: Instrument) -> Decider:
        """Return a decider that has seen no bar."""


class Strategies(Protocol):
    """The strategy and ml areas."""

    async def load(self, strategy_id: StrategyId) -> LoadedStrategy:
        """Load a strategy and its models; raise `StrategyNotFoundError`, `ModelNotFoundError`."""


class MarketData(Protocol):
    """The market_data area."""

    async def bars(self, symbol: str, end_time_ns: int | None) -> BarColumns:
        """Return every stored bar that opens before the time; raise `SymbolNotFoundError`."""


class Repository(Protocol):
    """Keeps backtests."""

    async def add(self, backtest: Backtest) -> None:
        """Store a backtest; one that is stored stays as it is."""

    async def finish(self, backtest: Backtest, result: BacktestResult | None) -> None:
        """Store how a backtest ended, with what it left behind; all or nothing."""

    async def find(self, backtest_id: BacktestId) -> Backtest | None:
        """Return a backtest, if there is one."""

    async def page(self, count: int, before: BacktestId | None) -> Sequence[Backtest]:
        """Return up to `count` backtests older than `before`, newest first."""

    async def running(self) -> Sequence[Backtest]:
        """Return the backtests that have not ended."""

    async def fills(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[Fill]:
        """Return up to `count` fills from the position `after` on, oldest first."""

    async def equity(self, backtest_id: BacktestId) -> tuple[int, Int64Column, Int64Column]:
        """Return the scale, the close times and the equity; empty columns where there is none."""


class Events(Protocol):
    """Tells the other areas what happened."""

    async def completed(self, backtest: Backtest) -> None:
        """Publish BacktestCompleted."""


class Log(Protocol):
    """Where defects are written down."""

    def failed(self, backtest: Backtest, error: Exception) -> None:
        """Log that a run ended on a defect."""
