"""Answers what a portfolio holds, and at what risk."""

from decimal import Decimal
from typing import Final

from algotrendy.agent.model import (
    Answer,
    Exposure,
    Holding,
    Intent,
    Limits,
    Portfolio,
    PortfolioQuestion,
)
from algotrendy.agent.names import Found, find, symbol_key
from algotrendy.agent.ports import Portfolios, Risk
from algotrendy.agent.wording import gain, money, number, percent

# What a broad index has lost in a bad month.
_SHOCK: Final = Decimal("0.10")


class HoldingsDesk:
    """Speaks about portfolios."""

    def __init__(self, portfolios: Portfolios, risk: Risk) -> None:
        self._portfolios = portfolios
        self._risk = risk

    async def find(self, name: str, spoken_of: str) -> Found[Portfolio]:
        """Return the portfolio of this name, else the one that is spoken of, else the only one."""
        return find(
            name or spoken_of,
            await self._portfolios.list(),
            kind="portfolio",
            id_of=lambda portfolio: portfolio.portfolio_id,
            name_of=lambda portfolio: portfolio.display_name,
        )

    async def answer(self, question: PortfolioQuestion, spoken_of: str) -> Answer:
        """Answer about one portfolio."""
        found = await self.find(question.name, spoken_of)
        if found.one is None:
            # "My position in SP500": what was named may be an instrument.
            whole = await self.find("", spoken_of)
            if whole.one is None or not _holds(whole.one, question.name):
                return Answer(Intent.PORTFOLIO, found.question)
            found = whole
        portfolio = found.one
        assert portfolio is not None  # noqa: S101  # One of both was found.
        exposure = await self._risk.exposure(portfolio.portfolio_id)
        limits = await self._risk.limits(portfolio.portfolio_id)
        words = [
            _worth(portfolio),
            _held(portfolio),
            _risk_words(portfolio, exposure),
            _limit_words(portfolio, limits),
        ]
        return Answer(Intent.PORTFOLIO, " ".join(words))


def _holds(portfolio: Portfolio, name: str) -> bool:
    return symbol_key(name) in {symbol_key(holding.symbol) for holding in portfolio.holdings}


def _worth(portfolio: Portfolio) -> str:
    currency = portfolio.currency
    made = portfolio.equity - portfolio.net_deposits
    share = f" ({percent(float(made / portfolio.net_deposits))})" if portfolio.net_deposits else ""
    return (
        f"{portfolio.display_name} is worth {money(portfolio.equity, currency)}, of which "
        f"{money(portfolio.cash, currency)} is cash. It has made {gain(made, currency)}{share} on "
        f"what was paid in, after {money(portfolio.total_fees, currency)} of fees."
    )


def _held(portfolio: Portfolio) -> str:
    if not portfolio.holdings:
        return "It holds no position."
    return "It holds " + "; ".join(_position(held, portfolio) for held in portfolio.holdings) + "."


def _position(held: Holding, portfolio: Portfolio) -> str:
    currency = portfolio.currency
    done = "sold short" if held.quantity < 0 else "bought"
    return (
        f"{number(held.quantity)} {held.symbol} {done} at {number(held.average_price)} on average, "
        f"now at {number(held.current_price)}: {money(held.market_value, currency)}, "
        f"{percent(held.weight)} of the whole, {gain(held.unrealized_pnl, currency)} so far"
    )


def _risk_words(portfolio: Portfolio, exposure: Exposure | None) -> str:
    if exposure is None:
        return "The risk area has seen no event of it yet."
    if not exposure.gross_notional:
        return "Without a position, it runs no market risk."
    currency = portfolio.currency
    at_stake = exposure.net_notional * _SHOCK
    parts = [
        f"At risk are {money(exposure.gross_notional, currency)} gross and "
        f"{money(exposure.net_notional, currency)} net",
    ]
    if portfolio.equity > 0:
        leverage = exposure.gross_notional / portfolio.equity
        parts.append(f", {leverage:.2f} times the equity gross")
        loss = f" ({percent(float(at_stake / portfolio.equity))} of the equity)"
    else:
        loss = ""
    verb = "cost" if at_stake >= 0 else "gain"
    parts.append(
        f". If everything it holds fell by {percent(float(_SHOCK))} at once, that would {verb} "
        f"{money(abs(at_stake), currency)}{loss}."
    )
    return "".join(parts)


def _limit_words(portfolio: Portfolio, limits: Limits | None) -> str:
    if limits is None:
        return "No limits are set, so every order would be refused."
    if limits.max_position_notional is None:
        return "No limit on the size of a position is set."
    limit = limits.max_position_notional
    largest = max(portfolio.holdings, key=lambda held: abs(held.market_value), default=None)
    used = ""
    if largest is not None and limit > 0:
        share = float(abs(largest.market_value) / limit)
        used = f"; the largest, {largest.symbol}, uses {percent(share)} of that"
    return f"One position may be worth at most {money(limit, portfolio.currency)}{used}."
