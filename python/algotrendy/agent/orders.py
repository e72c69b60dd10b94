"""Previews orders, and places those that are confirmed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Generic

from algotrendy.agent.holdings import HoldingsDesk
from algotrendy.agent.model import (
    Answer,
    Check,
    CheckFailure,
    Instrument,
    Intent,
    OrderRequest,
    OrderTerms,
    Portfolio,
    Preview,
    client_order_id,
    token_hash,
)
from algotrendy.agent.names import symbol_key
from algotrendy.agent.ports import Market, Orders, OrderT_co, Previews, Tokens
from algotrendy.agent.wording import listed, money, number, sentences
from algotrendy.domain.clock import MINUTE_NS, Clock
from algotrendy.errors import (
    ConfirmationTokenError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
)

TOKEN_LIFETIME_NS: Final = 10 * MINUTE_NS


class OrderDesk(Generic[OrderT_co]):
    """Speaks about orders. A preview changes nothing; only its token places the order, once."""

    def __init__(
        self,
        holdings: HoldingsDesk,
        market: Market,
        orders: Orders[OrderT_co],
        previews: Previews,
        tokens: Tokens,
        clock: Clock,
    ) -> None:
        self._holdings = holdings
        self._market = market
        self._orders = orders
        self._previews = previews
        self._tokens = tokens
        self._clock = clock

    async def preview(self, request: OrderRequest, spoken_of: str) -> Answer:
        """Check an order and show it, with a token where the checks would accept it."""
        found = await self._holdings.find(request.portfolio, spoken_of)
        if found.one is None:
            return Answer(Intent.ORDER, found.question)
        instruments = await self._market.instruments()
        instrument = _instrument(request.symbol, instruments)
        if instrument is None:
            known = listed(sorted(instrument.symbol for instrument in instruments)) or "none"
            return Answer(Intent.ORDER, f"I know no '{request.symbol}'; with data are: {known}.")
        quantity = _quantity(request, found.one, instrument.symbol)
        if quantity is None:
            return Answer(
                Intent.ORDER, f"{found.one.display_name} holds no {instrument.symbol} to sell."
            )
        token = self._tokens()
        terms = OrderTerms(
            account_id=found.one.portfolio_id,
            client_order_id=client_order_id(token),
            symbol=instrument.symbol,
            side=request.side,
            quantity=quantity,
            limit_price=request.limit_price,
        )
        return await self._checked(terms, token, found.one, instrument)

    async def confirm(self, token: str) -> OrderT_co:
        """Place the order that a preview showed; repeating it returns the same order.

        Raises
        ------
        ConfirmationTokenError
            No preview has this token, or it ended before it was first confirmed.
        """
        terms = await self._previews.confirm(token_hash(token), self._clock.now_ns())
        if terms is None:
            raise ConfirmationTokenError(
                "The confirmation token is unknown or has expired; preview the order again."
            )
        return await self._orders.submit(terms)

    async def _checked(
        self, terms: OrderTerms, token: str, portfolio: Portfolio, instrument: Instrument
    ) -> Answer:
        order = _order_words(terms, portfolio, instrument)
        try:
            check = await self._orders.check(terms)
        except (InvalidArgumentError, NotFoundError, FailedPreconditionError) as error:
            refusal = f"{order} Nothing can be placed: {error.message}"
            failure = CheckFailure(error.reason, "", "", "")
            return Answer(
                Intent.ORDER, refusal, Preview(terms, Check(accepted=False, failures=(failure,)))
            )
        words = [order, _price_words(check, instrument)]
        if not check.accepted:
            words.append(_refusal(check))
            return Answer(Intent.ORDER, sentences(words), Preview(terms, check))
        expire_time_ns = self._clock.now_ns() + TOKEN_LIFETIME_NS
        await self._previews.add(token_hash(token), terms, expire_time_ns)
        words.append(
            "The checks would accept it now. Nothing is placed yet: confirm it with the preview's "
            "token within 10 minutes."
        )
        return Answer(Intent.ORDER, sentences(words), Preview(terms, check, token, expire_time_ns))


def _instrument(name: str, instruments: Sequence[Instrument]) -> Instrument | None:
    exact = [found for found in instruments if found.symbol == name]
    same = exact or [found for found in instruments if symbol_key(found.symbol) == symbol_key(name)]
    return same[0] if len(same) == 1 else None


def _quantity(request: OrderRequest, portfolio: Portfolio, symbol: str) -> Decimal | None:
    """Return what was asked for, even if it is zero; where that is all, what is held."""
    if request.quantity is not None:
        return request.quantity
    held = [found.quantity for found in portfolio.holdings if found.symbol == symbol]
    return held[0] if held and held[0] > 0 else None


def _order_words(terms: OrderTerms, portfolio: Portfolio, instrument: Instrument) -> str:
    at = (
        "at the market"
        if terms.limit_price is None
        else f"at a limit of {number(terms.limit_price)} {instrument.currency}"
    )
    return (
        f"{terms.side.capitalize()} {number(terms.quantity)} {terms.symbol} {at}, good till "
        f"cancelled, in {portfolio.display_name}."
    )


def _price_words(check: Check, instrument: Instrument) -> str:
    if check.reference_price is None:
        return "There is no reference price."
    price = f"The reference price is {number(check.reference_price)} {instrument.currency}"
    if check.notional is None:
        return f"{price}."
    return f"{price}; the order amounts to {money(check.notional, instrument.currency)}."


def _refusal(check: Check) -> str:
    failures = "; ".join(_failure_words(failure) for failure in check.failures)
    return f"The checks would refuse it, so there is nothing to confirm: {failures}."


def _failure_words(failure: CheckFailure) -> str:
    words = failure.reason.lower().replace("_", " ")
    if failure.limit and failure.observed:
        return f"{words} ({failure.observed} against a limit of {failure.limit})"
    return f"{words} ({failure.observed})" if failure.observed else words
