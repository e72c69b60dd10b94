"""`BacktestService` over a real gRPC server."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from algotrendy.api.backtest.v1 import backtest_service_pb2 as pb
from algotrendy.api.backtest.v1.backtest_service_pb2_grpc import (
    BacktestServiceStub,
    add_BacktestServiceServicer_to_server,
)
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.backtest.servicer import BacktestServicer
from algotrendy.domain.ids import BacktestId
from algotrendy.errors import (
    AlgoTrendyError,
    BacktestNotFoundError,
    InSampleError,
    InsufficientDataError,
    InvalidArgumentError,
    StrategyNotFoundError,
)
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.time import encode_time
from algotrendy.rpc.trading import decode_fill
from algotrendy.strategy.rule import Rule
from algotrendy.testing.backtest import STRATEGY_ID, BacktestArea
from algotrendy.testing.rpc import served
from algotrendy.testing.strategy import MODEL_ID, ScriptedModel


@pytest.fixture
def area() -> BacktestArea:
    return BacktestArea()


@pytest.fixture
async def stub(area: BacktestArea) -> AsyncIterator[BacktestServiceStub]:
    service = area.start()

    def add(server: object) -> None:
        add_BacktestServiceServicer_to_server(BacktestServicer(service), server)  # type: ignore[arg-type]

    async with served("backtest", add) as channel:
        yield BacktestServiceStub(channel)
    await service.close()


def create_request(request_id: str = "r", **changes: object) -> pb.CreateBacktestRequest:
    terms = {"strategy_id": STRATEGY_ID, "start_time": encode_time(0), **changes}
    return pb.CreateBacktestRequest(request_id=request_id, **terms)


async def run(stub: BacktestServiceStub, request: pb.CreateBacktestRequest) -> pb.Backtest:
    created = (await stub.CreateBacktest(request)).backtest
    assert created.state == pb.BACKTEST_STATE_RUNNING
    name = pb.GetBacktestRequest(backtest_id=created.backtest_id, wait=True)
    return (await stub.GetBacktest(name)).backtest


async def test_a_backtest_tells_what_came_of_it(
    stub: BacktestServiceStub, area: BacktestArea
) -> None:
    done = await run(stub, create_request())
    result = area.repository.results[BacktestId(done.backtest_id)]
    assert done.state == pb.BACKTEST_STATE_SUCCEEDED
    assert (done.progress, done.error) == (1.0, "")
    assert (done.in_sample, list(done.in_sample_models)) == (False, [])
    assert (done.order_count, done.rejected_count, done.fill_count) == (2, 0, 2)
    assert (done.initial_cash.value, done.venue_terms.fee_bps.value) == ("1000000", "1")
    assert Decimal(done.final_equity.value) == result.equity["equity"][-1].as_py()
    assert Decimal(done.total_fees.value) == result.statistics.fees > 0
    assert done.statistics.sharpe_ratio == result.statistics.sharpe_ratio
    assert (done.statistics.trade_count, done.statistics.win_rate) == (1, 1.0)
    assert not done.statistics.HasField("profit_factor")
    assert Decimal(done.statistics.slippage.value) == result.statistics.slippage > 0
    assert (done.bar_count, done.finish) == (8, pb.FINISH_HOLD)
    assert done.statistics.time_in_market == 3 / 8
    assert done.start_time == encode_time(area.opens(0))
    assert done.spec.symbols == ["SPY"]


async def test_fills_come_in_pages_and_as_they_were(
    stub: BacktestServiceStub, area: BacktestArea
) -> None:
    done = await run(stub, create_request())
    first = await stub.ListBacktestFills(
        pb.ListBacktestFillsRequest(backtest_id=done.backtest_id, page_size=1)
    )
    second = await stub.ListBacktestFills(
        pb.ListBacktestFillsRequest(
            backtest_id=done.backtest_id, page_size=2, page_token=first.next_page_token
        )
    )
    assert second.next_page_token == ""
    messages = [*first.fills, *second.fills]
    assert {message.account_id for message in messages} == {done.backtest_id}
    decoded = [decode_fill(message) for message in messages]
    assert decoded == list(await area.repository.fills(BacktestId(done.backtest_id), 10, 0))


async def test_equity_comes_as_columns(stub: BacktestServiceStub) -> None:
    done = await run(stub, create_request())
    answer = await stub.GetBacktestEquity(pb.GetBacktestEquityRequest(backtest_id=done.backtest_id))
    assert (answer.scale, len(answer.close_time_ns), len(answer.equity)) == (2, 8, 8)
    assert answer.equity[0] == answer.cash[0] == 1_000_000_00
    for equity, cash, gross, net in zip(
        answer.equity, answer.cash, answer.gross_notional, answer.net_notional, strict=True
    ):
        assert (cash + net, gross) == (equity, net)


async def test_orders_positions_and_the_manifest_are_told(stub: BacktestServiceStub) -> None:
    name = {"backtest_id": (await run(stub, create_request())).backtest_id}
    bought, sold = (await stub.ListBacktestOrders(pb.ListBacktestOrdersRequest(**name))).orders
    assert (bought.order_id, bought.account_id) == ("o-1", name["backtest_id"])
    assert (bought.side, sold.side) == (trading_pb2.SIDE_BUY, trading_pb2.SIDE_SELL)
    assert bought.status == trading_pb2.ORDER_STATUS_FILLED
    assert (bought.filled_quantity, bought.leaves_quantity.value) == (bought.quantity, "0")
    answer = await stub.ListBacktestPositions(pb.ListBacktestPositionsRequest(**name))
    (position,) = answer.positions
    assert (position.side, position.quantity) == (trading_pb2.SIDE_BUY, bought.quantity)
    assert position.HasField("close_time")
    manifest = await stub.GetBacktestManifest(pb.GetBacktestManifestRequest(**name))
    assert json.loads(manifest.manifest_json)["strategy"]["type"] == "spec"
    refused = await stub.ListBacktestRejections(pb.ListBacktestRejectionsRequest(**name))
    assert len(refused.rejections) == 0


async def test_what_was_refused_is_told_with_its_numbers(stub: BacktestServiceStub) -> None:
    limits = trading_pb2.Limits(max_order_notional=encode_decimal(Decimal(10)))
    done = await run(stub, create_request(limits=limits))
    answer = await stub.ListBacktestRejections(
        pb.ListBacktestRejectionsRequest(backtest_id=done.backtest_id)
    )
    (rejection,) = answer.rejections
    assert rejection.order_id == "o-1"
    assert rejection.failure.reason == "NOTIONAL_LIMIT_EXCEEDED"
    assert (rejection.failure.rule, rejection.failure.limit) == ("order_notional", "10.00")


async def test_a_backtest_is_followed_to_its_end(stub: BacktestServiceStub) -> None:
    created = (await stub.CreateBacktest(create_request())).backtest
    request = pb.StreamBacktestRequest(backtest_id=created.backtest_id)
    states = [answer.backtest async for answer in stub.StreamBacktest(request)]
    assert states[-1].state == pb.BACKTEST_STATE_SUCCEEDED
    assert all(state.state == pb.BACKTEST_STATE_RUNNING for state in states[:-1])


async def test_a_backtest_that_has_ended_is_not_cancelled(stub: BacktestServiceStub) -> None:
    done = await run(stub, create_request())
    answer = await stub.CancelBacktest(pb.CancelBacktestRequest(backtest_id=done.backtest_id))
    assert answer.backtest == done


async def test_terms_are_taken(stub: BacktestServiceStub) -> None:
    done = await run(
        stub,
        create_request(
            initial_cash=encode_decimal(Decimal("5000.50")),
            venue_terms=trading_pb2.PaperVenueTerms(fee_bps=encode_decimal(Decimal(3))),
            limits=trading_pb2.Limits(max_order_notional=encode_decimal(Decimal(10))),
        ),
    )
    assert done.initial_cash.value == "5000.50"
    assert done.venue_terms.slippage_bps.value == "0"
    # Refused at every bar at which the model wants to buy; the position to sell never came.
    assert (done.order_count, done.rejected_count, done.fill_count) == (1, 1, 0)


async def test_a_run_that_asks_a_model_in_sample_says_so(area: BacktestArea) -> None:
    asked = f'model("{MODEL_ID}", in_sample=True) > 0.5'
    area.spec_changes = {"entry": asked, "exit": f"not ({asked})"}
    service = area.start()

    def add(server: object) -> None:
        add_BacktestServiceServicer_to_server(BacktestServicer(service), server)  # type: ignore[arg-type]

    async with served("backtest", add) as channel:
        done = await run(BacktestServiceStub(channel), create_request())
    assert (done.in_sample, list(done.in_sample_models)) == (True, [MODEL_ID])
    assert done.spec.entry == asked
    await service.close()


async def test_backtests_are_listed_newest_first(stub: BacktestServiceStub) -> None:
    ids = [(await run(stub, create_request(name))).backtest_id for name in ("a", "b")]
    answer = await stub.ListBacktests(pb.ListBacktestsRequest())
    assert [backtest.backtest_id for backtest in answer.backtests] == ids[::-1]


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (create_request(start_time=None), InvalidArgumentError),
        (create_request(end_time=encode_time(0)), InvalidArgumentError),
        (create_request(initial_cash={"value": "0"}), InvalidArgumentError),
        (create_request(initial_cash={"value": "0.001"}), InvalidArgumentError),
        (create_request(initial_cash={"value": "much"}), InvalidArgumentError),
        (create_request(venue_terms={"fee_bps": {"value": "-1"}}), InvalidArgumentError),
        (create_request(venue_terms={"slippage_bps": {"value": "10000"}}), InvalidArgumentError),
        (create_request(limits={"max_open_orders": -1}), InvalidArgumentError),
        (create_request(finish=9), InvalidArgumentError),
        (create_request(parameters={"fast": 1}), InvalidArgumentError),
        (create_request(parameters={"fast": "one"}), InvalidArgumentError),
        (create_request(time_limit={"seconds": 0}), InvalidArgumentError),
        (create_request(time_limit={"seconds": 3601}), InvalidArgumentError),
        (create_request(strategy_id="x"), StrategyNotFoundError),
        (create_request(start_time=encode_time(2**62)), InsufficientDataError),
    ],
)
async def test_a_backtest_that_cannot_be_is_refused(
    stub: BacktestServiceStub, request_: pb.CreateBacktestRequest, error: type[AlgoTrendyError]
) -> None:
    with pytest.raises(error):
        await stub.CreateBacktest(request_)


async def test_bars_of_the_training_are_refused(area: BacktestArea) -> None:
    area.model = ScriptedModel([], train_end_time_ns=2**62)
    service = area.start()

    def add(server: object) -> None:
        add_BacktestServiceServicer_to_server(BacktestServicer(service), server)  # type: ignore[arg-type]

    async with served("backtest", add) as channel:
        with pytest.raises(InSampleError):
            await BacktestServiceStub(channel).CreateBacktest(create_request())
    await service.close()


async def test_a_run_that_is_found_in_sample_on_its_way_says_so(
    area: BacktestArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rule, "require_out_of_sample", lambda *_: None)
    area.model = ScriptedModel([], train_end_time_ns=2**62)
    service = area.start()

    def add(server: object) -> None:
        add_BacktestServiceServicer_to_server(BacktestServicer(service), server)  # type: ignore[arg-type]

    async with served("backtest", add) as channel:
        done = await run(BacktestServiceStub(channel), create_request())
    assert done.state == pb.BACKTEST_STATE_FAILED
    assert (done.error_reason, "in_sample=True allows it" in done.error) == (
        "MODEL_IN_SAMPLE",
        True,
    )
    await service.close()


async def test_an_unknown_backtest_is_not_found(stub: BacktestServiceStub) -> None:
    with pytest.raises(BacktestNotFoundError):
        await stub.GetBacktest(pb.GetBacktestRequest(backtest_id="x", wait=True))
    with pytest.raises(BacktestNotFoundError):
        await stub.ListBacktestFills(pb.ListBacktestFillsRequest(backtest_id="x"))
    with pytest.raises(BacktestNotFoundError):
        await stub.GetBacktestEquity(pb.GetBacktestEquityRequest(backtest_id="x"))
    with pytest.raises(BacktestNotFoundError):
        await stub.CancelBacktest(pb.CancelBacktestRequest(backtest_id="x"))
    with pytest.raises(BacktestNotFoundError):
        async for _ in stub.StreamBacktest(pb.StreamBacktestRequest(backtest_id="x")):
            pass
