"""Backtests on the wire, and back."""

from algotrendy.api.backtest.v1 import backtest_service_pb2 as pb
from algotrendy.backtest.model import (
    DEFAULT_INITIAL_CASH,
    DEFAULT_VENUE_TERMS,
    NO_LIMITS,
    Backtest,
    BacktestOutcome,
    BacktestTerms,
)
from algotrendy.rpc.decimal import decode_optional_decimal, encode_decimal
from algotrendy.rpc.limits import decode_limits
from algotrendy.rpc.strategy import encode_spec
from algotrendy.rpc.time import decode_optional_time, decode_time, encode_time
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
        else DEFAULT_VENUE_TERMS,
        limits=decode_limits(request.limits) if request.HasField("limits") else NO_LIMITS,
    )


def encode_backtest(backtest: Backtest) -> pb.Backtest:
    """Return a backtest for the wire."""
    message = pb.Backtest(
        backtest_id=backtest.backtest_id,
        strategy_id=backtest.strategy.strategy_id,
        spec=encode_spec(backtest.strategy.spec),
        state=pb.BacktestState.Value(f"BACKTEST_STATE_{backtest.state}"),
        progress=backtest.progress,
        initial_cash=encode_decimal(backtest.terms.initial_cash),
        venue_terms=encode_venue_terms(backtest.terms.venue_terms),
        in_sample=bool(backtest.strategy.in_sample_models),
        in_sample_models=backtest.strategy.in_sample_models,
        error=backtest.error,
        create_time=encode_time(backtest.create_time_ns),
    )
    if backtest.outcome is not None:
        message.MergeFrom(_encode_outcome(backtest.outcome))
    return message


def _encode_outcome(outcome: BacktestOutcome) -> pb.Backtest:
    statistics = outcome.statistics
    return pb.Backtest(
        start_time=encode_time(outcome.start_time_ns),
        end_time=encode_time(outcome.end_time_ns),
        final_equity=encode_decimal(outcome.final_equity),
        statistics=pb.PerformanceStatistics(
            total_return=statistics.total_return,
            cagr=statistics.cagr,
            sharpe_ratio=statistics.sharpe_ratio,
            volatility=statistics.volatility,
            max_drawdown=statistics.max_drawdown,
            time_in_market=statistics.time_in_market,
        ),
        order_count=outcome.order_count,
        rejected_count=outcome.rejected_count,
        fill_count=outcome.fill_count,
        total_fees=encode_decimal(outcome.total_fees),
    )
