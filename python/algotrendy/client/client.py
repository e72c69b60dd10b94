"""One object with a stub for every service."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from algotrendy.api.agent.v1.agent_service_pb2_grpc import AgentServiceStub
from algotrendy.api.backtest.v1.backtest_service_pb2_grpc import BacktestServiceStub
from algotrendy.api.gateway.v1.auth_service_pb2_grpc import AuthServiceStub
from algotrendy.api.market_data.v1.market_data_service_pb2_grpc import MarketDataServiceStub
from algotrendy.api.ml.v1.feature_service_pb2_grpc import FeatureServiceStub
from algotrendy.api.ml.v1.inference_service_pb2_grpc import InferenceServiceStub
from algotrendy.api.ml.v1.model_service_pb2_grpc import ModelServiceStub
from algotrendy.api.notification.v1.notification_service_pb2_grpc import NotificationServiceStub
from algotrendy.api.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceStub
from algotrendy.api.risk.v1.risk_service_pb2_grpc import RiskServiceStub
from algotrendy.api.strategy.v1.strategy_service_pb2_grpc import StrategyServiceStub
from algotrendy.api.trading.v1.control_service_pb2_grpc import TradingControlServiceStub
from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceStub
from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceStub
from algotrendy.client.bars import stored_bars
from algotrendy.client.live.runner import LiveTerms, run_live
from algotrendy.client.ticks import stored_ticks
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.strategy_class import Strategy
from algotrendy.domain.tick import QuoteColumns, TradeColumns
from algotrendy.expression.features import Model
from algotrendy.rpc.channels import Channels


class Client:
    """Typed, asynchronous access to every service; failed calls raise `algotrendy.errors`.

    Parameters
    ----------
    addresses : mapping of str to str
        `host:port` by area, as `read_addresses(data_dir).grpc` tells them.

    Examples
    --------
    A program beside `algotrendy up`::

        async with Client(read_addresses("data").grpc) as client:
            bars = await client.bars("SP500", end="2024-01-01")
            result = algotrendy.backtest.run("cross.yaml", bars, start="2020-01-01")
    """

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._channels = Channels(addresses)
        self.channel = to = self._channels.to
        self.market_data = MarketDataServiceStub(to("market_data"))
        self.models = ModelServiceStub(to("ml"))
        self.features = FeatureServiceStub(to("ml"))
        self.inference = InferenceServiceStub(to("ml"))
        self.strategies = StrategyServiceStub(to("strategy"))
        self.orders = OrderEntryServiceStub(to("trading"))
        self.trading = TradingServiceStub(to("trading"))
        self.controls = TradingControlServiceStub(to("trading"))
        self.risk = RiskServiceStub(to("risk"))
        self.backtests = BacktestServiceStub(to("backtest"))
        self.portfolios = PortfolioServiceStub(to("portfolio"))
        self.agent = AgentServiceStub(to("agent"))
        self.notifications = NotificationServiceStub(to("notification"))
        self.auth = AuthServiceStub(to("gateway"))

    async def bars(
        self,
        symbols: str | Sequence[str],
        bars: object = None,
        *,
        start: object = None,
        end: object = None,
    ) -> dict[str, BarColumns]:
        """Return bars by symbol with their instruments, as `algotrendy.backtest.run` takes them.

        Of stored bars up to an end, a run has the orders and fills of the service's own backtest
        with that end.

        Parameters
        ----------
        symbols : str or sequence of str
            One symbol or more; the result has their order.
        bars : str, timedelta or mapping, optional
            What bars to make: `"1m"`, or a style and its options,
            `{"style": "renko", "size": "10 ticks"}`, as in `algotrendy.bars`; the service makes
            them of stored ticks where there are, else of stored bars (`source` says which). By
            default the stored bars as they are.
        start, end : time, optional
            The range of open times, [start, end): of the stored bars, or of the ticks or bars that
            a style is made of. Dates, `"2024-01-31"`, `datetime` or nanoseconds; UTC.

        Raises
        ------
        SymbolNotFoundError
            Nothing is stored of a symbol.
        InsufficientDataError
            A symbol has no bar in the range.
        InvalidArgumentError
            For an argument that cannot be, such as an end not after the start, and for a style or
            an option that the service refuses or whose prices nobody trades at (Heikin-Ashi);
            names the field.
        FailedPreconditionError
            The style needs ticks, and none are stored.
        ResourceExhaustedError
            There are 100,000 bars or more of a style that is not `time`.
        """
        channel = self.channel("market_data")
        return await stored_bars(channel, symbols, bars, start=start, end=end)

    async def ticks(
        self, symbols: str | Sequence[str], *, start: object = None, end: object = None
    ) -> dict[str, TradeColumns | QuoteColumns]:
        """Return trades and quotes with their instruments, as `algotrendy.backtest.run` takes them.

        A symbol's trades are `"SPY"`, its quotes after them `"SPY:quotes"`; without trades in the
        range the quotes are `"SPY"`. Beside them, `(await client.bars("SPY"))["SPY"]` can be told
        as `"SPY:1d"`.

        Parameters
        ----------
        symbols : str or sequence of str
            One symbol or more; the result has their order.
        start, end : time, optional
            The range of times, [start, end). Dates, `"2024-01-31"`, `datetime` or nanoseconds; UTC.

        Raises
        ------
        SymbolNotFoundError
            Nothing is stored of a symbol.
        FailedPreconditionError
            Neither trades nor quotes of it are.
        InsufficientDataError
            A symbol has neither in the range.
        InvalidArgumentError
            For an argument that cannot be, such as an end not after the start, naming the field;
            and, naming `page_token`, where an import replaced what was being read.
        """
        return await stored_ticks(self.channel("market_data"), symbols, start=start, end=end)

    async def run(
        self,
        strategy: Strategy,
        *,
        account_id: str,
        symbols: Sequence[str],
        start_ns: int | None = None,
        end_ns: int | None = None,
        replay: bool = False,
        ticks: bool | None = None,
        models: Mapping[str, Model] | None = None,
    ) -> None:
        """Run a strategy's class on an account, in this process; see `algotrendy.Strategy`.

        It is the class of a backtest. With `replay`, stored bars, or trades and quotes, from
        `start_ns` on are replayed in lock-step, and orders and fills are those of the backtest;
        else it follows the market until it is cancelled. Orders that it sends from `on_fill` or
        `on_order` meet what comes after, on a bar that is past in a replay: the next one.

        Parameters
        ----------
        symbols : sequence of str
            What it trades, in the order in which what happens at one time is told.
        start_ns : int, optional
            Bars that open before it warm features up; of ticks before it only the last price is
            known. None: after the last stored bar.
        ticks : bool, optional
            Whether it is told of trades and quotes, too, and `replay` replays them: its orders
            then meet them, as in a backtest over `Client.ticks`. By default where its class
            overrides `on_trade` or `on_quote`.
        models : mapping of str to Model, optional
            What `model("name")` asks.

        Raises
        ------
        AccountNotFoundError, SymbolNotFoundError
            If there is no such account or symbol.
        FailedPreconditionError
            If ticks are to be replayed, and of a symbol neither trades nor quotes are stored.
        """
        terms = LiveTerms(account_id, tuple(symbols), start_ns, end_ns, replay, ticks)
        await run_live(self.channel, strategy, terms, models)

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the channels."""
        await self._channels.close()
