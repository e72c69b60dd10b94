"""The Rust core: market data, expressions and trading as pure state machines.

Times are nanoseconds since the Unix epoch, UTC. Prices and quantities are integers in units of
10^-scale, the scale being the instrument's. Every refusal is raised as the class of
`algotrendy.errors` that has its reason.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from os import PathLike
from typing import Any, Final, Literal, NotRequired, TypedDict, final, type_check_only

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Bar",
    "BarStream",
    "Bars",
    "Decision",
    "Expression",
    "ExpressionStream",
    "FeatureSet",
    "FeatureStream",
    "Features",
    "Instrument",
    "Journal",
    "SimulatedVenue",
    "TickTable",
    "TradingCore",
    "UniverseStream",
    "__version__",
    "check_sessions",
    "check_zone",
    "expression_caret",
    "expression_fields",
    "expression_functions",
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
        "INDEX", "EQUITY", "FUTURE", "CRYPTO" or "FX".
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

_Side = Literal["BUY", "SELL"]
_OrderType = Literal["MARKET", "LIMIT"]
_TimeInForce = Literal["DAY", "GTC"]
_OrderStatus = Literal[
    "PENDING_NEW",
    "NEW",
    "PARTIALLY_FILLED",
    "FILLED",
    "PENDING_CANCEL",
    "CANCELED",
    "REJECTED",
    "EXPIRED",
]
_ExecutionKind = Literal["ACCEPTED", "FILL", "CANCELED", "REJECTED", "EXPIRED"]

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

@type_check_only
class Limits(TypedDict):
    """What an order may be and make of the account. All are needed; amounts are decimal text.

    Amounts are in the instrument's currency, quantities in base units. `max_order_quantity` of
    None bounds an order by its notional alone. `max_position_notional` bounds the position that
    there would be if all open orders of the same side filled. `price_collar_bps` bounds how far a
    limit price may be from the reference price, either way.
    """

    version: int
    max_order_quantity: str | None
    max_order_notional: str
    max_position_notional: str
    max_open_orders: int
    price_collar_bps: int
    max_reference_age_ns: int
    allow_short: bool

@type_check_only
class Order(TypedDict):
    """An order and what has become of it. Prices and quantities are in the instrument's units.

    `average_price_numerator` is the sum of price times quantity over the fills.
    `reference_price` is the price it was checked against, its arrival price.
    """

    order_id: str
    client_order_id: str
    symbol: str
    side: _Side
    order_type: _OrderType
    quantity: int
    limit_price: int | None
    time_in_force: _TimeInForce
    expire_time_ns: int | None
    strategy_id: str | None
    status: _OrderStatus
    filled_quantity: int
    leaves_quantity: int
    average_price_numerator: int
    reference_price: int | None
    venue_order_id: str | None
    reject_reason: str | None
    create_time_ns: int
    update_time_ns: int

@type_check_only
class Position(TypedDict):
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
    """What an account is worth, in minor units of its one currency."""

    currency: str
    cash: int
    positions_value: int
    equity: int

@type_check_only
class ReferencePrice(TypedDict):
    """The price that orders in an instrument are checked against."""

    price: int
    time_ns: int
    source: str

@type_check_only
class CheckFailure(TypedDict):
    """A pre-trade check that an order fails; `limit` and `observed` are decimal text or empty."""

    reason: str
    rule: str
    limit: str
    observed: str

@type_check_only
class Deposit(TypedDict):
    """Adds cash: `amount` minor units, positive."""

    type: Literal["Deposit"]
    currency: str
    amount: int

@type_check_only
class Withdraw(TypedDict):
    """Takes free cash: `amount` minor units, positive. INSUFFICIENT_FUNDS above what is free."""

    type: Literal["Withdraw"]
    currency: str
    amount: int

@type_check_only
class RegisterInstrument(TypedDict):
    """Makes an instrument known; again with other terms is ALREADY_EXISTS."""

    type: Literal["RegisterInstrument"]
    instrument: InstrumentTerms

@type_check_only
class SetLimits(TypedDict):
    """Replaces the limits by a later version; an earlier one is FAILED_PRECONDITION."""

    type: Literal["SetLimits"]
    limits: Limits

@type_check_only
class Submit(TypedDict):
    """Sends one order. `order_id` is ours and new on a retry, `client_order_id` the client's.

    A LIMIT order has a `limit_price`, a DAY order an `expire_time_ns` at which `Advance` ends it;
    the others have none. The same `client_order_id` with the same terms decides nothing: the
    caller answers with `order_by_client_id`. With other terms it is CLIENT_ORDER_ID_REUSED.
    """

    type: Literal["Submit"]
    order_id: str
    client_order_id: str
    symbol: str
    side: _Side
    order_type: _OrderType
    quantity: int
    limit_price: NotRequired[int | None]
    time_in_force: _TimeInForce
    expire_time_ns: NotRequired[int | None]
    strategy_id: NotRequired[str | None]

@type_check_only
class Cancel(TypedDict):
    """Asks the venue to cancel an order. Again it decides nothing; too late is a conflict."""

    type: Literal["Cancel"]
    order_id: str

@type_check_only
class ExecutionReport(TypedDict):
    """Tells what a venue did with an order. Telling it again decides nothing.

    A FILL has a positive `quantity`, a `price` and a `fee` in minor units of `fee_currency`, the
    instrument's if unset. `transact_time_ns` is when it happened at the venue. Execute a report
    at that time or at the core's own `time_ns`, whichever is later.
    """

    type: Literal["ExecutionReport"]
    order_id: str
    execution_id: str
    kind: _ExecutionKind
    quantity: NotRequired[int]
    price: NotRequired[int]
    fee: NotRequired[int]
    fee_currency: NotRequired[str | None]
    reason: NotRequired[str | None]
    venue_order_id: NotRequired[str | None]
    transact_time_ns: NotRequired[int | None]

@type_check_only
class Mark(TypedDict):
    """Tells an instrument's reference price. It is executed, never journalled nor published."""

    type: Literal["Mark"]
    symbol: str
    price: int
    source: str

@type_check_only
class Advance(TypedDict):
    """Lets time pass: DAY orders whose `expire_time_ns` has come expire."""

    type: Literal["Advance"]

_Command = (
    Deposit
    | Withdraw
    | RegisterInstrument
    | SetLimits
    | Submit
    | Cancel
    | ExecutionReport
    | Mark
    | Advance
)

@type_check_only
class _EventHead(TypedDict):
    sequence: int
    record_sequence: int
    time_ns: int

@type_check_only
class CashDeposited(_EventHead):
    """Cash was added; `balance` is what is held afterwards."""

    type: Literal["CashDeposited"]
    currency: str
    amount: int
    balance: int

@type_check_only
class CashWithdrawn(_EventHead):
    """Cash was taken; `balance` is what is held afterwards."""

    type: Literal["CashWithdrawn"]
    currency: str
    amount: int
    balance: int

@type_check_only
class InstrumentRegistered(_EventHead):
    """An instrument became known."""

    type: Literal["InstrumentRegistered"]
    instrument: InstrumentTerms

@type_check_only
class LimitsSet(_EventHead):
    """Limits took effect."""

    type: Literal["LimitsSet"]
    limits: Limits

@type_check_only
class OrderCreated(_EventHead):
    """An order passed its checks and is to be sent."""

    type: Literal["OrderCreated"]
    order: Order

@type_check_only
class OrderRejected(_EventHead):
    """An order was refused: by the check `rule`, or by the venue (REJECTED_BY_VENUE, `venue`)."""

    type: Literal["OrderRejected"]
    order: Order
    reason: str
    rule: str
    limit: str
    observed: str

@type_check_only
class OrderAccepted(_EventHead):
    """The venue took an order, or told its id after an early fill."""

    type: Literal["OrderAccepted"]
    order_id: str
    client_order_id: str
    symbol: str
    venue_order_id: str | None
    status: _OrderStatus

@type_check_only
class OrderFilled(_EventHead):
    """Part or all of an order traded: this is the trade's record.

    `cash_change` is in minor units of `currency`, negative for a buy, the fee not counted.
    `filled_quantity` to `status` are the order's afterwards. `late` tells that it had ended:
    the fill crossed its cancel or expiry.
    """

    type: Literal["OrderFilled"]
    order_id: str
    client_order_id: str
    execution_id: str
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
    status: _OrderStatus
    late: bool
    strategy_id: str | None
    transact_time_ns: int | None

@type_check_only
class _OrderTransition(_EventHead):
    order_id: str
    client_order_id: str
    symbol: str
    filled_quantity: int
    status: _OrderStatus

@type_check_only
class CancelRequested(_OrderTransition):
    """A cancel is to be sent to the venue."""

    type: Literal["CancelRequested"]

@type_check_only
class OrderCanceled(_OrderTransition):
    """The venue canceled an order."""

    type: Literal["OrderCanceled"]

@type_check_only
class OrderExpired(_OrderTransition):
    """An order's time in force ended."""

    type: Literal["OrderExpired"]

@type_check_only
class _PositionTransition(_EventHead):
    symbol: str
    execution_id: str
    quantity: int
    total_cost: int
    realized_pnl: int
    total_realized_pnl: int
    currency: str

@type_check_only
class PositionOpened(_PositionTransition):
    """A position that was flat no longer is. A fill through zero closes first, then opens."""

    type: Literal["PositionOpened"]

@type_check_only
class PositionChanged(_PositionTransition):
    """A position grew or shrank; `realized_pnl` is by this fill, `total_realized_pnl` so far."""

    type: Literal["PositionChanged"]

@type_check_only
class PositionClosed(_PositionTransition):
    """A position became flat; `realized_pnl` is by this fill, `total_realized_pnl` so far."""

    type: Literal["PositionClosed"]

_Event = (
    CashDeposited
    | CashWithdrawn
    | InstrumentRegistered
    | LimitsSet
    | OrderCreated
    | OrderRejected
    | OrderAccepted
    | OrderFilled
    | CancelRequested
    | OrderCanceled
    | OrderExpired
    | PositionOpened
    | PositionChanged
    | PositionClosed
)

@final
class Decision:
    """What a command led to: events to fold, and the record to journal before they count.

    `events` is empty, and `record` with it, when there is nothing to journal: a mark, a repeated
    command, an `Advance` that ended no order.
    """

    @property
    def events(self) -> list[_Event]: ...
    @property
    def record(self) -> bytes: ...

@final
class TradingCore:
    """One account as a deterministic state machine: `decide` is pure, folding alone changes it.

    Commands and events are dicts with their `type` as the first entry (an event's `sequence`,
    `record_sequence` and `time_ns` come before it). Amounts of cash are integers in minor units.
    Every fill moves cash by its whole notional and its fee. After a panic inside, every call
    raises CoreHaltedError: rebuild the core from its journal.

    Journalled trading is `decision = decide(...)`, `journal.append(decision.record)`,
    `apply(decision)`, `journal.sync()`, then the answer. A backtest is `execute`.
    """

    def __new__(cls, account_id: str) -> TradingCore: ...
    def decide(self, command: _Command, time_ns: int) -> Decision:
        """Decide a command; nothing changes.

        Raises
        ------
        algotrendy.errors.AlgoTrendyError
            UNKNOWN_INSTRUMENT, QUANTITY_NOT_POSITIVE, QUANTITY_OFF_LOT, PRICE_NOT_POSITIVE,
            PRICE_OFF_TICK, ORDER_TERMS_INVALID, CLIENT_ORDER_ID_REUSED, ORDER_UNKNOWN,
            ORDER_STATE_CONFLICT, OVERFILL, TIME_WENT_BACK, INSUFFICIENT_FUNDS (a withdrawal),
            VALUE_OVERFLOW, INVALID_ARGUMENT, ALREADY_EXISTS. An order that fails a pre-trade check
            raises nothing: it is journalled as OrderRejected.
        """

    def execute(self, command: _Command, time_ns: int) -> Decision:
        """Decide a command and apply what was decided. A `Mark` takes effect only here."""

    def check(self, command: Submit, time_ns: int) -> list[CheckFailure]:
        """Return all pre-trade checks the order would fail; raise if its terms are wrong.

        Without limits or a reference price there is nothing else to measure.
        """

    def apply(self, decision: Decision) -> None:
        """Fold all events of a decision made on this state."""

    def fold(self, event: _Event) -> None:
        """Fold one event; JOURNAL_CORRUPT if it does not follow the last one."""

    def fold_record(self, record: bytes) -> list[_Event]:
        """Fold the events of a journal record, deciding nothing, and return them."""

    def order(self, order_id: str) -> Order | None: ...
    def order_by_client_id(self, client_order_id: str) -> Order | None: ...
    def orders(self) -> list[Order]: ...
    def open_orders(self) -> list[Order]: ...
    def positions(self) -> list[Position]: ...
    def cash(self) -> dict[str, int]: ...
    def equity(self) -> Equity:
        """Value the account; REFERENCE_PRICE_MISSING if a position has no mark."""

    def limits(self) -> Limits | None: ...
    def instruments(self) -> list[InstrumentTerms]: ...
    def reference_price(self, symbol: str) -> ReferencePrice | None: ...
    @property
    def account_id(self) -> str: ...
    @property
    def time_ns(self) -> int | None:
        """The time of the last event or mark; nothing is decided before it."""

    @property
    def event_sequence(self) -> int: ...
    @property
    def record_sequence(self) -> int: ...

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

@final
class SimulatedVenue:
    """An exchange simulated from bars; its answers are commands to execute.

    An order fills only on a bar that opens at or after its `create_time_ns`. A market order fills
    at the open, worse by `slippage_bps` and rounded away from the trader to the tick; a limit
    order there too if the open is marketable, never beyond its limit, else at its limit once the
    bar's range reaches it (`transact_time_ns` is then the bar's close). Fills are whole.

    Parameters
    ----------
    slippage_bps, fee_bps : str
        Basis points as decimal text such as "2.5"; zero or above, below 10000. The fee is of the
        notional, rounded half to even to the currency's minor unit.
    """

    def __new__(cls, *, slippage_bps: str, fee_bps: str) -> SimulatedVenue: ...
    def send(self, order: Order) -> list[ExecutionReport]:
        """Take an order and report it ACCEPTED; one that rests already is not taken twice.

        After a restart, send the core's open orders again.
        """

    def cancel(self, order_id: str) -> list[ExecutionReport]:
        """Cancel a resting order and report it CANCELED; nothing if there is none."""

    def on_bar(self, instrument: Instrument, bar: VenueBar) -> list[ExecutionReport]:
        """Report the fills of a bar, in the order the orders were sent."""

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
