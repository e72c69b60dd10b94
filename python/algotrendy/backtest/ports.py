"""What the backtest area needs of others."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from algotrendy.backtest.model import Backtest, BacktestTerms, EquityColumns, StrategyTerms
from algotrendy.backtest.result import Result
from algotrendy.backtest.rows import OrderRow, PositionRow, RejectionRow
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import BacktestId, StrategyId
from algotrendy.domain.strategy import Parameter

Progress = Callable[[float], None]


class LoadedStrategy(Protocol):
    """A strategy with its models in this process."""

    @property
    def terms(self) -> StrategyTerms:
        """Its spec."""

    def require_out_of_sample(self, symbol: str, close_time_ns: int) -> None:
        """Raise `InSampleError` if a model has seen the label of the bar that closes then."""

    def run(
        self, series: Sequence[BarColumns], terms: BacktestTerms, on_progress: Progress
    ) -> Result:
        """Run it over bars; what `on_progress` raises ends the run. Called on a thread."""


class Strategies(Protocol):
    """The strategy and ml areas."""

    async def load(
        self, strategy_id: StrategyId, parameters: Mapping[str, Parameter]
    ) -> LoadedStrategy:
        """Load a strategy and its models; raise `StrategyNotFoundError`, `ModelNotFoundError`."""


class MarketData(Protocol):
    """The market_data area."""

    async def bars(self, symbol: str, end_time_ns: int | None) -> BarColumns:
        """Return every stored bar that opens before the time; raise `SymbolNotFoundError`."""


class Repository(Protocol):
    """Keeps backtests. Lists give up to `count` rows from the position `after` on."""

    async def add(self, backtest: Backtest) -> None:
        """Store a backtest; one that is stored stays as it is."""

    async def finish(self, backtest: Backtest, result: Result | None) -> None:
        """Store how a backtest ended, with what it left behind; all or nothing."""

    async def find(self, backtest_id: BacktestId) -> Backtest | None:
        """Return a backtest, if there is one."""

    async def page(self, count: int, before: BacktestId | None) -> Sequence[Backtest]:
        """Return up to `count` backtests older than `before`, newest first."""

    async def running(self) -> Sequence[Backtest]:
        """Return the backtests that have not ended."""

    async def orders(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[OrderRow]:
        """Return orders in the order they were decided in."""

    async def fills(self, backtest_id: BacktestId, count: int, after: int) -> Sequence[Fill]:
        """Return fills, oldest first."""

    async def positions(
        self, backtest_id: BacktestId, count: int, after: int
    ) -> Sequence[PositionRow]:
        """Return positions in the order they were opened in."""

    async def rejections(
        self, backtest_id: BacktestId, count: int, after: int
    ) -> Sequence[RejectionRow]:
        """Return what was refused, oldest first."""

    async def equity(self, backtest_id: BacktestId) -> EquityColumns:
        """Return the account at every close; empty columns where there is none."""

    async def manifest(self, backtest_id: BacktestId) -> str:
        """Return the manifest as JSON; empty where there is none."""


class Events(Protocol):
    """Tells the other areas what happened."""

    async def completed(self, backtest: Backtest) -> None:
        """Publish BacktestCompleted."""


class Log(Protocol):
    """Where defects are written down."""

    def failed(self, backtest: Backtest, error: Exception) -> None:
        """Log that a run ended on a defect."""


class Stopwatch(Protocol):
    """A clock that never goes back; only differences mean something."""

    def now_ns(self) -> int:
        """Nanoseconds since some moment."""
