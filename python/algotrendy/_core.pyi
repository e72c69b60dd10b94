"""The Rust core: market data, expressions and trading as pure state machines.

Times are nanoseconds since the Unix epoch, UTC. Prices and quantities are integers in units of
10^-scale, the scale being the instrument's. Every refusal is raised as the class of
`algotrendy.errors` that has its reason.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from os import PathLike
from typing import (
    Any,
    Final,
    Literal,
    NotRequired,
    Protocol,
    Required,
    Self,
    TypedDict,
    final,
    overload,
    type_check_only,
)

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

__all__ = [
    "ApprovalRequested",
    "BacktestFeed",
    "BacktestOutcome",
    "Bar",
    "BarStream",
    "Bars",
    "CalendarSet",
    "CancelRejected",
    "CancelRequested",
    "CashDeposited",
    "CashWithdrawn",
    "Check",
    "CheckReport",
    "ConnectionChanged",
    "Context",
    "CoreAccount",
    "CovarianceSet",
    "DayStarted",
    "Decision",
    "EquityPeaked",
    "Event",
    "Expression",
    "ExpressionStream",
    "FeatureSet",
    "FeatureStream",
    "Features",
    "FeeCharged",
    "FillBusted",
    "Instrument",
    "InstrumentChangeScheduled",
    "InstrumentChanged",
    "InstrumentRegistered",
    "Journal",
    "Killed",
    "LimitsSet",
    "MarginCalled",
    "MarginRestored",
    "Order",
    "OrderAccepted",
    "OrderAdopted",
    "OrderApproved",
    "OrderCanceled",
    "OrderCreated",
    "OrderExpired",
    "OrderFilled",
    "OrderRejected",
    "OrderReleased",
    "OrderReplaced",
    "OrderSent",
    "OrderTerms",
    "OrderTriggered",
    "OrderUncertain",
    "OverrideExpired",
    "OverrideGranted",
    "Position",
    "PositionAdjusted",
    "PositionChanged",
    "PositionClosed",
    "PositionOpened",
    "RearmRequested",
    "Rearmed",
    "ReplaceRefused",
    "ReplaceRejected",
    "ReplaceRequested",
    "RuleAmount",
    "RuleExits",
    "RuleStream",
    "RuleUniverse",
    "RunView",
    "SimulatedVenue",
    "StrategyBar",
    "StrategyBars",
    "StrategyDisabled",
    "StrategyQuote",
    "StrategyRule",
    "StrategyTrade",
    "TickTable",
    "Timer",
    "TradingCore",
    "TradingStateChanged",
    "UniverseStream",
    "VariationSettled",
    "__version__",
    "check_sessions",
    "check_zone",
    "expression_caret",
    "expression_fields",
    "expression_functions",
    "order_states_table",
    "pre_trade_checks_page",
    "run_class",
    "run_spec",
    "run_sweep",
]
__version__: Final[str]

@final
class Instrument:
    """Something with a price: its scales, steps and currency. Frozen, and valid by construction.

    Parameters
    ----------
    symbol : str
        1 to 64 printable ASCII characters without spaces.
    kind : str
        "INDEX", "EQUITY", "FUTURE", "CRYPTO", "PERPETUAL" or "FX".
    currency : str
        The currency of its price: "USD", "EUR", "BTC", ...
    price_scale, quantity_scale : int
        Prices and quantities are integers in units of 10^-scale; 0 to 18.
    tick_size, lot_size : int
        The steps of price and quantity, in those units; positive.
    multiplier : int
        Base units per contract; positive.
    allow_negative_prices : bool
        Whether prices may be zero or below.
    initial_margin, maintenance_margin : mapping, optional
        `{"bps": 1000}`, a share of the notional, or `{"per_contract": 1200000}`, minor units for
        each unit of quantity. Default: its whole notional is paid, or the initial margin stays.
    commission : mapping, optional
        `{"per_share": {"rate": "0.005", "minimum": "1", "maximum_bps": "100"}}`,
        `{"per_contract": {"rate": "2.25"}}` or
        `{"percentage": {"maker_bps": "1", "taker_bps": "2.5"}}`. Default: nothing.
    expire_time_ns : int, optional
        When it stops trading.
    calendar_id : str, optional
        The table of its sessions; without one its market is always open.
    sector : str, optional
        The group whose exposure is limited together.

    Raises
    ------
    algotrendy.errors.InstrumentError
        Naming the first field that is wrong.
    """

    def __new__(
        cls,
        symbol: str,
        *,
        kind: str,
        currency: str,
        price_scale: int,
        quantity_scale: int,
        tick_size: int,
        lot_size: int,
        multiplier: int = 1,
        allow_negative_prices: bool = False,
        initial_margin: _Margin | None = None,
        maintenance_margin: _Margin | None = None,
        commission: _Commission | None = None,
        expire_time_ns: int | None = None,
        calendar_id: str | None = None,
        sector: str | None = None,
    ) -> Instrument: ...
    @property
    def symbol(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def cash_scale(self) -> int:
        """Cash in its currency is counted in units of 10^-cash_scale."""

    @property
    def price_scale(self) -> int: ...
    @property
    def quantity_scale(self) -> int: ...
    @property
    def tick_size(self) -> int: ...
    @property
    def lot_size(self) -> int: ...
    @property
    def multiplier(self) -> int: ...
    @property
    def allow_negative_prices(self) -> bool: ...
    @property
    def initial_margin(self) -> _Margin | None: ...
    @property
    def maintenance_margin(self) -> _Margin | None: ...
    @property
    def commission(self) -> _Commission | None: ...
    @property
    def expire_time_ns(self) -> int | None: ...
    @property
    def calendar_id(self) -> str | None: ...
    @property
    def sector(self) -> str | None: ...
    @property
    def terms(self) -> InstrumentTerms:
        """The terms as the command `RegisterInstrument` takes them."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]: ...

@final
class Bars:
    """Bars of one instrument as columns of shape (n_bars,), in time order.

    Prices and quantities are as the ticks were: integers are units of 10^-scale (`int64`), floats
    and decimals are `float64`. NumPy columns are copies. Arrow consumers (`pyarrow.table(bars)`,
    `polars.DataFrame(bars)`) share memory with the bars; there decimals are decimals, and times
    timestamps.
    """

    @property
    def time_ns(self) -> NDArray[np.int64]:
        """The bar's label: when it opened, or with `label="close"` when it closed."""

    @property
    def open_time_ns(self) -> NDArray[np.int64]: ...
    @property
    def close_time_ns(self) -> NDArray[np.int64]:
        """When each bar closed; then, and not before, the whole bar is known."""

    @property
    def open(self) -> NDArray[Any]: ...
    @property
    def high(self) -> NDArray[Any]: ...
    @property
    def low(self) -> NDArray[Any]: ...
    @property
    def close(self) -> NDArray[Any]: ...
    @property
    def volume(self) -> NDArray[Any]: ...
    @property
    def notional(self) -> Any:
        """Sums of price x quantity: a list of `int` where both are integers, else `float64`.

        Python integers are units of 10^-(price_scale + quantity_scale) and can exceed 64 bits.
        """

    @property
    def vwap(self) -> NDArray[np.float64]:
        """Notional / volume, as a price like `close`; NaN where there is no volume."""

    @property
    def trade_count(self) -> NDArray[np.int64]: ...
    @property
    def buy_volume(self) -> NDArray[Any]:
        """The part of the volume that buyers took."""

    @property
    def sell_volume(self) -> NDArray[Any]:
        """The part of the volume that sellers took."""

    @property
    def first_trade_id(self) -> NDArray[np.int64] | None:
        """-2^63 where a bar has no id; None where the ticks have none."""

    @property
    def last_trade_id(self) -> NDArray[np.int64] | None: ...
    @property
    def close_reason(self) -> list[str]: ...
    @property
    def flags(self) -> NDArray[np.uint8]:
        """1 partial, 2 gap, 4 late, 8 session break, 16 empty, 32 suspect, 64 carried."""

    @property
    def style(self) -> str:
        """What `algotrendy.bars` was asked for: "time", "renko", ..."""

    @property
    def price_scale(self) -> int: ...
    @property
    def quantity_scale(self) -> int: ...
    @property
    def report(self) -> dict[str, Any] | None:
        """What became bars and what did not; None for a part of a stream, which has its own."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Bar: ...
    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class Bar:
    """One bar; its numbers are `int`, `float` or `Decimal` as the ticks' were."""

    @property
    def time_ns(self) -> int: ...
    @property
    def open_time_ns(self) -> int: ...
    @property
    def close_time_ns(self) -> int: ...
    @property
    def open(self) -> Any: ...
    @property
    def high(self) -> Any: ...
    @property
    def low(self) -> Any: ...
    @property
    def close(self) -> Any: ...
    @property
    def volume(self) -> Any: ...
    @property
    def notional(self) -> Any: ...
    @property
    def trade_count(self) -> int: ...
    @property
    def buy_volume(self) -> Any: ...
    @property
    def sell_volume(self) -> Any: ...
    @property
    def first_trade_id(self) -> int | None: ...
    @property
    def last_trade_id(self) -> int | None: ...
    @property
    def close_reason(self) -> str: ...
    @property
    def flags(self) -> int: ...
    def as_dict(self) -> dict[str, Any]:
        """Return all fields by name."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class BarStream:
    """Makes bars from ticks as they come; what it makes equals `algotrendy.bars` of the same ticks.

    Parameters
    ----------
    style : str
        As in `algotrendy.bars`.
    **options
        As in `algotrendy.bars`. The ticks are not known yet: name the `source` unless it is trades,
        and for floats the scale (`price_scale` and `quantity_scale`, `tick_size`, or `instrument`).

    Examples
    --------
    >>> stream = BarStream("tick", size=2)
    >>> stream.push(0, 10, 1)
    ()
    >>> stream.push(1, 12, 3)  # doctest: +ELLIPSIS
    (Bar(open_time_ns=0, close_time_ns=1, open=10, ..., volume=4, close_reason='TICKS'),)
    """

    def __new__(cls, style: str, /, **options: object) -> BarStream: ...
    def __reduce__(self) -> tuple[Any, tuple[bytes]]: ...
    def push(
        self,
        time_ns: int,
        price: float | Decimal | None,
        quantity: float | Decimal | None,
        side: int = 0,
        trade_id: int | None = None,
        conditions: Sequence[str] | None = None,
    ) -> tuple[Bar, ...]:
        """Add one trade; return the bars it closed. When it raises, nothing has changed.

        Integers are units, as in `algotrendy.bars`; in a stream of floats they are prices, too.
        """

    def push_quote(
        self, time_ns: int, bid: float | Decimal | None, ask: float | Decimal | None
    ) -> tuple[Bar, ...]:
        """Add one quote; return the bars it closed."""

    def push_many(self, ticks: object) -> Bars:
        """Add a table's ticks; return the bars they closed. When it raises, nothing has changed."""

    def advance(self, time_ns: int) -> Bars:
        """Learn that no tick older than `time_ns` will come; return the bars that this closes."""

    def finish(self) -> Bars:
        """Take out what is held back and the pending bar, which is partial."""

    @property
    def pending(self) -> Bar | None:
        """The bar that ticks are being added to."""

    @property
    def held(self) -> dict[str, Any]:
        """Count, volume and notional of the ticks that wait for older ones."""

    @property
    def report(self) -> dict[str, Any]:
        """What was accepted, rejected and kept with a fault, in count, volume and notional."""

    @property
    def source(self) -> str: ...
    def checkpoint(self) -> bytes:
        """Return everything, the half-built bar included, as bytes with a checksum."""

    @staticmethod
    def restore(checkpoint: bytes) -> BarStream:
        """Go on from a checkpoint; one that is damaged or of another version is refused."""

    @staticmethod
    def _planned(spec: object, terms: object) -> BarStream: ...
    def _fold(self, table: TickTable) -> Bars: ...

def check_sessions(open_times_ns: list[int], close_times_ns: list[int]) -> None:
    """Refuse sessions that are not in order, each open for a time and closed before the next."""

def check_zone(name: str) -> None:
    """Refuse a name under which the rules that the core was built with know no time zone."""

@final
class TickTable:
    """A table whose columns are known by their parts; `algotrendy.bars` reads tables by it."""

    def __new__(cls, table: object, columns: Mapping[str, str]) -> TickTable: ...
    @property
    def source(self) -> str:
        """One of "trades", "quotes" and "bars"."""

    @property
    def time_range(self) -> tuple[int, int] | None:
        """The first and the last time in it."""

    def numbers(self, roles: Sequence[str]) -> tuple[str, int] | None:
        """Return the kind of some columns' numbers, and the smallest scale that holds them."""

@final
class Expression:
    """A parsed expression over the fields of a bar: `ema(close, 10) > ema(close, 30)`.

    The guide "Expressions" teaches the language, the reference "Functions" lists it. A value is a
    finite number or null, which is NaN here; a boolean is 1, 0 or null. Two are equal if they
    compute the same by the same operations, however they are written.

    Parameters
    ----------
    text : str
    models : dict of str to model, optional
        What `model("name")` asks: objects with `features`, `usable_after_ns` and `predict`.
    zone, sessions : optional
        What calendar functions read; see `algotrendy.features`.

    Raises
    ------
    algotrendy.errors.ExpressionError
        With the `position` and the `end` of what is wrong, counted in characters from 0.

    Examples
    --------
    >>> expression = Expression("ema(close, 3) - close")
    >>> expression.warm_up, expression.fields, expression.kind
    (2, ['close'], 'number')
    >>> expression.evaluate({"close": np.array([1.0, 2.0, 6.0, 5.0])})
    array([nan, nan, -3., -1.])
    """

    def __new__(
        cls,
        text: str,
        *,
        models: dict[str, Any] | None = None,
        zone: str | None = None,
        sessions: object = None,
    ) -> Expression: ...
    @property
    def text(self) -> str: ...
    @property
    def canonical(self) -> str:
        """The text with the spaces and parentheses that one person would write."""

    @property
    def kind(self) -> Literal["number", "boolean"]:
        """The type of its value."""

    @property
    def warm_up(self) -> int:
        """How many bars come before the first value, whatever the data."""

    @property
    def fields(self) -> list[str]:
        """The fields it reads."""

    @property
    def needs_universe(self) -> bool:
        """Whether it compares the members of a universe."""

    @property
    def operations(self) -> int:
        """How many operations it takes a bar; equal ones are computed once."""

    @property
    def memory(self) -> int:
        """How many values it remembers from bar to bar."""

    def describe(self) -> str:
        """Return what there is to say of it, for people: type, warm-up, cost, parts."""

    def evaluate(self, bars: object) -> NDArray[np.float64]:
        """Return its value at every bar of a table, NaN where there is none."""

    def stream(self) -> ExpressionStream:
        """Return an evaluation that has seen no bar."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __getnewargs__(self) -> tuple[str]: ...

@final
class ExpressionStream:
    """An evaluation in progress, equal to `Expression.evaluate` bit for bit."""

    def push(
        self,
        bar: Bar | None = None,
        /,
        *,
        open: float | None = None,  # noqa: A002 - The field's name.
        high: float | None = None,
        low: float | None = None,
        close: float | None = None,
        volume: float | None = None,
        notional: float | None = None,
        trade_count: float | None = None,
        buy_volume: float | None = None,
        sell_volume: float | None = None,
        open_time_ns: int | None = None,
        close_time_ns: int | None = None,
    ) -> float:
        """Add one bar and return the value at it; fields it does not read may be left out."""

@final
class FeatureSet:
    """Named expressions to be computed together; what they share is computed once.

    Parameters
    ----------
    expressions : mapping of str to str, or pairs of them
    models, zone, sessions : optional
        See `algotrendy.features`.
    constants : dict of str to bool, int or float, optional
        What the expressions may name, beside each other. None: they may not name each other.

    Raises
    ------
    algotrendy.errors.ExpressionError
        For a text that is no expression, with its name as `feature`.

    Examples
    --------
    >>> features = FeatureSet({"mean": "sma(close, 2)", "up": "close > lag(close)"})
    >>> features.warm_up, features.kinds
    (1, ['number', 'boolean'])
    >>> stream = features.stream()
    >>> [stream.push(close=close).tolist() for close in (1.0, 3.0)]
    [[nan, nan], [2.0, 1.0]]
    """

    def __new__(
        cls,
        expressions: Mapping[str, str] | Sequence[tuple[str, str]],
        *,
        models: dict[str, Any] | None = None,
        zone: str | None = None,
        sessions: object = None,
        constants: Mapping[str, bool | int | float] | None = None,
    ) -> FeatureSet: ...
    @property
    def names(self) -> list[str]: ...
    @property
    def expressions(self) -> list[tuple[str, str]]:
        """Pairs of name and text."""

    @property
    def kinds(self) -> list[Literal["number", "boolean"]]:
        """The type of each one's value."""

    @property
    def warm_up(self) -> int:
        """How many bars come before all have values, whatever the data."""

    @property
    def warm_ups_of_others(self) -> dict[str, int]:
        """The same for each other series they read, in its own bars."""

    @property
    def fields(self) -> list[str]:
        """The fields they read."""

    @property
    def needs_universe(self) -> bool:
        """Whether they compare the members of a universe."""

    @property
    def in_sample_models(self) -> list[str]:
        """The models that may be asked about bars they were trained on."""

    @property
    def models(self) -> list[tuple[str, bool]]:
        """The models asked about the bars themselves, and whether each is in sample."""

    @property
    def out_of_sample_models(self) -> list[str]:
        """The models that may not."""

    def evaluate(
        self,
        bars: object,
        *,
        others: dict[str, Any] | None = None,
        columns: dict[str, str] | None = None,
        models_from_ns: int = ...,
    ) -> Features:
        """Return their values at every bar of one series; see `algotrendy.features`.

        Models are not asked about bars that close before `models_from_ns`.
        """

    def evaluate_universe(
        self,
        bars: object,
        *,
        by: str,
        threads: int,
        others: dict[str, Any] | None = None,
        columns: dict[str, str] | None = None,
    ) -> Features:
        """Return their values at every bar of a universe; see `algotrendy.features`."""

    def stream(self, *, others: Sequence[str] = ...) -> FeatureStream:
        """Return an evaluation bar by bar that has seen none.

        `others` names the series whose bars will be pushed by `push_other`; those that are not
        named are made from the bars.
        """

    def universe_stream(self, members: Sequence[str]) -> UniverseStream:
        """Return an evaluation of these members time by time that has seen no bar."""

@final
class FeatureStream:
    """An evaluation in progress, equal to `FeatureSet.evaluate` bit for bit."""

    def push(
        self,
        bar: Bar | None = None,
        /,
        *,
        open: float | None = None,  # noqa: A002 - The field's name.
        high: float | None = None,
        low: float | None = None,
        close: float | None = None,
        volume: float | None = None,
        notional: float | None = None,
        trade_count: float | None = None,
        buy_volume: float | None = None,
        sell_volume: float | None = None,
        open_time_ns: int | None = None,
        close_time_ns: int | None = None,
        ask_models: bool = True,
    ) -> NDArray[np.float64]:
        """Add one bar and return the values at it, in the order of the names.

        The array is the same at every bar: copy what is to be kept. Without `ask_models`, models
        have no output: the bar only warms up those after it, and may be one they were trained on.
        """

    def push_other(
        self,
        name: str,
        bar: Bar | None = None,
        /,
        *,
        open: float | None = None,  # noqa: A002 - The field's name.
        high: float | None = None,
        low: float | None = None,
        close: float | None = None,
        volume: float | None = None,
        notional: float | None = None,
        trade_count: float | None = None,
        buy_volume: float | None = None,
        sell_volume: float | None = None,
        open_time_ns: int | None = None,
        close_time_ns: int | None = None,
    ) -> None:
        """Add a bar of another series, which counts for bars that close when it does or later."""

@final
class UniverseStream:
    """A universe in progress, equal to `FeatureSet.evaluate_universe` bit for bit."""

    def push(self, time_ns: int, bars: dict[str, Any]) -> NDArray[np.float64]:
        """Add the bars that members have at a time; return a row of values for each.

        Parameters
        ----------
        time_ns : int
            When the bars are known, ns UTC; later than the time before.
        bars : dict of str to Bar, or to a mapping of field names to numbers
        """

@final
class Features:
    """Named columns, one value a bar, null where there is none; shared as Arrow without a copy."""

    @property
    def names(self) -> list[str]: ...
    def keys(self) -> list[str]:
        """Return the names."""

    def __len__(self) -> int: ...
    def __contains__(self, name: str, /) -> bool: ...
    def __getitem__(self, name: str, /) -> NDArray[np.float64]: ...
    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@type_check_only
class FunctionEntry(TypedDict):
    name: str
    group: str
    signature: str
    summary: str
    formula: str
    warm_up: str
    convention: str
    source: str
    outputs: list[tuple[str, str, str]]

def expression_functions() -> list[FunctionEntry]:
    """Return every function of the language, in the order of the reference."""

def expression_fields() -> list[tuple[str, str]]:
    """Return the names of columns, with no text, and those that stand for text."""

def expression_caret(text: str) -> str | None:
    """Return the line of a text that is no expression with its fault underlined."""

# --- Trading: commands in, events out -----------------------------------------------------------

_Number = Decimal | str | int
_Side = Literal["BUY", "SELL"]
_OrderType = Literal["MARKET", "LIMIT", "STOP", "STOP_LIMIT", "TRAILING_STOP"]
_TimeInForce = Literal["DAY", "GTC", "IOC", "FOK", "GTD"]
_OrderState = Literal[
    "HELD",
    "PENDING_APPROVAL",
    "PENDING_SEND",
    "SENT",
    "UNKNOWN",
    "ACCEPTED",
    "PENDING_REPLACE",
    "PENDING_CANCEL",
    "FILLED",
    "CANCELED",
    "REJECTED",
    "EXPIRED",
]
_OrderStatus = Literal[
    "PENDING_NEW",
    "NEW",
    "PARTIALLY_FILLED",
    "FILLED",
    "PENDING_REPLACE",
    "PENDING_CANCEL",
    "CANCELED",
    "REJECTED",
    "EXPIRED",
]
_ExecutionKind = Literal[
    "SENT",
    "UNCERTAIN",
    "ACCEPTED",
    "REJECTED",
    "TRIGGERED",
    "FILL",
    "REPLACED",
    "REPLACE_REJECTED",
    "CANCELED",
    "CANCEL_REJECTED",
    "EXPIRED",
    "BUST",
    "CORRECT",
    "FEE",
]
_Contingency = Literal["OCO", "OTO", "BRACKET"]
_Severity = Literal["HARD", "SOFT"]
_SelfTrade = Literal["ALLOW", "CANCEL_NEWEST", "CANCEL_OLDEST", "CANCEL_BOTH"]
_TradingState = Literal["ACTIVE", "REDUCING", "HALTED"]
# A price difference, or basis points of the market price: {"offset": 150} or {"bps": 50}.
_Trail = dict[str, int]
# One strategy is {"strategy": "momentum"}.
_Scope = Literal["global", "account"] | dict[str, str]
# {"grant": order_id}, {"deny": order_id} or {"override": {…}}.
_Consent = dict[str, str] | dict[str, Override]
# {"bps": 1000}, a share of the notional, or {"per_contract": 1200000}, in minor units.
_Margin = dict[str, int]
# {"per_share": {"rate": "0.005", "minimum": "1", "maximum_bps": "100"}},
# {"per_contract": {"rate": "2.25"}} or {"percentage": {"maker_bps": "1", "taker_bps": "2.5"}}.
_Commission = dict[str, dict[str, Any]]

@type_check_only
class InstrumentTerms(TypedDict):
    """The terms of an `Instrument`."""

    symbol: str
    kind: str
    currency: str
    price_scale: int
    quantity_scale: int
    tick_size: int
    lot_size: int
    multiplier: NotRequired[int]
    allow_negative_prices: NotRequired[bool]
    initial_margin: NotRequired[_Margin | None]
    maintenance_margin: NotRequired[_Margin | None]
    commission: NotRequired[_Commission | None]
    expire_time_ns: NotRequired[int | None]
    calendar_id: NotRequired[str | None]
    sector: NotRequired[str | None]

@type_check_only
class Session(TypedDict):
    """One session: half-open, `[open_time_ns, close_time_ns)`."""

    open_time_ns: int
    close_time_ns: int
    order_cutoff_time_ns: NotRequired[int | None]

@type_check_only
class InstrumentChange(TypedDict):
    """Changes to an instrument; what is unset stays."""

    tick_size: NotRequired[int | None]
    lot_size: NotRequired[int | None]
    is_halted: NotRequired[bool | None]
    lower_band: NotRequired[int | None]
    upper_band: NotRequired[int | None]
    average_volume: NotRequired[str | None]
    expire_time_ns: NotRequired[int | None]

@type_check_only
class Limit(TypedDict):
    """A value that must not be exceeded, and what exceeding it means."""

    value: str
    severity: NotRequired[_Severity]

@type_check_only
class Rate(TypedDict):
    """At most `count` in `window_ns`."""

    count: int
    window_ns: int

@type_check_only
class LimitSet(TypedDict):
    """What orders may be and make of the account.

    `None` limits nothing. Amounts are in the account's currency, quantities in base units, shares
    in basis points.
    """

    max_order_quantity: NotRequired[Limit | None]
    max_order_notional: NotRequired[Limit | None]
    min_order_notional: NotRequired[Limit | None]
    price_collar_bps: NotRequired[Limit | None]
    price_move_bps: NotRequired[Limit | None]
    order_rate: NotRequired[Rate | None]
    replace_rate: NotRequired[Rate | None]
    max_order_to_trade: NotRequired[Limit | None]
    execution_rate: NotRequired[Rate | None]
    max_position_quantity: NotRequired[Limit | None]
    max_position_notional: NotRequired[Limit | None]
    max_open_orders: NotRequired[Limit | None]
    max_gross_notional: NotRequired[Limit | None]
    max_net_notional: NotRequired[Limit | None]
    max_leverage_bps: NotRequired[Limit | None]
    max_concentration_bps: NotRequired[Limit | None]
    max_credit: NotRequired[Limit | None]
    max_volume_share_bps: NotRequired[Limit | None]
    max_daily_loss: NotRequired[Limit | None]
    max_drawdown_bps: NotRequired[Limit | None]
    max_value_at_risk: NotRequired[Limit | None]

@type_check_only
class Permissions(TypedDict):
    """16 · What a trader or a strategy may trade; an empty set of symbols is none."""

    traders: NotRequired[Mapping[str, Sequence[str] | None] | None]
    strategies: NotRequired[Mapping[str, Sequence[str] | None] | None]

_GlobalLimits = TypedDict("_GlobalLimits", {"global": NotRequired[LimitSet]})

@type_check_only
class Limits(_GlobalLimits):
    """All limits of one account."""

    version: int
    account: NotRequired[LimitSet]
    strategies: NotRequired[Mapping[str, LimitSet]]
    instruments: NotRequired[Mapping[str, LimitSet]]
    sectors: NotRequired[Mapping[str, Limit]]
    max_reference_age_ns: int
    collar_window_ns: NotRequired[int]
    duplicate_window_ns: NotRequired[int]
    order_to_trade_minimum: NotRequired[int]
    allow_short: NotRequired[bool]
    locates: NotRequired[Mapping[str, str] | None]
    self_trade: NotRequired[_SelfTrade]
    queue_when_closed: NotRequired[bool]
    restricted: NotRequired[Sequence[str]]
    permissions: NotRequired[Permissions]
    cancel_on_disconnect: NotRequired[bool]
    trading_state: NotRequired[_TradingState]
    max_mark_move_bps: NotRequired[int | None]
    max_clock_skew_ns: NotRequired[int | None]
    approval_ttl_ns: NotRequired[int]
    day_start_ns: NotRequired[int]

@type_check_only
class Replacement(TypedDict):
    """The terms that a replacement changes; what is unset stays."""

    quantity: NotRequired[int | None]
    limit_price: NotRequired[int | None]
    stop_price: NotRequired[int | None]

@type_check_only
class Override(TypedDict):
    """A rule that does not refuse until a time.

    It is for everything, or for one strategy or instrument.
    """

    rule: str
    strategy_id: NotRequired[str | None]
    symbol: NotRequired[str | None]
    until_ns: int

@type_check_only
class _OrderTerms(TypedDict):
    """What the sender asks for."""

    order_id: str
    client_order_id: str
    symbol: str
    side: _Side
    order_type: _OrderType
    quantity: int
    limit_price: NotRequired[int | None]
    stop_price: NotRequired[int | None]
    trail: NotRequired[_Trail | None]
    time_in_force: _TimeInForce
    expire_time_ns: NotRequired[int | None]
    post_only: NotRequired[bool]
    reduce_only: NotRequired[bool]
    strategy_id: NotRequired[str | None]
    trader_id: NotRequired[str | None]
    sending_time_ns: NotRequired[int | None]

@type_check_only
class Deposit(TypedDict):
    """Adds cash to the account."""

    type: Literal["Deposit"]
    command_id: NotRequired[str]
    currency: str
    amount: int

@type_check_only
class Withdraw(TypedDict):
    """Takes free cash from the account."""

    type: Literal["Withdraw"]
    command_id: NotRequired[str]
    currency: str
    amount: int

@type_check_only
class SetCalendar(TypedDict):
    """Makes a table of sessions known, or replaces it. Sessions are in order and do not overlap."""

    type: Literal["SetCalendar"]
    command_id: NotRequired[str]
    calendar_id: str
    sessions: Sequence[Session]

@type_check_only
class RegisterInstrument(TypedDict):
    """Makes an instrument known. Repeating it with the same terms changes nothing."""

    type: Literal["RegisterInstrument"]
    command_id: NotRequired[str]
    instrument: InstrumentTerms

@type_check_only
class ChangeInstrument(TypedDict):
    """Changes an instrument, now or at a later time."""

    type: Literal["ChangeInstrument"]
    command_id: NotRequired[str]
    symbol: str
    change: InstrumentChange
    effective_time_ns: NotRequired[int | None]

@type_check_only
class SetLimits(TypedDict):
    """Replaces the limits by a later version.

    Repeating a version with the same limits changes nothing.
    """

    type: Literal["SetLimits"]
    command_id: NotRequired[str]
    limits: Limits

@type_check_only
class SetCovariance(TypedDict):
    """Replaces the covariance of one-day returns that value at risk is reckoned from."""

    type: Literal["SetCovariance"]
    command_id: NotRequired[str]
    symbols: Sequence[str]
    covariance: Sequence[int]
    deviations_thousandths: int

@type_check_only
class Submit(_OrderTerms):
    """Sends one order after pre-trade checks."""

    type: Literal["Submit"]
    command_id: NotRequired[str]

@type_check_only
class SubmitList(TypedDict):
    """Sends orders that depend on each other, all or none."""

    type: Literal["SubmitList"]
    command_id: NotRequired[str]
    list_id: str
    contingency: _Contingency
    orders: Sequence[_OrderTerms]

@type_check_only
class Replace(TypedDict):
    """Changes an open order after pre-trade checks."""

    type: Literal["Replace"]
    command_id: NotRequired[str]
    order_id: str
    replacement: Replacement

@type_check_only
class Cancel(TypedDict):
    """Asks the venue to cancel an order. Repeating it changes nothing."""

    type: Literal["Cancel"]
    command_id: NotRequired[str]
    order_id: str

@type_check_only
class CancelAll(TypedDict):
    """Asks the venue to cancel many orders: all, or those that every given filter fits."""

    type: Literal["CancelAll"]
    command_id: NotRequired[str]
    symbol: NotRequired[str | None]
    strategy_id: NotRequired[str | None]

@type_check_only
class ClosePosition(TypedDict):
    """Sends the market order that closes a position, after canceling the instrument's open orders.

    It is reduce-only and passes the same checks as any order. A flat position is closed already.
    """

    type: Literal["ClosePosition"]
    command_id: NotRequired[str]
    symbol: str
    order_id: str
    client_order_id: str
    strategy_id: NotRequired[str | None]

@type_check_only
class Approve(TypedDict):
    """Grants or refuses what a soft limit wants consent for, or overrides a limit for a time."""

    type: Literal["Approve"]
    command_id: NotRequired[str]
    approver: str
    consent: _Consent
    note: NotRequired[str]

@type_check_only
class Kill(TypedDict):
    """Pulls a kill switch.

    It cancels the scope's orders, refuses new ones, and closes its positions if asked. Repeating it
    changes nothing.
    """

    type: Literal["Kill"]
    command_id: NotRequired[str]
    scope: _Scope
    person: str
    note: NotRequired[str]
    flatten: NotRequired[bool]

@type_check_only
class Rearm(TypedDict):
    """The first or the second step of re-arming."""

    type: Literal["Rearm"]
    command_id: NotRequired[str]
    scope: _Scope
    person: str
    confirm: bool

@type_check_only
class SetTradingState(TypedDict):
    """Changes what the account may do."""

    type: Literal["SetTradingState"]
    command_id: NotRequired[str]
    trading_state: _TradingState
    person: str

@type_check_only
class SetConnection(TypedDict):
    """Tells that the connection to the venue was lost or is back."""

    type: Literal["SetConnection"]
    command_id: NotRequired[str]
    connected: bool

@type_check_only
class ExecutionReport(TypedDict):
    """Tells what a venue did with an order (FIX 35=8). Repeating one changes nothing."""

    type: Literal["ExecutionReport"]
    command_id: NotRequired[str]
    order_id: str
    execution_id: str
    kind: _ExecutionKind
    quantity: NotRequired[int]
    price: NotRequired[int]
    fee: NotRequired[int]
    fee_currency: NotRequired[str | None]
    reference_execution_id: NotRequired[str | None]
    reason: NotRequired[str | None]
    venue_order_id: NotRequired[str | None]
    transact_time_ns: NotRequired[int | None]

@type_check_only
class AdoptOrder(TypedDict):
    """Takes over an order that the venue has and the core has not. It is not checked."""

    type: Literal["AdoptOrder"]
    command_id: NotRequired[str]
    terms: _OrderTerms
    filled_quantity: NotRequired[int]
    venue_order_id: str

@type_check_only
class AdjustPosition(TypedDict):
    """Makes a position what the venue or the custodian says it is.

    Its cash does not move; the difference is on the record.
    """

    type: Literal["AdjustPosition"]
    command_id: NotRequired[str]
    symbol: str
    quantity: int
    price: int
    person: str
    note: NotRequired[str]

@type_check_only
class Mark(TypedDict):
    """Tells an instrument's reference price.

    Orders are checked against it, positions valued at it.
    """

    type: Literal["Mark"]
    command_id: NotRequired[str]
    symbol: str
    price: int
    source: str
    price_time_ns: NotRequired[int | None]

@type_check_only
class MarkRate(TypedDict):
    """Tells what one unit of a currency is worth in the account's."""

    type: Literal["MarkRate"]
    command_id: NotRequired[str]
    currency: str
    rate: str

@type_check_only
class Advance(TypedDict):
    """Lets time pass: what is due takes effect."""

    type: Literal["Advance"]
    command_id: NotRequired[str]

_Command = (
    Deposit
    | Withdraw
    | SetCalendar
    | RegisterInstrument
    | ChangeInstrument
    | SetLimits
    | SetCovariance
    | Submit
    | SubmitList
    | Replace
    | Cancel
    | CancelAll
    | ClosePosition
    | Approve
    | Kill
    | Rearm
    | SetTradingState
    | SetConnection
    | ExecutionReport
    | AdoptOrder
    | AdjustPosition
    | Mark
    | MarkRate
    | Advance
)

# --- What a core tells in dicts -----------------------------------------------------------------

@type_check_only
class ListPlace(TypedDict):
    """An order's place in a list."""

    list_id: str
    contingency: _Contingency
    index: int
    first_order_id: str

@type_check_only
class OrderDict(_OrderTerms):
    """An order and what has become of it. Prices and quantities are in the instrument's units.

    `average_price_numerator` is the sum of price times quantity over the fills.
    `reference_price` is the price it was checked against, its arrival price.
    """

    list: ListPlace | None
    state: _OrderState
    status: _OrderStatus
    filled_quantity: int
    leaves_quantity: int
    average_price_numerator: int
    reference_price: int | None
    is_triggered: bool
    venue_order_id: str | None
    reject_reason: str | None
    replacement: Replacement | None
    create_time_ns: int
    update_time_ns: int

@type_check_only
class PositionDict(TypedDict):
    """What is held of one instrument; flat ones remain, for the profit they realised.

    `quantity` is negative when short. `total_cost` has its sign and is in notional units,
    10^-(price_scale + quantity_scale), multiplier included. `realized_pnl` is in minor units of
    the instrument's currency, fees not counted. `mark` is the reference price.
    """

    symbol: str
    quantity: int
    total_cost: int
    realized_pnl: int
    mark: int | None

@type_check_only
class Equity(TypedDict):
    """What an account is worth, in minor units of its currency.

    `positions_value` is the worth of what is paid in full, and the unrealised profit of what is
    margined.
    """

    currency: str
    cash: int
    positions_value: int
    equity: int

@type_check_only
class ReferencePrice(TypedDict):
    """The price that orders in an instrument are checked against."""

    price: int
    time_ns: int
    price_time_ns: int
    source: str

@type_check_only
class CommandMark(TypedDict):
    """A command that named itself, and the checksum that tells a repetition from a reuse."""

    id: str
    checksum: int

@type_check_only
class _EventHead(TypedDict):
    sequence: int
    record_sequence: int
    time_ns: int
    command: CommandMark | None

@type_check_only
class CashDepositedDict(_EventHead):
    """Cash was added."""

    type: Literal["CashDeposited"]
    currency: str
    amount: int
    balance: int

@type_check_only
class CashWithdrawnDict(_EventHead):
    """Cash was taken."""

    type: Literal["CashWithdrawn"]
    currency: str
    amount: int
    balance: int

@type_check_only
class CalendarSetDict(_EventHead):
    """A table of sessions became known."""

    type: Literal["CalendarSet"]
    calendar_id: str
    sessions: list[Session]

@type_check_only
class InstrumentRegisteredDict(_EventHead):
    """An instrument became known."""

    type: Literal["InstrumentRegistered"]
    instrument: InstrumentTerms

@type_check_only
class InstrumentChangeScheduledDict(_EventHead):
    """An instrument is to change at a later time."""

    type: Literal["InstrumentChangeScheduled"]
    symbol: str
    change: InstrumentChange
    effective_time_ns: int

@type_check_only
class InstrumentChangedDict(_EventHead):
    """An instrument changed."""

    type: Literal["InstrumentChanged"]
    symbol: str
    change: InstrumentChange
    effective_time_ns: int

@type_check_only
class LimitsSetDict(_EventHead):
    """Limits took effect."""

    type: Literal["LimitsSet"]
    limits: Limits

@type_check_only
class CovarianceSetDict(_EventHead):
    """A covariance took effect."""

    type: Literal["CovarianceSet"]
    symbols: list[str]
    covariance: list[int]
    deviations_thousandths: int

@type_check_only
class OrderCreatedDict(_EventHead):
    """An order passed its checks and is to be sent, or waits: its state says which."""

    type: Literal["OrderCreated"]
    order: OrderDict

@type_check_only
class OrderRejectedDict(_EventHead):
    """An order was refused."""

    type: Literal["OrderRejected"]
    order: OrderDict
    reason: str
    rule: str
    limit: str | None
    observed: str | None
    text: str

@type_check_only
class ApprovalRequestedDict(_EventHead):
    """A soft limit wants a person's consent to an order that was created."""

    type: Literal["ApprovalRequested"]
    order_id: str
    reason: str
    rule: str
    limit: str | None
    observed: str | None
    expire_time_ns: int

@type_check_only
class OrderApprovedDict(_EventHead):
    """A person consented: the order is to be sent."""

    type: Literal["OrderApproved"]
    order_id: str
    approver: str
    note: str

@type_check_only
class OrderReleasedDict(_EventHead):
    """The first order of its list filled: the order is to be sent."""

    type: Literal["OrderReleased"]
    order_id: str
    quantity: int

@type_check_only
class OrderSentDict(_EventHead):
    """The driver gave an order to the venue."""

    type: Literal["OrderSent"]
    order_id: str

@type_check_only
class OrderUncertainDict(_EventHead):
    """Whether the venue has an order is not known."""

    type: Literal["OrderUncertain"]
    order_id: str

@type_check_only
class OrderAcceptedDict(_EventHead):
    """The venue took an order, or told its id after an early fill."""

    type: Literal["OrderAccepted"]
    order_id: str
    client_order_id: str
    symbol: str
    venue_order_id: str | None
    state: _OrderState
    status: _OrderStatus

@type_check_only
class OrderTriggeredDict(_EventHead):
    """The market reached an order's stop."""

    type: Literal["OrderTriggered"]
    order_id: str

@type_check_only
class OrderFilledDict(_EventHead):
    """Part or all of an order traded."""

    type: Literal["OrderFilled"]
    order_id: str
    client_order_id: str
    execution_id: str
    corrects: str | None
    symbol: str
    side: _Side
    quantity: int
    price: int
    fee: int
    fee_currency: str
    currency: str
    cash_change: int
    filled_quantity: int
    leaves_quantity: int
    average_price_numerator: int
    state: _OrderState
    status: _OrderStatus
    late: bool
    strategy_id: str | None
    transact_time_ns: int | None

@type_check_only
class FillBustedDict(_EventHead):
    """A fill did not count after all.

    It is taken back as an opposite fill at its price, and its fees are returned.
    """

    type: Literal["FillBusted"]
    order_id: str
    execution_id: str
    busted_execution_id: str
    symbol: str
    side: _Side
    quantity: int
    price: int
    fee: int
    fee_currency: str
    currency: str
    cash_change: int
    filled_quantity: int
    leaves_quantity: int
    average_price_numerator: int
    state: _OrderState
    status: _OrderStatus

@type_check_only
class FeeChargedDict(_EventHead):
    """A fee of an earlier fill was charged."""

    type: Literal["FeeCharged"]
    order_id: str
    execution_id: str
    reference_execution_id: str
    fee: int
    fee_currency: str

@type_check_only
class ReplaceRequestedDict(_EventHead):
    """A replacement is to be sent."""

    type: Literal["ReplaceRequested"]
    order_id: str
    replacement: Replacement

@type_check_only
class ReplaceRefusedDict(_EventHead):
    """A replacement was refused by a check; the order stays as it is."""

    type: Literal["ReplaceRefused"]
    order_id: str
    replacement: Replacement
    reason: str
    rule: str
    limit: str | None
    observed: str | None

@type_check_only
class OrderReplacedDict(_EventHead):
    """The venue changed an order."""

    type: Literal["OrderReplaced"]
    order_id: str
    venue_order_id: str | None
    quantity: int
    leaves_quantity: int
    limit_price: int | None
    stop_price: int | None
    state: _OrderState
    status: _OrderStatus

@type_check_only
class ReplaceRejectedDict(_EventHead):
    """The venue refused to change an order."""

    type: Literal["ReplaceRejected"]
    order_id: str
    state: _OrderState
    status: _OrderStatus
    text: str

@type_check_only
class CancelRequestedDict(_EventHead):
    """A cancel is to be sent to the venue."""

    type: Literal["CancelRequested"]
    order_id: str
    client_order_id: str
    symbol: str
    filled_quantity: int
    state: _OrderState
    status: _OrderStatus

@type_check_only
class CancelRejectedDict(_EventHead):
    """The venue refused to cancel an order."""

    type: Literal["CancelRejected"]
    order_id: str
    state: _OrderState
    status: _OrderStatus
    text: str

@type_check_only
class OrderCanceledDict(_EventHead):
    """An order was canceled."""

    type: Literal["OrderCanceled"]
    order_id: str
    client_order_id: str
    symbol: str
    filled_quantity: int
    state: _OrderState
    status: _OrderStatus

@type_check_only
class OrderExpiredDict(_EventHead):
    """An order's time in force ended."""

    type: Literal["OrderExpired"]
    order_id: str
    client_order_id: str
    symbol: str
    filled_quantity: int
    state: _OrderState
    status: _OrderStatus

@type_check_only
class OrderAdoptedDict(_EventHead):
    """An order of the venue's became known."""

    type: Literal["OrderAdopted"]
    order: OrderDict

@type_check_only
class PositionOpenedDict(_EventHead):
    """A position that was flat no longer is."""

    type: Literal["PositionOpened"]
    symbol: str
    execution_id: str
    quantity: int
    total_cost: int
    realized_pnl: int
    total_realized_pnl: int
    currency: str

@type_check_only
class PositionChangedDict(_EventHead):
    """A position grew or shrank."""

    type: Literal["PositionChanged"]
    symbol: str
    execution_id: str
    quantity: int
    total_cost: int
    realized_pnl: int
    total_realized_pnl: int
    currency: str

@type_check_only
class PositionClosedDict(_EventHead):
    """A position became flat."""

    type: Literal["PositionClosed"]
    symbol: str
    execution_id: str
    quantity: int
    total_cost: int
    realized_pnl: int
    total_realized_pnl: int
    currency: str

@type_check_only
class PositionAdjustedDict(_EventHead):
    """A position was made what the venue says it is."""

    type: Literal["PositionAdjusted"]
    symbol: str
    previous_quantity: int
    quantity: int
    total_cost: int
    total_realized_pnl: int
    person: str
    note: str

@type_check_only
class VariationSettledDict(_EventHead):
    """A future's day was settled.

    Its gain or loss since the last settlement became cash, and the settlement price its cost.
    """

    type: Literal["VariationSettled"]
    symbol: str
    price: int
    quantity: int
    total_cost: int
    amount: int
    total_realized_pnl: int
    currency: str

@type_check_only
class OverrideGrantedDict(_EventHead):
    """A rule does not refuse until a time."""

    type: Literal["OverrideGranted"]
    granted: Override
    approver: str
    note: str

@type_check_only
class OverrideExpiredDict(_EventHead):
    """An override's time is over."""

    type: Literal["OverrideExpired"]
    granted: Override

@type_check_only
class KilledDict(_EventHead):
    """A kill switch was pulled."""

    type: Literal["Killed"]
    scope: _Scope
    person: str
    note: str
    flatten: bool

@type_check_only
class RearmRequestedDict(_EventHead):
    """A person asked to re-arm."""

    type: Literal["RearmRequested"]
    scope: _Scope
    person: str

@type_check_only
class RearmedDict(_EventHead):
    """A person confirmed: trading goes on."""

    type: Literal["Rearmed"]
    scope: _Scope
    person: str

@type_check_only
class StrategyDisabledDict(_EventHead):
    """A strategy filled too often and rests until a person re-arms it."""

    type: Literal["StrategyDisabled"]
    strategy_id: str
    count: int

@type_check_only
class TradingStateChangedDict(_EventHead):
    """What the account may do changed."""

    type: Literal["TradingStateChanged"]
    trading_state: _TradingState
    person: str

@type_check_only
class ConnectionChangedDict(_EventHead):
    """The connection to the venue was lost or is back."""

    type: Literal["ConnectionChanged"]
    connected: bool

@type_check_only
class DayStartedDict(_EventHead):
    """A trading day began: what is measured by the day begins again."""

    type: Literal["DayStarted"]
    day_start_time_ns: int
    equity: int | None

@type_check_only
class EquityPeakedDict(_EventHead):
    """Equity is higher than ever before, cash paid in or out not counted."""

    type: Literal["EquityPeaked"]
    equity: int

@type_check_only
class MarginCalledDict(_EventHead):
    """Equity fell below the maintenance margin: the account may only reduce."""

    type: Literal["MarginCalled"]
    equity: int
    maintenance_margin: int

@type_check_only
class MarginRestoredDict(_EventHead):
    """Equity covers the maintenance margin again."""

    type: Literal["MarginRestored"]
    equity: int
    maintenance_margin: int

_Event = (
    CashDepositedDict
    | CashWithdrawnDict
    | CalendarSetDict
    | InstrumentRegisteredDict
    | InstrumentChangeScheduledDict
    | InstrumentChangedDict
    | LimitsSetDict
    | CovarianceSetDict
    | OrderCreatedDict
    | OrderRejectedDict
    | ApprovalRequestedDict
    | OrderApprovedDict
    | OrderReleasedDict
    | OrderSentDict
    | OrderUncertainDict
    | OrderAcceptedDict
    | OrderTriggeredDict
    | OrderFilledDict
    | FillBustedDict
    | FeeChargedDict
    | ReplaceRequestedDict
    | ReplaceRefusedDict
    | OrderReplacedDict
    | ReplaceRejectedDict
    | CancelRequestedDict
    | CancelRejectedDict
    | OrderCanceledDict
    | OrderExpiredDict
    | OrderAdoptedDict
    | PositionOpenedDict
    | PositionChangedDict
    | PositionClosedDict
    | PositionAdjustedDict
    | VariationSettledDict
    | OverrideGrantedDict
    | OverrideExpiredDict
    | KilledDict
    | RearmRequestedDict
    | RearmedDict
    | StrategyDisabledDict
    | TradingStateChangedDict
    | ConnectionChangedDict
    | DayStartedDict
    | EquityPeakedDict
    | MarginCalledDict
    | MarginRestoredDict
)

@final
class Decision:
    """What a command led to: events to fold, and the record to journal before they count.

    `events` is empty, and `record` with it, when there is nothing to journal: a mark, a repeated
    command, an `Advance` that found nothing due. `prices_read` are the reference prices and rates
    that the decision read and no earlier record holds.
    """

    @property
    def events(self) -> list[_Event]: ...
    @property
    def prices_read(self) -> list[dict[str, Any]]: ...
    @property
    def record(self) -> bytes: ...

@final
class TradingCore:
    """One account as a deterministic state machine: `decide` is pure, folding alone changes it.

    Commands and events are dicts with their `type` as the first entry (a command's `command_id`,
    and an event's `sequence`, `record_sequence`, `time_ns` and `command` come before it). Amounts
    of cash are integers in minor units. After a panic inside, every call raises CoreHaltedError:
    rebuild the core from its journal.

    Journalled trading is `decision = decide(...)`, `journal.append(decision.record)`,
    `apply(decision)`, `journal.sync()`, then the answer. A backtest is `execute`. Marks take effect
    in `execute` alone.

    Parameters
    ----------
    account_id, currency : str
        The account and its currency, which limits and equity are measured in.
    retained_orders : int or None
        How many ended orders are remembered; None for all.
    """

    def __new__(
        cls, account_id: str, currency: str, *, retained_orders: int | None = ...
    ) -> TradingCore: ...
    def decide(self, command: _Command, time_ns: int) -> Decision:
        """Decide a command; nothing changes.

        Raises
        ------
        algotrendy.errors.AlgoTrendyError
            If the command is wrong, or impossible now. An order that fails a pre-trade check raises
            nothing: it is journalled as OrderRejected.
        """

    def execute(self, command: _Command, time_ns: int) -> Decision:
        """Decide a command and apply what was decided."""

    def check(self, command: Submit, time_ns: int) -> list[CheckDict]:
        """Return what every pre-trade check says of an order; raise if its terms are wrong."""

    def apply(self, decision: Decision) -> None:
        """Fold all events of a decision made on this state."""

    def fold_record(self, record: bytes) -> list[_Event]:
        """Fold a journal record, prices and events, deciding nothing, and return the events.

        JOURNAL_CORRUPT if it does not follow the last one. Orders wait for fresh prices afterwards.
        """

    def order(self, order_id: str) -> OrderDict | None: ...
    def order_by_client_id(self, client_order_id: str) -> OrderDict | None: ...
    def orders(self) -> list[OrderDict]: ...
    def open_orders(self) -> list[OrderDict]: ...
    def positions(self) -> list[PositionDict]: ...
    def cash(self) -> dict[str, int]: ...
    def equity(self) -> Equity:
        """Value the account; REFERENCE_PRICE_MISSING or RATE_MISSING if it cannot be."""

    def available(self) -> int | None:
        """Return what new orders may take up; None where a price or a rate is missing."""

    def limits(self) -> Limits | None: ...
    def instruments(self) -> list[InstrumentTerms]: ...
    def reference_price(self, symbol: str) -> ReferencePrice | None: ...
    @property
    def account_id(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def time_ns(self) -> int | None:
        """The time of the last event or mark; nothing is decided before it."""

    @property
    def event_sequence(self) -> int: ...
    @property
    def record_sequence(self) -> int: ...

# --- What a core tells in objects ---------------------------------------------------------------

@disjoint_base
class Event:
    """What happened. Each kind of event has a class of its own, whose numbers are decimals."""

    @property
    def sequence(self) -> int: ...
    @property
    def record_sequence(self) -> int: ...
    @property
    def time_ns(self) -> int: ...
    @property
    def command_id(self) -> str | None: ...
    @property
    def type(self) -> str: ...
    def to_dict(self) -> dict[str, Any]: ...

@final
class CashDeposited(Event):
    """Cash was added."""

    currency: Final[str]
    amount: Final[Decimal]
    balance: Final[Decimal]  # The cash held afterwards.

@final
class CashWithdrawn(Event):
    """Cash was taken."""

    currency: Final[str]
    amount: Final[Decimal]
    balance: Final[Decimal]  # The cash held afterwards.

@final
class CalendarSet(Event):
    """A table of sessions became known."""

    calendar_id: Final[str]
    sessions: Final[list[Session]]  # When its market is open.

@final
class InstrumentRegistered(Event):
    """An instrument became known."""

    instrument: Final[Instrument]

@final
class InstrumentChangeScheduled(Event):
    """An instrument is to change at a later time."""

    symbol: Final[str]
    change: Final[InstrumentChange]
    effective_time_ns: Final[int]

@final
class InstrumentChanged(Event):
    """An instrument changed."""

    symbol: Final[str]
    change: Final[InstrumentChange]
    effective_time_ns: Final[int]  # When it was to change: a scheduled change is known by it.

@final
class LimitsSet(Event):
    """Limits took effect."""

    limits: Final[Limits]

@final
class CovarianceSet(Event):
    """A covariance took effect."""

    symbols: Final[list[str]]  # The instruments, in the order of the matrix.
    covariance: Final[list[int]]  # The matrix by rows, in units of 10⁻¹².
    # How many standard deviations the value at risk is, in thousandths.
    deviations_thousandths: Final[int]

@final
class OrderCreated(Event):
    """An order passed its checks and is to be sent, or waits: its state says which."""

    order: Final[Order]

@final
class OrderRejected(Event):
    """An order was refused."""

    order: Final[Order]
    reason: Final[str]
    rule: Final[str]  # The rule that refused, venue or approval.
    # What the rule allows, in the unit it measures; none where it has no number.
    limit: Final[Decimal | None]
    # What the order would have made of it; none where it has no number.
    observed: Final[Decimal | None]
    text: Final[str]  # The venue's or the approver's words; empty otherwise.

@final
class ApprovalRequested(Event):
    """A soft limit wants a person's consent to an order that was created."""

    order_id: Final[str]
    reason: Final[str]
    rule: Final[str]
    limit: Final[Decimal | None]  # What the rule allows.
    observed: Final[Decimal | None]  # What the order would make of it.
    expire_time_ns: Final[int]  # When the order is rejected if nobody consents.

@final
class OrderApproved(Event):
    """A person consented: the order is to be sent."""

    order_id: Final[str]
    approver: Final[str]
    note: Final[str]

@final
class OrderReleased(Event):
    """The first order of its list filled: the order is to be sent."""

    order_id: Final[str]
    quantity: Final[Decimal]  # For how much: what has filled of the first order.

@final
class OrderSent(Event):
    """The driver gave an order to the venue."""

    order_id: Final[str]

@final
class OrderUncertain(Event):
    """Whether the venue has an order is not known."""

    order_id: Final[str]

@final
class OrderAccepted(Event):
    """The venue took an order, or told its id after an early fill."""

    order_id: Final[str]
    client_order_id: Final[str]
    symbol: Final[str]
    venue_order_id: Final[str | None]  # The venue's id of it.
    state: Final[_OrderState]
    status: Final[_OrderStatus]

@final
class OrderTriggered(Event):
    """The market reached an order's stop."""

    order_id: Final[str]

@final
class OrderFilled(Event):
    """Part or all of an order traded."""

    order_id: Final[str]
    client_order_id: Final[str]
    execution_id: Final[str]  # The venue's id of this fill.
    corrects: Final[str | None]  # The execution it corrects: that one was busted just before.
    symbol: Final[str]
    side: Final[_Side]
    quantity: Final[Decimal]
    price: Final[Decimal]
    fee: Final[Decimal]  # In fee_currency; negative is a rebate.
    fee_currency: Final[str]
    currency: Final[str]
    # What the fill did to the cash in currency, without the fee: for what is paid in full its
    # notional, negative for a buy; for what is margined the profit realised.
    cash_change: Final[Decimal]
    filled_quantity: Final[Decimal]  # The order's filled quantity afterwards.
    leaves_quantity: Final[Decimal]  # The order's leaves quantity afterwards.
    average_price_numerator: Final[Decimal]  # The order's Σ price × quantity afterwards.
    state: Final[_OrderState]
    status: Final[_OrderStatus]
    late: Final[bool]  # Whether the order had already ended: the fill crossed its cancel or expiry.
    strategy_id: Final[str | None]  # The strategy the order was sent for.
    transact_time_ns: Final[int | None]  # When it traded at the venue, where the venue tells.

@final
class FillBusted(Event):
    """A fill did not count after all.

    It is taken back as an opposite fill at its price, and its fees are returned.
    """

    order_id: Final[str]
    execution_id: Final[str]  # The venue's id of this report.
    busted_execution_id: Final[str]  # The fill that is undone.
    symbol: Final[str]
    side: Final[_Side]  # Which way the busted fill had traded.
    quantity: Final[Decimal]  # What it had traded.
    price: Final[Decimal]
    # The fee that is returned: in fee_currency; negative is a rebate taken back.
    fee: Final[Decimal]
    fee_currency: Final[str]
    currency: Final[str]
    cash_change: Final[Decimal]  # What the bust did to the cash in currency, without the fee.
    filled_quantity: Final[Decimal]  # The order's filled quantity afterwards.
    leaves_quantity: Final[Decimal]  # The order's leaves quantity afterwards.
    average_price_numerator: Final[Decimal]  # The order's Σ price × quantity afterwards.
    state: Final[_OrderState]
    status: Final[_OrderStatus]

@final
class FeeCharged(Event):
    """A fee of an earlier fill was charged."""

    order_id: Final[str]
    execution_id: Final[str]  # The venue's id of this report.
    reference_execution_id: Final[str]  # The fill it is for.
    fee: Final[Decimal]  # In fee_currency; negative is a rebate.
    fee_currency: Final[str]

@final
class ReplaceRequested(Event):
    """A replacement is to be sent."""

    order_id: Final[str]
    replacement: Final[dict[str, Decimal]]

@final
class ReplaceRefused(Event):
    """A replacement was refused by a check; the order stays as it is."""

    order_id: Final[str]
    replacement: Final[dict[str, Decimal]]  # What it asked for.
    reason: Final[str]
    rule: Final[str]  # The rule that refused.
    limit: Final[Decimal | None]  # What the rule allows.
    observed: Final[Decimal | None]  # What the replacement would have made of it.

@final
class OrderReplaced(Event):
    """The venue changed an order."""

    order_id: Final[str]
    venue_order_id: Final[str | None]  # The venue's id of it, where it has a new one.
    quantity: Final[Decimal]  # Its total quantity afterwards.
    leaves_quantity: Final[Decimal]  # What may still fill afterwards.
    limit_price: Final[Decimal | None]  # Its limit price afterwards.
    stop_price: Final[Decimal | None]  # Its stop price afterwards.
    state: Final[_OrderState]
    status: Final[_OrderStatus]

@final
class ReplaceRejected(Event):
    """The venue refused to change an order."""

    order_id: Final[str]
    state: Final[_OrderState]
    status: Final[_OrderStatus]
    text: Final[str]  # The venue's words.

@final
class CancelRequested(Event):
    """A cancel is to be sent to the venue."""

    order_id: Final[str]
    client_order_id: Final[str]
    symbol: Final[str]
    filled_quantity: Final[Decimal]  # The order's filled quantity, which stays.
    state: Final[_OrderState]
    status: Final[_OrderStatus]

@final
class CancelRejected(Event):
    """The venue refused to cancel an order."""

    order_id: Final[str]
    state: Final[_OrderState]
    status: Final[_OrderStatus]
    text: Final[str]  # The venue's words.

@final
class OrderCanceled(Event):
    """An order was canceled."""

    order_id: Final[str]
    client_order_id: Final[str]
    symbol: Final[str]
    filled_quantity: Final[Decimal]  # The order's filled quantity, which stays.
    state: Final[_OrderState]
    status: Final[_OrderStatus]

@final
class OrderExpired(Event):
    """An order's time in force ended."""

    order_id: Final[str]
    client_order_id: Final[str]
    symbol: Final[str]
    filled_quantity: Final[Decimal]  # The order's filled quantity, which stays.
    state: Final[_OrderState]
    status: Final[_OrderStatus]

@final
class OrderAdopted(Event):
    """An order of the venue's became known."""

    order: Final[Order]

@final
class PositionOpened(Event):
    """A position that was flat no longer is."""

    symbol: Final[str]
    execution_id: Final[str]  # The fill that did it.
    quantity: Final[Decimal]  # The quantity afterwards; negative is short.
    total_cost: Final[Decimal]  # The cost afterwards, with the sign of the quantity.
    realized_pnl: Final[Decimal]  # Realised profit by this fill, fees not counted.
    total_realized_pnl: Final[Decimal]  # Realised profit so far, fees not counted.
    currency: Final[str]  # The currency of profit.

@final
class PositionChanged(Event):
    """A position grew or shrank."""

    symbol: Final[str]
    execution_id: Final[str]  # The fill that did it.
    quantity: Final[Decimal]  # The quantity afterwards; negative is short.
    total_cost: Final[Decimal]  # The cost afterwards, with the sign of the quantity.
    realized_pnl: Final[Decimal]  # Realised profit by this fill, fees not counted.
    total_realized_pnl: Final[Decimal]  # Realised profit so far, fees not counted.
    currency: Final[str]  # The currency of profit.

@final
class PositionClosed(Event):
    """A position became flat."""

    symbol: Final[str]
    execution_id: Final[str]  # The fill that did it.
    quantity: Final[Decimal]  # The quantity afterwards; negative is short.
    total_cost: Final[Decimal]  # The cost afterwards, with the sign of the quantity.
    realized_pnl: Final[Decimal]  # Realised profit by this fill, fees not counted.
    total_realized_pnl: Final[Decimal]  # Realised profit so far, fees not counted.
    currency: Final[str]  # The currency of profit.

@final
class PositionAdjusted(Event):
    """A position was made what the venue says it is."""

    symbol: Final[str]
    previous_quantity: Final[Decimal]  # What was held before.
    quantity: Final[Decimal]  # What is held afterwards.
    total_cost: Final[Decimal]  # The cost afterwards, with the sign of the quantity.
    total_realized_pnl: Final[Decimal]  # Realised profit so far, fees not counted.
    person: Final[str]  # Who says so.
    note: Final[str]

@final
class VariationSettled(Event):
    """A future's day was settled.

    Its gain or loss since the last settlement became cash, and the settlement price its cost.
    """

    symbol: Final[str]
    price: Final[Decimal]  # The settlement price.
    quantity: Final[Decimal]  # What is held.
    total_cost: Final[Decimal]  # The cost afterwards.
    amount: Final[Decimal]  # The gain, positive, or loss.
    total_realized_pnl: Final[Decimal]  # Realised profit so far, fees not counted.
    currency: Final[str]

@final
class OverrideGranted(Event):
    """A rule does not refuse until a time."""

    granted: Final[Override]  # The rule, its scope and its end.
    approver: Final[str]
    note: Final[str]

@final
class OverrideExpired(Event):
    """An override's time is over."""

    granted: Final[Override]

@final
class Killed(Event):
    """A kill switch was pulled."""

    scope: Final[_Scope]
    person: Final[str]  # Who pulled it.
    note: Final[str]
    flatten: Final[bool]  # Whether positions are to be closed.

@final
class RearmRequested(Event):
    """A person asked to re-arm."""

    scope: Final[_Scope]
    person: Final[str]

@final
class Rearmed(Event):
    """A person confirmed: trading goes on."""

    scope: Final[_Scope]
    person: Final[str]  # Who confirmed.

@final
class StrategyDisabled(Event):
    """A strategy filled too often and rests until a person re-arms it."""

    strategy_id: Final[str]
    count: Final[int]  # Fills counted.

@final
class TradingStateChanged(Event):
    """What the account may do changed."""

    trading_state: Final[_TradingState]  # What it may do.
    person: Final[str]  # Who says so; margin after a margin call.

@final
class ConnectionChanged(Event):
    """The connection to the venue was lost or is back."""

    connected: Final[bool]

@final
class DayStarted(Event):
    """A trading day began: what is measured by the day begins again."""

    day_start_time_ns: Final[int]  # When it began.
    # Equity as it began, in the account's currency; none where it cannot be valued.
    equity: Final[Decimal | None]

@final
class EquityPeaked(Event):
    """Equity is higher than ever before, cash paid in or out not counted."""

    equity: Final[Decimal]  # In the account's currency.

@final
class MarginCalled(Event):
    """Equity fell below the maintenance margin: the account may only reduce."""

    equity: Final[Decimal]  # In the account's currency.
    maintenance_margin: Final[Decimal]  # In the account's currency.

@final
class MarginRestored(Event):
    """Equity covers the maintenance margin again."""

    equity: Final[Decimal]  # In the account's currency.
    maintenance_margin: Final[Decimal]  # In the account's currency.

@final
class OrderTerms:
    """What a sender asks for. Made once, it is checked and sent as often as wanted."""

    order_id: Final[str]  # Empty where the core is to name it.
    client_order_id: Final[str]  # Empty where the core is to name it.
    symbol: Final[str]
    side: Final[_Side]
    order_type: Final[_OrderType]
    quantity: Final[Decimal]
    limit_price: Final[Decimal | None]
    stop_price: Final[Decimal | None]
    trail: Final[Decimal | str | None]  # A price difference, or text such as "50 bps".
    time_in_force: Final[_TimeInForce]
    expire_time_ns: Final[int | None]
    post_only: Final[bool]
    reduce_only: Final[bool]
    strategy_id: Final[str | None]
    trader_id: Final[str | None]
    sending_time_ns: Final[int | None]
    def to_dict(self) -> dict[str, Any]: ...

@final
class Order:
    """An order and what had become of it when it was asked for."""

    order_id: Final[str]
    client_order_id: Final[str]
    symbol: Final[str]
    side: Final[_Side]
    order_type: Final[_OrderType]
    quantity: Final[Decimal]
    limit_price: Final[Decimal | None]
    stop_price: Final[Decimal | None]
    trail: Final[Decimal | str | None]  # A price difference, or text such as "50 bps".
    time_in_force: Final[_TimeInForce]
    expire_time_ns: Final[int | None]
    post_only: Final[bool]
    reduce_only: Final[bool]
    strategy_id: Final[str | None]
    trader_id: Final[str | None]
    state: Final[_OrderState]
    status: Final[_OrderStatus]
    is_open: Final[bool]  # Whether more of it may fill.
    filled_quantity: Final[Decimal]
    leaves_quantity: Final[Decimal]  # What may still fill.
    average_price: Final[Decimal | None]  # What it filled at on average.
    reference_price: Final[Decimal | None]  # The price it was checked against.
    is_triggered: Final[bool]
    venue_order_id: Final[str | None]
    reject_reason: Final[str | None]
    replacement: Final[dict[str, Decimal] | None]  # What a replacement on its way asks for.
    list_id: Final[str | None]
    create_time_ns: Final[int]
    update_time_ns: Final[int]
    def to_dict(self) -> dict[str, Any]: ...

@final
class Position:
    """What was held of one instrument when it was asked for, in the instrument's currency.

    Without a reference price, what depends on one is None.
    """

    symbol: Final[str]
    quantity: Final[Decimal]  # Negative is short.
    total_cost: Final[Decimal]  # With the sign of the quantity, multiplier included.
    average_price: Final[Decimal | None]  # None where nothing is held.
    mark: Final[Decimal | None]  # The reference price.
    notional: Final[Decimal | None]  # At the reference price, with the sign of the quantity.
    realized_pnl: Final[Decimal]  # So far, fees not counted.
    unrealized_pnl: Final[Decimal | None]
    open_buy_quantity: Final[Decimal]  # What open orders may add, reduce-only ones not counted.
    open_sell_quantity: Final[Decimal]
    currency: Final[str]

_CheckVerdict = Literal["NOT_APPLICABLE", "NOT_SET", "PASS", "SOFT", "HARD"]

@type_check_only
class CheckDict(TypedDict):
    """What one pre-trade check says of an order. Numbers are decimal text in its unit."""

    number: int
    rule: str
    reason: str
    verdict: _CheckVerdict
    unit: str
    limit: str | None
    observed: str | None
    head_room: str | None

@final
class Check:
    """What one pre-trade check says of an order."""

    number: Final[int]
    rule: Final[str]
    reason: Final[str]  # Why it would refuse.
    verdict: Final[_CheckVerdict]
    unit: Final[str]  # What it measures.
    limit: Final[Decimal | None]
    observed: Final[Decimal | None]  # What the order would make of it.
    head_room: Final[Decimal | None]  # How much more there could be; negative beyond the limit.
    description: Final[str]

@final
class CheckReport:
    """What all pre-trade checks say of an order: a sequence of `Check`, made when looked at."""

    @property
    def verdict(self) -> Literal["PASS", "SOFT", "HARD"]:
        """The worst of them: the order is sent, waits for approval, or is refused."""

    @property
    def passed(self) -> bool: ...
    @property
    def breaches(self) -> list[Check]:
        """The checks that refuse, or want approval, in the order they are made."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Check]: ...
    def __getitem__(self, key: int | str, /) -> Check:
        """Return a check by its place or by the name of its rule."""

@disjoint_base
class CoreAccount:
    """One account's core, driven in this process: what `algotrendy.trading.Core` is made of.

    Commands return what happened since the last one, as objects. Numbers are `Decimal`, text or
    `int`; a float is refused. A command with `time_ns` lets time pass until then first; without,
    it happens now. What time led to before a command that is refused is returned by the next.
    """

    def __new__(
        cls,
        account_id: str,
        currency: str,
        *,
        venue: VenueConfig | None = None,
        retained_orders: int | None = ...,
    ) -> Self: ...
    def execute(self, command: _Command, time_ns: int | None = None) -> list[Event]:
        """Execute a command in the form that `TradingCore` takes."""

    def order(
        self,
        symbol: str,
        side: _Side,
        quantity: _Number,
        *,
        limit_price: _Number | None = None,
        stop_price: _Number | None = None,
        trail: _Number | None = None,
        trail_bps: int | None = None,
        time_in_force: _TimeInForce | None = None,
        expire_time_ns: int | None = None,
        post_only: bool = False,
        reduce_only: bool = False,
        strategy_id: str | None = None,
        trader_id: str | None = None,
        client_order_id: str | None = None,
        order_id: str | None = None,
        sending_time_ns: int | None = None,
    ) -> OrderTerms:
        """Make an order, which is not sent.

        Its prices tell its type: none a MARKET order, `limit_price` a LIMIT, `stop_price` a STOP,
        both a STOP_LIMIT, `trail` or `trail_bps` a TRAILING_STOP. Without a `time_in_force` it is
        GTC, or GTD where it has an `expire_time_ns`. Ids that are left out are given when it is
        sent.
        """

    @overload
    def submit(
        self,
        order: OrderTerms,
        side: None = None,
        quantity: None = None,
        *,
        time_ns: int | None = None,
    ) -> list[Event]: ...
    @overload
    def submit(
        self,
        order: str,
        side: _Side,
        quantity: _Number,
        *,
        limit_price: _Number | None = None,
        stop_price: _Number | None = None,
        trail: _Number | None = None,
        trail_bps: int | None = None,
        time_in_force: _TimeInForce | None = None,
        expire_time_ns: int | None = None,
        post_only: bool = False,
        reduce_only: bool = False,
        strategy_id: str | None = None,
        trader_id: str | None = None,
        client_order_id: str | None = None,
        order_id: str | None = None,
        sending_time_ns: int | None = None,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Send an order, made before or by its symbol and terms, after pre-trade checks.

        A `client_order_id` that was used with the same terms sends nothing and returns no events.

        Raises
        ------
        algotrendy.errors.AlgoTrendyError
            If its terms are wrong. An order that fails a pre-trade check raises nothing: its
            refusal is the event OrderRejected.
        """

    def check(self, order: OrderTerms) -> CheckReport:
        """Return what every pre-trade check would say of an order now; nothing is sent."""

    def submit_list(
        self,
        contingency: _Contingency,
        orders: Sequence[OrderTerms],
        *,
        list_id: str | None = None,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Send orders that depend on each other, all or none."""

    def replace(
        self,
        order_id: str,
        *,
        quantity: _Number | None = None,
        limit_price: _Number | None = None,
        stop_price: _Number | None = None,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Change an open order; `quantity` is the new total, the filled part included."""

    def cancel(self, order_id: str, *, time_ns: int | None = None) -> list[Event]:
        """Cancel an open order."""

    def close(
        self,
        symbol: str,
        *,
        strategy_id: str | None = None,
        client_order_id: str | None = None,
        order_id: str | None = None,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Cancel an instrument's open orders and close its position by a market order."""

    def mark(
        self,
        symbol: str,
        price: _Number,
        *,
        source: str = "mark",
        price_time_ns: int | None = None,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Tell an instrument's reference price."""

    def advance(self, time_ns: int) -> list[Event]:
        """Let time pass: orders expire, days begin, what is scheduled takes effect."""

    def report(
        self,
        order_id: str,
        kind: _ExecutionKind,
        execution_id: str,
        *,
        quantity: _Number | None = None,
        price: _Number | None = None,
        fee: _Number | None = None,
        fee_currency: str | None = None,
        reference_execution_id: str | None = None,
        reason: str | None = None,
        venue_order_id: str | None = None,
        transact_time_ns: int | None = None,
        time_ns: int | None = None,
    ) -> list[Event]:
        """Tell what a venue did with an order; telling it again changes nothing."""

    def on_bar(
        self,
        symbol: str,
        *,
        open: _Number,  # noqa: A002  # The name of the field.
        high: _Number,
        low: _Number,
        close: _Number,
        volume: _Number | None = None,
        open_time_ns: int,
        close_time_ns: int,
    ) -> list[Event]:
        """Trade a bar at the simulated venue; its close is the reference price afterwards."""

    def on_quote(
        self,
        symbol: str,
        bid: _Number,
        ask: _Number,
        *,
        bid_size: _Number,
        ask_size: _Number,
        time_ns: int,
    ) -> list[Event]:
        """Trade at a quote; its middle is the reference price afterwards."""

    def on_trade(
        self, symbol: str, price: _Number, quantity: _Number, *, time_ns: int
    ) -> list[Event]:
        """Trade at a trade's price; it is the reference price afterwards."""

    def position(self, symbol: str) -> Position: ...
    def find(self, order_id: str) -> Order | None: ...
    def find_by_client_id(self, client_order_id: str) -> Order | None: ...
    def price_units(self, symbol: str, field: str, value: _Number) -> int:
        """Return a price in the instrument's units; `field` is named if it is wrong."""

    def quantity_units(self, symbol: str, field: str, value: _Number) -> int:
        """Return a quantity in the instrument's units; `field` is named if it is wrong."""

    @staticmethod
    def cash_units(currency: str, field: str, value: _Number) -> int:
        """Return an amount in minor units of a currency; `field` is named if it is wrong."""

    @property
    def positions(self) -> list[Position]:
        """What is held now."""

    @property
    def orders(self) -> list[Order]:
        """All orders that are remembered, oldest first."""

    @property
    def open_orders(self) -> list[Order]: ...
    @property
    def cash(self) -> dict[str, Decimal]: ...
    @property
    def equity(self) -> Decimal | None:
        """Cash and what positions add to it; None where a price or a rate is missing."""

    @property
    def available(self) -> Decimal | None:
        """Equity less initial margins and the fees expected of open orders."""

    @property
    def initial_margin(self) -> Decimal | None: ...
    @property
    def maintenance_margin(self) -> Decimal | None: ...
    @property
    def gross_notional(self) -> Decimal | None:
        """The sum of the positions' worst cases, open orders included."""

    @property
    def limits(self) -> Limits | None: ...
    @property
    def venue(self) -> str | None:
        """How the simulated venue trades, a sentence for each choice."""

    @property
    def account_id(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def time_ns(self) -> int:
        """Now: the latest time that a command, a report or market data told; it begins with 0."""

def pre_trade_checks_page() -> str:
    """Return the reference page of the pre-trade checks, as Markdown."""

def order_states_table() -> str:
    """Return what every input does to an order in every state, as a table in Markdown."""

@type_check_only
class VenueBar(TypedDict):
    """A bar as the simulated venue trades it, in the instrument's units."""

    open_time_ns: int
    close_time_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int

@type_check_only
class VenueQuote(TypedDict):
    """The best bid and the best ask, in the instrument's units."""

    time_ns: int
    bid: int
    ask: int
    bid_size: int
    ask_size: int

@type_check_only
class VenueTrade(TypedDict):
    """A print, in the instrument's units."""

    time_ns: int
    price: int
    quantity: int

# "none", or one of {"fixed": {"latency_ns": 1}}, {"uniform": {"lowest_ns": 1, "highest_ns": 2}},
# {"exponential": {"mean_ns": 1}}, {"log_normal": {"median_ns": 1, "sigma": "0.5"}}.
_Latency = Literal["none"] | Mapping[str, Mapping[str, int | str]]

@type_check_only
class VenueConfig(TypedDict, total=False):
    """How a simulated venue trades. What is left out is the default, named first.

    `participation` is the share of volume that all orders together can fill; without one they fill
    whole. Rates are decimal text.
    """

    market_fill: Literal["next_open", "same_close"]
    limit_fill: Literal["touched", "crossed"]
    participation: str | None
    # "none", {"bps": "2.5"}, {"volume_share": {"coefficient": "0.1"}}, or {"square_root":
    # {"coefficient": "1", "markets": {"SPY": {"volatility_bps": "100", "average_volume": "1e6"}}}}.
    slippage: Literal["none"] | Mapping[str, str | Mapping[str, Any]]
    spread: Literal["none"] | Mapping[Literal["ticks", "bps"], int | str]
    fees: Literal["instrument"] | Mapping[Literal["bps"], str]
    order_latency: _Latency
    change_latency: _Latency
    report_latency: _Latency
    seed: int

@final
class SimulatedVenue:
    """A venue simulated from bars, quotes and trades; its reports are commands to execute.

    `str(venue)` says how it trades, a sentence for each choice; "Orders and risk" says by which
    rules.

    Parameters
    ----------
    slippage_bps, fee_bps : str, optional
        Basis points as decimal text such as "2.5": short for a config with these two.
    config : mapping, optional
        How it trades.
    """

    def __new__(
        cls,
        *,
        slippage_bps: str | None = None,
        fee_bps: str | None = None,
        config: VenueConfig | None = None,
    ) -> SimulatedVenue: ...
    def set_instrument(self, instrument: Instrument) -> None:
        """List an instrument, or change its terms."""

    def set_halted(self, symbol: str, *, is_halted: bool) -> None: ...
    def set_position(self, symbol: str, quantity: int) -> None:
        """Tell what the account holds, as when a venue is rebuilt."""

    def send(
        self, order: OrderDict, time_ns: int, *, last_execution_id: str | None = None
    ) -> list[ExecutionReport]:
        """Send an order; one that works already is not taken twice.

        After a restart, send the core's open orders again, with the last execution id of each.
        """

    def cancel(self, order_id: str, time_ns: int) -> list[ExecutionReport]: ...
    def replace(
        self, order_id: str, replacement: Replacement, time_ns: int
    ) -> list[ExecutionReport]: ...
    def advance(self, time_ns: int) -> list[ExecutionReport]:
        """Let time pass: messages arrive and orders expire, each at its time."""

    def on_bar(self, symbol: str, bar: VenueBar) -> list[ExecutionReport]: ...
    def begin_bar(self, symbol: str, bar: VenueBar) -> list[ExecutionReport]:
        """Let time pass to a bar's open, for `next` or `next_at_open` to go on from there."""

    def next_at_open(self, bar: VenueBar) -> list[ExecutionReport] | None:
        """Report the next thing that happens at the open; None: the rest of the bar waits."""

    def resume_bar(self, symbol: str) -> bool:
        """Take up the bar that waits, for `next` to go on; false where none does."""

    def next(self) -> list[ExecutionReport] | None:
        """Report the next thing that happens; None: nothing more does. Requests take part."""

    def on_quote(self, symbol: str, quote: VenueQuote) -> list[ExecutionReport]: ...
    def on_trade(self, symbol: str, trade: VenueTrade) -> list[ExecutionReport]: ...
    def begin_quote(self, symbol: str, quote: VenueQuote) -> list[ExecutionReport]:
        """Let time pass to a quote, for `next` to go on from there."""

    def begin_trade(self, symbol: str, trade: VenueTrade) -> list[ExecutionReport]:
        """Let time pass to a trade, for `next` to go on from there."""

    def position(self, symbol: str) -> int:
        """Return what the venue's fills make the account hold."""

    @property
    def working_orders(self) -> int: ...
    @property
    def next_due_ns(self) -> int | None:
        """When a message arrives or an order may expire next."""

    @property
    def config(self) -> VenueConfig: ...

@type_check_only
class RuleIntent(TypedDict):
    """An order at the market that a rule wants."""

    side: Literal["BUY", "SELL"]
    amount: RuleAmount
    # The field of the spec that led to it.
    cause: str
    exits: RuleExits

@type_check_only
class RuleExitOrder(TypedDict):
    """An order that protects a position; prices in units of the instrument."""

    side: Literal["BUY", "SELL"]
    order_type: Literal["STOP", "LIMIT", "TRAILING_STOP"]
    limit_price: int | None
    stop_price: int | None
    trail_offset: int | None
    trail_bps: int | None

@final
class RuleAmount:
    """How much an order is for; the units are the instrument's."""

    @property
    def units(self) -> int | None:
        """None where that depends on the open at which it fills."""

    def units_at_open(
        self,
        *,
        open: int,  # noqa: A002  # A bar's.
        equity: str | None,
        venue: VenueConfig,
    ) -> int:
        """Return it at an open, with what a fill at such a venue costs on top of it."""

@final
class RuleExits:
    """What protects a position that an intent opens; true if there is anything."""

    def __bool__(self) -> bool: ...
    def orders(self, side: str, price: int) -> list[RuleExitOrder]:
        """Return the orders that protect what `side` entered at an average price."""

@final
class StrategyRule:
    """A spec whose expressions are compiled with the models they ask, as it is lived."""

    def __new__(
        cls, spec_json: str, *, models: Mapping[str, Any] | None = None
    ) -> StrategyRule: ...
    @property
    def spec_json(self) -> str:
        """The spec's canonical JSON."""

    @property
    def expressions(self) -> list[tuple[str, str, list[str]]]:
        """Each expression: the field it stands in, its text, the fields of bars it reads."""

    @property
    def warm_up(self) -> int:
        """How many bars come before every expression may have a value."""

    @property
    def is_ranking(self) -> bool: ...
    @property
    def needs_universe(self) -> bool:
        """Whether all symbols must be looked at together: ranked, or compared."""

    @property
    def models(self) -> list[tuple[str, bool]]:
        """The models that are asked, and whether in sample."""

    def stream(self, instrument: Instrument, *, models_from_ns: int | None = None) -> RuleStream:
        """Return an evaluation of one symbol that has seen no bar.

        Models are asked about bars that close at `models_from_ns` or later.
        """

    def universe(
        self, instruments: Sequence[Instrument], *, models_from_ns: int | None = None
    ) -> RuleUniverse:
        """Return an evaluation of several symbols together; they go by their places."""

@final
class RuleStream:
    """A rule on one symbol, bar by bar."""

    def push(
        self,
        *,
        open: float,  # noqa: A002  # A bar's.
        high: float,
        low: float,
        close: float,
        volume: float,
        open_time_ns: int,
        close_time_ns: int,
    ) -> bool:
        """Take the next bar and return whether it needs a decision."""

    @property
    def model_outputs(self) -> dict[str, float]:
        """What each model said of the last bar; one that said nothing is missing."""

    @property
    def exits(self) -> RuleExits:
        """What an entry decided at the last bar gets as it fills."""

    def decide(
        self,
        *,
        position: int,
        close: int,
        equity: str | None,
        is_working: bool,
        bars_held: int,
    ) -> tuple[RuleIntent | None, RuleIntent | None]:
        """Return what to do at the close of the last bar: what is closed, then what is opened."""

@final
class RuleUniverse:
    """A rule over several symbols together, time by time."""

    def push(
        self, bars: Sequence[tuple[int, tuple[float, float, float, float, float, int, int]]]
    ) -> bool:
        """Take the bars that close at one time and return whether they need a decision.

        Each is its symbol's place, and open, high, low, close, volume, open time and close time.
        """

    @property
    def is_due(self) -> bool:
        """Whether it is decided at the last time who is held."""

    def model_outputs(self, place: int) -> dict[str, float]:
        """Return what each model said of a symbol's last bar; one that said nothing is missing."""

    def exits(self, place: int) -> RuleExits:
        """Return what an entry decided at a symbol's last bar gets as it fills."""

    def decide(
        self,
        place: int,
        *,
        position: int,
        close: int,
        equity: str | None,
        is_working: bool,
        bars_held: int,
    ) -> tuple[RuleIntent | None, RuleIntent | None]:
        """Return what to do about a symbol by a rule without rank, as `RuleStream` does."""

    def held(self) -> list[int]:
        """Return who is to be held by a rule with a rank: places, the highest first."""

    def target(
        self, place: int, *, count: int, close: int, equity: str | None
    ) -> RuleIntent | None:
        """Return what is to be held of one of `count`; None where nothing is bought."""

@final
class Journal:
    """One account's records in one file. A record counts once `sync` has returned after it.

    After a write that failed, and after `close`, every call raises CoreHaltedError. Calls release
    the GIL; records may be appended while another thread syncs.
    """

    @classmethod
    def open(cls, path: str | PathLike[str], account_id: str | None = None) -> Journal:
        """Open the journal at `path`, or begin it there; cut what a crash left incomplete.

        Raises
        ------
        algotrendy.errors.AlgoTrendyError
            JOURNAL_CORRUPT with the byte `offset`, if a damaged record comes before a whole one;
            FAILED_PRECONDITION, if it is another account's; STORAGE_FULL, STORAGE_FAILED.
        """

    def append(self, payload: bytes) -> None: ...
    def sync(self) -> None: ...
    def records(self) -> list[bytes]: ...
    def close(self) -> None: ...
    @property
    def account_id(self) -> str: ...
    @property
    def truncated_bytes(self) -> int:
        """How many bytes opening has cut from a torn end."""

# --- Backtests ------------------------------------------------------------------------------------

@final
class BacktestFeed:
    """One series of market data in its instrument's units, checked and ready to run.

    Parameters
    ----------
    table : TickTable
        Bars, trades or quotes.
    name : str
        The instrument's symbol, or for another series of it as in "SPY:1h".
    integer_scale : int, optional
        How many digits after the point integers have that are prices; by default they are units.
    rounds : bool
        Whether numbers finer than the instrument's scales are rounded, half to even, to them;
        otherwise they are refused.
    interval_ns : int, optional
        How long a bar lasts where the table has one time for each; by default the usual step. No
        bar overlaps the next.
    label_close : bool
        Whether that one time is the close.
    bars : mapping, optional
        The bars that are made of trades, as `BarStream` takes them.
    membership : list of (int, int)
        Half-open spans in which the instrument is in the universe; empty: always.
    delisting : (int, int or None), optional
        When it stops trading, and the price, in units, at which what is held is closed.
    factors : list of (int, float, float)
        From when on, and what earlier prices and volumes are multiplied by to compare with later
        ones.

    Raises
    ------
    algotrendy.errors.DataColumnsError, algotrendy.errors.DataValueError
        For a column that is missing, or a value that market data cannot have; names the row.
    algotrendy.errors.DataOrderError
        For rows that are not in time order.
    """

    def __new__(
        cls,
        table: TickTable,
        instrument: Instrument,
        *,
        name: str,
        integer_scale: int | None = None,
        rounds: bool = False,
        interval_ns: int | None = None,
        label_close: bool = False,
        bars: Mapping[str, Any] | None = None,
        membership: Sequence[tuple[int, int]] = ...,
        delisting: tuple[int, int | None] | None = None,
        factors: Sequence[tuple[int, float, float]] = ...,
    ) -> BacktestFeed: ...
    @property
    def name(self) -> str: ...
    @property
    def symbol(self) -> str: ...
    @property
    def instrument(self) -> Instrument: ...
    @property
    def kind(self) -> str:
        """What it brings: "bars", "trades" or "quotes"."""

    @property
    def rounded(self) -> int:
        """How many numbers were rounded to the instrument's scales."""

    @property
    def time_range(self) -> tuple[int, int] | None:
        """The first time and the last: a bar's open, a bar's close. None without rows."""

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the columns as they are run, in units; read-only, without a copy."""

    def __len__(self) -> int: ...

@final
class BacktestOutcome:
    """What came of a run. `outcome["fills"]` makes the columns of a table.

    The tables are orders, fills, positions, rejections and equity. Numbers are `int64` in units of
    their instrument or the account's currency, the smallest one where there is none; average
    prices are `float64`; text is a list, or codes with their names, -1 where there is none.
    """

    def __getitem__(self, table: str, /) -> dict[str, Any]: ...
    @property
    def account_id(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def cash(self) -> int:
        """What the account started with, in minor units."""

    @property
    def start_time_ns(self) -> int | None:
        """When the first bar or tick that could be traded opened."""

    @property
    def instruments(self) -> dict[str, Instrument]: ...
    @property
    def models(self) -> list[tuple[str, bool]]:
        """The models that were asked, and whether in sample."""

    def summary(self) -> dict[str, float | int | None]:
        """Return what the run amounts to, as a row of a sweep; amounts in minor units."""

    @property
    def counters(self) -> dict[str, int]:
        """How many bars, trades and quotes there were, and what was done with them."""

@type_check_only
class RunTerms(TypedDict, total=False):
    """The terms of a run; what is left out, or None, has its default."""

    currency: Required[str]
    # Minor units.
    cash: Required[int]
    account_id: str | None
    strategy_id: str | None
    start_ns: int | None
    end_ns: int | None
    venue: VenueConfig
    limits: Limits | None
    # "hold", "last_open" or "last_close".
    finish: str | None
    rates: Sequence[tuple[str, str]]
    max_orders: int | None
    kept_rows: int | None

@type_check_only
class _Model(Protocol):
    @property
    def features(self) -> Sequence[tuple[str, str]]: ...
    @property
    def usable_after_ns(self) -> int: ...
    def predict(self, rows: NDArray[np.float64]) -> NDArray[np.float64]: ...

_AnyNumber = Decimal | str | int | float
_Time = str | int | date
_Rests = Sequence[tuple[int, Iterator[BacktestFeed]]]

def run_class(
    feeds: Sequence[BacktestFeed],
    terms: RunTerms,
    strategy: object,
    *,
    callbacks: Sequence[str],
    features: Sequence[tuple[str, str]] = ...,
    parameters: Sequence[tuple[str, bool | float]] = ...,
    warm_up_bars: int = 0,
    models: Mapping[str, _Model] | None = None,
    zone: str | None = None,
    rests: _Rests = ...,
    on_progress: Callable[[int, int, int], object] | None = None,
) -> BacktestOutcome:
    """Run an object whose `callbacks` are called; what it raises ends the run and is raised.

    Parameters
    ----------
    features, parameters : list of pairs
        Expressions by name, and what names of constants in them mean.
    rests : list of (int, iterator)
        What comes after a feed that is not whole: its place, and the parts that follow.
    on_progress : callable, optional
        Called with rows done, rows in all and the time reached; what it raises ends the run.
    """

@disjoint_base
class RunView:
    """What a strategy sees of its run, in its callbacks and nowhere else: the past and the present.

    Where a method takes a symbol, the default is that of the bar, tick or fill which the callback
    is about. Numbers to decide by are floats; `positions` and `open_orders` are exact.
    """

    def feature(self, name: str, symbol: str | None = None) -> float:
        """Return a feature's value at the last bar of a series; NaN where it has none."""

    def model(self, name: str, symbol: str | None = None) -> float:
        """Return what a model says of the last bar of a series; NaN where it says nothing."""

    def position(self, symbol: str | None = None) -> float:
        """Return the quantity held; negative is short."""

    @property
    def positions(self) -> dict[str, Position]:
        """What is held, by symbol, exactly."""

    @property
    def cash(self) -> float: ...
    @property
    def equity(self) -> float:
        """What the account is worth at the last known prices."""

    def price(self, symbol: str | None = None) -> float:
        """Return the last known price; NaN before the first."""

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        """Return the orders that may still fill: one instrument's, or all."""

    def is_member(self, symbol: str | None = None) -> bool:
        """Return whether an instrument is in the universe now."""

    @property
    def members(self) -> list[str]:
        """The symbols that are in the universe now, in the order of the data."""

    @property
    def symbols(self) -> list[str]:
        """All symbols of the run, in the order of the data."""

    @property
    def now_ns(self) -> int: ...
    def history(
        self, count: int, field: str = "close", symbol: str | None = None
    ) -> NDArray[np.float64]:
        """Return the last values of a field up to now, oldest first; fewer where there are no more.

        `field` is "open", "high", "low", "close" or "volume".
        """

    @property
    def bars(self) -> StrategyBars:
        """The bars, so far, of the series that the callback is about."""

    def series(self, symbol: str | None = None) -> StrategyBars:
        """Return the bars, so far, of a series."""

    def log(self, message: object) -> None:
        """Write to the log `algotrendy.strategy`, level INFO, with the time of the run."""

@final
class Context(RunView):
    """What a strategy is given in every callback: what it sees, and what it asks for.

    Quantities and prices are exact where they are `int`, `Decimal` or `str`. A float quantity is
    rounded to the lot towards zero, a float price to the tick away from trading: limits of buys and
    stops of sells down, the others up. Orders of less than a lot are None, and not sent. An order
    is named by what `buy` and the others return, such as "o-1".

    Raises
    ------
    algotrendy.errors.FailedPreconditionError
        Outside of a callback; for orders also in `on_start` and `on_stop`.
    algotrendy.errors.SymbolNotFoundError
        For a symbol that the run has not.
    algotrendy.errors.InvalidArgumentError
        For terms that no order has, such as a quantity of nothing. What the account or the venue
        refuses is told by `on_order`, and in the result's rejections.
    """

    def buy(
        self,
        quantity: _AnyNumber,
        symbol: str | None = None,
        *,
        limit: _AnyNumber | None = None,
        stop: _AnyNumber | None = None,
        trail: _AnyNumber | None = None,
        trail_bps: int | None = None,
        time_in_force: str | None = None,
        expire: _Time | None = None,
        post_only: bool = False,
        reduce_only: bool = False,
        client_order_id: str | None = None,
        tag: str | None = None,
    ) -> str | None:
        """Buy at the market, or by the prices given: limit, stop, stop-limit or trailing stop.

        `trail` is a distance in price, `trail_bps` one in basis points. It lives until it is
        canceled (GTC), or until `expire` where that is given (GTD).
        """

    def sell(
        self,
        quantity: _AnyNumber,
        symbol: str | None = None,
        *,
        limit: _AnyNumber | None = None,
        stop: _AnyNumber | None = None,
        trail: _AnyNumber | None = None,
        trail_bps: int | None = None,
        time_in_force: str | None = None,
        expire: _Time | None = None,
        post_only: bool = False,
        reduce_only: bool = False,
        client_order_id: str | None = None,
        tag: str | None = None,
    ) -> str | None:
        """Sell likewise; below zero where shorting is allowed."""

    def order(
        self,
        side: str,
        quantity: _AnyNumber,
        symbol: str | None = None,
        *,
        limit: _AnyNumber | None = None,
        stop: _AnyNumber | None = None,
        trail: _AnyNumber | None = None,
        trail_bps: int | None = None,
        time_in_force: str | None = None,
        expire: _Time | None = None,
        post_only: bool = False,
        reduce_only: bool = False,
        client_order_id: str | None = None,
        tag: str | None = None,
    ) -> str | None:
        """Send an order of a side, "BUY" or "SELL"."""

    def bracket(
        self,
        quantity: _AnyNumber,
        symbol: str | None = None,
        *,
        stop_loss: _AnyNumber | None = None,
        take_profit: _AnyNumber | None = None,
        side: str = "BUY",
        limit: _AnyNumber | None = None,
        stop: _AnyNumber | None = None,
        time_in_force: str | None = None,
        expire: _Time | None = None,
        tag: str | None = None,
    ) -> list[str] | None:
        """Send an entry with a stop loss, a take profit, or both, of which one cancels the other.

        They work once the entry fills, for as much as has filled.
        """

    def cancel(self, order_id: str) -> None:
        """Ask the venue to cancel an order; one that has ended stays as it is."""

    def cancel_all(self, symbol: str | None = None) -> None:
        """Ask the venue to cancel one instrument's open orders, or all."""

    def replace(
        self,
        order_id: str,
        *,
        quantity: _AnyNumber | None = None,
        limit: _AnyNumber | None = None,
        stop: _AnyNumber | None = None,
    ) -> None:
        """Change an open order; what is not given stays."""

    def close(self, symbol: str | None = None) -> str | None:
        """Cancel the open orders and send the market order that closes what is held, if any is."""

    def target_position(self, quantity: _AnyNumber, symbol: str | None = None) -> str | None:
        """Send the market order that makes what is held `quantity`; None where it is already."""

    def target_weight(self, weight: float, symbol: str | None = None) -> str | None:
        """Send the market order that makes what is held that share of the equity.

        At the last known price, in whole lots towards zero; negative is short. None where it is so
        already.
        """

    def timer(
        self, name: str | None = None, *, at: _Time | None = None, every: object = None
    ) -> int:
        """Ask for `on_timer` at a time, or every so often ("1h"), from that time or from now on."""

    def end_timer(self, timer_id: int) -> None:
        """End a timer; one that has ended stays so."""

@final
class StrategyBar:
    """A bar that has closed. Floats to decide by; `raw` has the integers.

    `bar[-1]` is the one before it; one that has not closed is a LookaheadError.
    """

    @property
    def open(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def close(self) -> float: ...
    @property
    def volume(self) -> float: ...
    @property
    def open_time_ns(self) -> int: ...
    @property
    def close_time_ns(self) -> int: ...
    @property
    def symbol(self) -> str: ...
    @property
    def series(self) -> str:
        """The series' name: the symbol, or as in "SPY:1h"."""

    @property
    def index(self) -> int:
        """The bar's place in its series, from 0."""

    @property
    def raw(self) -> dict[str, int]:
        """Prices and volume in the instrument's units."""

    def __getitem__(self, offset: int, /) -> StrategyBar: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class StrategyBars:
    """The bars of a series that have closed: `bars[-1]` is the last, `bars[0]` the first.

    One that has not closed is a LookaheadError that names the line which asks for it.
    """

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> StrategyBar: ...

@final
class StrategyTrade:
    """A trade of the market."""

    @property
    def time_ns(self) -> int: ...
    @property
    def price(self) -> float: ...
    @property
    def quantity(self) -> float: ...
    @property
    def side(self) -> int:
        """1 where a buyer took liquidity, -1 where a seller did, 0 where nobody knows."""

    @property
    def symbol(self) -> str: ...

@final
class StrategyQuote:
    """The best bid and ask of the market."""

    @property
    def time_ns(self) -> int: ...
    @property
    def bid(self) -> float: ...
    @property
    def ask(self) -> float: ...
    @property
    def bid_size(self) -> float: ...
    @property
    def ask_size(self) -> float: ...
    @property
    def symbol(self) -> str: ...

@final
class Timer:
    """A timer that is due."""

    @property
    def timer_id(self) -> int: ...
    @property
    def name(self) -> str | None: ...
    @property
    def time_ns(self) -> int: ...

def run_spec(
    feeds: Sequence[BacktestFeed],
    terms: RunTerms,
    spec: str,
    *,
    models: Mapping[str, _Model] | None = None,
    zone: str | None = None,
    rests: _Rests = ...,
    on_progress: Callable[[int, int, int], object] | None = None,
) -> BacktestOutcome:
    """Run a spec, as JSON, with the GIL released; otherwise as `run_class`."""

def run_sweep(
    feeds: Sequence[BacktestFeed],
    terms: RunTerms,
    spec: str,
    grid: Sequence[tuple[str, Sequence[bool | int | float]]],
    on_row: Callable[[int, dict[str, Any]], object],
    *,
    threads: int,
    places: Sequence[int] | None = None,
    models: Mapping[str, _Model] | None = None,
    zone: str | None = None,
) -> bool:
    """Run a spec, as JSON, with the combinations of a grid; return whether all were run.

    `on_row` is called with each one's place in the grid and what it amounts to, in order; the last
    parameter varies fastest. What it raises ends the sweep. A combination that cannot be run has
    an `error` alone. `places` are those to run, in order.
    """
