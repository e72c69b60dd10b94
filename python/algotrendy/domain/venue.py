"""The terms of a simulated venue, in a paper account and in a backtest."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from algotrendy import _core
from algotrendy.errors import InvalidArgumentError

_BPS_LIMIT = 10_000
_NONE = "none"


class MarketFill(StrEnum):
    """Where a market order fills on bars: the next open, or the very close it was decided on."""

    NEXT_OPEN = "next_open"
    SAME_CLOSE = "same_close"


class LimitFill(StrEnum):
    """What a price must do for a resting limit order to fill: reach it, or go a tick beyond."""

    TOUCHED = "touched"
    CROSSED = "crossed"


@dataclass(frozen=True)
class VolumeShare:
    """Slippage of `coefficient` × (share of the volume)² of the price; wants a participation."""

    coefficient: Decimal


@dataclass(frozen=True)
class ImpactTerms:
    """A day's volatility in basis points, and what trades on an average day in base units."""

    volatility_bps: Decimal
    average_volume: Decimal


@dataclass(frozen=True)
class SquareRoot:
    """Slippage of `coefficient` × volatility × √(quantity / average volume) of the price."""

    coefficient: Decimal
    markets: Mapping[str, ImpactTerms]


@dataclass(frozen=True)
class FixedLatency:
    """Always the same."""

    latency_ns: int


@dataclass(frozen=True)
class UniformLatency:
    """Equally likely anywhere between two bounds, both included."""

    lowest_ns: int
    highest_ns: int


@dataclass(frozen=True)
class ExponentialLatency:
    """Exponential."""

    mean_ns: int


@dataclass(frozen=True)
class LogNormalLatency:
    """Log-normal around a median; `sigma` is the natural logarithm's standard deviation."""

    median_ns: int
    sigma: Decimal


Latency = FixedLatency | UniformLatency | ExponentialLatency | LogNormalLatency

_LATENCIES: dict[str, type[Latency]] = {
    "fixed": FixedLatency,
    "uniform": UniformLatency,
    "exponential": ExponentialLatency,
    "log_normal": LogNormalLatency,
}
LATENCIES = ("order_latency", "change_latency", "report_latency")


@dataclass(frozen=True)
class VenueTerms:
    """How orders are filled and charged.

    Parameters
    ----------
    slippage_bps, fee_bps : Decimal
        In basis points of the price met, and of the notional.
    impact : VolumeShare or SquareRoot, optional
        Slippage that depends on the quantity, instead of `slippage_bps`.
    participation : Decimal, optional
        The share of a bar's volume that all orders together can fill. None: they fill whole.
    spread_ticks, spread_bps
        How far apart bid and ask are around a bar's price; one of the two.
    instrument_commission : bool
        Whether fills cost the instrument's own commission, instead of `fee_bps`.
    order_latency, change_latency, report_latency : Latency, optional
        How long orders, their changes and reports travel. None: no time.
    seed : int
        What random latencies are drawn from.

    Raises
    ------
    InvalidArgumentError
        If a term is out of range; names the field.
    """

    slippage_bps: Decimal = Decimal(0)
    fee_bps: Decimal = Decimal(0)
    market_fill: MarketFill = MarketFill.NEXT_OPEN
    limit_fill: LimitFill = LimitFill.TOUCHED
    participation: Decimal | None = None
    impact: VolumeShare | SquareRoot | None = None
    spread_ticks: int = 0
    spread_bps: Decimal = Decimal(0)
    instrument_commission: bool = False
    order_latency: Latency | None = None
    change_latency: Latency | None = None
    report_latency: Latency | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("slippage_bps", "fee_bps", "spread_bps"):
            value: Decimal = getattr(self, name)
            if not value.is_finite() or not 0 <= value < _BPS_LIMIT:
                raise _wrong(name, value, f"0 to below {_BPS_LIMIT}")
        if self.impact is not None and self.slippage_bps:
            raise _wrong("slippage_bps", self.slippage_bps, "0 where slippage depends on quantity")
        if self.spread_ticks and self.spread_bps:
            raise _wrong("spread_bps", self.spread_bps, "0 where the spread is in ticks")
        if self.instrument_commission and self.fee_bps:
            raise _wrong("fee_bps", self.fee_bps, "0 where the instrument has the commission")
        # What is out of range is the core's to say.
        self.to_core()

    def to_core(self) -> _core.SimulatedVenue:
        """Return a venue of these terms, without orders."""
        return _core.SimulatedVenue(config=self.to_config())

    def to_config(self) -> "_core.VenueConfig":
        """Return the terms as the core takes them."""
        return {
            "market_fill": self.market_fill.value,
            "limit_fill": self.limit_fill.value,
            "participation": None if self.participation is None else f"{self.participation:f}",
            "slippage": _slippage(self),
            "spread": _spread(self),
            "fees": "instrument" if self.instrument_commission else {"bps": f"{self.fee_bps:f}"},
            "order_latency": _latency(self.order_latency),
            "change_latency": _latency(self.change_latency),
            "report_latency": _latency(self.report_latency),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "VenueTerms":
        """Return the terms that a configuration tells; what it leaves out is the core's default.

        Raises
        ------
        InvalidArgumentError
            If the core has no such venue; names the field.
        """
        # The core reads what it is given, and tells all of it.
        terms: dict[str, Any] = {**_core.SimulatedVenue(config=config).config}  # type: ignore[arg-type]
        slippage, spread, fees = (
            {} if isinstance(terms[name], str) else terms[name]
            for name in ("slippage", "spread", "fees")
        )
        share = terms["participation"]
        return cls(
            slippage_bps=Decimal(slippage.get("bps", 0)),
            fee_bps=Decimal(fees.get("bps", 0)),
            market_fill=MarketFill(terms["market_fill"]),
            limit_fill=LimitFill(terms["limit_fill"]),
            participation=None if share is None else Decimal(share),
            impact=_impact(slippage),
            spread_ticks=spread.get("ticks", 0),
            spread_bps=Decimal(spread.get("bps", 0)),
            instrument_commission=not fees,
            **{name: _latency_of(terms[name]) for name in LATENCIES},
            seed=terms["seed"],
        )


def _slippage(terms: VenueTerms) -> Any:  # noqa: ANN401  # As the core's stub describes it.
    match terms.impact:
        case VolumeShare(coefficient):
            return {"volume_share": {"coefficient": f"{coefficient:f}"}}
        case SquareRoot(coefficient, markets):
            numbers = {
                symbol: {name: f"{value:f}" for name, value in vars(market).items()}
                for symbol, market in markets.items()
            }
            return {"square_root": {"coefficient": f"{coefficient:f}", "markets": numbers}}
        case None:
            return {"bps": f"{terms.slippage_bps:f}"} if terms.slippage_bps else _NONE


def _impact(slippage: Mapping[str, Any]) -> VolumeShare | SquareRoot | None:
    if "volume_share" in slippage:
        return VolumeShare(Decimal(slippage["volume_share"]["coefficient"]))
    if "square_root" in slippage:
        root = slippage["square_root"]
        markets = {
            symbol: ImpactTerms(**{name: Decimal(value) for name, value in market.items()})
            for symbol, market in root["markets"].items()
        }
        return SquareRoot(Decimal(root["coefficient"]), markets)
    return None


def _spread(terms: VenueTerms) -> Any:  # noqa: ANN401  # As the core's stub describes it.
    if terms.spread_ticks:
        return {"ticks": terms.spread_ticks}
    return {"bps": f"{terms.spread_bps:f}"} if terms.spread_bps else _NONE


def _latency(latency: Latency | None) -> Any:  # noqa: ANN401  # As the core's stub describes it.
    if latency is None:
        return _NONE
    name = next(name for name, kind in _LATENCIES.items() if kind is type(latency))
    values = vars(latency).items()
    return {name: {k: f"{v:f}" if isinstance(v, Decimal) else v for k, v in values}}


def _latency_of(told: str | Mapping[str, Mapping[str, Any]]) -> Latency | None:
    if isinstance(told, str):
        return None
    ((name, values),) = told.items()
    if name == "log_normal":
        return LogNormalLatency(values["median_ns"], Decimal(values["sigma"]))
    return _LATENCIES[name](**values)


def _wrong(field: str, value: object, expected: str) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"{field} is {value}; expected {expected}.", field=field, value=str(value)
    )
