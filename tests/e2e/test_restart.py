"""A platform killed in the middle of a replay goes on as if nothing had happened."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import UpProcess

from algotrendy.api.market_data.v1.market_data_service_pb2 import ReplayBarsRequest
from algotrendy.api.strategy.v1.strategy_service_pb2 import DeployStrategyRequest
from algotrendy.api.trading.v1.trading_service_pb2 import ListFillsRequest
from algotrendy.backtest.compare import compare
from algotrendy.cli.demo.plan import plan_for
from algotrendy.cli.demo.steps import DemoSteps
from algotrendy.client import Client, pages
from algotrendy.errors import UnavailableError
from algotrendy.rpc.time import encode_time
from algotrendy.rpc.trading import decode_fill

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PLAN = plan_for(None, symbol=None, columns=None, interval="1d", tick_size="0.01")
KILLED_AFTER = 120


async def replay_until(
    client: Client, request: ReplayBarsRequest, count: int, then: Callable[[], None]
) -> None:
    async for progress in client.market_data.ReplayBars(request):
        if progress.completed_count == count:
            then()


async def test_a_replay_killed_half_way_and_repeated_trades_what_a_backtest_trades(
    tmp_path: Path, start_up: Callable[..., UpProcess]
) -> None:
    killed = start_up(tmp_path / "data")
    async with Client(killed.ready().grpc) as client:
        steps = DemoSteps(client, PLAN)
        for source in PLAN.sources:
            await steps.import_bars(source)
        spans = await steps.spans()
        strategy = await steps.create_strategy(await steps.train_model(spans))
        account_id = (await steps.open_account()).account_id
        start = encode_time(spans.paper_start_ns)
        await client.strategies.DeployStrategy(
            DeployStrategyRequest(
                request_id="deploy",
                strategy_id=strategy.strategy_id,
                account_id=account_id,
                start_time=start,
            )
        )
        request = ReplayBarsRequest(symbols=PLAN.symbols, start_time=start)
        with pytest.raises(UnavailableError):
            await replay_until(client, request, KILLED_AFTER, killed.process.kill)
    killed.process.wait()
    # A kill leaves the addresses of the dead behind until the next start.
    (tmp_path / "data" / "addresses.json").unlink()

    again = start_up(tmp_path / "data")
    async with Client(again.ready().grpc) as client:
        steps = DemoSteps(client, PLAN)
        async for progress in client.market_data.ReplayBars(request):
            assert progress.total_count > KILLED_AFTER
        backtest = await steps.backtest(strategy, spans.paper_start_ns, None)
        listing = pages(client.trading.ListFills, ListFillsRequest(account_id=account_id))
        fills = [decode_fill(fill) async for response in listing for fill in response.fills]
        assert fills
        assert compare(fills, await steps.backtest_fills(backtest)).is_identical
