"""Wires the backtest area."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import grpc

from algotrendy.api.backtest.v1 import backtest_service_pb2
from algotrendy.api.backtest.v1.backtest_service_pb2_grpc import (
    add_BacktestServiceServicer_to_server,
)
from algotrendy.api.strategy.v1.strategy_service_pb2 import GetStrategyRequest
from algotrendy.api.strategy.v1.strategy_service_pb2_grpc import StrategyServiceStub
from algotrendy.backtest.adapters.market_data import StoredMarketData
from algotrendy.backtest.adapters.nats import NatsEvents
from algotrendy.backtest.adapters.postgres import PostgresBacktests
from algotrendy.backtest.adapters.telemetry import MonotonicStopwatch, TelemetryLog
from algotrendy.backtest.model import BacktestTerms, Quota, StrategyTerms, with_parameters
from algotrendy.backtest.ports import Progress
from algotrendy.backtest.result import Result
from algotrendy.backtest.run import run
from algotrendy.backtest.service import BacktestService
from algotrendy.backtest.servicer import BacktestServicer
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.ids import StrategyId
from algotrendy.domain.strategy import Parameter
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.platform.context import Context
from algotrendy.rpc.strategy import decode_spec
from algotrendy.storage.requests import PostgresRequests
from algotrendy.strategy.adapters.ml import MlModels
from algotrendy.strategy.ports import Models
from algotrendy.strategy.rule import Rule, load_rule

SERVICES = (backtest_service_pb2.DESCRIPTOR.services_by_name["BacktestService"].full_name,)


@asynccontextmanager
async def serve(context: Context, server: grpc.aio.Server) -> AsyncIterator[None]:
    """Add the area to `server` and run backtests while the block lasts."""
    channels = context.channels
    models = MlModels(channels.to("ml"), OnnxModel.registered)
    service = BacktestService(
        repository=PostgresBacktests(context.postgres),
        requests=PostgresRequests(context.postgres, "backtest"),
        strategies=StoredStrategies(channels.to("strategy"), models),
        market_data=StoredMarketData(channels.to("market_data")),
        events=NatsEvents(context.bus, context.clock),
        log=TelemetryLog(),
        clock=context.clock,
        stopwatch=MonotonicStopwatch(),
        quota=Quota(**context.settings.backtest.model_dump()),
    )
    add_BacktestServiceServicer_to_server(BacktestServicer(service), server)
    await service.recover()
    yield
    await service.close()


class StoredStrategies:
    """The strategy and ml areas; see `ports.Strategies`."""

    def __init__(self, channel: grpc.aio.Channel, models: Models) -> None:
        self._stub = StrategyServiceStub(channel)
        self._models = models

    async def load(
        self, strategy_id: StrategyId, parameters: Mapping[str, Parameter]
    ) -> "RunnableStrategy":
        """See `ports.Strategies`."""
        response = await self._stub.GetStrategy(GetStrategyRequest(strategy_id=strategy_id))
        spec = decode_spec(response.strategy.spec)
        rule = await load_rule(with_parameters(spec, parameters), self._models)
        return RunnableStrategy(strategy_id, rule)


class RunnableStrategy:
    """A strategy and its models in this process; see `ports.LoadedStrategy`."""

    def __init__(self, strategy_id: StrategyId, rule: Rule) -> None:
        self._rule = rule
        self.require_out_of_sample = rule.require_out_of_sample
        self.terms = StrategyTerms(strategy_id, rule.spec, rule.in_sample_models)

    def run(
        self, series: Sequence[BarColumns], terms: BacktestTerms, on_progress: Progress
    ) -> Result:
        """See `ports.LoadedStrategy`."""
        return run(
            self._rule.spec,
            {bars.instrument.symbol: bars for bars in series},
            cash=terms.initial_cash,
            costs=terms.venue_terms,
            start=terms.start_time_ns,
            limits=terms.limits.with_version(1),
            finish=terms.finish.value,
            models=self._rule.models,
            on_progress=lambda progress: on_progress(progress.fraction),
        )
