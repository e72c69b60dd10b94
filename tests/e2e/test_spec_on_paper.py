"""One strategy as a spec: backtests, paper trading in lock-step and the service are the same."""

from decimal import Decimal

import pytest
from tests.e2e.paper import CASH, COSTS, LIMITS, PAIR, SYMBOLS, Desk, orders_back, run_back

from algotrendy.api.backtest.v1 import backtest_service_pb2 as backtest_pb
from algotrendy.api.strategy.v1.strategy_service_pb2 import GetDeploymentRequest
from algotrendy.backtest.compare import compare
from algotrendy.backtest.rows import fills_of, orders_of
from algotrendy.client import pages
from algotrendy.domain.strategy import (
    Distance,
    Hold,
    Notional,
    Percent,
    Period,
    Schedule,
    SizeAt,
    Stops,
    StrategySpec,
)
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.limits import encode_limits
from algotrendy.rpc.time import encode_time
from algotrendy.rpc.trading import decode_fill
from algotrendy.rpc.venue import encode_venue_terms

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SPEC = StrategySpec(
    symbols=PAIR,
    parameters={"fast": 5, "slow": 15},
    features={"trend": "sma(close, fast) - sma(close, slow)"},
    entry="trend > 0",
    exit="trend < 0 and rsi(close, 5) < 40",
    short_entry="trend < 0",
    short_exit="trend > 0",
    size=Percent(Decimal("0.3")),
    stops=Stops(
        stop_loss=Distance(percent=Decimal("0.02")),
        take_profit=Distance(distance="1.5 * atr(10)"),
        max_bars=9,
    ),
)

TOGETHER = {
    "a rotation": StrategySpec(
        symbols=SYMBOLS, rank="ret(close, 5)", hold=Hold(count=1), schedule=Schedule(every=3)
    ),
    "a rotation with stops": StrategySpec(
        symbols=SYMBOLS,
        rank="cs_zscore(ret(close, 10)) - 0.1 * cs_rank(close)",
        entry="close > sma(close, 15)",
        hold=Hold(count=2),
        size=Percent(Decimal("0.4")),
        stops=Stops(
            stop_loss=Distance(percent=Decimal("0.02")),
            take_profit=Distance(distance="2 * atr(10)"),
            max_bars=4,
        ),
        schedule=Schedule(every=Period.WEEK),
    ),
    "a comparison": StrategySpec(
        symbols=SYMBOLS,
        entry="cs_rank(ret(close, 5)) > 0.9",
        exit="cs_rank(ret(close, 5)) < 0.6",
        short_entry="cs_rank(ret(close, 5)) < 0.4",
        short_exit="cs_rank(ret(close, 5)) > 0.6",
        size=Percent(Decimal("0.2")),
        stops=Stops(trailing=Distance(percent=Decimal("0.03")), max_bars=6),
    ),
}

AT_OPEN = {
    "all of it": StrategySpec(
        symbols=("AAA",),
        entry="close > sma(close, 10)",
        exit="close < sma(close, 10)",
        size=Percent(Decimal(1)),
        size_at=SizeAt.NEXT_OPEN,
        stops=Stops(stop_loss=Distance(percent=Decimal("0.01"))),
    ),
    "both ways": StrategySpec(
        symbols=("BBB",),
        entry="close > sma(close, 5)",
        short_entry="close < sma(close, 5)",
        size=Percent(Decimal("0.5")),
        size_at=SizeAt.NEXT_OPEN,
    ),
    "for money": StrategySpec(
        symbols=("CCC",),
        entry="close < lag(close, 1)",
        exit="close > lag(close, 1)",
        size=Notional(Decimal(50_000)),
        size_at=SizeAt.NEXT_OPEN,
        stops=Stops(max_bars=3),
    ),
}


async def test_a_spec_trades_on_paper_what_it_trades_in_a_backtest_and_in_the_service(
    desk: Desk,
) -> None:
    account_id = await desk.open_account()
    strategy_id, _ = await desk.deploy(SPEC, account_id)
    await desk.replay(PAIR)
    result = run_back(SPEC, desk, PAIR)
    paper = await desk.fills(account_id)
    comparison = compare(paper, list(fills_of(result, "")))
    assert comparison.is_identical, str(comparison)
    assert len(paper) > 20
    assert {order.order_type for order in orders_of(result)} == {"MARKET", "LIMIT", "STOP"}
    assert await desk.orders(account_id) == orders_back(result)

    created = await desk.client.backtests.CreateBacktest(
        backtest_pb.CreateBacktestRequest(
            request_id="b",
            strategy_id=strategy_id,
            start_time=encode_time(desk.start_ns),
            initial_cash=encode_decimal(CASH),
            venue_terms=encode_venue_terms(COSTS),
            limits=encode_limits(LIMITS),
        )
    )
    backtest_id = created.backtest.backtest_id
    done = await desk.client.backtests.GetBacktest(
        backtest_pb.GetBacktestRequest(backtest_id=backtest_id, wait=True)
    )
    assert done.backtest.error == ""
    listed = pages(
        desk.client.backtests.ListBacktestFills,
        backtest_pb.ListBacktestFillsRequest(backtest_id=backtest_id),
    )
    served = [decode_fill(fill) async for page in listed for fill in page.fills]
    assert compare(served, paper).is_identical


@pytest.mark.parametrize("specs", [TOGETHER, AT_OPEN], ids=["together", "at the open"])
async def test_a_spec_on_paper_has_the_orders_of_its_backtest(
    desk: Desk, specs: dict[str, StrategySpec]
) -> None:
    accounts, deployments = {}, {}
    for name, spec in specs.items():
        accounts[name] = await desk.open_account()
        _, deployments[name] = await desk.deploy(spec, accounts[name])
    await desk.replay(SYMBOLS)
    for name, spec in specs.items():
        request = GetDeploymentRequest(deployment_id=deployments[name])
        deployment = (await desk.client.strategies.GetDeployment(request)).deployment
        assert deployment.error == "", name
        result = run_back(spec, desk, spec.symbols)
        paper = await desk.fills(accounts[name])
        comparison = compare(paper, list(fills_of(result, "")))
        assert comparison.is_identical, f"{name}: {comparison}"
        assert len(paper) > 20, name
        # Of a symbol that misses a bar, the order that turns a position around is sent with the
        # one that closes it; in a backtest as that fills.
        sent = sorted((order[:-1] for order in await desk.orders(accounts[name])), key=str)
        assert sent == sorted((order[:-1] for order in orders_back(result)), key=str), name
