from decimal import Decimal

import pytest

from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.errors import AccountNotFoundError, UnavailableError
from algotrendy.risk.model import Alert, Cause
from algotrendy.risk.service import ExposureService, LimitsService, Monitor
from algotrendy.testing.risk import FakeEvents, FakeExposures


def cause(account_id: AccountId, sequence: int) -> Cause:
    event_id = f"{account_id}:{sequence}"
    return Cause(event_id, account_id, sequence, 100 + sequence, sequence)


@pytest.fixture
async def watched(monitor: Monitor, account_id: AccountId) -> Monitor:
    """An account with 10,000 in cash and a future of 50 units, known to the monitor."""
    await monitor.account_opened(cause(account_id, 0))
    await monitor.cash_moved(cause(account_id, 1), Decimal(10_000))
    await monitor.instrument_registered(cause(account_id, 2), "ES", 50)
    return monitor


async def fill(
    monitor: Monitor, account_id: AccountId, sequence: int, quantity: str, price: str
) -> None:
    await monitor.order_filled(
        cause(account_id, sequence), "ES", Decimal(quantity), Decimal(price), Decimal(9_000)
    )


async def test_exposure_follows_the_fills(
    watched: Monitor, exposure_service: ExposureService, account_id: AccountId
) -> None:
    await fill(watched, account_id, 3, "2", "10")
    await fill(watched, account_id, 4, "-5", "11")
    exposure = await exposure_service.get(account_id)
    assert exposure.net_notional == -3 * 11 * 50
    assert exposure.gross_notional == 3 * 11 * 50
    assert (exposure.cash, exposure.event_sequence) == (Decimal(9_000), 4)


async def test_a_fill_that_comes_twice_counts_once(
    watched: Monitor, exposures: FakeExposures, account_id: AccountId
) -> None:
    for _ in range(2):
        await fill(watched, account_id, 3, "2", "10")
    # Even where the stream was made anew, and numbers it otherwise.
    exposures.last_applied = 0
    await fill(watched, account_id, 3, "2", "10")
    assert exposures.watch.positions[account_id, "ES"].quantity == 2


async def test_a_refused_order_raises_one_alert_whose_event_is_told_again_after_a_failure(
    watched: Monitor, exposures: FakeExposures, events: FakeEvents, account_id: AccountId
) -> None:
    events.failures = [UnavailableError("NATS is away.")]
    refusal = ("ES", "order_notional", "1000", "1100")
    with pytest.raises(UnavailableError):
        await watched.order_rejected(cause(account_id, 3), *refusal)
    assert exposures.watch.alerts == {}

    for _ in range(2):
        await watched.order_rejected(cause(account_id, 3), *refusal)

    (alert,) = exposures.watch.alerts.values()
    assert (alert.rule, alert.limit, alert.observed) == refusal[1:]
    assert events.told[-1] == ("RiskThresholdBreached", alert)
    assert len([name for name, _ in events.told if name == "RiskThresholdBreached"]) == 1


async def test_a_position_beyond_its_limit_is_told_when_the_excursion_begins(
    watched: Monitor, limits: LimitsService, events: FakeEvents, account_id: AccountId
) -> None:
    await limits.set(account_id, Limits.of(max_position_notional=Decimal(1000)))
    await fill(watched, account_id, 3, "2", "10")
    for time_ns, price in enumerate(("10.02", "10.04", "10", "-10.02"), start=1):
        await watched.price_updated("ES", Decimal(price), time_ns)
    await fill(watched, account_id, 4, "1", "10")

    alerts = [what for name, what in events.told if name == "PositionLimitExceeded"]
    assert [
        (alert.rule, alert.limit, alert.observed) for alert in alerts if isinstance(alert, Alert)
    ] == [
        ("position_notional", "1000", "1002.00"),
        ("position_notional", "1000", "1002.00"),
    ]


async def test_without_a_position_limit_none_is_exceeded(
    watched: Monitor, events: FakeEvents, account_id: AccountId
) -> None:
    await fill(watched, account_id, 3, "1000", "1000")
    assert [name for name, _ in events.told] == ["LimitsChanged"]


async def test_a_new_account_gets_limits_before_it_is_watched(
    watched: Monitor, limits: LimitsService, account_id: AccountId
) -> None:
    assert (await limits.get(account_id)).account_limits.value("max_order_notional") == 1000


async def test_alerts_come_in_pages_newest_first(
    watched: Monitor, exposure_service: ExposureService, account_id: AccountId
) -> None:
    for sequence in (3, 4, 5):
        await watched.order_rejected(cause(account_id, sequence), "ES", f"rule-{sequence}", "", "")
    first, before = await exposure_service.alerts(account_id, None, 2)
    second, end = await exposure_service.alerts(None, before, 2)
    assert [alert.rule for alert in (*first, *second)] == ["rule-5", "rule-4", "rule-3"]
    assert end is None
    assert await exposure_service.alerts(AccountId("nobody"), None, 2) == ([], None)


async def test_an_account_that_was_never_seen_has_no_exposure(
    exposure_service: ExposureService, account_id: AccountId
) -> None:
    with pytest.raises(AccountNotFoundError):
        await exposure_service.get(account_id)
