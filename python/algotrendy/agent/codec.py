"""The agent area's words on the wire and in its model."""

from typing import Final

from algotrendy.agent.model import Answer, CheckFailure, Intent, OrderTerms, Preview
from algotrendy.api.agent.v1 import agent_service_pb2 as pb
from algotrendy.api.trading.v1 import order_entry_service_pb2, trading_pb2
from algotrendy.rpc.decimal import encode_decimal, encode_optional_decimal
from algotrendy.rpc.time import encode_time
from algotrendy.rpc.trading import encode_side

_INTENTS: Final = {
    Intent.UNKNOWN: pb.INTENT_UNKNOWN,
    Intent.PORTFOLIO: pb.INTENT_PORTFOLIO,
    Intent.BACKTEST: pb.INTENT_BACKTEST,
    Intent.ORDER: pb.INTENT_ORDER,
}


def encode_answer(answer: Answer) -> pb.ConverseResponse:
    """Return an answer for the wire."""
    return pb.ConverseResponse(
        intent=_INTENTS[answer.intent],
        text=answer.text,
        order_preview=_encode_preview(answer.preview) if answer.preview else None,
        backtest_id=answer.backtest_id,
    )


def encode_terms(terms: OrderTerms) -> order_entry_service_pb2.SubmitOrderRequest:
    """Return an order's terms as trading takes them."""
    return order_entry_service_pb2.SubmitOrderRequest(
        account_id=terms.account_id,
        client_order_id=terms.client_order_id,
        symbol=terms.symbol,
        side=encode_side(terms.side),
        quantity=encode_decimal(terms.quantity),
        limit_price=encode_optional_decimal(terms.limit_price),
        time_in_force=trading_pb2.TIME_IN_FORCE_GTC,
    )


def _encode_preview(preview: Preview) -> pb.OrderPreview:
    return pb.OrderPreview(
        order=encode_terms(preview.terms),
        accepted=preview.check.accepted,
        failures=[_encode_failure(failure) for failure in preview.check.failures],
        confirmation_token=preview.token,
        expire_time=encode_time(preview.expire_time_ns) if preview.token else None,
    )


def _encode_failure(failure: CheckFailure) -> trading_pb2.CheckFailure:
    return trading_pb2.CheckFailure(
        reason=failure.reason,
        rule=failure.rule,
        limit=failure.limit,
        observed=failure.observed,
    )
