"""The risk contract's messages ↔ the model."""

from algotrendy.api.risk.v1 import risk_service_pb2 as pb
from algotrendy.domain.ids import AccountId
from algotrendy.errors import InvalidArgumentError
from algotrendy.risk.model import Alert, Exposure, InstrumentExposure, LimitsVersion
from algotrendy.rpc.decimal import encode_decimal, encode_optional_decimal
from algotrendy.rpc.limits import encode_limits
from algotrendy.rpc.paging import decode_page_size, decode_sequence_token
from algotrendy.rpc.text import decode_id
from algotrendy.rpc.time import encode_optional_time, encode_time


def decode_account_id(
    request: pb.SetLimitsRequest | pb.GetLimitsRequest | pb.ListLimitsVersionsRequest,
) -> AccountId:
    """Return the account a request names."""
    return AccountId(decode_id(request, "account_id"))


def decode_alert_page(
    request: pb.ListAlertsRequest,
) -> tuple[AccountId | None, int | None, int]:
    """Return whose alerts are asked for, the number they are before, and how many."""
    account_id = AccountId(request.account_id) if request.account_id else None
    before = decode_sequence_token(request.page_token)
    return account_id, before, decode_page_size(request.page_size)


def decode_version(request: pb.GetLimitsRequest) -> int | None:
    """Return which version is asked for; None for the one in force."""
    if request.version < 0:
        raise InvalidArgumentError(
            f"version is {request.version}; expected a positive number, or 0 for the one in force.",
            field="version",
            value=str(request.version),
        )
    return request.version or None


def decode_versions_page(
    request: pb.ListLimitsVersionsRequest,
) -> tuple[AccountId, int | None, int]:
    """Return whose versions are asked for, the one they are before, and how many."""
    before = decode_sequence_token(request.page_token)
    return decode_account_id(request), before, decode_page_size(request.page_size)


def encode_version(version: LimitsVersion) -> pb.LimitsVersion:
    """Return a version of limits for the wire."""
    return pb.LimitsVersion(
        limits=encode_limits(version.limits),
        create_time=encode_time(version.create_time_ns),
        apply_time=encode_optional_time(version.apply_time_ns),
    )


def encode_alert(alert: Alert) -> pb.Alert:
    """Return an alert for the wire."""
    return pb.Alert(
        alert_id=alert.alert_id,
        account_id=alert.account_id,
        rule=alert.rule,
        symbol=alert.symbol,
        limit=alert.limit,
        observed=alert.observed,
        create_time=encode_time(alert.create_time_ns),
    )


def encode_exposure(exposure: Exposure) -> pb.GetExposureResponse:
    """Return an exposure for the wire; flat instruments are left out."""
    return pb.GetExposureResponse(
        portfolio_id=exposure.account_id,
        gross_notional=encode_decimal(exposure.gross_notional),
        net_notional=encode_decimal(exposure.net_notional),
        cash=encode_decimal(exposure.cash),
        instruments=[
            _encode_instrument(instrument)
            for instrument in exposure.instruments
            if instrument.quantity
        ],
        event_sequence=exposure.event_sequence,
    )


def _encode_instrument(instrument: InstrumentExposure) -> pb.InstrumentExposure:
    return pb.InstrumentExposure(
        symbol=instrument.symbol,
        quantity=encode_decimal(instrument.quantity),
        price=encode_optional_decimal(instrument.price),
        notional=encode_decimal(instrument.notional),
    )
