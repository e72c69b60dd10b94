"""The simulated venue with the trading core, through their Python faces."""

from typing import TYPE_CHECKING, Any

import pytest

from algotrendy import Instrument, errors
from algotrendy._core import SimulatedVenue, TradingCore
from algotrendy.domain.clock import DAY_NS

if TYPE_CHECKING:
    from algotrendy._core import Limits, OrderDict, Submit, VenueBar, VenueQuote, VenueTrade


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
    return {"version": 1, "max_reference_age_ns": 10 * DAY_NS, "allow_short": True}


def venue(**config: Any) -> SimulatedVenue:
    made = SimulatedVenue(config=config)  # type: ignore[arg-type]  # One field or more.
    made.set_instrument(spy())
    return made


def costly(slippage_bps: str, fee_bps: str) -> SimulatedVenue:
    made = SimulatedVenue(slippage_bps=slippage_bps, fee_bps=fee_bps)
    made.set_instrument(spy())
    return made


def core_on_day(day: int) -> TradingCore:
    core = TradingCore("account", "USD")
    core.execute({"type": "RegisterInstrument", "instrument": spy().terms}, 0)
    core.execute({"type": "Deposit", "currency": "USD", "amount": 100_000_000}, 0)
    core.execute({"type": "SetLimits", "limits": generous()}, 0)
    core.execute(
        {"type": "Mark", "symbol": "SPY", "price": 40_000, "source": "close"}, day * DAY_NS
    )
    core.execute({"type": "Advance"}, day * DAY_NS)
    return core


def submit(core: TradingCore, order_id: str, limit_price: int | None = None) -> "OrderDict":
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


def trade(core: TradingCore, at: SimulatedVenue, day: int) -> list[str]:
    """Let the venue trade a bar; return the types of the events that came of it."""
    types: list[str] = []
    for report in at.on_bar("SPY", bar(day)):
        time_ns = max(report["transact_time_ns"] or 0, core.time_ns or 0)
        types += [event["type"] for event in core.execute(report, time_ns).events]
    return types


def test_an_order_decided_at_a_close_fills_at_the_next_open() -> None:
    core, market = core_on_day(1), costly("2.5", "1")
    for report in market.send(submit(core, "o"), DAY_NS):
        core.execute(report, DAY_NS)
    assert trade(core, market, 1) == ["OrderFilled", "PositionOpened"]
    order = core.order("o")
    assert order is not None
    assert order["status"] == "FILLED"
    assert order["average_price_numerator"] == 10 * 40_010
    assert core.cash() == {"USD": 100_000_000 - 400_100 - 40}
    assert market.position("SPY") == 10
    assert trade(core, market, 2) == []


def test_an_order_meets_no_bar_that_opened_before_it() -> None:
    core, market = core_on_day(1), venue()
    market.send(submit(core, "o"), DAY_NS)
    assert market.on_bar("SPY", bar(0)) == []
    assert len(market.on_bar("SPY", bar(1))) == 1


def test_a_limit_order_rests_until_the_range_reaches_it() -> None:
    core, market = core_on_day(1), venue()
    market.send(submit(core, "far", 39_499), DAY_NS)
    market.send(submit(core, "near", 39_500), DAY_NS)
    (report,) = market.on_bar("SPY", bar(1))
    assert (report["order_id"], report["price"]) == ("near", 39_500)
    assert report["transact_time_ns"] == 2 * DAY_NS
    assert market.working_orders == 1


def test_quotes_and_trades_fill_too() -> None:
    core, market = core_on_day(1), venue()
    market.send(submit(core, "o"), DAY_NS)
    (report,) = market.on_quote(
        "SPY",
        {"time_ns": DAY_NS, "bid": 39_990, "ask": 40_010, "bid_size": 5, "ask_size": 500},
    )
    assert (report["quantity"], report["price"]) == (10, 40_010)
    market.send(submit(core, "limit", 39_000), DAY_NS)
    (report,) = market.on_trade("SPY", {"time_ns": DAY_NS + 1, "price": 39_000, "quantity": 100})
    assert (report["order_id"], report["price"]) == ("limit", 39_000)


def test_a_tick_in_steps_fills_what_it_fills_as_a_whole() -> None:
    quote: VenueQuote = {
        "time_ns": DAY_NS,
        "bid": 39_990,
        "ask": 40_010,
        "bid_size": 5,
        "ask_size": 500,
    }
    trade: VenueTrade = {"time_ns": DAY_NS + 1, "price": 39_000, "quantity": 100}
    found = []
    for in_steps in (False, True):
        core, market = core_on_day(1), venue()
        for order_id, limit_price in (("market", None), ("far", 38_000), ("near", 39_000)):
            market.send(submit(core, order_id, limit_price), DAY_NS)
        if not in_steps:
            reports = [*market.on_quote("SPY", quote), *market.on_trade("SPY", trade)]
            found.append(told(reports))
            continue
        reports = market.begin_quote("SPY", quote)
        while (step := market.next()) is not None:
            reports += step
        reports += market.begin_trade("SPY", trade)
        while (step := market.next()) is not None:
            reports += step
        found.append(told(reports))
    assert found[0] == found[1] == [("market", 40_010, 10), ("near", 39_000, 10)]


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("quote", "ask", 39_989),
        ("quote", "bid", 0),
        ("quote", "bid_size", -1),
        ("quote", "ask_size", -1),
        ("trade", "price", 0),
        ("trade", "quantity", -1),
    ],
)
def test_a_tick_that_contradicts_itself_is_not_begun(kind: str, field: str, value: int) -> None:
    market = venue()
    quote = {"time_ns": 1, "bid": 39_990, "ask": 40_010, "bid_size": 5, "ask_size": 5}
    tick: Any = quote if kind == "quote" else {"time_ns": 1, "price": 39_000, "quantity": 1}
    begin: Any = market.begin_quote if kind == "quote" else market.begin_trade
    with pytest.raises(errors.DataValueError) as refusal:
        begin("SPY", {**tick, field: value})
    assert refusal.value.metadata["field"] == field
    assert market.next() is None
    assert begin("SPY", tick) == []


def test_a_venue_rebuilt_after_a_restart_trades_as_the_first_would_have() -> None:
    core, first = core_on_day(1), costly("5", "1")
    for number in range(3):
        for report in first.send(submit(core, f"o{number}"), DAY_NS):
            core.execute(report, DAY_NS)
    first.cancel("o1", DAY_NS)
    core.execute({"type": "Cancel", "order_id": "o1"}, DAY_NS)
    rebuilt = costly("5", "1")
    for order in core.open_orders():
        for report in rebuilt.send(order, DAY_NS):
            assert core.execute(report, DAY_NS).events == []
    for report in rebuilt.cancel("o1", DAY_NS):
        core.execute(report, DAY_NS)
    assert rebuilt.on_bar("SPY", bar(1)) == first.on_bar("SPY", bar(1))
    canceled = core.order("o1")
    assert canceled is not None
    assert canceled["status"] == "CANCELED"


def test_an_order_is_replaced_and_a_halt_fills_nothing() -> None:
    core, market = core_on_day(1), venue()
    market.send(submit(core, "o", 39_000), DAY_NS)
    (report,) = market.replace("o", {"limit_price": 39_600}, DAY_NS)
    assert (report["kind"], report["price"]) == ("REPLACED", 39_600)
    market.set_halted("SPY", is_halted=True)
    assert market.on_bar("SPY", bar(1)) == []
    market.set_halted("SPY", is_halted=False)
    (report,) = market.on_bar("SPY", bar(2))
    assert report["kind"] == "FILL"


def test_messages_take_time_where_they_are_told_to() -> None:
    core, market = core_on_day(1), venue(order_latency={"fixed": {"latency_ns": 5}})
    assert market.send(submit(core, "o", 39_000), DAY_NS) == []
    assert market.next_due_ns == DAY_NS + 5
    assert [report["kind"] for report in market.advance(DAY_NS + 5)] == ["ACCEPTED"]


def test_a_cancel_of_an_order_that_does_not_rest_is_refused() -> None:
    (report,) = venue().cancel("nobody", DAY_NS)
    assert (report["kind"], report["reason"]) == ("CANCEL_REJECTED", "ORDER_NOT_WORKING")


def test_a_venue_says_how_it_trades() -> None:
    market = venue(participation="0.1", fees={"bps": "1"})
    assert market.config["fees"] == {"bps": "1"}
    assert "Fills take at most 0.1 of the volume." in str(market)


@pytest.mark.parametrize("rate", ["-1", "10000", "1e1", "", "nan"])
def test_a_rate_that_is_no_share_of_a_notional_is_refused(rate: str) -> None:
    with pytest.raises(errors.InvalidArgumentError):
        SimulatedVenue(slippage_bps=rate, fee_bps="0")
    with pytest.raises(errors.InvalidArgumentError):
        SimulatedVenue(slippage_bps="0", fee_bps=rate)


@pytest.mark.parametrize(
    "config",
    [{"participation": "0"}, {"fill": "next_open"}, {"fees": {"bps": 1.5}}, {"seed": -1}],
)
def test_a_config_that_is_none_is_refused(config: Any) -> None:
    with pytest.raises(errors.InvalidArgumentError):
        SimulatedVenue(config=config)
    with pytest.raises(errors.InvalidArgumentError):
        SimulatedVenue(config={}, fee_bps="1")


def test_an_instrument_that_is_not_listed_has_no_market() -> None:
    with pytest.raises(errors.InstrumentNotFoundError):
        SimulatedVenue(config={}).on_bar("SPY", bar(1))


@pytest.mark.parametrize(("field", "value"), [("low", 40_001), ("high", 1), ("low", 0)])
def test_a_bar_that_contradicts_itself_is_refused(field: str, value: int) -> None:
    wrong: VenueBar = {**bar(1), field: value}  # type: ignore[misc]  # One field of the bar.
    with pytest.raises(errors.DataValueError) as refusal:
        venue().on_bar("SPY", wrong)
    assert refusal.value.metadata["symbol"] == "SPY"


def told(reports: "list[Any]") -> list[tuple[Any, ...]]:
    return [(report["order_id"], report.get("price"), report.get("quantity")) for report in reports]


def test_a_bar_in_two_phases_and_by_steps_fills_what_it_fills_as_a_whole() -> None:
    found = []
    for in_phases in (False, True):
        simulated, core = venue(), core_on_day(0)
        orders = [("market", None), ("resting", 39_700), ("idle", 39_400)]
        for order_id, limit_price in orders:
            order = submit(core, order_id, limit_price)
            simulated.send(order, 0)
        if not in_phases:
            found.append(told(simulated.on_bar("SPY", bar(1))))
            continue
        at_open = simulated.begin_bar("SPY", bar(1))
        while (reports := simulated.next_at_open(bar(1))) is not None:
            at_open += reports
        assert [order_id for order_id, *_ in told(at_open)] == ["market"]
        assert simulated.resume_bar("SPY")
        rest = []
        while (reports := simulated.next()) is not None:
            rest += reports
        assert [order_id for order_id, *_ in told(rest)] == ["resting"]
        found.append(told([*at_open, *rest]))
        # Nothing of the bar waits any more.
        assert not simulated.resume_bar("SPY")
        assert simulated.next() is None
    assert found[0] == found[1]


def test_what_is_sent_at_an_open_meets_the_rest_of_the_bar() -> None:
    simulated, core = venue(), core_on_day(0)
    simulated.begin_bar("SPY", bar(1))
    assert simulated.next_at_open(bar(1)) is None
    order = submit(core, "late", 39_700)
    assert all(report["order_id"] == "late" for report in simulated.send(order, DAY_NS))
    assert simulated.resume_bar("SPY")
    rest = []
    while (reports := simulated.next()) is not None:
        rest += reports
    assert [(order_id, price) for order_id, price, _ in told(rest)] == [("late", 39_700)]
