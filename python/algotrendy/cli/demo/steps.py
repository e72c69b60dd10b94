"""The steps of the demo, each through the public contract of the service that does it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from google.protobuf.message import Message

from algotrendy.api.agent.v1.agent_service_pb2 import ConverseRequest, ConverseResponse
from algotrendy.api.backtest.v1.backtest_service_pb2 import (
    Backtest,
    BacktestState,
    CreateBacktestRequest,
    GetBacktestRequest,
    ListBacktestFillsRequest,
)
from algotrendy.api.market_data.v1.market_data_pb2 import Instrument, InstrumentKind
from algotrendy.api.market_data.v1.market_data_service_pb2 import (
    ImportBarsRequest,
    ImportBarsResponse,
    ReplayBarsRequest,
)
from algotrendy.api.ml.v1.model_pb2 import DirectionLabel, Feature, Model
from algotrendy.api.ml.v1.model_service_pb2 import TrainModelRequest
from algotrendy.api.notification.v1.notification_service_pb2 import ListNotificationsRequest
from algotrendy.api.portfolio.v1.portfolio_service_pb2 import (
    GetPerformanceRequest,
    GetPerformanceResponse,
)
from algotrendy.api.risk.v1.risk_service_pb2 import SetLimitsRequest
from algotrendy.api.strategy.v1.strategy_pb2 import Deployment, Strategy, StrategySpec
from algotrendy.api.strategy.v1.strategy_service_pb2 import (
    CreateStrategyRequest,
    DeployStrategyRequest,
    StopDeploymentRequest,
)
from algotrendy.api.trading.v1.trading_pb2 import Account, Limits, Order, PaperVenueTerms
from algotrendy.api.trading.v1.trading_service_pb2 import (
    GetAccountRequest,
    ListFillsRequest,
    ListOrdersRequest,
    OpenAccountRequest,
)
from algotrendy.cli.demo.plan import FEATURES, MODEL_PARAMETERS, Plan, Source, Spans
from algotrendy.client import Client, pages
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.clock import SECOND_NS
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import new_id
from algotrendy.errors import AlgoTrendyError, InsufficientDataError
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import fetch_bars
from algotrendy.rpc.time import decode_time, encode_duration, encode_optional_time, encode_time
from algotrendy.rpc.trading import decode_fill

# Training a model, and the first start of the registry, take seconds.
_LONG_CALL_S = 120.0
_MINIMUM_BARS = 400

ProgressCallback = Callable[[float, float], None]


@dataclass(frozen=True)
class PaperRun:
    """What the paper run left behind."""

    account: Account
    deployment: Deployment
    orders: list[Order]
    fills: list[Fill]


class DemoSteps:
    """The demo's steps, in the order of their methods."""

    def __init__(self, client: Client, plan: Plan) -> None:
        self._client = client
        self._plan = plan

    async def import_bars(self, source: Source) -> ImportBarsResponse:
        """Import one series."""
        kind = (
            InstrumentKind.INSTRUMENT_KIND_INDEX
            if source.is_index
            else InstrumentKind.INSTRUMENT_KIND_EQUITY
        )
        request = ImportBarsRequest(
            symbol=source.symbol,
            columns=source.columns,
            interval=encode_duration(source.interval_ns),
            instrument=Instrument(
                symbol=source.symbol,
                kind=kind,
                currency="USD",
                tick_size=encode_decimal(source.tick_size),
                lot_size=encode_decimal(Decimal(1)),
                multiplier=1,
            ),
        )
        if source.bundled_name is not None:
            request.bundled_name = source.bundled_name
        else:
            request.file_path = str(source.file_path)
        return await self._client.market_data.ImportBars(request)

    async def bars(self, symbol: str) -> BarColumns:
        """Return all bars of a symbol."""
        return await fetch_bars(self._client.channel("market_data"), symbol)

    async def spans(self) -> Spans:
        """Return the plan's spans, or 60 %, 25 % and 15 % of the first symbol's bars."""
        if self._plan.spans is not None:
            return self._plan.spans
        symbol = self._plan.symbols[0]
        open_times = (await self.bars(symbol)).open_time_ns.tolist()
        if len(open_times) < _MINIMUM_BARS:
            raise InsufficientDataError(
                f"{symbol} has {len(open_times)} bars; expected at least {_MINIMUM_BARS} to train "
                "on, test on and trade.",
                symbol=symbol,
                bar_count=str(len(open_times)),
                expected=str(_MINIMUM_BARS),
            )
        train_end = open_times[int(len(open_times) * 0.60)]
        return Spans(train_end, train_end, open_times[int(len(open_times) * 0.85)])

    async def train_model(self, spans: Spans) -> Model:
        """Train on the past, and measure on all that follows."""
        response = await self._client.models.TrainModel(
            TrainModelRequest(
                request_id=new_id(),
                name="direction",
                symbols=self._plan.symbols,
                features=[Feature(name=n, expression=e) for n, e in FEATURES.items()],
                label=DirectionLabel(horizon_bars=self._plan.horizon_bars),
                train_end_time=encode_time(spans.train_end_ns),
                parameters=MODEL_PARAMETERS,
                seed=7,
            ),
            timeout=_LONG_CALL_S,
        )
        return response.model

    async def create_strategy(self, model: Model) -> Strategy:
        """Store the strategy that trades on the model."""
        response = await self._client.strategies.CreateStrategy(
            CreateStrategyRequest(
                request_id=new_id(),
                display_name="Buy when the model expects a rise",
                spec=StrategySpec(
                    symbols=self._plan.symbols,
                    entry=self._plan.entry.format(model_id=model.model_id),
                    exit=self._plan.exit.format(model_id=model.model_id),
                    position_weight=encode_decimal(self._plan.position_weight),
                ),
            )
        )
        return response.strategy

    async def backtest(self, strategy: Strategy, start_ns: int, end_ns: int | None) -> Backtest:
        """Run the strategy over history, with the paper account's cash, costs and limits."""
        created = await self._client.backtests.CreateBacktest(
            CreateBacktestRequest(
                request_id=new_id(),
                strategy_id=strategy.strategy_id,
                start_time=encode_time(start_ns),
                end_time=encode_optional_time(end_ns),
                initial_cash=encode_decimal(self._plan.initial_cash),
                venue_terms=self._venue_terms(),
                limits=self._limits(),
            )
        )
        response = await self._client.backtests.GetBacktest(
            GetBacktestRequest(backtest_id=created.backtest.backtest_id, wait=True),
            timeout=_LONG_CALL_S,
        )
        if response.backtest.state != BacktestState.BACKTEST_STATE_SUCCEEDED:
            raise AlgoTrendyError(f"The backtest failed: {response.backtest.error}")
        return response.backtest

    async def backtest_fills(self, backtest: Backtest) -> list[Fill]:
        """Return all fills of a backtest."""
        request = ListBacktestFillsRequest(backtest_id=backtest.backtest_id)
        listed = pages(self._client.backtests.ListBacktestFills, request)
        return [decode_fill(fill) async for page in listed for fill in page.fills]

    async def open_account(self) -> Account:
        """Open a paper account, and put limits in force."""
        opened = await self._client.trading.OpenAccount(
            OpenAccountRequest(
                request_id=new_id(),
                display_name="Demo paper account",
                currency="USD",
                initial_cash=encode_decimal(self._plan.initial_cash),
                venue_terms=self._venue_terms(),
            )
        )
        await self._client.risk.SetLimits(
            SetLimitsRequest(account_id=opened.account.account_id, limits=self._limits())
        )
        return opened.account

    async def paper_trade(
        self, strategy: Strategy, account: Account, spans: Spans, on_progress: ProgressCallback
    ) -> PaperRun:
        """Deploy the strategy and replay the paper span to it, bar by bar, in lock-step."""
        start = encode_time(spans.paper_start_ns)
        deployed = await self._client.strategies.DeployStrategy(
            DeployStrategyRequest(
                request_id=new_id(),
                strategy_id=strategy.strategy_id,
                account_id=account.account_id,
                start_time=start,
            )
        )
        replay = self._client.market_data.ReplayBars(
            ReplayBarsRequest(symbols=self._plan.symbols, start_time=start)
        )
        async for progress in replay:
            on_progress(progress.completed_count, progress.total_count)
        stopped = await self._client.strategies.StopDeployment(
            StopDeploymentRequest(deployment_id=deployed.deployment.deployment_id)
        )
        return await self._paper_run(account.account_id, stopped.deployment)

    async def performance(
        self, account: Account, benchmark_symbol: str, spans: Spans
    ) -> GetPerformanceResponse:
        """Return the paper account's performance over its span, next to its benchmark's."""
        return await self._client.portfolios.GetPerformance(
            GetPerformanceRequest(
                portfolio_id=account.account_id,
                benchmark_symbol=benchmark_symbol,
                start_time=encode_time(spans.paper_start_ns),
            )
        )

    async def ask_agent(self, text: str, account: Account) -> ConverseResponse:
        """Ask the agent one thing about the account."""
        return await self._client.agent.Converse(
            ConverseRequest(text=text, portfolio_id=account.account_id)
        )

    async def notification_count(self) -> int:
        """Return how many notifications were delivered."""
        listed = pages(self._client.notifications.ListNotifications, ListNotificationsRequest())
        return sum([len(page.notifications) async for page in listed])

    def _venue_terms(self) -> PaperVenueTerms:
        return PaperVenueTerms(
            slippage_bps=encode_decimal(self._plan.slippage_bps),
            fee_bps=encode_decimal(self._plan.fee_bps),
        )

    def _limits(self) -> Limits:
        return Limits(
            max_order_notional=encode_decimal(self._plan.initial_cash * 2),
            max_position_notional=encode_decimal(self._plan.initial_cash * 2),
            max_open_orders=10,
            price_collar_bps=500,
            max_reference_age_s=5 * 86_400,
            allow_short=False,
        )

    async def _paper_run(self, account_id: str, deployment: Deployment) -> PaperRun:
        trading = self._client.trading
        account = await trading.GetAccount(GetAccountRequest(account_id=account_id))
        orders = pages(trading.ListOrders, ListOrdersRequest(account_id=account_id))
        fills = pages(trading.ListFills, ListFillsRequest(account_id=account_id))
        return PaperRun(
            account=account.account,
            deployment=deployment,
            orders=[order async for page in orders for order in page.orders],
            fills=[decode_fill(fill) async for page in fills for fill in page.fills],
        )


def date_text(message: Message, field: str) -> str:
    """Return the time `field` of a message as a date, for people."""
    return datetime.fromtimestamp(decode_time(message, field) / SECOND_NS, tz=UTC).strftime(
        "%Y-%m-%d"
    )
