"""`StrategyService` over a real gRPC server."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from algotrendy.api.strategy.v1 import strategy_pb2
from algotrendy.api.strategy.v1 import strategy_service_pb2 as pb
from algotrendy.api.strategy.v1.strategy_service_pb2_grpc import (
    StrategyServiceStub,
    add_StrategyServiceServicer_to_server,
)
from algotrendy.domain.fill import Fill
from algotrendy.domain.ids import AccountId, OrderId
from algotrendy.domain.order import Side
from algotrendy.domain.tick import Quote, Ticks, Trade
from algotrendy.errors import (
    AccountNotFoundError,
    AlgoTrendyError,
    DeploymentNotFoundError,
    ExpressionError,
    InSampleError,
    InsufficientDataError,
    InvalidArgumentError,
    ModelNotFoundError,
    RequestIdReusedError,
    StrategyNotFoundError,
    SymbolNotFoundError,
    UnavailableError,
)
from algotrendy.rpc.decimal import encode_decimal
from algotrendy.rpc.market_data import decode_ticks
from algotrendy.rpc.time import encode_time
from algotrendy.strategy.followers import OrderNews, OrderNewsType
from algotrendy.strategy.service import StrategyService
from algotrendy.strategy.servicer import StrategyServicer
from algotrendy.testing.rpc import served
from algotrendy.testing.strategy import (
    ACCOUNT_ID,
    MODEL_ID,
    FakeModels,
    ScriptedModel,
    StrategyArea,
)


@pytest.fixture
def area() -> StrategyArea:
    return StrategyArea()


@pytest.fixture
def service(area: StrategyArea) -> StrategyService:
    return area.start()


@pytest.fixture
async def stub(service: StrategyService) -> AsyncIterator[StrategyServiceStub]:
    def add(server: object) -> None:
        add_StrategyServiceServicer_to_server(StrategyServicer(service), server)  # type: ignore[arg-type]

    async with served("strategy", add) as channel:
        yield StrategyServiceStub(channel)


def create_request(request_id: str = "r", **changes: object) -> pb.CreateStrategyRequest:
    terms = {
        "symbols": ["SPY"],
        "entry": f'model("{MODEL_ID}") >= 0.6',
        "exit": f'model("{MODEL_ID}") <= 0.4',
        "position_weight": encode_decimal(Decimal("0.5")),
        **changes,
    }
    return pb.CreateStrategyRequest(
        request_id=request_id, display_name="Rise", spec=strategy_pb2.StrategySpec(**terms)
    )


def deploy_request(
    strategy_id: str, area: StrategyArea, first_bar: int
) -> pb.DeployStrategyRequest:
    return pb.DeployStrategyRequest(
        request_id=f"deploy-{first_bar}",
        strategy_id=strategy_id,
        account_id=ACCOUNT_ID,
        start_time=encode_time(area.opens(first_bar)),
    )


async def create(stub: StrategyServiceStub) -> str:
    strategy_id: str = (await stub.CreateStrategy(create_request())).strategy.strategy_id
    return strategy_id


async def test_a_strategy_comes_back_as_it_was_given(stub: StrategyServiceStub) -> None:
    created = (await stub.CreateStrategy(create_request())).strategy
    found = (
        await stub.GetStrategy(pb.GetStrategyRequest(strategy_id=created.strategy_id))
    ).strategy
    assert found == created
    sent = create_request().spec
    sent.size_at = strategy_pb2.SIZE_AT_CLOSE
    # The share is told in both places.
    sent.size.percent.CopyFrom(sent.position_weight)
    assert found.spec == sent
    assert found.display_name == "Rise"
    assert found.HasField("create_time")


async def test_strategies_are_listed_in_pages(stub: StrategyServiceStub) -> None:
    for name in ("a", "b", "c"):
        await stub.CreateStrategy(create_request(name))
    first = await stub.ListStrategies(pb.ListStrategiesRequest(page_size=2))
    second = await stub.ListStrategies(
        pb.ListStrategiesRequest(page_size=2, page_token=first.next_page_token)
    )
    assert (len(first.strategies), len(second.strategies)) == (2, 1)
    assert second.next_page_token == ""


async def test_a_deployment_runs_until_it_is_stopped(
    stub: StrategyServiceStub, area: StrategyArea, service: StrategyService
) -> None:
    request = deploy_request(await create(stub), area, 5)
    deployed = (await stub.DeployStrategy(request)).deployment
    assert deployed.state == strategy_pb2.DEPLOYMENT_STATE_ACTIVE
    assert deployed.start_time == request.start_time
    assert (await stub.DeployStrategy(request)).deployment == deployed
    await area.feed(service, 5, 6)
    name = pb.GetDeploymentRequest(deployment_id=deployed.deployment_id)
    running = (await stub.GetDeployment(name)).deployment
    assert (running.bar_count, running.order_count, running.rejected_count) == (2, 2, 0)
    assert (running.bar_to_signal.count, running.bar_to_signal.p99_us) == (2, 5.0)
    stop = pb.StopDeploymentRequest(deployment_id=deployed.deployment_id)
    stopped = (await stub.StopDeployment(stop)).deployment
    assert stopped.state == strategy_pb2.DEPLOYMENT_STATE_STOPPED


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (create_request(symbols=[]), InvalidArgumentError),
        (create_request(entry=""), InvalidArgumentError),
        (create_request(entry="close > lag(close, -1)"), ExpressionError),
        (create_request(exit="close - open"), ExpressionError),
        (create_request(position_weight={"value": "half"}), InvalidArgumentError),
        (create_request(position_weight={"value": "0"}), InvalidArgumentError),
        (create_request(position_weight={"value": "1.01"}), InvalidArgumentError),
        (create_request(entry='model("nothing-1") > 0.5'), ModelNotFoundError),
        (create_request(symbols=["NONE"]), SymbolNotFoundError),
    ],
)
async def test_a_strategy_that_cannot_be_is_refused(
    stub: StrategyServiceStub, request_: pb.CreateStrategyRequest, error: type[AlgoTrendyError]
) -> None:
    with pytest.raises(error):
        await stub.CreateStrategy(request_)


async def test_what_is_wrong_with_an_expression_is_told_by_field_and_character(
    stub: StrategyServiceStub,
) -> None:
    with pytest.raises(ExpressionError) as refusal:
        await stub.CreateStrategy(create_request(exit="close < emaa(close, 5)"))
    metadata = refusal.value.metadata
    assert (metadata["field"], metadata["position"], metadata["end"]) == ("exit", "8", "12")
    assert metadata["problem"].startswith('"emaa" is not a function')


async def test_a_request_id_with_another_body_is_refused(stub: StrategyServiceStub) -> None:
    await create(stub)
    with pytest.raises(RequestIdReusedError):
        await stub.CreateStrategy(create_request(exit="close < open"))


async def test_a_deployment_that_cannot_be_is_refused(
    stub: StrategyServiceStub, area: StrategyArea
) -> None:
    strategy_id = await create(stub)
    with pytest.raises(StrategyNotFoundError):
        await stub.DeployStrategy(deploy_request("x", area, 5))
    with pytest.raises(InsufficientDataError):
        await stub.DeployStrategy(deploy_request(strategy_id, area, 0))
    elsewhere = deploy_request(strategy_id, area, 4)
    elsewhere.account_id = "x"
    with pytest.raises(AccountNotFoundError):
        await stub.DeployStrategy(elsewhere)
    trained_to = int(area.market_data.series["SPY"].close_time_ns[6])
    area.models.models = FakeModels(ScriptedModel([], train_end_time_ns=trained_to)).models
    with pytest.raises(InSampleError):
        await stub.DeployStrategy(deploy_request(strategy_id, area, 6))


async def test_unknown_deployments_are_not_found(stub: StrategyServiceStub) -> None:
    with pytest.raises(DeploymentNotFoundError):
        await stub.GetDeployment(pb.GetDeploymentRequest(deployment_id="x"))
    with pytest.raises(DeploymentNotFoundError):
        await stub.StopDeployment(pb.StopDeploymentRequest(deployment_id="x"))


async def test_who_follows_the_market_is_told_one_thing_at_a_time(
    stub: StrategyServiceStub, area: StrategyArea, service: StrategyService
) -> None:
    bars = list(area.market_data.series["SPY"])
    requests: asyncio.Queue[pb.FollowMarketRequest] = asyncio.Queue()
    requests.put_nowait(pb.FollowMarketRequest(symbols=["SPY"], account_id=ACCOUNT_ID))

    async def asked() -> AsyncIterator[pb.FollowMarketRequest]:
        while True:
            yield await requests.get()

    call = stub.FollowMarket(asked())
    told = aiter(call)
    assert (await anext(told)).WhichOneof("event") is None
    deciding = asyncio.create_task(service.on_bar(bars[0], 0))
    answer = await anext(told)
    assert (answer.bar.symbol, answer.bar.close_time) == ("SPY", encode_time(bars[0].close_time_ns))
    assert answer.following_count == 0
    # It waits until that was dealt with.
    assert not deciding.done()
    requests.put_nowait(pb.FollowMarketRequest())
    await deciding
    fill = Fill("SPY", Side.BUY, Decimal(5), Decimal(100), Decimal(1), 7, "e-1", "o", "c")
    hearing = asyncio.create_task(service.on_order(ACCOUNT_ID, fill))
    assert (await anext(told)).fill.execution_id == "e-1"
    requests.put_nowait(pb.FollowMarketRequest())
    await hearing
    # What becomes of other accounts' orders is not told.
    await service.on_order(AccountId("other"), fill)
    news = OrderNews(OrderNewsType.REJECTED, ACCOUNT_ID, OrderId("o"), 8, "KILL_SWITCH_ON")
    hearing = asyncio.create_task(service.on_order(ACCOUNT_ID, news))
    answer = await anext(told)
    assert answer.order_news.type == pb.ORDER_NEWS_TYPE_REJECTED
    assert (answer.order_news.order_id, answer.order_news.reason) == ("o", "KILL_SWITCH_ON")
    call.cancel()
    await hearing


async def test_who_asks_for_ticks_is_told_of_them_before_the_bars_of_their_time(
    stub: StrategyServiceStub, area: StrategyArea, service: StrategyService
) -> None:
    bars = area.market_data.series["SPY"]
    bar = next(iter(bars))
    trades = (Trade(100_00, 3, 1), Trade(100_01, 4, -1), Trade(100_02, 5))
    ticks = Ticks("SPY", bar.close_time_ns, trades, (Quote(99_99, 100_03, 7, 8),))

    async def follow(*, asks: bool) -> list[tuple[str | None, int]]:
        requests: asyncio.Queue[pb.FollowMarketRequest] = asyncio.Queue()
        requests.put_nowait(pb.FollowMarketRequest(symbols=["SPY"], ticks=asks))

        async def asked() -> AsyncIterator[pb.FollowMarketRequest]:
            while True:
                yield await requests.get()

        call = stub.FollowMarket(asked())
        told = aiter(call)
        await anext(told)
        heard = []
        await service.on_ticks(ticks, following_count=1)
        deciding = asyncio.create_task(service.on_bar(bar, 0))
        while not deciding.done():
            answer = await anext(told)
            heard.append((answer.WhichOneof("event"), answer.following_count))
            if heard[-1][0] == "ticks":
                assert decode_ticks(answer.ticks, bars.instrument) == ticks
            requests.put_nowait(pb.FollowMarketRequest())
            if not answer.following_count:
                await deciding
        call.cancel()
        return heard

    assert await follow(asks=True) == [("ticks", 1), ("bar", 0)]
    assert await follow(asks=False) == [("bar", 0)]


async def test_a_bar_fails_where_who_follows_goes_away(
    stub: StrategyServiceStub, area: StrategyArea, service: StrategyService
) -> None:
    async def asked() -> AsyncIterator[pb.FollowMarketRequest]:
        yield pb.FollowMarketRequest(symbols=["SPY"])
        await asyncio.Event().wait()

    call = stub.FollowMarket(asked())
    told = aiter(call)
    await anext(told)
    deciding = asyncio.create_task(service.on_bar(next(iter(area.market_data.series["SPY"])), 0))
    await anext(told)
    call.cancel()
    with pytest.raises(UnavailableError):
        await deciding


@pytest.mark.parametrize(
    ("symbols", "error"),
    [([], InvalidArgumentError), (["SPY", "SPY"], InvalidArgumentError),
     (["NONE"], SymbolNotFoundError)],
)  # fmt: skip
async def test_what_cannot_be_followed_is_refused(
    stub: StrategyServiceStub, symbols: list[str], error: type[AlgoTrendyError]
) -> None:
    async def asked() -> AsyncIterator[pb.FollowMarketRequest]:
        yield pb.FollowMarketRequest(symbols=symbols)

    with pytest.raises(error):
        async for _ in stub.FollowMarket(asked()):
            pass


async def test_a_strategy_that_ranks_its_symbols_is_deployed(
    stub: StrategyServiceStub, area: StrategyArea
) -> None:
    ranked = create_request(
        rank="close", hold=strategy_pb2.Hold(count=1), exit="", position_weight=None
    )
    strategy_id = (await stub.CreateStrategy(ranked)).strategy.strategy_id
    answer = await stub.DeployStrategy(deploy_request(strategy_id, area, 5))
    assert answer.deployment.state == strategy_pb2.DEPLOYMENT_STATE_ACTIVE


async def test_who_waits_for_a_time_is_told_that_it_has_come(
    stub: StrategyServiceStub, area: StrategyArea, service: StrategyService
) -> None:
    requests: asyncio.Queue[pb.FollowMarketRequest] = asyncio.Queue()
    requests.put_nowait(
        pb.FollowMarketRequest(symbols=["SPY"], account_id=ACCOUNT_ID, wake_time=encode_time(10))
    )

    async def asked() -> AsyncIterator[pb.FollowMarketRequest]:
        while True:
            yield await requests.get()

    call = stub.FollowMarket(asked())
    told = aiter(call)
    await anext(told)
    # Before it, nobody is told and nobody waits.
    await service.on_time(9, None)
    passing = asyncio.create_task(service.on_time(30, None))
    for wake_time, then in ((10, 20), (20, 20)):
        assert (await anext(told)).time == encode_time(wake_time)
        assert not passing.done()
        # One that has come already is not told again.
        requests.put_nowait(pb.FollowMarketRequest(wake_time=encode_time(then)))
    await passing
    # What comes of one is known before the next, and before the market goes on.
    assert area.events.published == [
        *(f"TimePassed {ACCOUNT_ID} 10", "Rest"),
        *(f"TimePassed {ACCOUNT_ID} 20", "Rest"),
    ]
    await service.on_time(99, None)
    call.cancel()
