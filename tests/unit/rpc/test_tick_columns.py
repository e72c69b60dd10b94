"""Trades and quotes as columns on the wire, both ways."""

from dataclasses import replace

import numpy as np
import pytest

from algotrendy.api.market_data.v1 import market_data_pb2 as pb
from algotrendy.rpc.tick_columns import (
    decode_quote_columns,
    decode_trade_columns,
    encode_quote_columns,
    encode_trade_columns,
)
from algotrendy.testing.market_data import quotes_of, trades_of

LARGEST = 2**63 - 1


@pytest.mark.parametrize("sides", [None, [1, -1, 0, 0, 1, -1]])
def test_trades_come_back_from_the_wire_as_they_went(sides: list[int] | None) -> None:
    side = None if sides is None else np.array(sides, dtype=np.int8)
    trades = replace(trades_of([1, -5, LARGEST, -LARGEST, 0, 7]), side=side)
    message = encode_trade_columns(trades)
    assert (message.price_scale, message.quantity_scale) == (2, 0)
    assert list(message.side) == ([] if sides is None else [1, 2, 0, 0, 1, 2])
    found = decode_trade_columns(message, trades.instrument)
    assert found.columns().keys() == trades.columns().keys()
    for name, column in trades.columns().items():
        assert found.columns()[name].dtype == column.dtype
        assert found.columns()[name].tolist() == column.tolist()


def test_quotes_come_back_from_the_wire_as_they_went() -> None:
    quotes = replace(quotes_of([1, -5, LARGEST]), ask=np.array([2, -3, LARGEST], dtype=np.int64))
    found = decode_quote_columns(encode_quote_columns(quotes), quotes.instrument)
    for name, column in quotes.columns().items():
        assert found.columns()[name].dtype == column.dtype
        assert found.columns()[name].tolist() == column.tolist()


@pytest.mark.parametrize("count", [0, 1])
def test_no_ticks_are_columns_without_rows(count: int) -> None:
    trades = trades_of([1]).rows(slice(count, None))
    assert len(decode_trade_columns(encode_trade_columns(trades), trades.instrument)) == 1 - count


def test_a_side_that_this_program_does_not_know_is_unknown() -> None:
    message = pb.TradeColumns(time_ns=[1, 2], price=[1, 1], quantity=[1, 1], side=[2, 9])  # type: ignore[list-item]  # On purpose.
    side = decode_trade_columns(message, trades_of([1]).instrument).side
    assert side is not None
    assert side.tolist() == [-1, 0]
