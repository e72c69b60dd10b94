"""What the trading area's contract is asked in its tests."""

from typing import Any

from google.type.decimal_pb2 import Decimal as WireDecimal

from algotrendy.api.market_data.v1 import market_data_pb2
from algotrendy.api.trading.v1 import order_entry_service_pb2 as entry_pb
from algotrendy.api.trading.v1 import trading_pb2
from algotrendy.api.trading.v1 import trading_service_pb2 as pb

SPY = market_data_pb2.Instrument(
    symbol="SPY",
    kind=market_data_pb2.INSTRUMENT_KIND_EQUITY,
    currency="USD",
    tick_size=WireDecimal(value="0.01"),
    lot_size=WireDecimal(value="1"),
    multiplier=1,
)


def opening(**changes: object) -> pb.OpenAccountRequest:
    terms: dict[str, Any] = {
        "request_id": "request-1",
        "display_name": "Paper",
        "currency": "USD",
        "initial_cash": WireDecimal(value="100000"),
        "venue_terms": trading_pb2.PaperVenueTerms(
            slippage_bps=WireDecimal(value="0"), fee_bps=WireDecimal(value="10")
        ),
        **changes,
    }
    return pb.OpenAccountRequest(**terms)


def market_buy(
    account_id: str, *, quantity: object = "10", **changes: object
) -> entry_pb.SubmitOrderRequest:
    terms: dict[str, Any] = {
        "account_id": account_id,
        "client_order_id": "order-1",
        "symbol": "SPY",
        "side": trading_pb2.SIDE_BUY,
        "quantity": WireDecimal(value=quantity) if isinstance(quantity, str) else quantity,
        **changes,
    }
    return entry_pb.SubmitOrderRequest(**terms)


def limit(value: str, *, soft: bool = False) -> trading_pb2.Limit:
    severity = trading_pb2.SEVERITY_SOFT if soft else trading_pb2.SEVERITY_HARD
    return trading_pb2.Limit(value=WireDecimal(value=value), severity=severity)


def applying(
    account_id: str, *, version: int = 2, **limits: trading_pb2.Limit
) -> pb.ApplyLimitsRequest:
    """Limits of the account, hard or soft."""
    account_limits = trading_pb2.LimitSet(**limits)  # type: ignore[arg-type]  # No rates.
    message = trading_pb2.Limits(version=version, account_limits=account_limits)
    return pb.ApplyLimitsRequest(account_id=account_id, limits=message)
