"""The pre-trade checks, one function a rule, in the order they are made."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import isqrt
from typing import Any

from tests.parity.trading.model import clock, exposure, limits, memory, money
from tests.parity.trading.model.orders import Order, asks_the_same
from tests.parity.trading.model.state import Slot, State

MESSAGES = ("OrderCreated", "OrderApproved", "ReplaceRequested", "CancelRequested")


@dataclass(frozen=True)
class Breach:
    reason: str
    severity: str = "HARD"
    limit: Decimal | None = None
    observed: Decimal | None = None
    rule: str = ""


@dataclass
class Candidate:
    """An order as it would be, or an open one as a replacement would make it."""

    state: State
    order: Order
    time_ns: int
    replaced: Order | None = None
    is_granted: bool = False
    waits: bool = False
    members: list[Order] = field(default_factory=list)

    @property
    def terms(self) -> dict[str, Any]:
        return self.order.terms

    @property
    def slot(self) -> Slot:
        return self.state.slots[self.terms["symbol"]]

    @property
    def limits(self) -> dict[str, Any]:
        assert self.state.limits is not None
        return self.state.limits

    @property
    def strategy(self) -> str | None:
        return self.terms["strategy_id"]

    @property
    def others(self) -> list[Order]:
        """The open orders but for the one itself, with the members of its list before it."""
        own = self.terms["order_id"]
        known = [o for o in self.state.open_orders() if o.terms["order_id"] != own]
        return known + self.members

    @property
    def with_it(self) -> list[Order]:
        return [*self.others, self.order]

    @property
    def price(self) -> int | None:
        return self.order.valuation_price()

    @property
    def notional(self) -> int:
        """Of what may fill of it, in the account's currency."""
        if self.price is None:
            raise exposure.Unvalued(self.terms["symbol"])
        cash = money.value(self.slot.terms, self.price, self.order.leaves)
        return abs(exposure.in_account(self.state, cash, self.slot.terms["currency"]))

    def side_worst(self, held: int, orders: list[Order]) -> int:
        mine = [o for o in orders if o.counts and o.sign == self.order.sign]
        mine = [o for o in mine if o.terms["symbol"] == self.terms["symbol"]]
        return held + self.order.sign * sum(order.reserved for order in mine)

    @property
    def only_reduces(self) -> bool:
        if self.terms["reduce_only"]:
            return True
        held = self.slot.quantity
        return exposure.only_reduces(held, self.side_worst(held, self.with_it))

    @property
    def as_it_is(self) -> Order | None:
        """The open order that the candidate takes the place of."""
        return self.state.orders.get(self.terms["order_id"])

    @property
    def without_it(self) -> list[Order]:
        """What is open now: a replaced order as it is."""
        return self.others if self.replaced is None else [*self.others, self.replaced]

    @property
    def only_lowers(self) -> bool:
        """A replacement that lowers the quantity and nothing else."""
        if self.replaced is None:
            return False
        before = self.replaced.terms
        same = all(self.terms[n] == before[n] for n in ("limit_price", "stop_price"))
        return same and self.terms["quantity"] <= before["quantity"]

    def bounds(self, name: str) -> Iterator[tuple[str, Decimal, str]]:
        """The values of a limit that apply, each with its scope and severity."""
        for scope, values in limits.sets_for(self.limits, self.strategy, self.terms["symbol"]):
            if values.get(name) is not None:
                limit = Decimal(values[name]["value"])
                if name.endswith("_quantity"):
                    # What lies below the quantity's unit allows nothing more.
                    unit = self.quantity(1)
                    limit = limit // unit * unit
                yield scope, limit, values[name]["severity"]

    def above(
        self, name: str, reason: str, observed: Decimal | Callable[[str], Decimal]
    ) -> Iterator[Breach]:
        """The values that `observed`, which may depend on the scope, exceeds."""
        for scope, limit, severity in self.bounds(name):
            measured = observed(scope) if callable(observed) else observed
            if measured > limit:
                yield Breach(reason, severity, limit, measured)

    def above_bps(
        self, name: str, reason: str, part: int | Fraction, whole: int | Fraction
    ) -> Iterator[Breach]:
        for _, limit, severity in self.bounds(name):
            if whole <= 0:
                yield Breach(reason, severity, limit, None)
            elif (exact := Fraction(part) * money.BPS / Fraction(whole)) > Fraction(limit):
                yield Breach(reason, severity, limit, money.ceil_hundredths(exact))

    def account_cash(self, amount: int) -> Decimal:
        return money.in_currency(amount, self.state.currency)

    def quantity(self, units: int) -> Decimal:
        return Decimal(units).scaleb(-self.slot.terms["quantity_scale"])


Rule = Callable[[Candidate], Iterator[Breach]]


def tradable(c: Candidate) -> Iterator[Breach]:
    if c.slot.terms["kind"] == "INDEX":
        yield Breach("INSTRUMENT_NOT_TRADABLE")


def halted(c: Candidate) -> Iterator[Breach]:
    if c.slot.is_halted:
        yield Breach("INSTRUMENT_HALTED")


def expired(c: Candidate) -> Iterator[Breach]:
    expiry = c.slot.terms["expire_time_ns"]
    if expiry is not None and expiry <= c.time_ns:
        yield Breach("INSTRUMENT_EXPIRED", "HARD", Decimal(expiry - 1), Decimal(c.time_ns))


def order_quantity(c: Candidate) -> Iterator[Breach]:
    observed = c.quantity(c.order.leaves)
    yield from c.above("max_order_quantity", "QUANTITY_LIMIT_EXCEEDED", observed)


def order_notional(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_order_notional")) and c.price is not None:
        observed = c.account_cash(c.notional)
        yield from c.above("max_order_notional", "NOTIONAL_LIMIT_EXCEEDED", observed)


def order_notional_minimum(c: Candidate) -> Iterator[Breach]:
    if not any(c.bounds("min_order_notional")) or c.only_reduces or c.price is None:
        return
    observed = c.account_cash(c.notional)
    for _, limit, severity in c.bounds("min_order_notional"):
        if observed < limit:
            yield Breach("NOTIONAL_BELOW_MINIMUM", severity, limit, observed)


def reference_present(c: Candidate) -> Iterator[Breach]:
    if c.slot.reference is None or c.slot.trust == "RECOVERED":
        yield Breach("REFERENCE_PRICE_MISSING")


def reference_age(c: Candidate) -> Iterator[Breach]:
    if c.slot.reference is None:
        return
    sessions = clock.sessions_of(c.state, c.slot)
    marked_ns = min(c.slot.reference["price_time_ns"], c.slot.reference["time_ns"])
    limit = c.limits["max_reference_age_ns"]
    age_ns = clock.open_ns_between(sessions, marked_ns, c.time_ns, limit)
    if age_ns > limit:
        yield Breach("REFERENCE_PRICE_STALE", "HARD", Decimal(limit), Decimal(age_ns))


def rate_present(c: Candidate) -> Iterator[Breach]:
    try:
        exposure.rate(c.state, c.slot.terms["currency"])
    except exposure.Unvalued:
        yield Breach("RATE_MISSING")


def price_collar(c: Candidate) -> Iterator[Breach]:
    reference = c.slot.price
    if reference is None:
        return
    prices = [p for p in (c.terms["limit_price"], c.terms["stop_price"]) if p is not None]
    worse = max((c.order.sign * (price - reference) for price in prices), default=0)
    if worse > 0:
        yield from c.above_bps("price_collar_bps", "PRICE_COLLAR_BREACHED", worse, abs(reference))


def price_move(c: Candidate) -> Iterator[Breach]:
    step_ns = -(-c.limits["collar_window_ns"] // 16)
    first = c.time_ns // step_ns - 16
    marks = [price for time_ns, price in c.slot.marks or [] if time_ns // step_ns >= first]
    if marks:
        lowest, highest = min(marks), max(marks)
        if highest > lowest:
            move = highest - lowest
            yield from c.above_bps("price_move_bps", "PRICE_MOVE_EXCEEDED", move, abs(lowest))


def duplicate_terms(c: Candidate) -> Iterator[Breach]:
    window = c.limits["duplicate_window_ns"]
    if window == 0 or c.replaced or c.is_granted:
        return
    same = [at for at, terms in c.state.memory.recent if asks_the_same(terms, c.terms)]
    if same and (age_ns := c.time_ns - max(same)) < window:
        yield Breach("DUPLICATE_ORDER", "HARD", Decimal(window), Decimal(age_ns))


def concerns(c: Candidate, scope: str, terms: dict[str, Any]) -> bool:
    """Whether a scope's count has an order in it."""
    if scope == "strategies":
        return terms["strategy_id"] == c.strategy
    return scope != "instruments" or terms["symbol"] == c.terms["symbol"]


def rate_breaches(c: Candidate, name: str, reason: str) -> Iterator[Breach]:
    for scope in memory.SCOPES:
        window = c.state.memory.windows.get(memory.key_of(name, scope, c.terms))
        if window is not None:
            ahead = len([m for m in c.members if concerns(c, scope, m.terms)])
            count = window.count_at(c.time_ns) + ahead + 1
            if count > (limit := window.rate["count"]):
                yield Breach(reason, "HARD", Decimal(limit), Decimal(count))


def order_rate(c: Candidate) -> Iterator[Breach]:
    if c.replaced is None and not c.is_granted:
        yield from rate_breaches(c, "order_rate", "ORDER_RATE_EXCEEDED")


def replace_rate(c: Candidate) -> Iterator[Breach]:
    if c.replaced is not None:
        yield from rate_breaches(c, "replace_rate", "REPLACE_RATE_EXCEEDED")


def messages_today(c: Candidate, scope: str) -> int:
    counted = 0
    for event in c.state.of_the_day(*MESSAGES):
        terms = event["order"] if "order" in event else c.state.orders[event["order_id"]].terms
        waits = event["type"] == "OrderCreated" and event["order"]["state"] == "PENDING_APPROVAL"
        counted += not waits and concerns(c, scope, terms)
    return counted + len([m for m in c.members if concerns(c, scope, m.terms)])


def order_to_trade(c: Candidate) -> Iterator[Breach]:
    for scope, limit, severity in c.bounds("max_order_to_trade"):
        sent = messages_today(c, scope)
        fills = [e for e in c.state.of_the_day("OrderFilled") if concerns(c, scope, e)]
        ratio = Fraction(sent + 1, max(len(fills), 1))
        if sent >= c.limits["order_to_trade_minimum"] and ratio > Fraction(limit):
            observed = money.ceil_hundredths(ratio)
            yield Breach("ORDER_TO_TRADE_EXCEEDED", severity, limit, observed)


def strategy_disabled(c: Candidate) -> Iterator[Breach]:
    if c.strategy in c.state.disabled:
        yield Breach("STRATEGY_DISABLED")


def of_strategy(c: Candidate, orders: list[Order]) -> list[Order]:
    return [order for order in orders if order.terms["strategy_id"] == c.strategy]


def worst_quantity(c: Candidate, scope: str, orders: list[Order]) -> int:
    """The larger of both sides' worst cases: the account's, or a strategy's own."""
    held = c.slot.quantity
    if scope == "strategies" and c.strategy is not None:
        held = c.state.strategy_quantity(c.strategy, c.terms["symbol"])
        orders = of_strategy(c, orders)
    mine = [o for o in orders if o.counts and o.terms["symbol"] == c.terms["symbol"]]
    longest = held + sum(order.reserved for order in mine if order.sign > 0)
    shortest = held - sum(order.reserved for order in mine if order.sign < 0)
    return max(abs(longest), abs(shortest))


def position_quantity(c: Candidate) -> Iterator[Breach]:
    for scope, limit, severity in c.bounds("max_position_quantity"):
        before = worst_quantity(c, scope, c.without_it)
        after = worst_quantity(c, scope, c.with_it)
        observed = c.quantity(after)
        if observed > limit and after > before and not c.only_lowers:
            yield Breach("POSITION_LIMIT_EXCEEDED", severity, limit, observed)


def position_notional(c: Candidate) -> Iterator[Breach]:
    if c.slot.price is None:
        return
    for scope, limit, severity in c.bounds("max_position_notional"):
        sizes = [worst_quantity(c, scope, orders) for orders in (c.without_it, c.with_it)]
        values = [money.value(c.slot.terms, c.slot.price, size) for size in sizes]
        before, after = (abs(in_account(c, value)) for value in values)
        observed = c.account_cash(after)
        if observed > limit and after > before and not c.only_lowers:
            yield Breach("POSITION_LIMIT_EXCEEDED", severity, limit, observed)


def in_account(c: Candidate, amount: int) -> int:
    return exposure.in_account(c.state, amount, c.slot.terms["currency"])


def open_orders(c: Candidate) -> Iterator[Breach]:
    if c.replaced is not None or c.is_granted:
        return

    def count(scope: str) -> Decimal:
        orders = c.with_it
        if scope == "strategies":
            orders = of_strategy(c, orders)
        elif scope == "instruments":
            orders = [o for o in orders if o.terms["symbol"] == c.terms["symbol"]]
        return Decimal(len(orders))

    yield from c.above("max_open_orders", "OPEN_ORDER_LIMIT_EXCEEDED", count)


def positions_valued(c: Candidate) -> Iterator[Breach]:
    if c.only_reduces:
        return
    try:
        exposure.equity(c.state)
        exposure.totals(c.state, c.others)
    except exposure.Unvalued:
        yield Breach("RATE_MISSING")


def before_and_after(c: Candidate) -> tuple[exposure.Worth, exposure.Worth]:
    return exposure.totals(c.state, c.without_it), exposure.totals(c.state, c.with_it)


def gross(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_gross_notional")) and not c.only_lowers:
        before, after = before_and_after(c)
        if after.worst > before.worst:
            observed = c.account_cash(after.worst)
            yield from c.above("max_gross_notional", "GROSS_LIMIT_EXCEEDED", observed)


def net(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_net_notional")) and not c.only_lowers:
        sizes = [max(abs(w.longest), abs(w.shortest)) for w in before_and_after(c)]
        if sizes[1] > sizes[0]:
            observed = c.account_cash(sizes[1])
            yield from c.above("max_net_notional", "NET_LIMIT_EXCEEDED", observed)


def leverage(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_leverage_bps")) and not c.only_lowers:
        before, after = before_and_after(c)
        if after.worst > before.worst:
            equity = exposure.equity(c.state)
            yield from c.above_bps(
                "max_leverage_bps", "LEVERAGE_LIMIT_EXCEEDED", after.worst, equity
            )


def concentration(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_concentration_bps")) and not c.only_lowers:
        before = exposure.worth(c.state, c.slot, c.without_it).worst
        after = exposure.worth(c.state, c.slot, c.with_it).worst
        if after > before:
            equity = exposure.equity(c.state)
            yield from c.above_bps(
                "max_concentration_bps", "CONCENTRATION_LIMIT_EXCEEDED", after, equity
            )


def sector(c: Candidate) -> Iterator[Breach]:
    limit = c.limits["sectors"].get(c.slot.terms["sector"])
    if limit is None or c.only_lowers:
        return
    name = c.slot.terms["sector"]
    slots = [slot for slot in c.state.slots.values() if slot.terms["sector"] == name]
    before, after = (
        sum(exposure.worth(c.state, slot, orders).worst for slot in slots)
        for orders in (c.without_it, c.with_it)
    )
    observed = c.account_cash(after)
    if after > before and observed > Decimal(limit["value"]):
        value = Decimal(limit["value"])
        yield Breach("SECTOR_LIMIT_EXCEEDED", limit["severity"], value, observed)


def funds(c: Candidate) -> Iterator[Breach]:
    if c.price is None or c.only_reduces:
        return
    free = exposure.available(c.state, c.others)
    base, before, after = (
        exposure.worth(c.state, c.slot, orders) for orders in (c.others, c.without_it, c.with_it)
    )
    fee = exposure.in_account(
        c.state, exposure.order_fee(c.slot, c.order), c.slot.terms["currency"]
    )
    need = after.initial_margin - base.initial_margin + fee
    now = before.initial_margin - base.initial_margin + before.fees - base.fees
    if need > max(free, now):
        limit, observed = c.account_cash(free), c.account_cash(need)
        yield Breach("INSUFFICIENT_FUNDS", "HARD", limit, observed)


def credit(c: Candidate) -> Iterator[Breach]:
    if c.price is None:
        return
    for scope, limit, severity in c.bounds("max_credit"):
        now = used_credit(c, scope)
        added = [credit_of(c, order) for order in [*c.members, c.order]]
        own = 0 if c.as_it_is is None else credit_of(c, c.as_it_is)
        after = now - own + sum(added)
        before = now if c.replaced is not None else after - added[-1]
        if after > before and c.account_cash(after) > limit:
            yield Breach("CREDIT_LIMIT_EXCEEDED", severity, limit, c.account_cash(after))


def credit_of(c: Candidate, order: Order) -> int:
    slot = c.state.slots[order.terms["symbol"]]
    cash = money.cash(slot.terms, exposure.order_notional(slot, order))
    return exposure.in_account(c.state, cash, slot.terms["currency"])


def used_credit(c: Candidate, scope: str) -> int:
    """What was traded today and is open now, by currency at today's rates."""
    amounts: dict[str, int] = {}
    for currency, amount in [*traded_today(c, scope), *open_now(c, scope)]:
        amounts[currency] = amounts.get(currency, 0) + amount
    return sum(exposure.in_account(c.state, a, currency) for currency, a in amounts.items())


def traded_today(c: Candidate, scope: str) -> Iterator[tuple[str, int]]:
    for fill in c.state.of_the_day("OrderFilled"):
        if scope != "strategies" or fill["strategy_id"] == c.strategy:
            terms = c.state.slots[fill["symbol"]].terms
            yield terms["currency"], abs(money.value(terms, fill["price"], fill["quantity"]))


def open_now(c: Candidate, scope: str) -> Iterator[tuple[str, int]]:
    for order in c.state.open_orders():
        if order.reserves and (scope != "strategies" or order in of_strategy(c, [order])):
            slot = c.state.slots[order.terms["symbol"]]
            cash = money.cash(slot.terms, exposure.order_notional(slot, order))
            yield slot.terms["currency"], cash


def short(c: Candidate) -> Iterator[Breach]:
    if not c.limits["allow_short"] and (shortest := newly_short(c)) < 0:
        yield Breach("SHORT_NOT_ALLOWED", "HARD", Decimal(0), c.quantity(shortest))


def newly_short(c: Candidate) -> int:
    """The shortest the position can become, if the order makes that shorter; else zero."""
    if c.order.sign > 0 or c.terms["reduce_only"]:
        return 0
    before, after = (exposure.extremes(c.slot, orders)[1] for orders in (c.without_it, c.with_it))
    return after if after < before else 0


def locate(c: Candidate) -> Iterator[Breach]:
    locates = c.limits["locates"]
    if locates is None:
        return
    shortest = newly_short(c)
    available = Decimal(locates.get(c.terms["symbol"], 0))
    if -c.quantity(shortest) > available:
        yield Breach("LOCATE_MISSING", "HARD", available, -c.quantity(shortest))


def reduce_only(c: Candidate) -> Iterator[Breach]:
    if not c.terms["reduce_only"]:
        return
    held = c.slot.quantity
    if c.waits:
        # It works on the position that the first order makes.
        held += c.members[0].sign * c.members[0].terms["quantity"]
    room = max(-held * c.order.sign, 0)
    if c.order.leaves > room:
        limit, observed = c.quantity(room), c.quantity(c.order.leaves)
        yield Breach("REDUCE_ONLY_VIOLATED", "HARD", limit, observed)


def crossed(c: Candidate) -> list[Order]:
    """The open orders of the other side that the order would trade with."""
    if not c.order.is_crossing or c.waits:
        return []
    return [
        order
        for order in c.others
        if order.is_crossing
        and order.terms["symbol"] == c.terms["symbol"]
        and order.sign != c.order.sign
        and (c.order.place is None or order not in c.members)
        and prices_cross(c.order, order)
    ]


def prices_cross(one: Order, other: Order) -> bool:
    mine, theirs = one.terms["limit_price"], other.terms["limit_price"]
    return mine is None or theirs is None or one.sign * (mine - theirs) >= 0


def self_trade(c: Candidate) -> Iterator[Breach]:
    if c.limits["self_trade"] in ("CANCEL_NEWEST", "CANCEL_BOTH") and crossed(c):
        yield Breach("SELF_TRADE_PREVENTED")


def market_hours(c: Candidate) -> Iterator[Breach]:
    sessions = clock.sessions_of(c.state, c.slot)
    if sessions is not None and not c.limits["queue_when_closed"]:
        if clock.session_at(sessions, c.time_ns) is None:
            yield Breach("MARKET_CLOSED")


def order_cutoff(c: Candidate) -> Iterator[Breach]:
    session = clock.session_at(clock.sessions_of(c.state, c.slot) or [], c.time_ns)
    cutoff = session and session["order_cutoff_time_ns"]
    if cutoff is not None and cutoff <= c.time_ns:
        yield Breach("ORDER_CUTOFF_PASSED", "HARD", Decimal(cutoff - 1), Decimal(c.time_ns))


def price_band(c: Candidate) -> Iterator[Breach]:
    scale = c.slot.terms["price_scale"]
    for price in (c.terms["stop_price"], c.terms["limit_price"]):
        for band, outside in ((c.slot.lower_band, -1), (c.slot.upper_band, 1)):
            if price is not None and band is not None and (price - band) * outside > 0:
                limit, observed = (Decimal(n).scaleb(-scale) for n in (band, price))
                yield Breach("PRICE_BAND_BREACHED", "HARD", limit, observed)
                break


def restricted(c: Candidate) -> Iterator[Breach]:
    if c.terms["symbol"] in c.limits["restricted"]:
        yield Breach("INSTRUMENT_RESTRICTED")


def permission(c: Candidate, table: str, name: str | None) -> Iterator[Breach]:
    permitted = c.limits["permissions"][table]
    if permitted is None:
        return
    symbols = permitted.get(name, [])
    if symbols is not None and c.terms["symbol"] not in symbols:
        yield Breach("TRADING_NOT_PERMITTED")


def trader_permission(c: Candidate) -> Iterator[Breach]:
    yield from permission(c, "traders", c.terms["trader_id"])


def strategy_permission(c: Candidate) -> Iterator[Breach]:
    yield from permission(c, "strategies", c.strategy)


def volume_share(c: Candidate) -> Iterator[Breach]:
    # In whole units of quantity, as orders are.
    unit = c.quantity(1)
    volume = int((c.slot.average_volume or Decimal(0)) // unit)
    name, reason = "max_volume_share_bps", "VOLUME_SHARE_EXCEEDED"
    yield from c.above_bps(name, reason, c.order.leaves, volume)


def daily_loss(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_daily_loss")) and not c.only_reduces:
        if c.state.day_equity is None:
            raise exposure.Unvalued("day")
        loss = c.state.day_equity - exposure.equity(c.state)
        yield from c.above("max_daily_loss", "DAILY_LOSS_EXCEEDED", c.account_cash(loss))


def drawdown(c: Candidate) -> Iterator[Breach]:
    if any(c.bounds("max_drawdown_bps")) and not c.only_reduces:
        equity = exposure.equity(c.state)
        if c.state.peak is not None and equity < c.state.peak:
            loss = c.state.peak - equity
            yield from c.above_bps("max_drawdown_bps", "DRAWDOWN_EXCEEDED", loss, c.state.peak)


def value_at_risk(c: Candidate) -> Iterator[Breach]:
    if not any(c.bounds("max_value_at_risk")) or c.only_reduces:
        return
    before, after = risk(c, c.without_it), risk(c, c.with_it)
    for _, limit, severity in c.bounds("max_value_at_risk"):
        if after is None or before is None:
            yield Breach("VALUE_AT_RISK_EXCEEDED", severity, limit, None)
        elif after > before and c.account_cash(after) > limit:
            yield Breach("VALUE_AT_RISK_EXCEEDED", severity, limit, c.account_cash(after))


def risk(c: Candidate, orders: list[Order]) -> int | None:
    """Value at risk with the order's instrument at the worst case of its side; None: unknown."""
    weights = {s.symbol: exposure.worth(c.state, s, []).notional for s in c.state.slots.values()}
    worst = exposure.worth(c.state, c.slot, orders)
    weights[c.terms["symbol"]] = worst.longest if c.order.sign > 0 else worst.shortest
    held = [symbol for symbol, weight in weights.items() if weight]
    table = c.state.covariance
    if table is None or any(symbol not in table["symbols"] for symbol in held):
        return None
    size, places = len(table["symbols"]), {s: i for i, s in enumerate(table["symbols"])}
    variance = sum(
        weights[a] * weights[b] * table["covariance"][places[a] * size + places[b]]
        for a in held
        for b in held
    )
    # (deviations / 1000)² · variance / 10¹², and the square root of it rounded up.
    square = Fraction(table["deviations_thousandths"] ** 2 * variance, 10**18)
    return 0 if square <= 0 else isqrt(-(-square // 1) - 1) + 1


def kill_switch(c: Candidate) -> Iterator[Breach]:
    scopes = ("global", "account", f"strategy {c.strategy}")
    if any(scope in c.state.killed for scope in scopes):
        yield Breach("KILL_SWITCH_ON")


def connection(c: Candidate) -> Iterator[Breach]:
    if not c.state.is_connected:
        yield Breach("VENUE_DISCONNECTED")


def trading_halted(c: Candidate) -> Iterator[Breach]:
    if limits.trading_state(c.state) == "HALTED":
        yield Breach("TRADING_HALTED")


def trading_reducing(c: Candidate) -> Iterator[Breach]:
    if limits.trading_state(c.state) == "REDUCING" and not c.only_reduces:
        yield Breach("TRADING_REDUCING")


def market_data(c: Candidate) -> Iterator[Breach]:
    if c.slot.reference is not None and c.slot.trust == "SUSPECT":
        yield Breach("MARKET_DATA_SUSPECT")


def clock_skew(c: Candidate) -> Iterator[Breach]:
    limit, sent = c.limits["max_clock_skew_ns"], c.terms["sending_time_ns"]
    if limit is None:
        return
    skews = [0] if sent is None or c.replaced or c.is_granted else [abs(sent - c.time_ns)]
    if c.slot.reference is not None:
        skews.append(c.slot.reference["price_time_ns"] - c.time_ns)
    if max(skews) > limit:
        yield Breach("CLOCK_STALE", "HARD", Decimal(limit), Decimal(max(skews)))


def expire_time(c: Candidate) -> Iterator[Breach]:
    expiry = c.terms["expire_time_ns"]
    if expiry is not None and expiry <= c.time_ns:
        yield Breach("EXPIRE_TIME_PAST", "HARD", Decimal(expiry - 1), Decimal(c.time_ns))


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        *(tradable, halted, expired, order_quantity, order_notional, order_notional_minimum),
        *(
            reference_present,
            rate_present,
            reference_age,
            price_collar,
            price_move,
            duplicate_terms,
        ),
        *(order_rate, replace_rate, order_to_trade, strategy_disabled),
        *(position_quantity, position_notional, open_orders),
        *(positions_valued, gross, net, leverage, concentration, sector, funds, credit),
        *(short, locate, reduce_only, self_trade, market_hours, order_cutoff, price_band),
        *(restricted, trader_permission, strategy_permission, volume_share),
        *(daily_loss, drawdown, value_at_risk, kill_switch, connection),
        *(trading_halted, trading_reducing, market_data),
    )
} | {"clock": clock_skew, "expire_time": expire_time}
OVERRIDABLE = [
    "order_quantity",
    "order_notional",
    "order_notional_minimum",
    "price_collar",
    "price_move",
    "duplicate_terms",
    "order_rate",
    "replace_rate",
    "order_to_trade",
    "position_quantity",
    "position_notional",
    "open_orders",
    "gross",
    "net",
    "leverage",
    "concentration",
    "sector",
    "credit",
    "locate",
    "volume_share",
    "daily_loss",
    "drawdown",
    "value_at_risk",
]


def breaches(candidate: Candidate) -> Iterator[Breach]:
    """What each rule finds, at most one breach a rule, in the order of the rules."""
    if candidate.state.limits is None:
        yield Breach("LIMITS_MISSING", rule="limits_present")
        return
    for name, rule in RULES.items():
        terms = candidate.terms
        if limits.is_overridden(
            candidate.state, name, candidate.strategy, terms["symbol"], candidate.time_ns
        ):
            continue
        found = found_by(candidate, rule)
        if found is not None:
            yield Breach(found.reason, found.severity, found.limit, found.observed, name)


def found_by(candidate: Candidate, rule: Rule) -> Breach | None:
    """The tightest of the hard breaches, else of the soft ones."""
    try:
        found = list(rule(candidate))
    except exposure.Unvalued:
        # `reference_present`, `rate_present` or `positions_valued` says so.
        return None
    hard = [breach for breach in found if breach.severity == "HARD"]
    sign = -1 if rule is order_notional_minimum else 1
    return min(hard or found, key=lambda b: sign * (b.limit or Decimal(0)), default=None)


def decide(candidate: Candidate, *, soft_counts: bool) -> Breach | None:
    """The breach that decides: the first hard one, else the first soft one, if those count."""
    found = list(breaches(candidate))
    hard = [breach for breach in found if breach.severity == "HARD" or breach.rule == ""]
    soft = found if soft_counts else []
    return next(iter(hard or soft), None)
