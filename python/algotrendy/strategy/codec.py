"""Strategies and deployments on the wire, and back."""

from algotrendy.api.strategy.v1 import strategy_events_pb2, strategy_pb2
from algotrendy.api.strategy.v1 import strategy_service_pb2 as pb
from algotrendy.domain.fill import Fill
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import OrderIntent
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import encode_bar, encode_ticks
from algotrendy.rpc.strategy import encode_spec
from algotrendy.rpc.time import encode_time
from algotrendy.rpc.trading import encode_fill, encode_side
from algotrendy.strategy.followers import (
    FinishedBar,
    Follower,
    Happening,
    MadeTicks,
    OrderNews,
    TimeCome,
)
from algotrendy.strategy.model import Deployment, LatencySummary, Strategy


def encode_strategy(strategy: Strategy) -> strategy_pb2.Strategy:
    """Return a strategy for the wire."""
    return strategy_pb2.Strategy(
        strategy_id=strategy.strategy_id,
        display_name=strategy.display_name,
        spec=encode_spec(strategy.spec),
        create_time=encode_time(strategy.create_time_ns),
    )


def encode_deployment(deployment: Deployment) -> strategy_pb2.Deployment:
    """Return a deployment for the wire."""
    return strategy_pb2.Deployment(
        deployment_id=deployment.deployment_id,
        strategy_id=deployment.strategy_id,
        account_id=deployment.account_id,
        state=strategy_pb2.DeploymentState.Value(f"DEPLOYMENT_STATE_{deployment.state}"),
        start_time=encode_time(deployment.start_time_ns),
        bar_count=deployment.bar_count,
        order_count=deployment.order_count,
        rejected_count=deployment.rejected_count,
        bar_to_signal=_encode_latency(deployment.bar_to_signal),
        order_to_ack=_encode_latency(deployment.order_to_ack),
        error=deployment.error,
    )


def encode_signal(
    deployment: Deployment, instrument: Instrument, intent: OrderIntent, client_order_id: str
) -> strategy_events_pb2.SignalGenerated:
    """Return what a deployment decided, as an event."""
    return strategy_events_pb2.SignalGenerated(
        deployment_id=deployment.deployment_id,
        strategy_id=deployment.strategy_id,
        account_id=deployment.account_id,
        symbol=intent.symbol,
        side=encode_side(intent.side),
        quantity=encode_decimal(instrument.quantity(intent.quantity)),
        bar_close_time=encode_time(intent.bar_close_time_ns),
        client_order_id=client_order_id,
        expression=intent.expression,
        model_outputs=intent.model_outputs,
    )


def encode_happening(happening: Happening, follower: Follower) -> pb.FollowMarketResponse:
    """Return what a follower is told."""
    match happening:
        case MadeTicks(ticks, following_count):
            told = encode_ticks(ticks, follower.instruments[ticks.symbol])
            return pb.FollowMarketResponse(ticks=told, following_count=following_count)
        case FinishedBar(bar, following_count):
            message = encode_bar(bar, follower.instruments[bar.symbol])
            return pb.FollowMarketResponse(bar=message, following_count=following_count)
        case Fill():
            fill = encode_fill(happening, follower.account_id or "")
            return pb.FollowMarketResponse(fill=fill)
        case OrderNews():
            news = pb.OrderNews(
                type=pb.OrderNewsType.Value(f"ORDER_NEWS_TYPE_{happening.type}"),
                account_id=happening.account_id,
                order_id=happening.order_id,
                reason=happening.reason,
                create_time=encode_time(happening.time_ns),
            )
            return pb.FollowMarketResponse(order_news=news)
        case TimeCome(time_ns):
            return pb.FollowMarketResponse(time=encode_time(time_ns))


def _encode_latency(summary: LatencySummary) -> strategy_pb2.LatencySummary:
    return strategy_pb2.LatencySummary(
        count=summary.count, p50_us=summary.p50_us, p99_us=summary.p99_us
    )
