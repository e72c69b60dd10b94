"""Every error AlgoTrendy raises: one class per decision a caller can make.

A class names its `reason`, stable and part of the contract, and inherits its gRPC status `code`
from its family. The same table, as a proto enum, is `algotrendy.api.type.v1.Reason`; a test proves
that the two agree.
"""

from collections.abc import Mapping
from typing import ClassVar


class AlgoTrendyError(Exception):
    """The base of all errors: a message for people, a reason and metadata for programs.

    Parameters
    ----------
    message : str
        One sentence that names the field, the value and what was expected.
    **metadata : str
        The values the message mentions, so that nobody parses text.
    """

    reason: ClassVar[str] = "INTERNAL"
    code: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, /, **metadata: str) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = metadata


class InvalidArgumentError(AlgoTrendyError):
    """Wrong whatever the state: correct the request."""

    reason = "INVALID_ARGUMENT"
    code = "INVALID_ARGUMENT"


class NotFoundError(AlgoTrendyError):
    """What was named does not exist."""

    reason = "NOT_FOUND"
    code = "NOT_FOUND"


class AlreadyExistsError(AlgoTrendyError):
    """What was to be made exists, with other terms."""

    reason = "ALREADY_EXISTS"
    code = "ALREADY_EXISTS"


class FailedPreconditionError(AlgoTrendyError):
    """Forbidden by the state now: change the state, then ask again."""

    reason = "FAILED_PRECONDITION"
    code = "FAILED_PRECONDITION"


class UnavailableError(AlgoTrendyError):
    """Worth retrying."""

    reason = "UNAVAILABLE"
    code = "UNAVAILABLE"


class ResourceExhaustedError(AlgoTrendyError):
    """A quota or a resource is used up."""

    reason = "RESOURCE_EXHAUSTED"
    code = "RESOURCE_EXHAUSTED"


class UnauthenticatedError(AlgoTrendyError):
    """The caller has not proved who it is."""

    reason = "UNAUTHENTICATED"
    code = "UNAUTHENTICATED"


class PermissionDeniedError(AlgoTrendyError):
    """The caller is known and may not do this."""

    reason = "PERMISSION_DENIED"
    code = "PERMISSION_DENIED"


class DeadlineExceededError(AlgoTrendyError):
    """The answer did not come in time."""

    reason = "DEADLINE_EXCEEDED"
    code = "DEADLINE_EXCEEDED"


class CanceledError(AlgoTrendyError):
    """Somebody ended it."""

    reason = "CANCELED"
    code = "CANCELLED"


class InternalError(AlgoTrendyError):
    """A defect of AlgoTrendy."""


# --- Data ---------------------------------------------------------------------------------------


class DataFileError(InvalidArgumentError):
    """A file of market data cannot be read, or holds nothing."""

    reason = "DATA_FILE_UNREADABLE"


class DataColumnsError(InvalidArgumentError):
    """The columns of a file were not recognised."""

    reason = "DATA_COLUMNS_UNKNOWN"


class DataValueError(InvalidArgumentError):
    """A row of a file holds a value that market data cannot have."""

    reason = "DATA_VALUE_INVALID"


class DataOrderError(InvalidArgumentError):
    """The rows of a file are not in strictly increasing time order."""

    reason = "DATA_ORDER_INVALID"


class SymbolNotFoundError(NotFoundError):
    """No data and no instrument has this symbol."""

    reason = "SYMBOL_UNKNOWN"


# --- Core: instruments, bars, expressions -------------------------------------------------------


class InstrumentError(InvalidArgumentError):
    """An instrument's terms contradict each other or are out of range."""

    reason = "INSTRUMENT_INVALID"


class OverflowValueError(InvalidArgumentError):
    """A sum or product left the range of its exact type."""

    reason = "VALUE_OVERFLOW"


class ColumnLengthError(InvalidArgumentError):
    """Columns of one table differ in length."""

    reason = "COLUMN_LENGTHS_DIFFER"


class ExpressionError(InvalidArgumentError):
    """An expression cannot be parsed; `metadata["position"]` is the character."""

    reason = "EXPRESSION_INVALID"


# --- Models and strategies ----------------------------------------------------------------------


class ModelNotFoundError(NotFoundError):
    """No model has this id."""

    reason = "MODEL_UNKNOWN"


class ModelFeaturesError(InvalidArgumentError):
    """The features given are not those the model was trained on."""

    reason = "MODEL_FEATURES_MISMATCH"


class ModelExportError(InternalError):
    """The exported graph does not predict what the trained model predicts."""

    reason = "MODEL_EXPORT_UNEQUAL"


class InsufficientDataError(FailedPreconditionError):
    """There is too little history for what was asked."""

    reason = "DATA_INSUFFICIENT"


class InSampleError(FailedPreconditionError):
    """A model was to be evaluated on bars it was trained on."""

    reason = "MODEL_IN_SAMPLE"


class StrategyNotFoundError(NotFoundError):
    """No strategy has this id."""

    reason = "STRATEGY_UNKNOWN"


class DeploymentNotFoundError(NotFoundError):
    """No deployment has this id."""

    reason = "DEPLOYMENT_UNKNOWN"


class BacktestNotFoundError(NotFoundError):
    """No backtest has this id."""

    reason = "BACKTEST_UNKNOWN"


class BacktestTooLargeError(ResourceExhaustedError):
    """A backtest has more bars than one may have: take a shorter span or fewer symbols."""

    reason = "BACKTEST_TOO_LARGE"


class BacktestQueueFullError(ResourceExhaustedError):
    """Too many backtests wait: try again when one has ended."""

    reason = "BACKTEST_QUEUE_FULL"


class BacktestTimedOutError(DeadlineExceededError):
    """A backtest ran longer than it may."""

    reason = "BACKTEST_TIMED_OUT"


class WorkerDiedError(UnavailableError):
    """The process that ran a combination of a sweep was killed, or crashed."""

    reason = "WORKER_DIED"


class LookaheadError(InvalidArgumentError):
    """A strategy asked for what lies in its future; the message names the line."""

    reason = "LOOKAHEAD"


class OrderCountError(ResourceExhaustedError):
    """A run makes more orders than it may."""

    reason = "ORDER_COUNT_EXCEEDED"


class EndlessStrategyError(InvalidArgumentError):
    """A strategy answers each report with a request that is reported at once, without an end."""

    reason = "STRATEGY_ENDLESS"


class StrategyUnsupportedError(FailedPreconditionError):
    """A strategy wants what its market data, or its account, cannot do."""

    reason = "STRATEGY_UNSUPPORTED"


class StrategyFileError(InvalidArgumentError):
    """A file that should hold a strategy cannot be read; the message names the line."""

    reason = "STRATEGY_FILE_INVALID"


class NotReproducedError(FailedPreconditionError):
    """A run was repeated and something differs; `metadata["first"]` says what."""

    reason = "RUN_NOT_REPRODUCED"


# --- Trading ------------------------------------------------------------------------------------


class InstrumentNotFoundError(InvalidArgumentError):
    """An order names an instrument the account does not know."""

    reason = "UNKNOWN_INSTRUMENT"


class OrderTermsError(InvalidArgumentError):
    """An order's terms contradict each other (a limit order without a price)."""

    reason = "ORDER_TERMS_INVALID"


class QuantityNotPositiveError(InvalidArgumentError):
    """An order's quantity is zero or negative."""

    reason = "QUANTITY_NOT_POSITIVE"


class QuantityOffLotError(InvalidArgumentError):
    """An order's quantity is no multiple of the lot size."""

    reason = "QUANTITY_OFF_LOT"


class PriceNotPositiveError(InvalidArgumentError):
    """An order's price is zero or negative where the instrument forbids it."""

    reason = "PRICE_NOT_POSITIVE"


class PriceOffTickError(InvalidArgumentError):
    """An order's price is no multiple of the tick size."""

    reason = "PRICE_OFF_TICK"


class ClientOrderIdReusedError(AlreadyExistsError):
    """A `client_order_id` was repeated with other terms."""

    reason = "CLIENT_ORDER_ID_REUSED"


class RequestIdReusedError(AlreadyExistsError):
    """A `request_id` was repeated with another body."""

    reason = "REQUEST_ID_REUSED"


class AccountNotFoundError(NotFoundError):
    """No account has this id."""

    reason = "ACCOUNT_UNKNOWN"


class OrderNotFoundError(NotFoundError):
    """No order has this id."""

    reason = "ORDER_UNKNOWN"


class OrderStateError(FailedPreconditionError):
    """The order's state does not allow this (a cancel of a filled order)."""

    reason = "ORDER_STATE_CONFLICT"


class OverfillError(FailedPreconditionError):
    """A venue reported more filled than was ordered."""

    reason = "OVERFILL"


class TimeWentBackError(FailedPreconditionError):
    """A command is older than the one before it."""

    reason = "TIME_WENT_BACK"


class LimitsMissingError(FailedPreconditionError):
    """The account has no limits yet; it trades only with limits."""

    reason = "LIMITS_MISSING"


class ReferencePriceMissingError(FailedPreconditionError):
    """There is no reference price to check an order against."""

    reason = "REFERENCE_PRICE_MISSING"


class ReferencePriceStaleError(FailedPreconditionError):
    """The reference price is older than the limit allows."""

    reason = "REFERENCE_PRICE_STALE"


class QuantityLimitExceededError(FailedPreconditionError):
    """An order's quantity is above the limit."""

    reason = "QUANTITY_LIMIT_EXCEEDED"


class NotionalLimitExceededError(FailedPreconditionError):
    """An order's notional is above the limit."""

    reason = "NOTIONAL_LIMIT_EXCEEDED"


class PriceCollarBreachedError(FailedPreconditionError):
    """A limit price is too far from the reference price."""

    reason = "PRICE_COLLAR_BREACHED"


class OpenOrderLimitExceededError(FailedPreconditionError):
    """The account has too many open orders."""

    reason = "OPEN_ORDER_LIMIT_EXCEEDED"


class PositionLimitExceededError(FailedPreconditionError):
    """The position, open orders included, would be above the limit."""

    reason = "POSITION_LIMIT_EXCEEDED"


class ShortNotAllowedError(FailedPreconditionError):
    """A sale would make the position short where that is forbidden."""

    reason = "SHORT_NOT_ALLOWED"


class InsufficientFundsError(FailedPreconditionError):
    """The account's free cash does not cover the order."""

    reason = "INSUFFICIENT_FUNDS"


class CoreHaltedError(UnavailableError):
    """The account's core stopped after a failure and is rebuilt from its journal."""

    reason = "CORE_HALTED"


# --- Pre-trade refusals: the core's checks, in the order of its table -----------------------------


class InstrumentNotTradableError(FailedPreconditionError):
    """The instrument cannot be traded: it is an index."""

    reason = "INSTRUMENT_NOT_TRADABLE"


class InstrumentHaltedError(FailedPreconditionError):
    """The instrument is halted."""

    reason = "INSTRUMENT_HALTED"


class InstrumentExpiredError(FailedPreconditionError):
    """The instrument has expired."""

    reason = "INSTRUMENT_EXPIRED"


class InstrumentRestrictedError(FailedPreconditionError):
    """The instrument is on the restricted list."""

    reason = "INSTRUMENT_RESTRICTED"


class NotionalBelowMinimumError(FailedPreconditionError):
    """An order's notional is below the minimum."""

    reason = "NOTIONAL_BELOW_MINIMUM"


class PriceMoveExceededError(FailedPreconditionError):
    """The reference price has moved too far in too short a time."""

    reason = "PRICE_MOVE_EXCEEDED"


class PriceBandBreachedError(FailedPreconditionError):
    """An order's price is outside the venue's bands."""

    reason = "PRICE_BAND_BREACHED"


class DuplicateOrderError(FailedPreconditionError):
    """The same terms were sent a moment ago."""

    reason = "DUPLICATE_ORDER"


class OrderRateExceededError(FailedPreconditionError):
    """Too many new orders were sent in too short a time."""

    reason = "ORDER_RATE_EXCEEDED"


class ReplaceRateExceededError(FailedPreconditionError):
    """Too many replacements were sent in too short a time."""

    reason = "REPLACE_RATE_EXCEEDED"


class OrderToTradeExceededError(FailedPreconditionError):
    """Too many messages were sent for the fills they led to."""

    reason = "ORDER_TO_TRADE_EXCEEDED"


class StrategyDisabledError(FailedPreconditionError):
    """A strategy filled too often in too short a time and rests until a person re-arms it."""

    reason = "STRATEGY_DISABLED"


class GrossLimitExceededError(FailedPreconditionError):
    """The gross notional, open orders included, would be above the limit."""

    reason = "GROSS_LIMIT_EXCEEDED"


class NetLimitExceededError(FailedPreconditionError):
    """The net notional, open orders included, would be above the limit."""

    reason = "NET_LIMIT_EXCEEDED"


class LeverageLimitExceededError(FailedPreconditionError):
    """The leverage, open orders included, would be above the limit."""

    reason = "LEVERAGE_LIMIT_EXCEEDED"


class ConcentrationLimitExceededError(FailedPreconditionError):
    """One position would be too large a share of the equity."""

    reason = "CONCENTRATION_LIMIT_EXCEEDED"


class SectorLimitExceededError(FailedPreconditionError):
    """The positions of a sector would be above the limit."""

    reason = "SECTOR_LIMIT_EXCEEDED"


class CreditLimitExceededError(FailedPreconditionError):
    """What is open and was traded today would be above the credit threshold."""

    reason = "CREDIT_LIMIT_EXCEEDED"


class LocateMissingError(FailedPreconditionError):
    """There is not enough of the instrument to borrow."""

    reason = "LOCATE_MISSING"


class ReduceOnlyViolatedError(FailedPreconditionError):
    """A reduce-only order would open, increase or flip a position."""

    reason = "REDUCE_ONLY_VIOLATED"


class SelfTradePreventedError(FailedPreconditionError):
    """The order would trade with an open one of the same account."""

    reason = "SELF_TRADE_PREVENTED"


class MarketClosedError(FailedPreconditionError):
    """The instrument's market is closed."""

    reason = "MARKET_CLOSED"


class OrderCutoffPassedError(FailedPreconditionError):
    """The session's cut-off for new orders has passed."""

    reason = "ORDER_CUTOFF_PASSED"


class ExpireTimePastError(FailedPreconditionError):
    """An order would end in the past."""

    reason = "EXPIRE_TIME_PAST"


class TradingNotPermittedError(FailedPreconditionError):
    """The trader or the strategy may not trade this."""

    reason = "TRADING_NOT_PERMITTED"


class VolumeShareExceededError(FailedPreconditionError):
    """An order is too large a share of the average volume, or that is not known."""

    reason = "VOLUME_SHARE_EXCEEDED"


class DailyLossExceededError(FailedPreconditionError):
    """The loss of the day is above the limit."""

    reason = "DAILY_LOSS_EXCEEDED"


class DrawdownExceededError(FailedPreconditionError):
    """The loss from the highest equity is above the limit."""

    reason = "DRAWDOWN_EXCEEDED"


class ValueAtRiskExceededError(FailedPreconditionError):
    """The value at risk after the trade is above the limit, or cannot be told."""

    reason = "VALUE_AT_RISK_EXCEEDED"


class KillSwitchOnError(FailedPreconditionError):
    """A kill switch is on."""

    reason = "KILL_SWITCH_ON"


class TradingHaltedError(FailedPreconditionError):
    """No orders are taken."""

    reason = "TRADING_HALTED"


class TradingReducingError(FailedPreconditionError):
    """Only orders that make positions smaller are taken."""

    reason = "TRADING_REDUCING"


class VenueDisconnectedError(FailedPreconditionError):
    """The connection to the venue is lost."""

    reason = "VENUE_DISCONNECTED"


class MarketDataSuspectError(FailedPreconditionError):
    """The last market data was not believable."""

    reason = "MARKET_DATA_SUSPECT"


class ClockStaleError(FailedPreconditionError):
    """A clock differs too much from the account's time."""

    reason = "CLOCK_STALE"


class RateMissingError(FailedPreconditionError):
    """A price or a rate that amounts are reckoned with is missing."""

    reason = "RATE_MISSING"


class ApprovalDeniedError(FailedPreconditionError):
    """A person refused to approve the order."""

    reason = "APPROVAL_DENIED"


class ApprovalExpiredError(FailedPreconditionError):
    """Nobody approved the order in time."""

    reason = "APPROVAL_EXPIRED"


class ListEndedError(FailedPreconditionError):
    """The order's list was refused, or ended before the order was sent."""

    reason = "LIST_ENDED"


class RejectedByVenueError(FailedPreconditionError):
    """The venue refused the order."""

    reason = "REJECTED_BY_VENUE"


# --- Storage, servers, platform -----------------------------------------------------------------


class StorageError(UnavailableError):
    """A write to disk failed."""

    reason = "STORAGE_FAILED"


class StorageFullError(ResourceExhaustedError):
    """The disk is full."""

    reason = "STORAGE_FULL"


class DataFolderError(FailedPreconditionError):
    """The data folder cannot be made or written."""

    reason = "DATA_FOLDER_UNWRITABLE"


class DataFolderLockedError(FailedPreconditionError):
    """Another process runs on this data folder."""

    reason = "DATA_FOLDER_LOCKED"


class JournalCorruptError(InternalError):
    """A journal holds a damaged record that is not its torn tail."""

    reason = "JOURNAL_CORRUPT"


class JournalVersionError(FailedPreconditionError):
    """A journal has a format version that this program does not read."""

    reason = "JOURNAL_VERSION_UNKNOWN"


class PortInUseError(UnavailableError):
    """A port to listen on is taken."""

    reason = "PORT_IN_USE"


class ServerStartError(UnavailableError):
    """An embedded server did not start."""

    reason = "SERVER_START_FAILED"


class AcknowledgementMissingError(DeadlineExceededError):
    """A consumer did not acknowledge a replayed bar in time."""

    reason = "ACKNOWLEDGEMENT_MISSING"


class ReplayFailedError(FailedPreconditionError):
    """A consumer reported an error while bars were replayed to it."""

    reason = "REPLAY_FAILED"


class ConfirmationTokenError(FailedPreconditionError):
    """A confirmation token is unknown, used or expired."""

    reason = "CONFIRMATION_TOKEN_INVALID"


class LoginError(UnauthenticatedError):
    """The user name or the password is wrong."""

    reason = "LOGIN_FAILED"


class TokenError(UnauthenticatedError):
    """The access token is missing, malformed or expired."""

    reason = "TOKEN_INVALID"


def error_classes() -> dict[str, type[AlgoTrendyError]]:
    """Every reason with the class that carries it."""
    found: dict[str, type[AlgoTrendyError]] = {AlgoTrendyError.reason: InternalError}
    pending = list(AlgoTrendyError.__subclasses__())
    while pending:
        error_class = pending.pop()
        found.setdefault(error_class.reason, error_class)
        pending.extend(error_class.__subclasses__())
    return found


def from_reason(reason: str, message: str, metadata: Mapping[str, str]) -> AlgoTrendyError:
    """Return the error that stands for `reason`, as the Rust core and gRPC clients meet it.

    A reason this version does not know is an `InternalError` that names it.
    """
    error_class = error_classes().get(reason)
    if error_class is None:
        return InternalError(f"{reason}: {message}", **metadata)
    return error_class(message, **metadata)
