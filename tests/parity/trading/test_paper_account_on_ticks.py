"""A paper account that is told of ticks does what the core's own simulation does of them."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soak import examples

from algotrendy import _core
from algotrendy.domain.cost import Margin
from algotrendy.domain.ids import ClientOrderId
from algotrendy.domain.instrument import Instrument
from algotrendy.domain.order import Side
from algotrendy.domain.venue import FixedLatency, Latency, LimitFill, UniformLatency, VenueTerms
from algotrendy.errors import AlgoTrendyError
from algotrendy.testing.trading import ACCOUNT_ID, FakeJournals, FakePublisher, wide_limits
from algotrendy.trading.books import Books
from algotrendy.trading.core import Core
from algotrendy.trading.ledger import Ledger
from algotrendy.trading.model import AccountTerms, MarketQuote, MarketTicks, MarketTrade
from algotrendy.trading.service import MarketService, OrderService
from algotrendy.trading.terms import (
    Contingency,
    NewOrder,
    NewOrderList,
    Replacement,
    ReplaceTerms,
    TimeInForce,
    Trail,
)

CASH = Decimal(20_000)
START_NS = 1_000
INSTRUMENTS = (
    Instrument("AAA", initial_margin=Margin(bps=2_000), maintenance_margin=Margin(bps=1_500)),
    Instrument("BBB"),
)
SYMBOLS = tuple(instrument.symbol for instrument in INSTRUMENTS)
# What an account is opened with, and what only the simulation notes.
LEFT_OUT = {"CashDeposited", "InstrumentRegistered", "LimitsSet", "DayStarted", "OrderSent"}

Told = dict[str, Any]
Action = NewOrder | NewOrderList | tuple[ClientOrderId, Replacement | None]


@dataclass(frozen=True)
class Moment:
    """Ticks of one time, symbol by symbol, and what is done about them."""

    ticks: tuple[MarketTicks, ...]
    actions: tuple[Action, ...]

    @property
    def time_ns(self) -> int:
        return self.ticks[0].time_ns


# --- What may happen ----------------------------------------------------------------------------


def price(ticks: int) -> Decimal:
    return Decimal(10_000 + ticks).scaleb(-2)


NEAR = st.integers(-8, 8)
SIZES = st.integers(0, 40).map(Decimal)
TRADES = st.builds(lambda at, quantity: MarketTrade(price(at), quantity), NEAR, SIZES)
QUOTES = st.builds(
    lambda at, spread, bid_size, ask_size: MarketQuote(
        price(at), price(at + spread), bid_size, ask_size
    ),
    NEAR,
    st.integers(0, 4),
    SIZES,
    SIZES,
)
LATENCIES: st.SearchStrategy[Latency | None] = st.one_of(
    st.none(),
    st.integers(1, 9).map(FixedLatency),
    st.integers(1, 9).map(lambda highest_ns: UniformLatency(1, highest_ns)),
)
VENUES = st.builds(
    VenueTerms,
    slippage_bps=st.sampled_from([Decimal(0), Decimal(3)]),
    fee_bps=st.sampled_from([Decimal(0), Decimal(1)]),
    limit_fill=st.sampled_from(LimitFill),
    participation=st.sampled_from([None, Decimal("0.5"), Decimal(1)]),
    order_latency=LATENCIES,
    change_latency=LATENCIES,
    report_latency=LATENCIES,
    seed=st.integers(0, 3),
)


@st.composite
def orders(draw: st.DrawFn, client_order_id: str, now_ns: int, symbol: str | None = None) -> Any:
    """One order of any kind; more than one in a list has its symbol."""
    kind = draw(st.sampled_from(["market", "limit", "stop", "stop_limit", "trail"]))
    in_force = draw(st.sampled_from(TimeInForce)) if kind != "trail" else TimeInForce.GTC
    is_gtd = in_force is TimeInForce.GTD
    return NewOrder(
        account_id=ACCOUNT_ID,
        client_order_id=ClientOrderId(client_order_id),
        symbol=symbol or draw(st.sampled_from(SYMBOLS)),
        side=draw(st.sampled_from(Side)),
        quantity=Decimal(draw(st.integers(1, 60))),
        limit_price=price(draw(NEAR)) if kind in {"limit", "stop_limit"} else None,
        stop_price=price(draw(NEAR)) if kind in {"stop", "stop_limit"} else None,
        trail=Trail(offset=Decimal(draw(st.integers(1, 6))).scaleb(-2))
        if kind == "trail"
        else None,
        time_in_force=in_force,
        expire_time_ns=now_ns + draw(st.integers(1, 40)) if is_gtd else None,
        post_only=kind == "limit" and in_force is TimeInForce.GTC and draw(st.booleans()),
        reduce_only=draw(st.integers(0, 4)) == 0,
    )


@st.composite
def actions(draw: st.DrawFn, number: int, now_ns: int) -> Any:
    """Send an order or a list of them, or change or cancel an earlier one."""
    name = f"o-{number}"
    kind = draw(st.sampled_from(["send", "send", "send", "list", "replace", "cancel"]))
    if kind == "send":
        return draw(orders(name, now_ns))
    if kind == "list":
        symbol = draw(st.sampled_from(SYMBOLS))
        parts = tuple(draw(orders(f"{name}.{part}", now_ns, symbol)) for part in range(2))
        contingency = draw(st.sampled_from([Contingency.OCO, Contingency.OTO]))
        return NewOrderList(ACCOUNT_ID, name, contingency, parts)
    earlier = ClientOrderId(f"o-{draw(st.integers(0, max(0, number - 1)))}")
    if kind == "cancel":
        return earlier, None
    changes = {"quantity": Decimal(draw(st.integers(1, 60))), "limit_price": price(draw(NEAR))}
    chosen = draw(st.sampled_from(["quantity", "limit_price"]))
    return earlier, Replacement(**{chosen: changes[chosen]})


@st.composite
def stories(draw: st.DrawFn) -> list[Moment]:
    told, now_ns, number = [], START_NS, 0
    for _ in range(draw(st.integers(1, 25))):
        now_ns += draw(st.integers(1, 12))
        ticks = []
        for symbol in SYMBOLS if draw(st.booleans()) else SYMBOLS[:1]:
            trades = tuple(draw(st.lists(TRADES, max_size=2)))
            quotes = tuple(draw(st.lists(QUOTES, min_size=0 if trades else 1, max_size=2)))
            ticks.append(MarketTicks(symbol, now_ns, trades, quotes))
        done = []
        for _ in range(draw(st.integers(0, 2))):
            done.append(draw(actions(number, now_ns)))
            number += 1
        told.append(Moment(tuple(ticks), tuple(done)))
    return told


# --- The core's own simulation ------------------------------------------------------------------


def simulated(story: list[Moment], terms: VenueTerms) -> list[Told]:
    limits = wide_limits(allow_short=True)
    core = Core(INSTRUMENTS, limits, cash=CASH, venue=terms.to_config(), account_id=ACCOUNT_ID)
    events = [core.mark(symbol, price(0), time_ns=START_NS) for symbol in SYMBOLS]
    for moment in story:
        for ticks in moment.ticks:
            events += [
                core.on_trade(ticks.symbol, **vars(trade), time_ns=ticks.time_ns)
                for trade in ticks.trades
            ]
            events += [
                core.on_quote(ticks.symbol, **vars(quote), time_ns=ticks.time_ns)
                for quote in ticks.quotes
            ]
        events += [simulate(core, action, moment.time_ns) for action in moment.actions]
    # What was left by a command that was refused.
    events.append(core.advance(story[-1].time_ns))
    return compared(event.to_dict() for step in events for event in step)


def simulate(core: Core, action: Action, time_ns: int) -> list[Any]:
    try:
        match action:
            case NewOrder():
                return core.submit(core_order(core, action), time_ns=time_ns)
            case NewOrderList(_, list_id, contingency, parts):
                terms = [core_order(core, order) for order in parts]
                return core.submit_list(contingency.value, terms, list_id=list_id, time_ns=time_ns)
            case (earlier, change):
                order = core.find_by_client_id(earlier)
                if order is None:
                    return []
                if change is None:
                    return core.cancel(order.order_id, time_ns=time_ns)
                return core.replace(order.order_id, **vars(change), time_ns=time_ns)
    except AlgoTrendyError:
        return []
    raise AssertionError(action)


def core_order(core: Core, order: NewOrder) -> Any:
    terms = {
        name: value
        for name, value in vars(order).items()
        if name not in {"account_id", "symbol", "side", "quantity", "trail", "stated_type"}
    }
    trail = None if order.trail is None else order.trail.offset
    terms["time_in_force"] = order.time_in_force.value
    terms["order_id"] = order.client_order_id
    return core.order(order.symbol, order.side.value, order.quantity, trail=trail, **terms)


# --- The paper account --------------------------------------------------------------------------


async def papered(story: list[Moment], terms: VenueTerms) -> list[Told]:
    journals = FakeJournals()
    async with Books(journals, FakePublisher()) as books:
        book = await books.open(AccountTerms(ACCOUNT_ID, "Paper", "USD", CASH, terms, 0))
        for instrument in INSTRUMENTS:
            await book.run(partial(Ledger.register, instrument=instrument))
        await book.run(lambda ledger: ledger.apply_limits(wide_limits(allow_short=True)))
        market, service = MarketService(books), OrderService(books)
        for symbol in SYMBOLS:
            await market.mark(symbol, price(0), START_NS, "mark")
        for moment in story:
            await market.trade_ticks(moment.ticks)
            for ticks in moment.ticks:
                await market.mark(ticks.symbol, *last_price(ticks))
            for action in moment.actions:
                await ask(service, action)
        assert not book.halted
        await book.run(lambda _: None)
    core = _core.TradingCore(ACCOUNT_ID, "USD")
    records = journals.opened[ACCOUNT_ID].durable[1:]
    return compared(raw for record in records for raw in core.fold_record(record))


def last_price(ticks: MarketTicks) -> tuple[Decimal, int, str]:
    if not ticks.quotes:
        return ticks.trades[-1].price, ticks.time_ns, "trade"
    last = ticks.quotes[-1]
    middle = (last.bid + last.ask) / 2
    return middle.quantize(Decimal("0.01"), "ROUND_FLOOR"), ticks.time_ns, "middle"


async def ask(service: OrderService, action: Action) -> None:
    try:
        match action:
            case NewOrder():
                await service.submit(action)
            case NewOrderList():
                await service.submit_list(action)
            case (earlier, change):
                page = await service.list(ACCOUNT_ID, 0, 1_000, open_only=False)
                ids = {order.client_order_id: order.order_id for order in page.items}
                if earlier not in ids:
                    return
                if change is None:
                    await service.cancel(ids[earlier])
                else:
                    await service.replace(ReplaceTerms(ids[earlier], change))
    except AlgoTrendyError:
        return


# --- What is compared ---------------------------------------------------------------------------


def compared(events: Iterable[Any]) -> list[Told]:
    """Return events with orders called as their clients call them, and not counted."""
    kept = [event for event in events if event["type"] not in LEFT_OUT]
    text = json.dumps([{**event, "sequence": 0, "record_sequence": 0} for event in kept])
    for event in kept:
        if event["type"] in {"OrderCreated", "OrderRejected"}:
            order = event["order"]
            text = text.replace(f'"{order["order_id"]}', f'"{order["client_order_id"]}')
    return cast("list[Told]", json.loads(text))


@settings(max_examples=examples(60), deadline=None)
@given(stories(), VENUES)
def test_a_paper_account_does_what_the_cores_own_simulation_does(
    story: list[Moment], terms: VenueTerms
) -> None:
    assert asyncio.run(papered(story, terms)) == simulated(story, terms)
