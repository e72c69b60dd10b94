from decimal import Decimal

import pytest

from algotrendy.agent.model import Check, CheckFailure, Intent, Limits, Strategy
from algotrendy.agent.orders import TOKEN_LIFETIME_NS
from algotrendy.agent.service import AgentService
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.domain.order import Side
from algotrendy.errors import (
    ConfirmationTokenError,
    InSampleError,
    InsufficientDataError,
    NotionalLimitExceededError,
    QuantityNotPositiveError,
    UnavailableError,
)
from algotrendy.testing.agent import (
    FakeBacktests,
    FakeMarket,
    FakeOrders,
    FakePortfolios,
    FakePreviews,
    FakeRisk,
    FakeStrategies,
    backtest,
    fill,
    holding,
    portfolio,
)
from algotrendy.testing.clock import FakeClock

WIN = [fill(Side.BUY, "10", "100", day=1), fill(Side.SELL, "10", "130", day=2)]
LOSS = [fill(Side.BUY, "10", "100", day=3), fill(Side.SELL, "10", "90", day=4)]


class Agent:
    """A service over fakes."""

    def __init__(self) -> None:
        self.portfolios = FakePortfolios(portfolio("p-1", "Demo", holding()))
        self.risk = FakeRisk()
        self.market = FakeMarket()
        self.strategies = FakeStrategies(Strategy("s-1", "Trend"))
        self.backtests = FakeBacktests()
        self.orders = FakeOrders()
        self.previews = FakePreviews()
        self.clock = FakeClock(1_000)
        self.token_count = 0
        self.service = self.restarted()

    def restarted(self) -> AgentService[trading_pb2.Order]:
        return AgentService(
            self.portfolios,
            self.risk,
            self.market,
            self.strategies,
            self.backtests,
            self.orders,
            self.previews,
            self.next_token,
            self.clock,
        )

    def next_token(self) -> str:
        self.token_count += 1
        return f"token-{self.token_count}"

    async def say(self, text: str, portfolio_id: str = "") -> str:
        return (await self.service.converse(text, portfolio_id)).text


@pytest.fixture
def agent() -> Agent:
    return Agent()


# --- Positions and risk


async def test_it_tells_what_is_held_and_at_what_risk(agent: Agent) -> None:
    assert await agent.say("what do I hold?") == (
        "Demo is worth 100,000.00 USD, of which 73,500.00 USD is cash. It has made +1,000.00 USD "
        "(1.0 %) on what was paid in, after 12.50 USD of fees. It holds 10 SP500 bought at 2,600 "
        "on average, now at 2,650: 26,500.00 USD, 26.5 % of the whole, +500.00 USD so far. At risk "
        "are 26,500.00 USD gross and 26,500.00 USD net, 0.26 times the equity gross. If everything "
        "it holds fell by 10.0 % at once, that would cost 2,650.00 USD (2.6 % of the equity). One "
        "position may be worth at most 50,000.00 USD; the largest, SP500, uses 53.0 % of that."
    )


async def test_it_says_when_nothing_is_known_of_risk_and_limits(agent: Agent) -> None:
    agent.risk.seen, agent.risk.in_force = None, None
    text = await agent.say("how much risk am I taking?")
    assert "The risk area has seen no event of it yet." in text
    assert "No limits are set, so every order would be refused." in text


async def test_it_speaks_of_an_empty_portfolio(agent: Agent) -> None:
    agent.portfolios.found = [portfolio()]
    agent.risk.seen = None
    agent.risk.in_force = Limits()
    text = await agent.say("positions")
    assert "It holds no position." in text
    assert "No limit on the size of a position is set." in text


async def test_several_portfolios_are_asked_back_by_name(agent: Agent) -> None:
    agent.portfolios.found = [portfolio("p-1", "Demo"), portfolio("p-2", "Growth")]
    assert await agent.say("what do I hold?") == (
        "Which portfolio do you mean? There are Demo (p-1), Growth (p-2)."
    )


@pytest.mark.parametrize(
    ("text", "spoken_of"),
    [
        ("what do I hold in growth?", ""),
        ("what do I hold in the Growth portfolio?", ""),
        ('what do I hold in "p-2"?', ""),
        ("what do I hold?", "p-2"),
        ("what do I hold in Growth?", "p-1"),
    ],
)
async def test_a_portfolio_is_found_by_name_by_id_or_by_the_request(
    agent: Agent, text: str, spoken_of: str
) -> None:
    agent.portfolios.found = [portfolio("p-1", "Demo"), portfolio("p-2", "Growth")]
    assert (await agent.say(text, spoken_of)).startswith("Growth is worth")


async def test_an_instrument_may_be_named_instead_of_a_portfolio(agent: Agent) -> None:
    assert (await agent.say("what is my position in S&P 500?")).startswith("Demo is worth")


async def test_an_unknown_portfolio_is_not_guessed(agent: Agent) -> None:
    assert await agent.say("what do I hold in Income?") == (
        "I know no portfolio called 'Income'. There are Demo (p-1)."
    )


async def test_without_a_portfolio_it_says_so(agent: Agent) -> None:
    agent.portfolios.found = []
    assert await agent.say("what do I hold?") == "There is no portfolio yet."


# --- Backtests


async def test_it_runs_a_backtest_and_explains_it(agent: Agent) -> None:
    agent.backtests.filled = [*WIN, *LOSS]
    answer = await agent.service.converse("backtest Trend from 2013 to 2017", "")
    assert (answer.intent, answer.backtest_id) == (Intent.BACKTEST, "b-1")
    assert agent.backtests.made[0][0] == "s-1"
    for claim in (
        "The backtest b-1 of Trend traded SP500 from 2012-12-31 to 2018-01-01 and made 10.0 %, "
        "1.9 % a year (CAGR): 100,000.00 USD became 110,000.00 USD.",
        "fell at most 8.1 % from a peak, so that a year's return was 0.23 times the worst fall.",
        "Sharpe ratio was 0.61, give or take 0.45 (one standard error, by its 1,260 days)",
        "times the root of 252, without a risk-free rate; the volatility was 9.8 % a year.",
        "It sent 4 orders (1 of them refused), had 4 fills in 2 finished trades, and was in "
        "the market at 45.0 % of the bar closes.",
        "The best trade: +300.00 USD with 10 SP500, bought 1970-01-02 at 100, sold 1970-01-03 at "
        "130; the worst: -100.00 USD",
        "Fees of 1.5 bp a fill took 500.00 USD, 0.5 % of the initial cash; slippage of 1 bp a fill "
        "is in the prices.",
        "Why: 1 of 2 trades won; an average win of 300.00 USD was larger than an average loss of "
        "100.00 USD, and it won at least as often as it lost: both worked for it.",
        "Fees took 4.8 % of the profit before them.",
        "Without its best trade it would have come to -100.00 USD.",
        "Buying and holding instead returned SP500 85.0 % before costs: the strategy made less.",
        "With 2 finished trades, luck can explain much of it.",
    ):
        assert claim in answer.text


async def test_it_explains_the_last_backtest(agent: Agent) -> None:
    agent.backtests.found = [backtest(backtest_id="b-2"), backtest()]
    answer = await agent.service.converse("how did the last backtest do, and why?", "")
    assert answer.text.startswith("The backtest b-2 of Trend traded")


async def test_it_explains_the_last_backtest_of_a_strategy(agent: Agent) -> None:
    agent.strategies.found.append(Strategy("s-2", "Other"))
    agent.backtests.found = [backtest(backtest_id="b-2", strategy_id="s-2"), backtest()]
    assert (await agent.say("how did the last backtest of Trend go?")).startswith(
        "The backtest b-1 of Trend"
    )


async def test_it_says_when_no_backtest_ran(agent: Agent) -> None:
    assert (await agent.say("how did the last backtest do?")).startswith("No backtest has run yet.")


async def test_it_says_when_a_backtest_is_unknown(agent: Agent) -> None:
    unknown = "0190a0b0-1234-7abc-8def-0123456789ab"
    assert await agent.say(f"explain backtest {unknown}") == f"No backtest has the id {unknown}."


async def test_it_tells_that_a_backtest_still_runs(agent: Agent) -> None:
    agent.backtests.result = backtest(statistics=None)
    assert await agent.say("backtest Trend in 2016") == (
        "The backtest b-1 of Trend still runs; ask 'explain backtest b-1' later."
    )


async def test_it_tells_why_a_backtest_failed(agent: Agent) -> None:
    agent.backtests.found = [backtest(statistics=None, error="the model is gone")]
    assert await agent.say("explain the last backtest") == (
        "The backtest b-1 of Trend failed: the model is gone"
    )


async def test_it_tells_why_a_backtest_cannot_run(agent: Agent) -> None:
    agent.backtests.failure = InsufficientDataError("SP500 has 3 bars.")
    assert await agent.say("backtest Trend in 2016") == (
        "The backtest cannot run: SP500 has 3 bars."
    )
    agent.backtests.failure = InSampleError("The model was trained until 2017.")
    assert "Choose a later start" in await agent.say("backtest Trend in 2016")


async def test_a_platform_that_does_not_answer_is_an_error(agent: Agent) -> None:
    agent.backtests.failure = UnavailableError("backtest has no address.")
    with pytest.raises(UnavailableError):
        await agent.say("backtest Trend in 2016")


async def test_a_period_is_asked_for(agent: Agent) -> None:
    assert (await agent.say("backtest Trend")).startswith("Over which time?")
    assert agent.backtests.made == []


async def test_several_strategies_are_asked_back_by_name(agent: Agent) -> None:
    agent.strategies.found.append(Strategy("s-2", "Other"))
    assert await agent.say("run a backtest in 2016") == (
        "Which strategy do you mean? There are Trend (s-1), Other (s-2)."
    )


async def test_two_strategies_of_one_name_are_told_apart_by_id(agent: Agent) -> None:
    agent.strategies.found.append(Strategy("s-2", "trend"))
    assert await agent.say("backtest Trend in 2016") == (
        "Several are called 'Trend'; say the id: s-1, s-2."
    )


async def test_a_loss_is_explained_as_one(agent: Agent) -> None:
    agent.backtests.found = [backtest(final_equity=Decimal(99_900), in_sample=True)]
    agent.backtests.filled = [*WIN, *LOSS, *LOSS, *LOSS, *LOSS]
    text = await agent.say("explain the last backtest")
    assert "the size of its wins did not pay for their being the fewer" in text
    assert "Without fees it would have made money." in text
    assert "A model may have seen these bars in training" in text


async def test_a_backtest_without_a_trade_is_explained(agent: Agent) -> None:
    agent.backtests.found = [backtest(fill_count=0, order_count=0, total_fees=Decimal(0))]
    text = await agent.say("explain the last backtest")
    assert "Why: it finished no trade" in text


# --- Orders


async def test_a_preview_tells_the_order_and_how_to_confirm_it(agent: Agent) -> None:
    answer = await agent.service.converse("buy 10 s&p 500", "")
    assert answer.text == (
        "Buy 10 SP500 at the market, good till cancelled, in Demo. The reference price is 2,650 "
        "USD; the order amounts to 26,500.00 USD. The checks would accept it now. Nothing is "
        "placed yet: confirm it with the preview's token within 10 minutes."
    )
    assert answer.preview is not None
    assert (answer.preview.token, answer.preview.expire_time_ns) == (
        "token-1", 1_000 + TOKEN_LIFETIME_NS,
    )  # fmt: skip
    assert answer.preview.terms == agent.orders.checked[0]
    assert agent.orders.placed == {}


async def test_only_the_confirmation_places_the_order_and_repeating_it_places_no_other(
    agent: Agent,
) -> None:
    await agent.say("sell 5 NASDAQ at 6700.50 limit")
    first = await agent.service.confirm("token-1")
    assert await agent.service.confirm("token-1") == first
    assert len(agent.orders.placed) == 1
    terms = agent.orders.checked[0]
    assert first.client_order_id == terms.client_order_id
    assert (terms.side, terms.quantity, terms.limit_price) == (
        Side.SELL, Decimal(5), Decimal("6700.50"),
    )  # fmt: skip


async def test_two_previews_are_two_orders(agent: Agent) -> None:
    await agent.say("buy 10 SP500")
    await agent.say("buy 10 SP500")
    first = await agent.service.confirm("token-1")
    assert (await agent.service.confirm("token-2")).order_id != first.order_id


async def test_a_preview_outlives_a_restart(agent: Agent) -> None:
    await agent.say("buy 10 SP500")
    assert (await agent.restarted().confirm("token-1")).symbol == "SP500"


async def test_the_token_itself_is_not_kept(agent: Agent) -> None:
    await agent.say("buy 10 SP500")
    [(kept, (terms, _))] = agent.previews.kept.items()
    assert b"token-1" not in kept
    assert "token-1" not in repr(terms)


async def test_a_token_that_ended_places_nothing(agent: Agent) -> None:
    await agent.say("buy 10 SP500")
    agent.clock.time_ns += TOKEN_LIFETIME_NS
    with pytest.raises(ConfirmationTokenError):
        await agent.service.confirm("token-1")
    assert agent.orders.placed == {}


async def test_a_token_confirmed_in_time_may_be_repeated_later(agent: Agent) -> None:
    await agent.say("buy 10 SP500")
    first = await agent.service.confirm("token-1")
    agent.clock.time_ns += TOKEN_LIFETIME_NS
    assert await agent.service.confirm("token-1") == first


async def test_an_unknown_token_places_nothing(agent: Agent) -> None:
    with pytest.raises(ConfirmationTokenError):
        await agent.service.confirm("guess")


async def test_a_refusal_at_confirmation_is_the_callers(agent: Agent) -> None:
    await agent.say("buy 10 SP500")
    agent.orders.failure = NotionalLimitExceededError("The notional is above the limit.")
    with pytest.raises(NotionalLimitExceededError):
        await agent.service.confirm("token-1")


async def test_an_order_the_checks_refuse_has_no_token(agent: Agent) -> None:
    failure = CheckFailure("NOTIONAL_LIMIT_EXCEEDED", "max_order_notional", "1000", "26500")
    agent.orders.answer = Check(accepted=False, failures=(failure,))
    answer = await agent.service.converse("buy 10 SP500", "")
    assert answer.preview is not None
    assert (answer.preview.token, answer.preview.check.failures) == ("", (failure,))
    assert answer.text.endswith(
        "so there is nothing to confirm: notional limit exceeded (26500 against a limit of 1000)."
    )
    assert agent.previews.kept == {}


async def test_an_order_with_wrong_terms_is_answered_in_words(agent: Agent) -> None:
    agent.orders.failure = QuantityNotPositiveError("quantity is -5; expected more than 0.")
    answer = await agent.service.converse("buy -5 SP500", "")
    assert answer.text.endswith("Nothing can be placed: quantity is -5; expected more than 0.")
    assert agent.orders.checked[0].quantity == Decimal(-5)
    assert answer.preview is not None
    assert answer.preview.check.failures[0].reason == "QUANTITY_NOT_POSITIVE"


async def test_zero_is_not_taken_for_all(agent: Agent) -> None:
    await agent.say("sell 0 SP500")
    assert agent.orders.checked[0].quantity == Decimal(0)


async def test_all_is_what_is_held(agent: Agent) -> None:
    await agent.say("sell all my SP500")
    assert agent.orders.checked[0].quantity == Decimal(10)
    assert await agent.say("sell all NASDAQ") == "Demo holds no NASDAQ to sell."


async def test_an_unknown_symbol_is_answered_with_the_known_ones(agent: Agent) -> None:
    assert await agent.say("buy 1 SPX") == (
        "I know no 'SPX'; with data are: BTC-USD, NASDAQ, SP500."
    )


async def test_an_order_without_a_portfolio_is_asked_about(agent: Agent) -> None:
    agent.portfolios.found = [portfolio("p-1", "Demo"), portfolio("p-2", "Growth")]
    assert (await agent.say("buy 10 SP500")).startswith("Which portfolio do you mean?")
    await agent.say("buy 10 SP500 in Growth")
    assert agent.orders.checked[0].account_id == "p-2"


# --- Everything else


async def test_what_is_not_understood_is_answered_with_what_is(agent: Agent) -> None:
    answer = await agent.service.converse("sing me a song", "")
    assert answer.intent is Intent.UNKNOWN
    for example in ("what do I hold?", "backtest strategy Trend", "buy 10 SP500"):
        assert example in answer.text
