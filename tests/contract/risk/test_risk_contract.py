"""`RiskService` over a real gRPC server."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.type.decimal_pb2 import Decimal as WireDecimal

from algotrendy.api.risk.v1 import risk_service_pb2 as pb
from algotrendy.api.risk.v1 import risk_service_pb2_grpc
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.domain.ids import AccountId
from algotrendy.domain.limits import Limits
from algotrendy.errors import (
    AccountNotFoundError,
    InvalidArgumentError,
    LimitsMissingError,
    UnavailableError,
)
from algotrendy.risk.model import Alert, InstrumentExposure
from algotrendy.risk.service import ExposureService, LimitsService
from algotrendy.risk.servicer import RiskServicer
from algotrendy.testing.risk import FakeEvents, FakeExposures, FakeLimits, FakeTrading
from algotrendy.testing.rpc import served

if TYPE_CHECKING:
    from algotrendy.api.risk.v1.risk_service_pb2_grpc import RiskServiceAsyncStub

ACCOUNT_ID = AccountId("01900000-0000-7000-8000-000000000001")


@pytest.fixture
def trading() -> FakeTrading:
    return FakeTrading(ACCOUNT_ID)


@pytest.fixture
def exposures() -> FakeExposures:
    return FakeExposures()


@pytest.fixture
async def channel(
    trading: FakeTrading, exposures: FakeExposures
) -> AsyncIterator[grpc.aio.Channel]:
    limits = LimitsService(FakeLimits(), trading, FakeEvents(), Limits())
    servicer = RiskServicer(limits, ExposureService(exposures))
    async with served(
        "risk",
        lambda server: risk_service_pb2_grpc.add_RiskServiceServicer_to_server(servicer, server),
    ) as channel:
        yield channel


@pytest.fixture
def risk(channel: grpc.aio.Channel) -> "RiskServiceAsyncStub":
    return risk_service_pb2_grpc.RiskServiceStub(channel)


def setting(account_id: str = ACCOUNT_ID, **limits: Any) -> pb.SetLimitsRequest:
    return pb.SetLimitsRequest(account_id=account_id, limits=trading_pb2.Limits(**limits))


async def test_limits_are_set_with_the_services_version_and_read_back(
    risk: "RiskServiceAsyncStub", trading: FakeTrading
) -> None:
    wanted: dict[str, Any] = {
        "version": 99,
        "max_order_quantity": WireDecimal(value="10.5"),
        "max_order_notional": WireDecimal(value="1000"),
        "max_position_notional": WireDecimal(value="2000"),
        "max_open_orders": 3,
        "price_collar_bps": 100,
        "max_reference_age_s": 60,
        "allow_short": True,
    }
    answer = (await risk.SetLimits(setting(**wanted))).limits
    for name, value in {**wanted, "version": 1}.items():
        assert getattr(answer, name) == value
    assert answer.account_limits.max_order_quantity == trading_pb2.Limit(
        value=WireDecimal(value="10.5"), severity=trading_pb2.SEVERITY_HARD
    )
    read = await risk.GetLimits(pb.GetLimitsRequest(account_id=ACCOUNT_ID))
    assert read.limits == answer
    assert trading.applied[ACCOUNT_ID].account_limits.value("max_order_quantity") == Decimal("10.5")


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"max_order_notional": WireDecimal(value="0")}, "max_order_notional"),
        ({"max_order_notional": WireDecimal(value="-1")}, "max_order_notional"),
        ({"max_order_quantity": WireDecimal(value="many")}, "max_order_quantity"),
        ({"max_open_orders": -1}, "max_open_orders"),
        ({"price_collar_bps": -1}, "price_collar_bps"),
        ({"max_reference_age_s": -1}, "max_reference_age_s"),
    ],
)
async def test_bad_limits_are_refused_by_field(
    risk: "RiskServiceAsyncStub", limits: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await risk.SetLimits(setting(**limits))
    assert refusal.value.metadata["field"] == field


async def test_an_account_is_needed(risk: "RiskServiceAsyncStub") -> None:
    with pytest.raises(InvalidArgumentError):
        await risk.SetLimits(setting(account_id=""))
    with pytest.raises(AccountNotFoundError):
        await risk.SetLimits(setting(account_id="nobody"))
    with pytest.raises(AccountNotFoundError):
        await risk.GetExposure(pb.GetExposureRequest(portfolio_id=ACCOUNT_ID))


async def test_limits_that_trading_cannot_be_told_are_unavailable(
    risk: "RiskServiceAsyncStub", trading: FakeTrading
) -> None:
    trading.failure = UnavailableError("trading failed to answer.", service="trading")
    with pytest.raises(UnavailableError) as refusal:
        await risk.SetLimits(setting())
    assert refusal.value.metadata == {"service": "trading"}


async def test_limits_that_are_missing_are_refused(risk: "RiskServiceAsyncStub") -> None:
    with pytest.raises(LimitsMissingError) as refusal:
        await risk.GetLimits(pb.GetLimitsRequest(account_id=ACCOUNT_ID))
    assert refusal.value.metadata == {"account_id": ACCOUNT_ID}


async def test_exposure_and_alerts_are_told_exactly(
    risk: "RiskServiceAsyncStub", exposures: FakeExposures
) -> None:
    watch = exposures.watch
    await watch.open_account(ACCOUNT_ID)
    await watch.set_cash(ACCOUNT_ID, Decimal("12.30"))
    watch.positions[ACCOUNT_ID, "ES"] = InstrumentExposure("ES", Decimal(-2), Decimal("10.25"), 50)
    watch.positions[ACCOUNT_ID, "SPY"] = InstrumentExposure("SPY", Decimal(0), Decimal(400))
    for number in range(3):
        await watch.add_alert(Alert(f"a-{number}", ACCOUNT_ID, "short", "ES", "0", "-1", number))

    told = await risk.GetExposure(pb.GetExposureRequest(portfolio_id=ACCOUNT_ID))
    assert (told.gross_notional.value, told.net_notional.value) == ("1025.00", "-1025.00")
    assert (told.cash.value, [held.symbol for held in told.instruments]) == ("12.30", ["ES"])

    first = await risk.ListAlerts(pb.ListAlertsRequest(page_size=2))
    rest = await risk.ListAlerts(pb.ListAlertsRequest(page_token=first.next_page_token))
    assert [alert.alert_id for alert in (*first.alerts, *rest.alerts)] == ["a-2", "a-1", "a-0"]
    assert rest.next_page_token == ""
    with pytest.raises(InvalidArgumentError):
        await risk.ListAlerts(pb.ListAlertsRequest(page_token="x"))
