from decimal import Decimal

import pytest

from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.risk.service import ExposureService, LimitsService, Monitor
from algotrendy.testing.risk import FakeEvents, FakeExposures, FakeLimits, FakeTrading

ACCOUNT_ID = AccountId("01900000-0000-7000-8000-000000000001")
DEFAULTS = Limits.of(max_order_notional=Decimal(1000))


@pytest.fixture
def account_id() -> AccountId:
    return ACCOUNT_ID


@pytest.fixture
def trading() -> FakeTrading:
    return FakeTrading(ACCOUNT_ID)


@pytest.fixture
def repository() -> FakeLimits:
    return FakeLimits()


@pytest.fixture
def events() -> FakeEvents:
    return FakeEvents()


@pytest.fixture
def exposures() -> FakeExposures:
    return FakeExposures()


@pytest.fixture
def limits(repository: FakeLimits, trading: FakeTrading, events: FakeEvents) -> LimitsService:
    return LimitsService(repository, trading, events, DEFAULTS)


@pytest.fixture
def monitor(
    exposures: FakeExposures, limits: LimitsService, repository: FakeLimits, events: FakeEvents
) -> Monitor:
    return Monitor(exposures, limits, repository, events)


@pytest.fixture
def exposure_service(exposures: FakeExposures) -> ExposureService:
    return ExposureService(exposures)
