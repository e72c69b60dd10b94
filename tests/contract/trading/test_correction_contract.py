"""What `TradingControlService` is told that an account cannot know itself."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.type.decimal_pb2 import Decimal as WireDecimal
from tests.contract.trading.builders import applying, limit, market_buy

from algotrendy.api.trading.v1 import control_service_pb2 as pb
from algotrendy.api.trading.v1 import order_entry_service_pb2 as entry_pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.api.trading.v1 import trading_service_pb2 as trading_service
from algotrendy.errors import (
    AccountNotFoundError,
    AlgoTrendyError,
    ClientOrderIdReusedError,
    InstrumentNotFoundError,
    InvalidArgumentError,
    OverflowValueError,
    PermissionDeniedError,
    PriceNotPositiveError,
    PriceOffTickError,
    QuantityOffLotError,
    ValueAtRiskExceededError,
)
from algotrendy.rpc.person import USER_KEY
from algotrendy.testing.trading import daily_bar
from algotrendy.trading.books import Books
from algotrendy.trading.service import MarketService

if TYPE_CHECKING:
    from algotrendy.api.trading.v1.control_service_pb2_grpc import TradingControlServiceAsyncStub
    from algotrendy.api.trading.v1.order_entry_service_pb2_grpc import OrderEntryServiceAsyncStub
    from algotrendy.api.trading.v1.trading_service_pb2_grpc import TradingServiceAsyncStub


async def account_of(trading: "TradingServiceAsyncStub", account_id: str) -> trading_pb2.Account:
    request = trading_service.GetAccountRequest(account_id=account_id)
    return (await trading.GetAccount(request)).account


async def order_of(trading: "TradingServiceAsyncStub", order_id: str) -> trading_pb2.Order:
    request = trading_service.GetOrderRequest(order_id=order_id)
    return (await trading.GetOrder(request)).order


# --- The connection -----------------------------------------------------------------------------


async def test_a_lost_connection_cancels_what_is_open_where_the_limits_say_so(
    controls: "TradingControlServiceAsyncStub",
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
) -> None:
    limits = trading_pb2.Limits(version=2, cancel_on_disconnect=True)
    await trading.ApplyLimits(
        trading_service.ApplyLimitsRequest(account_id=account_id, limits=limits)
    )
    resting = market_buy(account_id, limit_price=WireDecimal(value="90"))
    order = (await order_entry.SubmitOrder(resting)).order
    lost = pb.SetConnectionRequest(account_id=account_id, connected=False)
    for _ in range(2):
        await controls.SetConnection(lost)
    switches = await controls.GetSwitches(pb.GetSwitchesRequest(account_id=account_id))
    assert not switches.connected
    found = await order_of(trading, order.order_id)
    assert found.status == trading_pb2.ORDER_STATUS_CANCELED
    with pytest.raises(AlgoTrendyError) as refusal:
        await order_entry.SubmitOrder(market_buy(account_id, client_order_id="b"))
    assert refusal.value.metadata["rule"] == "connection"

    await controls.SetConnection(pb.SetConnectionRequest(account_id=account_id, connected=True))
    await order_entry.SubmitOrder(market_buy(account_id, client_order_id="c"))


async def test_a_lost_connection_cancels_nothing_where_the_limits_do_not_say_so(
    controls: "TradingControlServiceAsyncStub",
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
) -> None:
    resting = market_buy(account_id, limit_price=WireDecimal(value="90"))
    order = (await order_entry.SubmitOrder(resting)).order
    await controls.SetConnection(pb.SetConnectionRequest(account_id=account_id, connected=False))
    found = await order_of(trading, order.order_id)
    assert found.status == trading_pb2.ORDER_STATUS_NEW


async def test_a_connection_that_is_not_told_is_refused(
    controls: "TradingControlServiceAsyncStub", account_id: str
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await controls.SetConnection(pb.SetConnectionRequest(account_id=account_id))
    assert refusal.value.metadata["field"] == "connected"
    with pytest.raises(AccountNotFoundError):
        await controls.SetConnection(pb.SetConnectionRequest(account_id="no", connected=True))


# --- Value at risk ------------------------------------------------------------------------------


def covariance(account_id: str, **changes: Any) -> pb.SetCovarianceRequest:
    """2 % a day for SPY."""
    terms: dict[str, Any] = {"symbols": ["SPY"], "covariance": [0.0004], **changes}
    return pb.SetCovarianceRequest(account_id=account_id, **terms)


async def test_a_value_at_risk_is_limited_once_a_covariance_is_told(
    controls: "TradingControlServiceAsyncStub",
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
) -> None:
    # Ten shares at 100 are 1000; 1.645 × 2 % of that is 32.90.
    await trading.ApplyLimits(applying(account_id, max_value_at_risk=limit("32.90")))
    with pytest.raises(ValueAtRiskExceededError):
        await order_entry.SubmitOrder(market_buy(account_id, client_order_id="before"))

    await controls.SetCovariance(covariance(account_id))
    await order_entry.SubmitOrder(market_buy(account_id, client_order_id="within"))
    with pytest.raises(ValueAtRiskExceededError):
        await order_entry.SubmitOrder(market_buy(account_id, client_order_id="beyond"))


async def test_a_value_at_risk_counts_the_deviations_that_are_told(
    controls: "TradingControlServiceAsyncStub",
    order_entry: "OrderEntryServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
) -> None:
    await trading.ApplyLimits(applying(account_id, max_value_at_risk=limit("32.90")))
    await controls.SetCovariance(covariance(account_id, deviations=WireDecimal(value="2.326")))
    with pytest.raises(ValueAtRiskExceededError) as refusal:
        await order_entry.SubmitOrder(market_buy(account_id))
    assert Decimal(refusal.value.metadata["observed"]) == Decimal("46.52")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"covariance": []}, "covariance"),
        ({"covariance": [0.0004, 0.0]}, "covariance"),
        ({"covariance": [-0.0004]}, "covariance"),
        ({"covariance": [float("nan")]}, "covariance[0]"),
        ({"covariance": [float("inf")]}, "covariance[0]"),
        ({"covariance": [1e7]}, "covariance[0]"),
        ({"symbols": ["SPY", "SPY"], "covariance": [1.0, 0.0, 0.0, 1.0]}, "symbols"),
        ({"deviations": WireDecimal(value="0")}, "deviations"),
        ({"deviations": WireDecimal(value="-1.645")}, "deviations"),
        ({"deviations": WireDecimal(value="1.6449")}, "deviations"),
        ({"deviations": WireDecimal(value="1001")}, "deviations"),
    ],
)
async def test_a_covariance_of_nothing_is_refused(
    controls: "TradingControlServiceAsyncStub",
    account_id: str,
    changes: dict[str, Any],
    field: str,
) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        await controls.SetCovariance(covariance(account_id, **changes))
    assert refusal.value.metadata["field"] == field


async def test_a_covariance_of_what_the_account_does_not_know_is_refused(
    controls: "TradingControlServiceAsyncStub", account_id: str
) -> None:
    with pytest.raises(InstrumentNotFoundError):
        await controls.SetCovariance(covariance(account_id, symbols=["QQQ"]))
    with pytest.raises(AccountNotFoundError):
        await controls.SetCovariance(covariance("nobody"))


# --- Orders and positions -----------------------------------------------------------------------


def adoption(account_id: str, **changes: Any) -> pb.AdoptOrderRequest:
    """Ten SPY to buy at 90, of which the venue tells."""
    order = market_buy(
        account_id, client_order_id="lost", limit_price=WireDecimal(value="90"), trader_id="ann"
    )
    terms: dict[str, Any] = {"order": order, "venue_order_id": "v-9", **changes}
    return pb.AdoptOrderRequest(**terms)


async def test_an_order_of_the_venue_is_adopted_once_and_works(
    controls: "TradingControlServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
    account_id: str,
) -> None:
    answers = [(await controls.AdoptOrder(adoption(account_id))).order for _ in range(2)]
    assert answers[0].order_id == answers[1].order_id
    assert (answers[0].venue_order_id, answers[0].trader_id) == ("v-9", "ann")
    assert answers[0].status == trading_pb2.ORDER_STATUS_NEW
    assert (await account_of(trading, account_id)).open_order_count == 1

    await market.trade_bar(daily_bar(1, ("89", "89", "88", "88")))
    found = await order_of(trading, answers[0].order_id)
    assert (found.status, found.venue_order_id) == (trading_pb2.ORDER_STATUS_FILLED, "v-9")
    (position,) = (await account_of(trading, account_id)).positions
    assert Decimal(position.quantity.value) == 10


async def test_what_has_filled_of_an_adopted_order_fills_no_more(
    controls: "TradingControlServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    market: MarketService,
    account_id: str,
) -> None:
    request = adoption(account_id, filled_quantity=WireDecimal(value="4"))
    order = (await controls.AdoptOrder(request)).order
    assert Decimal(order.leaves_quantity.value) == 6
    await market.trade_bar(daily_bar(1, ("89", "89", "88", "88")))
    (position,) = (await account_of(trading, account_id)).positions
    assert Decimal(position.quantity.value) == 6


async def test_an_adopted_order_is_checked_against_no_limit(
    controls: "TradingControlServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
) -> None:
    await trading.ApplyLimits(applying(account_id, max_order_notional=limit("1")))
    await controls.AdoptOrder(adoption(account_id))


async def test_over_rest_an_adopted_order_stays_its_traders(
    controls: "TradingControlServiceAsyncStub", account_id: str
) -> None:
    user = grpc.aio.Metadata((USER_KEY, "bob"))
    answer = await controls.AdoptOrder(adoption(account_id), metadata=user)
    assert answer.order.trader_id == "ann"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"venue_order_id": ""}, InvalidArgumentError),
        ({"venue_order_id": "x" * 129}, InvalidArgumentError),
        ({"filled_quantity": WireDecimal(value="10")}, InvalidArgumentError),
        ({"filled_quantity": WireDecimal(value="-1")}, InvalidArgumentError),
        ({"filled_quantity": WireDecimal(value="0.5")}, QuantityOffLotError),
        ({"filled_quantity": WireDecimal(value="1e30")}, OverflowValueError),
    ],
)
async def test_an_order_that_cannot_be_is_not_adopted(
    controls: "TradingControlServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
    changes: dict[str, Any],
    error: type[AlgoTrendyError],
) -> None:
    with pytest.raises(error):
        await controls.AdoptOrder(adoption(account_id, **changes))
    assert (await account_of(trading, account_id)).open_order_count == 0


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        ({"account_id": "nobody"}, AccountNotFoundError),
        ({"symbol": "QQQ"}, InstrumentNotFoundError),
        ({"quantity": WireDecimal(value="0.5")}, QuantityOffLotError),
        ({"limit_price": WireDecimal(value="90.001")}, PriceOffTickError),
        ({"client_order_id": ""}, InvalidArgumentError),
        ({"trader_id": "x" * 65}, InvalidArgumentError),
    ],
)
async def test_an_order_of_impossible_terms_is_not_adopted(
    controls: "TradingControlServiceAsyncStub",
    account_id: str,
    terms: dict[str, Any],
    error: type[AlgoTrendyError],
) -> None:
    request = adoption(account_id)
    request.order.MergeFrom(entry_pb.SubmitOrderRequest(**terms))
    if terms.get("client_order_id") == "":
        request.order.ClearField("client_order_id")
    with pytest.raises(error):
        await controls.AdoptOrder(request)


async def test_an_id_that_was_used_adopts_no_other_order(
    controls: "TradingControlServiceAsyncStub", account_id: str
) -> None:
    await controls.AdoptOrder(adoption(account_id))
    with pytest.raises(ClientOrderIdReusedError):
        await controls.AdoptOrder(adoption(account_id, venue_order_id="v-10"))


def adjustment(account_id: str, **changes: Any) -> pb.AdjustPositionRequest:
    terms: dict[str, Any] = {
        "position_id": f"{account_id}:SPY",
        "quantity": WireDecimal(value="-7"),
        "price": WireDecimal(value="101.50"),
        "person": "grace",
        "note": "as the custodian says",
        **changes,
    }
    return pb.AdjustPositionRequest(**terms)


async def test_a_position_is_made_what_the_custodian_says_and_cash_stays(
    controls: "TradingControlServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    books: Books,
    account_id: str,
) -> None:
    before = await account_of(trading, account_id)
    await controls.AdjustPosition(adjustment(account_id))
    (book,) = books.all()
    sequence = book.ledger.event_sequence
    await controls.AdjustPosition(adjustment(account_id))
    assert book.ledger.event_sequence == sequence

    account = await account_of(trading, account_id)
    (position,) = account.positions
    assert (Decimal(position.quantity.value), Decimal(position.average_price.value)) == (
        -7,
        Decimal("101.5"),
    )
    assert account.cash == before.cash
    await controls.AdjustPosition(adjustment(account_id, quantity=WireDecimal(value="0")))
    assert not (await account_of(trading, account_id)).positions


async def test_who_is_logged_in_adjusts_and_nobody_else(
    controls: "TradingControlServiceAsyncStub", account_id: str
) -> None:
    user = grpc.aio.Metadata((USER_KEY, "bob"))
    with pytest.raises(PermissionDeniedError):
        await controls.AdjustPosition(adjustment(account_id), metadata=user)
    await controls.AdjustPosition(adjustment(account_id, person=""), metadata=user)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"person": ""}, InvalidArgumentError),
        ({"note": "x" * 1025}, InvalidArgumentError),
        ({"position_id": "SPY"}, InvalidArgumentError),
        ({"position_id": "nobody:SPY"}, AccountNotFoundError),
        ({"quantity": None}, InvalidArgumentError),
        ({"quantity": WireDecimal(value="0.5")}, QuantityOffLotError),
        ({"quantity": WireDecimal(value="-1e30")}, OverflowValueError),
        ({"price": None}, InvalidArgumentError),
        ({"price": WireDecimal(value="0")}, PriceNotPositiveError),
        ({"price": WireDecimal(value="-1")}, InvalidArgumentError),
        ({"price": WireDecimal(value="1.001")}, PriceOffTickError),
    ],
)
async def test_a_position_is_not_made_what_cannot_be(
    controls: "TradingControlServiceAsyncStub",
    trading: "TradingServiceAsyncStub",
    account_id: str,
    changes: dict[str, Any],
    error: type[AlgoTrendyError],
) -> None:
    with pytest.raises(error):
        await controls.AdjustPosition(adjustment(account_id, **changes))
    assert not (await account_of(trading, account_id)).positions


async def test_a_position_in_what_the_account_does_not_know_is_refused(
    controls: "TradingControlServiceAsyncStub", account_id: str
) -> None:
    with pytest.raises(InstrumentNotFoundError):
        await controls.AdjustPosition(adjustment(account_id, position_id=f"{account_id}:QQQ"))
