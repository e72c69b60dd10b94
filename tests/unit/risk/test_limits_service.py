import pytest

from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.errors import (
    AccountNotFoundError,
    InvalidArgumentError,
    LimitsMissingError,
    UnavailableError,
)
from algotrendy.risk.service import LimitsService
from algotrendy.testing.risk import FakeEvents, FakeLimits, FakeTrading


async def test_set_answers_once_the_next_version_is_in_force(
    limits: LimitsService, trading: FakeTrading, events: FakeEvents, account_id: AccountId
) -> None:
    for version in (1, 2):
        stored = await limits.set(account_id, Limits.of(max_open_orders=version))
        assert (stored.version, trading.applied[account_id]) == (version, stored)
        assert await limits.get(account_id) == stored
    assert events.told == [("LimitsChanged", (account_id, 1)), ("LimitsChanged", (account_id, 2))]


async def test_versions_go_on_above_what_trading_has(
    limits: LimitsService, trading: FakeTrading, account_id: AccountId
) -> None:
    trading.applied[account_id] = Limits(version=7)
    assert (await limits.set(account_id, Limits())).version == 8


async def test_limits_of_an_unknown_account_are_refused_and_not_stored(
    limits: LimitsService, repository: FakeLimits
) -> None:
    nobody = AccountId("nobody")
    with pytest.raises(AccountNotFoundError):
        await limits.set(nobody, Limits())
    assert repository.stored == {}


async def test_limits_that_trading_could_not_be_told_are_not_in_force_until_a_start_tells_it(
    limits: LimitsService, trading: FakeTrading, account_id: AccountId
) -> None:
    trading.failure = UnavailableError("trading failed to answer.")
    with pytest.raises(UnavailableError):
        await limits.set(account_id, Limits.of(max_open_orders=3))
    with pytest.raises(LimitsMissingError):
        await limits.get(account_id)

    trading.failure = None
    await limits.restore()

    assert (await limits.get(account_id)).account_limits.value("max_open_orders") == 3
    assert trading.applied[account_id].version == 1


async def test_limits_that_trading_refuses_are_forgotten(
    limits: LimitsService, trading: FakeTrading, repository: FakeLimits, account_id: AccountId
) -> None:
    trading.failure = InvalidArgumentError("impossible")
    with pytest.raises(InvalidArgumentError):
        await limits.set(account_id, Limits())
    assert repository.stored == {account_id: []}


async def test_a_start_tells_trading_nothing_that_it_has(
    limits: LimitsService, trading: FakeTrading, events: FakeEvents, account_id: AccountId
) -> None:
    await limits.set(account_id, Limits())
    trading.failure = AssertionError  # type: ignore[assignment]  # Nothing may be applied.
    told = list(events.told)
    await limits.restore()
    assert events.told == told


async def test_a_version_in_force_that_was_not_told_of_is_told_by_the_next_start(
    limits: LimitsService, events: FakeEvents, account_id: AccountId
) -> None:
    events.failures = [UnavailableError("NATS is away.")]
    with pytest.raises(UnavailableError):
        await limits.set(account_id, Limits())
    await limits.restore()
    assert events.told == [("LimitsChanged", (account_id, 1))]
    assert (await limits.get(account_id)).version == 1


async def test_defaults_are_for_accounts_without_limits_only(
    limits: LimitsService, trading: FakeTrading, account_id: AccountId
) -> None:
    await limits.set_defaults(account_id)
    assert trading.applied[account_id].account_limits.value("max_order_notional") == 1000
    explicit = await limits.set(account_id, Limits.of(max_open_orders=3))
    await limits.set_defaults(account_id)
    assert trading.applied[account_id] == explicit


async def test_defaults_for_an_account_that_is_gone_are_kept_to_oneself(
    limits: LimitsService, trading: FakeTrading
) -> None:
    await limits.set_defaults(AccountId("gone"))
    assert AccountId("gone") not in trading.applied
