"""How a simulated venue fills and charges, as every area tells it."""

from decimal import Decimal

from google.protobuf.message import Message

from algotrendy.api.trading.v1 import trading_pb2 as pb
from algotrendy.domain.venue import (
    LATENCIES,
    ExponentialLatency,
    FixedLatency,
    ImpactTerms,
    Latency,
    LimitFill,
    LogNormalLatency,
    MarketFill,
    SquareRoot,
    UniformLatency,
    VenueTerms,
    VolumeShare,
)
from algotrendy.rpc.decimal import (
    decode_decimal,
    decode_optional_decimal,
    encode_decimal,
    encode_optional_decimal,
)
from algotrendy.rpc.enums import UNSPECIFIED, enum_name
from algotrendy.rpc.time import decode_optional_duration, encode_duration


def decode_venue_terms(message: pb.PaperVenueTerms) -> VenueTerms:
    """Return how a venue fills and charges; what is unset has its default."""
    market_fill = enum_name(pb.MarketFill, message.market_fill, "market_fill")
    limit_fill = enum_name(pb.LimitFill, message.limit_fill, "limit_fill")
    return VenueTerms(
        slippage_bps=_rate(message, "slippage_bps"),
        fee_bps=_rate(message, "fee_bps"),
        market_fill=MarketFill.NEXT_OPEN if market_fill == UNSPECIFIED else MarketFill[market_fill],
        limit_fill=LimitFill.TOUCHED if limit_fill == UNSPECIFIED else LimitFill[limit_fill],
        participation=decode_optional_decimal(message, "participation"),
        impact=_decode_impact(message),
        spread_ticks=message.spread_ticks,
        spread_bps=_rate(message, "spread_bps"),
        instrument_commission=message.instrument_commission,
        **{
            name: _decode_latency(getattr(message, name))
            for name in LATENCIES
            if message.HasField(name)  # type: ignore[arg-type]  # Each is a field.
        },
        seed=message.seed,
    )


def encode_venue_terms(terms: VenueTerms) -> pb.PaperVenueTerms:
    """Return venue terms for the wire."""
    message = pb.PaperVenueTerms(
        slippage_bps=encode_decimal(terms.slippage_bps),
        fee_bps=encode_decimal(terms.fee_bps),
        market_fill=pb.MarketFill.Value(f"MARKET_FILL_{terms.market_fill.name}"),
        limit_fill=pb.LimitFill.Value(f"LIMIT_FILL_{terms.limit_fill.name}"),
        participation=encode_optional_decimal(terms.participation),
        instrument_commission=terms.instrument_commission,
        seed=terms.seed,
    )
    if terms.spread_ticks:
        message.spread_ticks = terms.spread_ticks
    elif terms.spread_bps:
        message.spread_bps.CopyFrom(encode_decimal(terms.spread_bps))
    for name in LATENCIES:
        latency: Latency | None = getattr(terms, name)
        if latency is not None:
            getattr(message, name).CopyFrom(_encode_latency(latency))
    match terms.impact:
        case VolumeShare(coefficient):
            message.volume_share.coefficient.CopyFrom(encode_decimal(coefficient))
        case SquareRoot():
            message.square_root.CopyFrom(_encode_square_root(terms.impact))
    return message


def _rate(message: Message, field: str) -> Decimal:
    return decode_optional_decimal(message, field) or Decimal(0)


def _decode_impact(message: pb.PaperVenueTerms) -> VolumeShare | SquareRoot | None:
    if message.HasField("volume_share"):
        return VolumeShare(decode_decimal(message.volume_share, "coefficient"))
    if message.HasField("square_root"):
        markets = {
            symbol: ImpactTerms(
                decode_decimal(market, "volatility_bps"), decode_decimal(market, "average_volume")
            )
            for symbol, market in message.square_root.markets.items()
        }
        return SquareRoot(decode_decimal(message.square_root, "coefficient"), markets)
    return None


def _encode_square_root(impact: SquareRoot) -> pb.SquareRootSlippage:
    markets = {
        symbol: pb.ImpactTerms(
            volatility_bps=encode_decimal(market.volatility_bps),
            average_volume=encode_decimal(market.average_volume),
        )
        for symbol, market in impact.markets.items()
    }
    return pb.SquareRootSlippage(coefficient=encode_decimal(impact.coefficient), markets=markets)


def _decode_latency(message: pb.Latency) -> Latency | None:
    match message.WhichOneof("latency"):
        case "fixed":
            return FixedLatency(_nanoseconds(message, "fixed"))
        case "uniform":
            uniform = message.uniform
            return UniformLatency(_nanoseconds(uniform, "lowest"), _nanoseconds(uniform, "highest"))
        case "exponential_mean":
            return ExponentialLatency(_nanoseconds(message, "exponential_mean"))
        case "log_normal":
            median_ns = _nanoseconds(message.log_normal, "median")
            return LogNormalLatency(median_ns, decode_decimal(message.log_normal, "sigma"))
        case _:
            return None


def _encode_latency(latency: Latency) -> pb.Latency:
    match latency:
        case FixedLatency(latency_ns):
            return pb.Latency(fixed=encode_duration(latency_ns))
        case UniformLatency(lowest_ns, highest_ns):
            lowest, highest = encode_duration(lowest_ns), encode_duration(highest_ns)
            return pb.Latency(uniform=pb.UniformLatency(lowest=lowest, highest=highest))
        case ExponentialLatency(mean_ns):
            return pb.Latency(exponential_mean=encode_duration(mean_ns))
        case LogNormalLatency(median_ns, sigma):
            median = encode_duration(median_ns)
            log_normal = pb.LogNormalLatency(median=median, sigma=encode_decimal(sigma))
            return pb.Latency(log_normal=log_normal)


def _nanoseconds(message: Message, field: str) -> int:
    return decode_optional_duration(message, field) or 0
