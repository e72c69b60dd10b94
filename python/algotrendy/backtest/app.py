"""Wires the backtest area, as a service and as a library."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import grpc

from algotrendy.api.backtest.v1 import backtest_service_pb2
from algotrendy.api.backtest.v1.backtest_service_pb2_grpc import (
    add_BacktestServiceServicer_to_server,
)
from algotrendy.api.strategy.v1.strategy_service_pb2 import GetStrategyRequest
from algotrendy.api.strategy.v1.strategy_service_pb2_grpc import StrategyServiceStub
from algotrendy.backtest import engine
from algotrendy.backtest.adapters.market_data import StoredMarketData
from algotrendy.backtest.adapters.nats import NatsEvents
from algotrendy.backtest.adapters.postgres import PostgresBacktests
from algotrendy.backtest.adapters.telemetry import TelemetryLog
from algotrendy.backtest.model import BacktestTerms, StrategyTerms
from algotrendy.backtest.ports import Progress
from algotrendy.backtest.result import BacktestResult
from algotrendy.backtest.service import BacktestService
from algotrendy.backtest.servicer import BacktestServicer
from algotrendy.domain.bar import BarColumns
from algotrendy.domain.ids import StrategyId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.strategy import StrategySpec
from algotrendy.expression.features import Model
from algotrendy.ml.adapters.onnx_model import OnnxModel
from algotrendy.platform.context import Context
from algotrendy.rpc.strategy import decode_spec
from algotrendy.storage.requests import PostgresRequests
from algotrendy.strategy.adapters.ml import MlModels
from algotrendy.strategy.ports import Models
from algotrendy.strategy.rule import Rule, load_rule
from algotrendy.strategy.runner import SymbolRunner

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
    )
    add_BacktestServiceServicer_to_server(BacktestServicer(service), server)
    await service.recover()
    yield
    await service.close()


def run_backtest(
    spec: StrategySpec,
    series: Sequence[BarColumns],
    terms: BacktestTerms,
    *,
    models: Mapping[str, Model] | None = None,
    run_id: str = "backtest",
    strategy_id: str | None = None,
    on_progress: Progress | None = None,
) -> BacktestResult:
    """Run a strategy over bars in this process, without any service; see `engine.run`.

    Parameters
    ----------
    series : sequence of BarColumns
        One for each of the spec's symbols, bars before `terms.start_time_ns` being the warm-up.
    models : mapping of str to Model, optional
        Those that the spec's expressions name.
    """
    rule = Rule(spec, models or {})
    deciders = {bars.instrument.symbol: SymbolRunner(rule, bars.instrument) for bars in series}
    return engine.run(
        run_id, series, deciders, terms, strategy_id=strategy_id, on_progress=on_progress
    )


class StoredStrategies:
    """The strategy and ml areas; see `ports.Strategies`."""

    def __init__(self, channel: grpc.aio.Channel, models: Models) -> None:
        self._stub = StrategyServiceStub(channel)
        self._models = models

    async def load(self, strategy_id: StrategyId) -> "RunnableStrategy":
        """See `ports.Strategies`."""
        response = await self._stub.GetStrategy(GetStrategyRequest(strategy_id=strategy_id))
        spec = decode_spec(response.strategy.spec)
        return RunnableStrategy(strategy_id, await load_rule(spec, self._models))


class RunnableStrategy:
    """A strategy and its models in this process; see `ports.LoadedStrategy`."""

    def __init__(self, strategy_id: StrategyId, rule: Rule) -> None:
        self._rule = rule
        self.require_out_of_sample = rule.require_out_of_sample
        self.terms = StrategyTerms(strategy_id, rule.spec, rule.in_sample_models)

    def decider(self, instrument: Instrument) -> SymbolRunner:
        """See `ports.LoadedStrategy`."""
        return SymbolRunner(self._rule, instrument)
