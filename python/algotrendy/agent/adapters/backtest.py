"""The backtest area, over its contract."""

from collections.abc import Sequence
from typing import Final

import grpc

from algotrendy.agent.model import Backtest, Period
from algotrendy.api.backtest.v1 import backtest_service_pb2 as pb
from algotrendy.api.backtest.v1.backtest_service_pb2_grpc import BacktestServiceStub
from algotrendy.domain.fill import Fill
from algotrendy.domain.statistics import BacktestStatistics
from algotrendy.errors import DeadlineExceededError
from algotrendy.rpc.decimal import decode_decimal
from algotrendy.rpc.paging import pages
from algotrendy.rpc.time import decode_time, encode_optional_time, encode_time
from algotrendy.rpc.trading import decode_fill

# An answer that somebody waits for must come before their own deadline.
WAIT_S: Final = 20.0
# Why a backtest has no outcome, where it does not say so itself.
_UNTOLD: Final = {
    pb.BACKTEST_STATE_FAILED: "unknown",
    pb.BACKTEST_STATE_CANCELED: "it was cancelled",
}


class GrpcBacktests:
    """See `ports.Backtests`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = BacktestServiceStub(channel)

    async def create(self, request_id: str, strategy_id: str, period: Period) -> str:
        """See `ports.Backtests`."""
        response = await self._stub.CreateBacktest(
            pb.CreateBacktestRequest(
                request_id=request_id,
                strategy_id=strategy_id,
                start_time=encode_time(period.start_time_ns),
                end_time=encode_optional_time(period.end_time_ns),
            )
        )
        return response.backtest.backtest_id

    async def wait(self, backtest_id: str) -> Backtest:
        """See `ports.Backtests`."""
        request = pb.GetBacktestRequest(backtest_id=backtest_id, wait=True)
        try:
            response = await self._stub.GetBacktest(request, timeout=WAIT_S)
        except DeadlineExceededError:
            return await self.get(backtest_id)
        return _decode(response.backtest)

    async def get(self, backtest_id: str) -> Backtest:
        """See `ports.Backtests`."""
        response = await self._stub.GetBacktest(pb.GetBacktestRequest(backtest_id=backtest_id))
        return _decode(response.backtest)

    async def latest(self, strategy_id: str) -> Backtest | None:
        """See `ports.Backtests`."""
        # Without a strategy the first one will do; 0 asks for pages of the largest size.
        request = pb.ListBacktestsRequest(page_size=0 if strategy_id else 1)
        async for page in pages(self._stub.ListBacktests, request):
            for wire in page.backtests:
                if strategy_id in {"", wire.strategy_id}:
                    return _decode(wire)
        return None

    async def fills(self, backtest_id: str) -> Sequence[Fill]:
        """See `ports.Backtests`."""
        listed = pages(
            self._stub.ListBacktestFills, pb.ListBacktestFillsRequest(backtest_id=backtest_id)
        )
        return [decode_fill(wire) async for page in listed for wire in page.fills]


def _decode(wire: pb.Backtest) -> Backtest:
    succeeded = wire.state == pb.BACKTEST_STATE_SUCCEEDED
    final_equity = "final_equity" if wire.HasField("final_equity") else "initial_cash"
    return Backtest(
        backtest_id=wire.backtest_id,
        strategy_id=wire.strategy_id,
        symbols=tuple(wire.spec.symbols),
        start_time_ns=decode_time(wire, "start_time"),
        end_time_ns=decode_time(wire, "end_time"),
        initial_cash=decode_decimal(wire, "initial_cash"),
        final_equity=decode_decimal(wire, final_equity),
        slippage_bps=decode_decimal(wire.venue_terms, "slippage_bps"),
        fee_bps=decode_decimal(wire.venue_terms, "fee_bps"),
        total_fees=decode_decimal(wire, "total_fees"),
        order_count=wire.order_count,
        rejected_count=wire.rejected_count,
        fill_count=wire.fill_count,
        in_sample=wire.in_sample,
        statistics=_decode_statistics(wire.statistics) if succeeded else None,
        error=wire.error or _UNTOLD.get(wire.state, ""),
    )


def _decode_statistics(wire: pb.PerformanceStatistics) -> BacktestStatistics:
    return BacktestStatistics(
        total_return=wire.total_return,
        cagr=wire.cagr,
        sharpe_ratio=wire.sharpe_ratio,
        volatility=wire.volatility,
        max_drawdown=wire.max_drawdown,
        time_in_market=wire.time_in_market,
    )
