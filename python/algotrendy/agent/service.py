"""Understands a message and hands it to the desk that answers it."""

from typing import Generic

from algotrendy.agent.backtests import BacktestDesk
from algotrendy.agent.grammar import parse
from algotrendy.agent.holdings import HoldingsDesk
from algotrendy.agent.model import (
    Answer,
    BacktestReview,
    BacktestRun,
    Intent,
    OrderRequest,
    PortfolioQuestion,
    Unclear,
)
from algotrendy.agent.orders import OrderDesk
from algotrendy.agent.ports import (
    Backtests,
    Market,
    Orders,
    OrderT_co,
    Portfolios,
    Previews,
    Risk,
    Strategies,
    Tokens,
)
from algotrendy.agent.wording import HELP
from algotrendy.domain.clock import Clock


class AgentService(Generic[OrderT_co]):
    """Answers in plain English. It places no order that was not previewed and confirmed."""

    def __init__(
        self,
        portfolios: Portfolios,
        risk: Risk,
        market: Market,
        strategies: Strategies,
        backtests: Backtests,
        orders: Orders[OrderT_co],
        previews: Previews,
        tokens: Tokens,
        clock: Clock,
    ) -> None:
        self._holdings = HoldingsDesk(portfolios, risk)
        self._backtests = BacktestDesk(strategies, backtests, market)
        self._orders = OrderDesk(self._holdings, market, orders, previews, tokens, clock)

    async def converse(self, text: str, portfolio_id: str) -> Answer:
        """Answer one message; `portfolio_id` is spoken of where the message names none."""
        match parse(text):
            case PortfolioQuestion() as question:
                return await self._holdings.answer(question, portfolio_id)
            case BacktestRun() as run:
                return await self._backtests.run(run)
            case BacktestReview() as review:
                return await self._backtests.review(review)
            case OrderRequest() as order:
                return await self._orders.preview(order, portfolio_id)
            case Unclear(intent=intent, text=question_back):
                return Answer(intent, question_back)
        return Answer(Intent.UNKNOWN, f"I did not understand that. {HELP}")

    async def confirm(self, token: str) -> OrderT_co:
        """Place the order that a preview showed; repeating it returns the same order."""
        return await self._orders.confirm(token)
