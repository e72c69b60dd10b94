"""Strategies are kept and deployed; what runs is handed every bar once."""

import asyncio

import pytest

from algotrendy.domain.ids import AccountId, DeploymentId, StrategyId
from algotrendy.domain.strategy import Hold, SizeAt
from algotrendy.errors import (
    AccountNotFoundError,
    DeploymentNotFoundError,
    ExpressionError,
    InSampleError,
    InsufficientDataError,
    InsufficientFundsError,
    InvalidArgumentError,
    ModelNotFoundError,
    RequestIdReusedError,
    StrategyNotFoundError,
    StrategyUnsupportedError,
    SymbolNotFoundError,
    UnavailableError,
)
from algotrendy.strategy.model import DeploymentState
from algotrendy.testing.strategy import (
    ACCOUNT_ID,
    MODEL_ID,
    FakeModels,
    ScriptedModel,
    StrategyArea,
    spec,
)


async def test_a_repeated_request_returns_the_first_strategy(area: StrategyArea) -> None:
    service = area.start()
    first = await service.create("r", b"body", "Rise", spec())
    assert await service.create("r", b"body", "Rise", spec()) == first
    assert len(area.repository.strategies) == 1
    with pytest.raises(RequestIdReusedError):
        await service.create("r", b"other body", "Fall", spec())


async def test_a_strategy_of_an_unknown_model_is_refused(area: StrategyArea) -> None:
    with pytest.raises(ModelNotFoundError):
        await area.create(area.start(), spec(exit='model("nothing-1") < 0.5'))
    assert not area.repository.strategies


async def test_a_strategy_whose_entry_is_no_condition_is_refused(area: StrategyArea) -> None:
    with pytest.raises(ExpressionError) as refusal:
        await area.create(area.start(), spec(entry="close >"))
    assert (refusal.value.metadata["field"], refusal.value.metadata["position"]) == ("entry", "7")
    assert not area.repository.strategies


async def test_a_strategy_of_an_unknown_symbol_is_refused(area: StrategyArea) -> None:
    with pytest.raises(SymbolNotFoundError):
        await area.create(area.start(), spec(("SPY", "NONE")))


async def test_unknown_ids_are_not_found(area: StrategyArea) -> None:
    service = area.start()
    with pytest.raises(StrategyNotFoundError):
        await service.get(StrategyId("x"))
    with pytest.raises(DeploymentNotFoundError):
        await service.get_deployment(DeploymentId("x"))
    with pytest.raises(DeploymentNotFoundError):
        await service.stop(DeploymentId("x"))


async def test_deploying_registers_instruments_and_tells(area: StrategyArea) -> None:
    deployment = await area.deploy(area.start(), first_bar=5)
    assert deployment.state is DeploymentState.ACTIVE
    assert area.accounts.registered == ["SPY"]
    assert area.events.published == ["StrategyActivated"]


async def test_a_deploy_repeated_while_it_runs_deploys_once(area: StrategyArea) -> None:
    service = area.start()
    strategy_id = await area.create(service)
    request = ("d", b"d", strategy_id, ACCOUNT_ID, area.opens(5))
    first, second = await asyncio.gather(service.deploy(*request), service.deploy(*request))
    assert first == second
    assert area.events.published == ["StrategyActivated"]


async def test_a_deploy_that_was_cut_off_after_it_was_stored_runs_when_repeated(
    area: StrategyArea,
) -> None:
    stored = await area.deploy(area.start(), first_bar=5)
    area.events.published.clear()
    # Another service object has what was stored, and nothing that runs.
    service = area.start()
    assert await area.deploy(service, first_bar=5) == stored
    await area.feed(service, 5)
    assert area.events.published == ["StrategyActivated", "SignalGenerated BUY"]


async def test_a_stop_that_could_not_be_stored_is_no_stop(area: StrategyArea) -> None:
    service = area.start()
    deployment = await area.deploy(service, first_bar=5)
    area.repository.failure = UnavailableError("The database is away.")
    with pytest.raises(UnavailableError):
        await service.stop(deployment.deployment_id)
    assert (await service.get_deployment(deployment.deployment_id)).state is DeploymentState.ACTIVE

    await service.stop(deployment.deployment_id)
    assert area.stored(deployment).state is DeploymentState.STOPPED


async def test_deploying_on_an_unknown_account_leaves_nothing(area: StrategyArea) -> None:
    service = area.start()
    strategy_id = await area.create(service)
    with pytest.raises(AccountNotFoundError):
        await service.deploy("d", b"d", strategy_id, AccountId("other"), area.opens(5))
    assert not area.repository.deployments


async def test_a_start_without_enough_bars_before_it_is_refused(area: StrategyArea) -> None:
    service = area.start()
    with pytest.raises(InsufficientDataError) as refusal:
        await area.deploy(service, first_bar=1)
    assert refusal.value.metadata == {"symbol": "SPY", "bar_count": "1", "expected": "2"}


@pytest.mark.parametrize(
    "entry", ['close > bars("QQQ", close)', 'cs_rank(bars("QQQ", close)) > 0.5']
)
async def test_a_series_that_nobody_tells_is_refused(area: StrategyArea, entry: str) -> None:
    service = area.start()
    strategy_id = await area.create(service, spec(entry=entry))
    with pytest.raises(InvalidArgumentError, match="QQQ"):
        await service.deploy("d", b"d", strategy_id, ACCOUNT_ID, area.opens(5))
    assert area.accounts.registered == []
    assert area.repository.deployments == {}


async def test_a_rank_that_is_sized_at_the_next_open_is_refused(area: StrategyArea) -> None:
    service = area.start()
    ranked = spec(rank="close", entry=None, exit=None, hold=Hold(count=1), size_at=SizeAt.NEXT_OPEN)
    strategy_id = await area.create(service, ranked)
    with pytest.raises(StrategyUnsupportedError) as refusal:
        await service.deploy("d", b"d", strategy_id, ACCOUNT_ID, area.opens(5))
    assert refusal.value.metadata == {"field": "size_at", "value": "next_open"}
    assert area.repository.deployments == {}


async def test_a_start_in_the_models_training_is_refused(area: StrategyArea) -> None:
    close_ns = int(area.market_data.series["SPY"].close_time_ns[5])
    area.models = FakeModels(ScriptedModel([], train_end_time_ns=close_ns))
    service = area.start()
    with pytest.raises(InSampleError):
        await area.deploy(service, first_bar=5)
    assert (await area.deploy(service, first_bar=6)).state is DeploymentState.ACTIVE


async def test_without_a_start_it_trades_after_the_last_stored_bar(area: StrategyArea) -> None:
    service = area.start()
    strategy_id = await area.create(service)
    deployment = await service.deploy("d", b"d", strategy_id, ACCOUNT_ID, None)
    assert deployment.start_time_ns == int(area.market_data.series["SPY"].close_time_ns[-1])


async def test_a_bar_leads_to_a_signal_and_an_order(area: StrategyArea) -> None:
    service = area.start()
    deployment = await area.deploy(service, first_bar=5)
    await area.feed(service, 5)
    (order,) = area.accounts.orders
    assert (order.intent.side, order.intent.quantity) == ("BUY", 500)
    assert area.events.published == ["StrategyActivated", "SignalGenerated BUY"]
    assert area.events.signals == [order.client_order_id]
    assert area.observer.bar_to_signal_ns == [5000]
    found = await service.get_deployment(deployment.deployment_id)
    assert (found.bar_count, found.order_count, found.rejected_count) == (1, 1, 0)
    assert (found.bar_to_signal.count, found.bar_to_signal.p50_us) == (1, 5.0)
    assert found.order_to_ack.count == 1


async def test_a_repeated_bar_is_decided_on_once(area: StrategyArea) -> None:
    service = area.start()
    await area.deploy(service, first_bar=5)
    await area.feed(service, 5, 5, 4, 5)
    assert len(area.accounts.orders) == 1


async def test_bars_before_the_start_are_warm_up(area: StrategyArea) -> None:
    service = area.start()
    deployment = await area.deploy(service, first_bar=5)
    await area.feed(service, 3, 4)
    assert not area.accounts.orders
    assert area.stored(deployment).bar_count == 0


async def test_bars_stored_between_warm_up_and_the_first_live_one_are_taken(
    area: StrategyArea,
) -> None:
    area.models = FakeModels(ScriptedModel([0.5] * 7 + [0.9]))
    service = area.start()
    await area.deploy(service, first_bar=5)
    await area.feed(service, 7)
    assert [order.intent.model_outputs for order in area.accounts.orders] == [{MODEL_ID: 0.9}]


async def test_a_refused_order_is_counted_and_not_fatal(area: StrategyArea) -> None:
    service = area.start()
    deployment = await area.deploy(service, first_bar=5)
    area.accounts.failure = InsufficientFundsError("Too little cash.")
    await area.feed(service, 5)
    area.accounts.failure = None
    await area.feed(service, 6)
    stored = area.stored(deployment)
    assert (stored.state, stored.order_count, stored.rejected_count) == ("ACTIVE", 2, 1)
    assert area.observer.refusals == ["INSUFFICIENT_FUNDS"]


async def test_an_unexpected_error_fails_the_deployment_and_is_raised(area: StrategyArea) -> None:
    service = area.start()
    deployment = await area.deploy(service, first_bar=5)
    area.accounts.failure = UnavailableError("trading does not answer.")
    with pytest.raises(UnavailableError):
        await area.feed(service, 5)
    await area.feed(service, 6)
    stored = area.stored(deployment)
    assert (stored.state, stored.error) == ("FAILED", "trading does not answer.")
    assert area.events.published[-1] == "StrategyDeactivated FAILED"
    assert len(area.accounts.orders) == 1


async def test_one_deployments_failure_keeps_no_bar_from_another(area: StrategyArea) -> None:
    service = area.start()
    strategy_id = await area.create(service)
    await service.deploy("1", b"1", strategy_id, ACCOUNT_ID, area.opens(5))
    second = await service.deploy("2", b"2", strategy_id, ACCOUNT_ID, area.opens(5))
    area.accounts.failure = UnavailableError("trading does not answer.")
    with pytest.raises(UnavailableError):
        await area.feed(service, 5)
    assert area.stored(second).state is DeploymentState.FAILED
    assert len(area.accounts.orders) == 2


async def test_stopping_ends_decisions_and_again_changes_nothing(area: StrategyArea) -> None:
    service = area.start()
    deployment = await area.deploy(service, first_bar=5)
    stopped = await service.stop(deployment.deployment_id)
    await area.feed(service, 5)
    assert await service.stop(deployment.deployment_id) == stopped
    assert stopped.state is DeploymentState.STOPPED
    assert not area.accounts.orders
    assert area.events.published == ["StrategyActivated", "StrategyDeactivated STOPPED"]
    assert service.instrument("SPY") is None


async def test_a_restart_resumes_where_it_was(area: StrategyArea) -> None:
    area.models = FakeModels(ScriptedModel([0.0] * 5 + [0.9, 0.0, 0.0, 0.8]))
    before = area.start()
    deployment = await area.deploy(before, first_bar=5)
    await area.feed(before, 5, 6)
    after = area.start()
    await after.resume()
    await area.feed(after, 6, 8)
    outputs = [order.intent.model_outputs[MODEL_ID] for order in area.accounts.orders]
    assert outputs == [0.9, 0.8]
    assert area.stored(deployment).bar_count == 3


async def test_a_deployment_whose_model_is_gone_fails_at_the_restart(area: StrategyArea) -> None:
    deployment = await area.deploy(area.start(), first_bar=5)
    area.models = FakeModels()
    await area.start().resume()
    stored = area.stored(deployment)
    assert stored.state is DeploymentState.FAILED
    assert "direction-1" in stored.error


async def test_strategies_are_listed_newest_first_in_pages(area: StrategyArea) -> None:
    service = area.start()
    for name in ("a", "b", "c"):
        await service.create(name, name.encode(), name, spec())
    first = await service.page(2, None)
    rest = await service.page(2, first[-1].strategy_id)
    assert [strategy.display_name for strategy in first + rest] == ["c", "b", "a"]
