"""Specs as the strategy area tells them to every area that asks."""

from algotrendy.api.strategy.v1 import strategy_pb2
from algotrendy.domain.strategy import StrategySpec
from algotrendy.rpc.decimal import decode_decimal, encode_decimal


def decode_spec(message: strategy_pb2.StrategySpec) -> StrategySpec:
    """Return what a strategy is to do."""
    return StrategySpec(
        symbols=tuple(message.symbols),
        entry=message.entry,
        exit=message.exit,
        position_weight=decode_decimal(message, "position_weight"),
    )


def encode_spec(spec: StrategySpec) -> strategy_pb2.StrategySpec:
    """Return a spec for the wire."""
    return strategy_pb2.StrategySpec(
        symbols=spec.symbols,
        entry=spec.entry,
        exit=spec.exit,
        position_weight=encode_decimal(spec.position_weight),
    )
