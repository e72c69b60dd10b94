import numpy as np

from algotrendy.domain.bar import BarColumns, bar_fields
from algotrendy.domain.instrument import Instrument


def columns(count: int, *, seed: int = 1) -> BarColumns:
    random = np.random.default_rng(seed)
    times = np.arange(count, dtype=np.int64) * 100
    prices = [random.integers(1, 2**52, count) for _ in range(4)]
    return BarColumns(Instrument("X"), times, times + 100, *prices, random.integers(0, 9, count))


def test_a_slice_holds_the_bars_that_open_in_the_half_open_interval() -> None:
    bars = columns(10).between(200, 500)
    assert bars.open_time_ns.tolist() == [200, 300, 400]
    assert len(columns(10).between(None, None)) == 10
    assert len(columns(10).between(500, 200)) == 0


def test_the_last_bars_are_the_newest() -> None:
    assert columns(10).last(2).open_time_ns.tolist() == [800, 900]
    assert len(columns(3).last(10)) == 3


def test_fields_of_a_bar_equal_those_of_its_columns_bit_for_bit() -> None:
    bars = columns(200)
    fields = bars.fields()
    for row, bar in enumerate(bars):
        assert bar_fields(bar, bars.instrument) == {name: c[row] for name, c in fields.items()}
