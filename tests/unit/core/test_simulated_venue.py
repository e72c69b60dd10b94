"""The simulated venue with the trading core, through their Python faces."""

from typing import TYPE_CHECKING

import pytest

from algotrendy import Instrument, errors
from algotrendy._core import SimulatedVenue, TradingCore
from algotrendy.domain.clock import DAY_NS

if TYPE_CHECKING:
    from algotrendy._core import Limits, Order, Submit, VenueBar


def spy() -> Instrument:
    return Instrument(
        "SPY",
        kind="EQUITY",
        currency="USD",
        price_scale=2,
        quantity_scale=0,
        tick_size=1,
        lot_size=1,
    )


def bar(day: int) -> "VenueBar":
    """A bar of 400.00, between 395.00 and 405.00, closing at 401.00."""
    return {
        "open_time_ns": day * DAY_NS,
        "close_time_ns": (day + 1) * DAY_NS,
        "open": 40_000,
        "high": 40_500,
        "low": 39_500,
        "close": 40_100,
        "volume": 1_000,
    }


def generous() -> "Limits":
    return {
        "version": 1,
        "max_order_quantity": None,
        "max_order_notional": "1000000",
        "max_position_notional": "1000000",
        "max_open_orders": 100,
        "price_collar_bps": 5_000,
        "max_reference_age_ns": 10 * DAY_NS,
        "allow_short": True,
    }


def core_on_day(day: int) -> TradingCore:
    core = TradingCore("account")
    core.execute(
        {
            "type": "RegisterInstrument",
            "instrument": {
                "symbol": "SPY",
                "kind": "EQUITY",
                "currency": "USD",
                "price_scale": 2,
                "quantity_scale": 0,
                "tick_size": 1,
                "lot_size": 1,
            },
        },
        0,
    )
    core.execute({"type": "Deposit", "currency": "USD", "amount": 100_000_000}, 0)
    core.execute({"type": "SetLimits", "limits": generous()}, 0)
    core.execute(
        {"type": "Mark", "symbol": "SPY", "price": 40_000, "source": "close"}, day * DAY_NS
    )
    return core


def submit(core: TradingCore, order_id: str, limit_price: int | None = None) -> "Order":
    terms: Submit = {
        "type": "Submit",
        "order_id": order_id,
        "client_order_id": order_id,
        "symbol": "SPY",
        "side": "BUY",
        "order_type": "MARKET" if limit_price is None else "LIMIT",
        "quantity": 10,
        "limit_price": limit_price,
        "time_in_force": "GTC",
    }
    assert core.time_ns is not None
    core.execute(terms, core.time_ns)
    order = core.order(order_id)
    assert order is not None
    return order


def trade(core: TradingCore, venue: SimulatedVenue, day: int) -> list[str]:
    """Let the venue trade a bar; return the types of the events that came of it."""
    types: list[str] = []
    for report in venue.on_bar(spy(), bar(day)):
        time_ns = max(report["transact_time_ns"] or 0, core.time_ns or 0)
        types += [event["type"] for event in core.execute(report, time_ns).events]
    return types


def test_an_order_decided_at_a_close_fills_at_the_next_open() -> None:
    core, venue = core_on_day(1), SimulatedVenue(slippage_bps="2.5", fee_bps="1")
    for report in venue.send(submit(core, "o")):
        core.execute(report, DAY_NS)
    assert trade(core, venue, 0) == []
    assert trade(core, venue, 1) == ["OrderFilled", "PositionOpened"]
    order = core.order("o")
    assert order is not None
    assert order["status"] == "FILLED"
    assert order["average_price_numerator"] == 10 * 40_010
    assert core.cash() == {"USD": 100_000_000 - 400_100 - 40}
    assert trade(core, venue, 2) == []


def test_a_limit_order_rests_until_the_range_reaches_it() -> None:
    core, venue = core_on_day(1), SimulatedVenue(slippage_bps="0", fee_bps="0")
    venue.send(submit(core, "far", 39_499))
    venue.send(submit(core, "near", 39_500))
    (report,) = venue.on_bar(spy(), bar(1))
    assert (report["order_id"], report["price"]) == ("near", 39_500)
    assert report["transact_time_ns"] == 2 * DAY_NS


def test_a_venue_rebuilt_after_a_restart_trades_as_the_first_would_have() -> None:
    core, first = core_on_day(1), SimulatedVenue(slippage_bps="5", fee_bps="1")
    for number in range(3):
        for report in first.send(submit(core, f"o{number}")):
            core.execute(report, DAY_NS)
    first.cancel("o1")
    core.execute({"type": "Cancel", "order_id": "o1"}, DAY_NS)
    rebuilt = SimulatedVenue(slippage_bps="5", fee_bps="1")
    for order in core.open_orders():
        for report in rebuilt.send(order):
            assert core.execute(report, DAY_NS).events == []
    for report in rebuilt.cancel("o1"):
        core.execute(report, DAY_NS)
    assert rebuilt.on_bar(spy(), bar(1)) == first.on_bar(spy(), bar(1))
    canceled = core.order("o1")
    assert canceled is not None
    assert canceled["status"] == "CANCELED"


def test_a_cancel_of_an_order_that_does_not_rest_says_nothing() -> None:
    venue = SimulatedVenue(slippage_bps="0", fee_bps="0")
    assert venue.cancel("nobody") == []


@pytest.mark.parametrize("rate", ["-1", "10000", "1e1", "", "nan"])
def test_a_rate_that_is_no_share_of_a_notional_is_refused(rate: str) -> None:
    with pytest.raises(errors.InvalidArgumentError):
        SimulatedVenue(slippage_bps=rate, fee_bps="0")
    with pytest.raises(errors.InvalidArgumentError):
        SimulatedVenue(slippage_bps="0", fee_bps=rate)


@pytest.mark.parametrize(("field", "value"), [("low", 40_001), ("high", 1), ("low", 0)])
def test_a_bar_that_contradicts_itself_is_refused(field: str, value: int) -> None:
    wrong: VenueBar = {**bar(1), field: value}  # type: ignore[misc]  # One field of the bar.
    with pytest.raises(errors.DataValueError) as refusal:
        SimulatedVenue(slippage_bps="0", fee_bps="0").on_bar(spy(), wrong)
    assert refusal.value.metadata["symbol"] == "SPY"
