"""Backtests on the wire, and back."""

from decimal import Decimal

from algotrendy.api.backtest.v1 import backtest_service_pb2 as pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.backtest.model import (
    DEFAULT_INITIAL_CASH,
    NO_LIMITS,
    Backtest,
    BacktestOutcome,
    BacktestTerms,
    EquityColumns,
    Finish,
)
from algotrendy.backtest.rows import OrderRow, PositionRow, RejectionRow
from algotrendy.domain.ids import BacktestId
from algotrendy.rpc.decimal import (
    decode_optional_decimal,
    encode_decimal,
    encode_optional_decimal,
)
from algotrendy.rpc.enums import UNSPECIFIED, enum_name
from algotrendy.rpc.limits import decode_limits, encode_limits
from algotrendy.rpc.strategy import decode_parameters, encode_spec
from algotrendy.rpc.time import (
    decode_optional_duration,
    decode_optional_time,
    decode_time,
    encode_optional_time,
    encode_time,
)
from algotrendy.rpc.trading import encode_side
from algotrendy.rpc.venue import decode_venue_terms, encode_venue_terms


def decode_terms(request: pb.CreateBacktestRequest) -> BacktestTerms:
    """Return what to run; what is unset has its default."""
    initial_cash = decode_optional_decimal(request, "initial_cash")
    return BacktestTerms(
        start_time_ns=decode_time(request, "start_time"),
        end_time_ns=decode_optional_time(request, "end_time"),
        initial_cash=DEFAULT_INITIAL_CASH if initial_cash is None else initial_cash,
        venue_terms=decode_venue_terms(request.venue_terms)
        if request.HasField("venue_terms")
        else None,
        limits=decode_limits(request.limits) if request.HasField("limits") else NO_LIMITS,
        finish=_decode_finish(request.finish),
        parameters=decode_parameters(request.parameters),
        time_limit_ns=decode_optional_duration(request, "time_limit"),
    )


def encode_backtest(backtest: Backtest) -> pb.Backtest:
    """Return a backtest for the wire."""
    terms = backtest.terms
    message = pb.Backtest(
        backtest_id=backtest.backtest_id,
        strategy_id=backtest.strategy.strategy_id,
        spec=encode_spec(backtest.strategy.spec),
        state=pb.BacktestState.Value(f"BACKTEST_STATE_{backtest.state}"),
        progress=backtest.progress,
        initial_cash=encode_decimal(terms.initial_cash),
        venue_terms=None if terms.venue_terms is None else encode_venue_terms(terms.venue_terms),
        in_sample=bool(backtest.strategy.in_sample_models),
        in_sample_models=backtest.strategy.in_sample_models,
        finish=pb.Finish.Value(f"FINISH_{terms.finish.name}"),
        limits=encode_limits(terms.limits),
        bar_count=backtest.bar_count,
        error=backtest.error,
        error_reason=backtest.error_reason,
        create_time=encode_time(backtest.create_time_ns),
    )
    if backtest.outcome is not None:
        message.MergeFrom(_encode_outcome(backtest.outcome))
    return message


def encode_order(order: OrderRow, backtest_id: BacktestId) -> trading_pb2.Order:
    """Return an order of a backtest for the wire; what is not filled of one that ended is gone."""
    leaves = order.quantity - order.filled_quantity if order.end_time_ns is None else 0
    return trading_pb2.Order(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        account_id=backtest_id,
        symbol=order.symbol,
        side=encode_side(order.side),
        order_type=trading_pb2.OrderType.Value(f"ORDER_TYPE_{order.order_type}"),
        quantity=encode_decimal(order.quantity),
        limit_price=encode_optional_decimal(order.limit_price),
        stop_price=encode_optional_decimal(order.stop_price),
        time_in_force=trading_pb2.TimeInForce.Value(f"TIME_IN_FORCE_{order.time_in_force}"),
        status=trading_pb2.OrderStatus.Value(f"ORDER_STATUS_{order.status}"),
        filled_quantity=encode_decimal(order.filled_quantity),
        leaves_quantity=encode_decimal(Decimal(leaves)),
        reject_reason=order.reason,
        create_time=encode_time(order.create_time_ns),
        update_time=encode_optional_time(order.end_time_ns),
    )


def encode_position(position: PositionRow) -> pb.BacktestPosition:
    """Return a position of a backtest for the wire."""
    return pb.BacktestPosition(
        symbol=position.symbol,
        side=encode_side(position.side),
        quantity=encode_decimal(position.quantity),
        open_time=encode_time(position.open_time_ns),
        close_time=encode_optional_time(position.close_time_ns),
        open_price=encode_decimal(position.open_price),
        close_price=encode_optional_decimal(position.close_price),
        profit=encode_decimal(position.profit),
        fees=encode_decimal(position.fees),
    )


def encode_rejection(rejection: RejectionRow) -> pb.BacktestRejection:
    """Return what was refused in a backtest for the wire."""
    return pb.BacktestRejection(
        order_id=rejection.order_id,
        symbol=rejection.symbol,
        reject_time=encode_time(rejection.time_ns),
        failure=trading_pb2.CheckFailure(
            reason=rejection.reason,
            rule=rejection.rule,
            limit=rejection.limit,
            observed=rejection.observed,
        ),
    )


def encode_equity(account: EquityColumns) -> pb.GetBacktestEquityResponse:
    """Return the account at every close for the wire."""
    return pb.GetBacktestEquityResponse(
        scale=account.scale,
        close_time_ns=account.close_time_ns.tolist(),
        equity=account.equity.tolist(),
        cash=account.cash.tolist(),
        gross_notional=account.gross.tolist(),
        net_notional=account.net.tolist(),
    )


def _decode_finish(value: pb.Finish.ValueType) -> Finish:
    name = enum_name(pb.Finish, value, "finish")
    return Finish.HOLD if name == UNSPECIFIED else Finish[name]


def _encode_outcome(outcome: BacktestOutcome) -> pb.Backtest:
    return pb.Backtest(
        start_time=encode_time(outcome.start_time_ns),
        end_time=encode_time(outcome.end_time_ns),
        final_equity=encode_decimal(outcome.final_equity),
        statistics=_encode_statistics(outcome),
        order_count=outcome.order_count,
        rejected_count=outcome.rejected_count,
        fill_count=outcome.fill_count,
        total_fees=encode_decimal(outcome.total_fees),
    )


def _encode_statistics(outcome: BacktestOutcome) -> pb.PerformanceStatistics:
    message = pb.PerformanceStatistics(**vars(outcome.statistics))
    trades = outcome.trades
    if trades is not None:
        told = {**vars(trades), "slippage": encode_decimal(trades.slippage)}
        message.MergeFrom(pb.PerformanceStatistics(**told))
    return message
