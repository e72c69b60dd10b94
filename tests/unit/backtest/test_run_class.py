"""Runs of Python classes: what is called when, with what, and what a context tells and does."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from tests.unit.backtest.markets import DAY_NS, HOUR_NS, MINUTE_NS, bars, on_bars, random_bars

import algotrendy as at
from algotrendy.backtest import VenueTerms, run
from algotrendy.errors import (
    ExpressionError,
    FailedPreconditionError,
    InvalidArgumentError,
    LookaheadError,
    SymbolNotFoundError,
)

FREE = VenueTerms()
CLOSES = [10.0, 11.0, 12.0, 11.0, 13.0]


def heard_by(data: object, **callbacks: Any) -> tuple[list[Any], at.backtest.Result]:
    """Run a strategy of these callbacks, each given the list that is returned."""
    heard: list[Any] = []

    def method(act: Any) -> Any:
        return lambda _self, *told: act(heard, *told)

    methods = {name: method(act) for name, act in callbacks.items()}
    strategy = type("Hears", (at.Strategy,), methods)()
    return heard, run(strategy, data, costs=FREE)


# --- What is called -------------------------------------------------------------------------------


def test_on_bar_sees_every_bar_once_in_order() -> None:
    heard, _ = heard_by(
        {"ABC": bars(CLOSES)},
        on_bar=lambda heard, context, bar: heard.append(
            (bar.symbol, bar.series, bar.index, bar.open_time_ns, bar.close_time_ns, bar.close)
        ),
    )
    assert heard == [
        ("ABC", "ABC", place, place * DAY_NS, (place + 1) * DAY_NS, close)
        for place, close in enumerate(CLOSES)
    ]


def test_a_bar_that_is_kept_stays_what_it_was() -> None:
    heard, _ = heard_by({"ABC": bars(CLOSES)}, on_bar=lambda heard, context, bar: heard.append(bar))
    assert [bar.close for bar in heard] == CLOSES
    assert [bar.raw["close"] for bar in heard] == [1000, 1100, 1200, 1100, 1300]


def test_start_and_stop_come_first_and_last() -> None:
    heard, _ = heard_by(
        {"ABC": bars(CLOSES)},
        on_start=lambda heard, context: heard.append(("start", context.symbols)),
        on_bar=lambda heard, context, bar: heard.append("bar"),
        on_stop=lambda heard, context: heard.append(("stop", context.position())),
    )
    assert heard == [("start", ["ABC"]), *["bar"] * 5, ("stop", 0.0)]


def test_fills_and_orders_are_told() -> None:
    heard, result = heard_by(
        {"ABC": bars(CLOSES)},
        on_bar=lambda heard, context, bar: (
            (context.buy(2), context.buy(1, limit="5"))
            if bar.index == 1
            else context.cancel_all()
            if bar.index == 3
            else None
        ),
        on_fill=lambda heard, context, fill: heard.append(
            (fill.type, fill.symbol, fill.side, fill.quantity, fill.price, context.position())
        ),
        on_order=lambda heard, context, event: heard.append((event.type, event.order_id)),
    )
    fill = ("OrderFilled", "ABC", "BUY", Decimal(2), Decimal(11), 2.0)
    accepted = [("OrderAccepted", "o-1"), ("OrderAccepted", "o-2")]
    assert heard == [*accepted, fill, ("OrderCanceled", "o-2")]
    assert result.fills.to_pylist()[0]["order_id"] == "o-1"


def test_a_stop_that_is_triggered_and_a_cancel_that_is_refused_are_told() -> None:
    heard, _ = heard_by(
        {"ABC": bars(CLOSES)},
        on_bar=lambda heard, context, bar: (
            context.order("BUY", 1, stop=CLOSES[-1] / 2) if bar.index == 0 else None
        ),
        on_order=lambda heard, context, event: heard.append((event.type, context.price())),
    )
    assert [name for name, _ in heard] == ["OrderAccepted", "OrderTriggered"]


def test_a_refused_order_is_told_with_its_reason() -> None:
    heard, result = heard_by(
        {"ABC": bars(CLOSES)},
        on_bar=lambda heard, context, bar: context.buy(10**9) if bar.index == 1 else None,
        on_order=lambda heard, context, event: heard.append((event.type, event.reason)),
    )
    assert heard == [("OrderRejected", "INSUFFICIENT_FUNDS")]
    assert result.rejections.num_rows == 1


def test_trades_and_quotes_are_told() -> None:
    trades = {
        "time": np.arange(3) * MINUTE_NS,
        "price": np.array([10.5, 10.25, 10.75]),
        "quantity": np.array([1, 2, 3]),
        "side": np.array([1, -1, 0]),
    }
    heard, _ = heard_by(
        {"ABC": trades},
        on_trade=lambda heard, context, trade: heard.append(
            (trade.symbol, trade.time_ns, trade.price, trade.quantity, trade.side)
        ),
    )
    assert heard == [
        ("ABC", 0, 10.5, 1.0, 1),
        ("ABC", MINUTE_NS, 10.25, 2.0, -1),
        ("ABC", 2 * MINUTE_NS, 10.75, 3.0, 0),
    ]
    quotes = {
        "time": np.arange(2) * MINUTE_NS,
        "bid": np.array([10.0, 10.1]),
        "ask": np.array([10.2, 10.3]),
        "bid_size": np.array([5, 6]),
        "ask_size": np.array([7, 8]),
    }
    heard, _ = heard_by(
        {"ABC": quotes},
        on_quote=lambda heard, context, quote: heard.append(
            (quote.symbol, quote.bid, quote.ask, quote.bid_size, quote.ask_size)
        ),
    )
    assert heard == [("ABC", 10.0, 10.2, 5.0, 7.0), ("ABC", 10.1, 10.3, 6.0, 8.0)]


def test_every_trade_of_one_time_is_told() -> None:
    trades = {
        "time": np.array([0, 0, MINUTE_NS, MINUTE_NS, MINUTE_NS]),
        "price": np.array([10.5, 10.25, 10.75, 10.5, 10.25]),
        "quantity": np.full(5, 1),
    }
    heard, _ = heard_by(
        {"ABC": trades}, on_trade=lambda heard, context, trade: heard.append(trade.price)
    )
    assert heard == trades["price"].tolist()


def test_bars_are_made_of_trades_where_asked() -> None:
    trades = {
        "time": np.arange(6) * (MINUTE_NS // 2),
        "price": np.array([10.0, 11.0, 12.0, 11.0, 13.0, 13.0]),
        "quantity": np.full(6, 1),
    }
    seen: list[Any] = []
    strategy = on_bars(lambda context, bar: seen.append((bar.open, bar.close, bar.volume)))
    run(strategy, {"ABC": trades}, bars="1m")
    assert seen[:2] == [(10.0, 11.0, 2.0), (12.0, 11.0, 2.0)]


def test_timers_are_due_at_their_times() -> None:
    def start(heard: list[Any], context: Any) -> None:
        context.timer("noon", at=DAY_NS + 12 * HOUR_NS)
        context.timer("daily", at=2 * DAY_NS, every="1d")

    heard, _ = heard_by(
        {"ABC": bars(CLOSES)},
        on_start=start,
        on_timer=lambda heard, context, timer: heard.append((timer.name, timer.time_ns)),
    )
    assert heard[0] == ("noon", DAY_NS + 12 * HOUR_NS)
    assert heard[1:3] == [("daily", 2 * DAY_NS), ("daily", 3 * DAY_NS)]


def test_a_timer_that_is_ended_is_not_due() -> None:
    def bar(heard: list[Any], context: Any, bar: Any) -> None:
        if bar.index == 0:
            context.end_timer(context.timer(every="1h"))

    heard, _ = heard_by(
        {"ABC": bars(CLOSES)}, on_bar=bar, on_timer=lambda heard, *told: heard.append(told)
    )
    assert heard == []


def test_what_a_callback_raises_arrives_as_it_was() -> None:
    def fail(context: Any, bar: Any) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run(on_bars(fail), {"ABC": bars(CLOSES)})


def test_a_run_leaves_the_strategy_as_it_was() -> None:
    class Counts(at.Strategy):
        _count: int = 0

        def on_bar(self, context: Any, bar: Any) -> None:
            self._count += 1
            assert self._count <= len(CLOSES)

    strategy = Counts()
    run(strategy, {"ABC": bars(CLOSES)})
    result = run(strategy, {"ABC": bars(CLOSES)})
    assert strategy._count == 0
    assert isinstance(result.strategy, Counts)
    assert result.strategy._count == len(CLOSES)


# --- What a context tells -------------------------------------------------------------------------


def test_features_are_those_of_the_expressions() -> None:
    class Means(at.Strategy):
        count: int = 3
        features = {"mean": "sma(close, count)", "up": "close > mean", "count": "count * 2"}

        def on_bar(self, context: Any, bar: Any) -> None:
            seen.append([context.feature(name) for name in ("mean", "up", "count")])

    seen: list[list[float]] = []
    data = random_bars(200)
    run(Means(count=5), {"ABC": data})
    expected = at.features(data, {"mean": "sma(close, 5)", "up": "close > sma(close, 5)"})
    # The bars before the first mean warm it up.
    assert [row[0] for row in seen] == expected["mean"][4:].tolist()
    assert [row[1] for row in seen] == expected["up"][4:].tolist()
    assert {row[2] for row in seen} == {10.0}


def test_warm_up_bars_are_not_told() -> None:
    seen: list[int] = []
    strategy = on_bars(lambda context, bar: seen.append(bar.index), warm_up_bars=3)
    run(strategy, {"ABC": bars(CLOSES)})
    assert seen == [3, 4]


def test_bars_before_the_start_and_after_the_end_are_not_told() -> None:
    seen: list[int] = []
    strategy = on_bars(lambda context, bar: seen.append(bar.index))
    result = run(strategy, {"ABC": bars(CLOSES)}, start="1970-01-03", end="1970-01-05")
    assert seen == [2, 3]
    assert len(result.equity) == 2


def test_history_is_the_past_and_the_present() -> None:
    seen: list[Any] = []
    strategy = on_bars(
        lambda context, bar: seen.append(
            (context.history(2).tolist(), context.history(9, "open").tolist())
        )
    )
    run(strategy, {"ABC": bars(CLOSES)})
    assert seen[0] == ([10.0], [10.0])
    assert seen[3] == ([12.0, 11.0], [10.0, 10.0, 11.0, 12.0])


def test_history_is_the_strategys_own() -> None:
    def spoil(context: Any, bar: Any) -> None:
        past = context.history(3)
        past[:] = 0.0
        assert context.history(1)[0] == bar.close

    run(on_bars(spoil), {"ABC": bars(CLOSES)})


def test_earlier_bars_are_there() -> None:
    def look(context: Any, bar: Any) -> None:
        assert len(context.bars) == bar.index + 1
        assert context.bars[-1] == bar == context.bars[bar.index] == bar[0]
        if bar.index:
            assert bar[-1].close == CLOSES[bar.index - 1] == context.bars[-2].close

    run(on_bars(look), {"ABC": bars(CLOSES)})


@pytest.mark.parametrize(
    "read", [lambda context, bar: bar[1], lambda context, bar: context.bars[len(context.bars)]]
)
def test_the_future_is_refused_naming_the_line(read: Any) -> None:
    with pytest.raises(LookaheadError, match=r"test_run_class\.py:\d+ reads bar 1 of ABC") as error:
        run(on_bars(read), {"ABC": bars(CLOSES)})
    assert error.value.metadata["file"] == __file__
    assert int(error.value.metadata["line"]) > 0


def test_before_the_first_bar_is_an_index_error() -> None:
    with pytest.raises(IndexError, match="begins with bar 0"):
        run(on_bars(lambda context, bar: bar[-1]), {"ABC": bars(CLOSES)})


def test_cash_equity_and_price_are_told() -> None:
    seen: list[Any] = []

    def act(context: Any, bar: Any) -> None:
        seen.append((context.cash, context.equity, context.position(), context.price()))
        if bar.index == 0:
            context.buy(10)

    run(on_bars(act), {"ABC": bars(CLOSES)}, cash=1_000, costs=FREE)
    assert seen[:3] == [
        (1000.0, 1000.0, 0.0, 10.0),
        (900.0, 1010.0, 10.0, 11.0),
        (900.0, 1020.0, 10.0, 12.0),
    ]


def test_positions_and_open_orders_are_exact() -> None:
    def act(context: Any, bar: Any) -> None:
        if bar.index == 0:
            context.buy(10)
            context.buy(1, limit="5")
        if bar.index == 2:
            assert context.positions["ABC"].quantity == Decimal(10)
            (order,) = context.open_orders("ABC")
            assert (order.limit_price, order.quantity) == (Decimal(5), Decimal(1))
            assert context.open_orders() == [order]

    result = run(on_bars(act), {"ABC": bars(CLOSES)}, costs=FREE)
    assert result.orders.num_rows == 2


def test_log_has_the_runs_time(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="algotrendy.strategy"):
        run(
            on_bars(lambda context, bar: context.log(f"at {bar.close}")),
            {"ABC": bars([10.0, 10.0])},
        )
    assert caplog.messages[0] == "1970-01-02T00:00:00.000  at 10.0"


# --- What a context does --------------------------------------------------------------------------


def orders_of(act: Any, closes: list[float] = CLOSES, **options: Any) -> list[dict[str, Any]]:
    """Return the orders of a strategy that acts at the first bar."""

    def first(context: Any, bar: Any) -> None:
        if bar.index == 0:
            act(context)

    options = {"costs": FREE, **options}
    orders: list[dict[str, Any]] = run(
        on_bars(first), {"ABC": bars(closes)}, **options
    ).orders.to_pylist()
    return orders


def test_orders_are_of_the_kind_their_prices_say() -> None:
    def act(context: Any) -> None:
        assert context.buy(1) == "o-1"
        context.buy(1, limit="9.5")
        context.sell(1, stop="9")
        context.buy(1, stop="14", limit="15")
        context.sell(1, trail="1")
        context.sell(1, trail_bps=100)

    closes = [10.25, *CLOSES]
    kinds = [row["order_type"] for row in orders_of(act, closes)]
    assert kinds == ["MARKET", "LIMIT", "STOP", "STOP_LIMIT", "TRAILING_STOP", "TRAILING_STOP"]


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [(3, 3), ("3", 3), (Decimal(3), 3), (3.0, 3), (3.99, 3), (np.float64(3.5), 3)],
)
def test_quantities_are_exact_or_floats_of_whole_lots(quantity: object, expected: int) -> None:
    (order,) = orders_of(lambda context: context.buy(quantity))
    assert order["quantity"] == expected


def test_a_float_of_less_than_a_lot_is_no_order() -> None:
    seen: list[Any] = []
    assert orders_of(lambda context: seen.append(context.buy(0.4))) == []
    assert seen == [None]


@pytest.mark.parametrize("quantity", [0, -1, "0", "x", "1.5", None, True, math.nan, math.inf])
def test_a_quantity_that_is_none_is_refused(quantity: object) -> None:
    with pytest.raises(InvalidArgumentError, match="quantity"):
        orders_of(lambda context: context.buy(quantity))


def test_float_prices_go_to_the_tick_away_from_trading() -> None:
    def act(context: Any) -> None:
        context.buy(1, limit=9.118)
        context.sell(1, limit=14.111)
        context.buy(1, stop=14.111)
        context.sell(1, stop=9.118)
        context.buy(1, limit=9.11)

    rows = orders_of(act, [10.25, *CLOSES])
    prices = [row["limit_price"] or row["stop_price"] for row in rows]
    assert prices == [Decimal(each) for each in ("9.11", "14.12", "14.12", "9.11", "9.11")]


@pytest.mark.parametrize("price", ["9.111", Decimal("9.111"), "near", math.nan, True])
def test_a_price_off_the_tick_is_refused(price: object) -> None:
    with pytest.raises(InvalidArgumentError, match="limit"):
        orders_of(lambda context: context.buy(1, limit=price), [10.25, *CLOSES])


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"time_in_force": "SOON"}, "time_in_force"),
        ({"trail": "1", "trail_bps": 5}, "trail_bps"),
        ({"trail": "1", "limit": "5"}, "limit"),
        ({"expire": "tomorrow"}, "expire"),
    ],
)
def test_terms_that_no_order_has_are_refused(terms: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        orders_of(lambda context: context.buy(1, **terms))
    assert refusal.value.metadata["field"] == field


def test_a_tag_and_a_name_are_kept() -> None:
    (order,) = orders_of(lambda context: context.buy(1, tag="entry", client_order_id="mine"))
    assert (order["tag"], order["client_order_id"], order["order_id"]) == ("entry", "mine", "o-1")


def test_a_bracket_protects_its_entry() -> None:
    def act(context: Any) -> None:
        assert context.bracket(5, stop_loss="9", take_profit="11.5") == ["o-1", "o-2", "o-3"]

    statuses = [row["status"] for row in orders_of(act, [10.0, 10.0, 12.0, 12.0, 10.5])]
    assert statuses == ["FILLED", "CANCELED", "FILLED"]


def test_a_bracket_needs_an_exit() -> None:
    with pytest.raises(InvalidArgumentError, match="stop_loss"):
        orders_of(lambda context: context.bracket(5))


def test_cancel_and_replace_change_what_works() -> None:
    def act(context: Any, bar: Any) -> None:
        if bar.index == 0:
            ids.extend([context.buy(1, limit="5"), context.buy(2, limit="6")])
        if bar.index == 1:
            context.cancel(ids[0])
            context.replace(ids[1], quantity=3, limit="7")
        if bar.index == 2:
            context.cancel(ids[0])
            (order,) = context.open_orders()
            assert (order.quantity, order.limit_price) == (Decimal(3), Decimal(7))
            context.cancel_all()

    ids: list[str] = []
    rows = run(on_bars(act), {"ABC": bars(CLOSES)}, costs=FREE).orders.to_pylist()
    assert [row["status"] for row in rows] == ["CANCELED", "CANCELED"]


@pytest.mark.parametrize("order_id", ["o-9", "mine", ""])
def test_an_order_that_is_none_cannot_be_changed(order_id: str) -> None:
    with pytest.raises(at.errors.AlgoTrendyError):
        orders_of(lambda context: context.cancel(order_id))


def test_targets_and_close_send_what_is_missing() -> None:
    def act(context: Any, bar: Any) -> None:
        if bar.index == 0:
            assert context.target_position(5) == "o-1"
        if bar.index == 1:
            assert context.target_position(5) is None
            assert context.target_position(2) == "o-2"
        if bar.index == 2:
            assert context.close() == "o-3"
        if bar.index == 3:
            assert context.close() is None
            assert context.target_weight(0.5) == "o-4"

    result = run(on_bars(act), {"ABC": bars(CLOSES)}, cash=1_000, costs=FREE)
    sides = [(row["side"], row["quantity"]) for row in result.fills.to_pylist()]
    assert sides == [("BUY", 5), ("SELL", 3), ("SELL", 2), ("BUY", 45)]


@pytest.mark.parametrize("weight", [math.nan, math.inf])
def test_a_weight_that_is_no_number_is_refused(weight: float) -> None:
    with pytest.raises(InvalidArgumentError, match="weight"):
        orders_of(lambda context: context.target_weight(weight))


def test_a_short_position_is_negative() -> None:
    def act(context: Any, bar: Any) -> None:
        seen.append(context.position())
        if bar.index == 0:
            context.sell(3)

    seen: list[float] = []
    run(on_bars(act), {"ABC": bars(CLOSES)}, costs=FREE)
    assert seen == [0.0, -3.0, -3.0, -3.0, -3.0]


# --- Bad inputs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "error", "match"),
    [
        (lambda context: context.feature("none"), InvalidArgumentError, "feature is .none."),
        (lambda context: context.position("XYZ"), SymbolNotFoundError, "one of the run's: ABC"),
        (lambda context: context.buy(1, "XYZ"), SymbolNotFoundError, "XYZ"),
        (lambda context: context.history(0), InvalidArgumentError, "count is 0"),
        (lambda context: context.history(5, "price"), InvalidArgumentError, "field is"),
        (lambda context: context.order("HOLD", 1), InvalidArgumentError, "side is"),
        (lambda context: context.timer(), InvalidArgumentError, "at is not given"),
        (lambda context: context.timer(at=0), InvalidArgumentError, "in the future"),
        (lambda context: context.timer(every="soon"), InvalidArgumentError, "every is"),
    ],
)
def test_a_context_refuses_what_cannot_be(ask: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        orders_of(ask)


def test_a_context_is_of_no_use_outside_of_callbacks() -> None:
    kept: list[Any] = []
    run(on_bars(lambda context, bar: kept.extend((context, bar))), {"ABC": bars([10.0, 10.0])})
    context, bar = kept[:2]
    assert bar.close == 10.0
    with pytest.raises(FailedPreconditionError, match="in its callbacks only"):
        context.position()
    with pytest.raises(FailedPreconditionError, match="in its callbacks only"):
        context.buy(1)
    with pytest.raises(FailedPreconditionError, match="in its callbacks only"):
        bar[0]


@pytest.mark.parametrize("callback", ["on_start", "on_stop"])
def test_orders_are_refused_before_and_after_trading(callback: str) -> None:
    with pytest.raises(FailedPreconditionError, match="from the first bar to the last"):
        heard_by({"ABC": bars(CLOSES)}, **{callback: lambda heard, context: context.buy(1, "ABC")})


def test_a_feature_that_is_no_expression_is_named() -> None:
    with pytest.raises(ExpressionError, match="mean: "):
        run(on_bars(lambda *_: None, features={"mean": "sma(close"}), {"ABC": bars(CLOSES)})


@pytest.mark.parametrize(
    ("attributes", "match"),
    [
        ({"features": {"mean": 5}}, "features.*expression"),
        ({"features": ["close"]}, "features is"),
        ({"warm_up_bars": -1}, "warm_up_bars is -1"),
        ({"warm_up_bars": 1.5}, "warm_up_bars is 1.5"),
    ],
)
def test_settings_that_are_none_are_refused(attributes: Any, match: str) -> None:
    with pytest.raises(InvalidArgumentError, match=match):
        run(on_bars(lambda *_: None, **attributes), {"ABC": bars(CLOSES)})


# --- Several instruments and series ---------------------------------------------------------------


def test_bars_of_several_instruments_come_in_the_order_of_time() -> None:
    data = {"ABC": bars([10.0, 11.0]), "XYZ": bars([20.0, 21.0], start_ns=HOUR_NS)}
    heard, _ = heard_by(
        data, on_bar=lambda heard, context, bar: heard.append((bar.symbol, bar.close))
    )
    assert heard == [("ABC", 10.0), ("XYZ", 20.0), ("ABC", 11.0), ("XYZ", 21.0)]


def test_a_symbol_reaches_other_instruments() -> None:
    def act(context: Any, bar: Any) -> None:
        if bar.symbol == "XYZ" and bar.index == 0:
            context.buy(1, "ABC")
            assert context.history(1, symbol="ABC")[0] == 10.0
            assert context.price("ABC") == 10.0
        if bar.symbol == "XYZ" and bar.index == 1:
            assert (context.position("ABC"), context.position()) == (1.0, 0.0)

    data = {"ABC": bars([10.0, 11.0]), "XYZ": bars([20.0, 21.0])}
    result = run(on_bars(act), data, costs=FREE)
    assert result.fills.to_pylist()[0]["symbol"] == "ABC"


def test_a_series_of_longer_bars_is_told_when_they_close() -> None:
    minutes = random_bars(120)
    hours = bars([100.0, 101.0], step_ns=HOUR_NS)
    seen: list[Any] = []

    def act(context: Any, bar: Any) -> None:
        if bar.series == "ABC:1h":
            seen.append((bar.close_time_ns, len(context.series("ABC"))))
        assert len(context.series("ABC:1h")) == context.now_ns // HOUR_NS

    run(on_bars(act), {"ABC": minutes, "ABC:1h": hours})
    assert seen == [(HOUR_NS, 60), (2 * HOUR_NS, 120)]


def test_a_universe_and_a_delisting_are_told() -> None:
    def act(context: Any, bar: Any) -> None:
        if bar.symbol == "ABC":
            seen.append(context.members)
            if bar.index == 0:
                context.buy(1, "XYZ")

    seen: list[list[str]] = []
    data = {"ABC": bars(CLOSES), "XYZ": bars([20.0, 20.5])}
    result = run(
        on_bars(act),
        data,
        costs=FREE,
        universe={"ABC": [("1970-01-03", None)]},
        delistings={"XYZ": ("1970-01-04", "19.5")},
    )
    assert seen[:2] == [["XYZ"], ["ABC", "XYZ"]]
    assert seen[-1] == ["ABC"]
    assert result.positions.to_pylist()[0]["close_price"] == 19.5
