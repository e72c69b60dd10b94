from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algotrendy.agent.grammar import parse
from algotrendy.agent.model import (
    BacktestReview,
    BacktestRun,
    Intent,
    OrderRequest,
    Period,
    PortfolioQuestion,
    Unclear,
)
from algotrendy.domain.order import Side

BACKTEST_ID = "0190a0b0-1234-7abc-8def-0123456789ab"


def time_ns(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


def period(start: str, end: str | None) -> Period:
    return Period(time_ns(start), None if end is None else time_ns(end))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("what do I hold?", ""),
        ("What’s my portfolio worth?", ""),
        ("how much risk am I taking", ""),
        ("Show my positions", ""),
        ("SHOW ME MY POSITIONS IN THE GROWTH PORTFOLIO!", "GROWTH"),
        ("show my positions in Growth", "Growth"),
        ('how much cash is in "Growth and income"?', "Growth and income"),
        ("what is my exposure in total", ""),
        (f"positions of {BACKTEST_ID}", BACKTEST_ID),
        ("my position in SP500", "SP500"),
    ],
)
def test_questions_about_positions_and_risk(text: str, name: str) -> None:
    assert parse(text) == PortfolioQuestion(name)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("buy 10 SP500", OrderRequest(Side.BUY, Decimal(10), "SP500")),
        ("Please buy 10 sp500 now.", OrderRequest(Side.BUY, Decimal(10), "sp500")),
        ("buy 1,000 shares of S&P 500", OrderRequest(Side.BUY, Decimal(1000), "S&P 500")),
        ("purchase 0.5 BTC-USD at market", OrderRequest(Side.BUY, Decimal("0.5"), "BTC-USD")),
        (
            "sell 5 NASDAQ at 6700.50 limit",
            OrderRequest(Side.SELL, Decimal(5), "NASDAQ", Decimal("6700.50")),
        ),
        (
            "I'd like to place an order to short 5 NASDAQ with a limit of $6,700.50",
            OrderRequest(Side.SELL, Decimal(5), "NASDAQ", Decimal("6700.50")),
        ),
        ("sell all my SP500", OrderRequest(Side.SELL, None, "SP500")),
        (
            "buy 10 SP500 at 2500 in the Growth portfolio",
            OrderRequest(Side.BUY, Decimal(10), "SP500", Decimal(2500), "Growth"),
        ),
        (
            'buy 10 SP500 in "A at B" at 2500',
            OrderRequest(Side.BUY, Decimal(10), "SP500", Decimal(2500), "A at B"),
        ),
        ("buy -5 SP500", OrderRequest(Side.BUY, Decimal(-5), "SP500")),
        ("buy 0 SP500", OrderRequest(Side.BUY, Decimal(0), "SP500")),
        (
            "show me a preview of an order to sell 5 NASDAQ",
            OrderRequest(Side.SELL, Decimal(5), "NASDAQ"),
        ),
    ],
)
def test_orders(text: str, request_: OrderRequest) -> None:
    assert parse(text) == request_


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("buy 10 SP500 if it falls below 2000", "if it falls below 2000"),
        ("buy 10 SP500 stop 2500", "stop 2500"),
        ("buy 10 SP500 at 2500 at 2600", "at 2600"),
        ("buy 10 SP500 at market at 2600", "at 2600"),
        ("buy 10 SP500 at 2500 and sell 5 NASDAQ", "and sell 5 NASDAQ"),
        ("buy 10 SP500 at 2500,50", "at 2500,50"),
        ("buy 10 SP500 not", "not"),
    ],
)
def test_nothing_is_left_out_of_an_order(text: str, rest: str) -> None:
    answer = parse(text)
    assert isinstance(answer, Unclear)
    assert answer.intent is Intent.ORDER
    assert f"not '{rest}'" in answer.text


@pytest.mark.parametrize(
    "text",
    ["buy", "buy SP500", "buy ten SP500", "buy $1000 of SP500", "buy 10k SP500", "sell everything"],
)
def test_an_order_without_a_quantity_and_a_symbol_is_asked_about(text: str) -> None:
    answer = parse(text)
    assert isinstance(answer, Unclear)
    assert answer.text.startswith("Say how many")


def test_all_cannot_be_bought() -> None:
    assert parse("buy all SP500") == Unclear(
        Intent.ORDER, "'All' can only be sold. Say how many to trade."
    )


def test_asking_whether_to_buy_is_no_order() -> None:
    assert parse("should I buy 10 SP500?") is None


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        (
            "backtest strategy Trend from 2013 to 2017",
            BacktestRun("Trend", period("2013-01-01", "2018-01-01")),
        ),
        ("backtest trend 2013-2017", BacktestRun("trend", period("2013-01-01", "2018-01-01"))),
        (
            'Run a backtest of "My trend" from 2013-05 to 2014-06-30 and explain it',
            BacktestRun("My trend", period("2013-05-01", "2014-07-01")),
        ),
        (
            "simulate Trend between 2013-01-31 and 2013-12",
            BacktestRun("Trend", period("2013-01-31", "2014-01-01")),
        ),
        ("please run a back-test for my Trend strategy since 2015",
         BacktestRun("Trend", period("2015-01-01", None))),
        ("backtest Trend in 2016, then explain why",
         BacktestRun("Trend", period("2016-01-01", "2017-01-01"))),
        (f"backtest {BACKTEST_ID} in 2016",
         BacktestRun(BACKTEST_ID, period("2016-01-01", "2017-01-01"))),
        ("run a backtest", BacktestRun()),
        ("backtest the strategy Trend", BacktestRun("Trend")),
    ],
)  # fmt: skip
def test_backtests_to_run(text: str, request_: BacktestRun) -> None:
    assert parse(text) == request_


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("how did the last backtest do, and why?", BacktestReview()),
        ("why did the last backtest lose money?", BacktestReview()),
        ("show me the results of the latest back test of Trend", BacktestReview(name="Trend")),
        (
            "How did the last backtest of SP500 trend do, and why?",
            BacktestReview(name="SP500 trend"),
        ),
        (f"explain backtest {BACKTEST_ID.upper()}", BacktestReview(BACKTEST_ID)),
    ],
)
def test_backtests_to_explain(text: str, request_: BacktestReview) -> None:
    assert parse(text) == request_


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("backtest Trend from 2017 to 2013", "2013 is before 2017"),
        ("backtest Trend from 2013-13 to 2014", "2013-13 is no date"),
        ("backtest Trend from 2013-02-30", "2013-02-30 is no date"),
        ("backtest Trend from 0001 to 9999", "1 is out of range"),
        ("backtest Trend since 0000", "0000 is no date"),
    ],
)
def test_dates_that_cannot_be_are_asked_about(text: str, why: str) -> None:
    answer = parse(text)
    assert isinstance(answer, Unclear)
    assert why in answer.text


@pytest.mark.parametrize(
    "text", ["hello", "what's the weather?", "?", "1", "'; DROP TABLE users; --", "{symbol}"]
)
def test_anything_else_is_not_understood(text: str) -> None:
    assert parse(text) is None


@given(st.text(max_size=300))
def test_no_text_breaks_the_grammar(text: str) -> None:
    for prefix in ("", "buy 10 SP500 ", "backtest ", "positions in "):
        parse(prefix + text)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text",
    [
        "please " * 285,
        "buy 1 a" + " at" * 660,
        "buy 1 a in " + "b " * 990,
        "positions" + " in a" * 390,
        "backtest" + " from 2013" * 190,
        "back test " * 200,
        "buy " + "1,111" * 390,
        "backtest " + "strategy " * 220,
    ],
)
def test_the_longest_texts_take_no_time(text: str) -> None:
    for _ in range(10):
        parse(text[:2000])
