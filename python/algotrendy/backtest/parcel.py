"""What a sweep's processes are sent: one file, mapped into each, that has no name."""

import mmap
import pickle
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from numpy.typing import NDArray

from algotrendy import _core
from algotrendy.backtest.data import Data
from algotrendy.domain.strategy_class import text_annotations
from algotrendy.domain.strategy_file import import_file, imported_files
from algotrendy.errors import FailedPreconditionError

if TYPE_CHECKING:
    from algotrendy.backtest.class_sweep import ClassSweep

_LENGTH: Final = struct.Struct("<Q")
_ALIGNMENT: Final = 64


def write(sweep: "ClassSweep") -> BinaryIO:
    """Write a sweep into a file that is gone when nobody has it open.

    Classes of a script, a notebook or a function are written by value.

    Raises
    ------
    FailedPreconditionError
        If cloudpickle is not installed (extra `backtest`).
    Exception
        What objects of the user's raise where they cannot be pickled.
    """
    try:
        import cloudpickle  # noqa: PLC0415  # Most sweeps need no process.
    except ImportError as error:
        raise FailedPreconditionError(
            "Classes are sent to processes by cloudpickle, which is not installed:"
            " pip install 'algotrendy[backtest]'.",
            package="cloudpickle",
            extra="backtest",
        ) from error
    columns: list[pickle.PickleBuffer] = []
    data = sweep.data
    series = [(each.columns(), each.instrument, data.beside[each.name]) for each in data.feeds]
    market = pickle.dumps(series, protocol=5, buffer_callback=columns.append)
    buffers = [column.raw() for column in columns]
    body = cloudpickle.dumps((replace(sweep, data=Data(())), text_annotations(sweep.kind)))
    files = imported_files(sweep.kind)
    head = pickle.dumps((files, body, market, [buffer.nbytes for buffer in buffers]))
    file = tempfile.TemporaryFile(prefix="algotrendy-sweep-")  # noqa: SIM115  # The caller's.
    try:
        parts: list[bytes | memoryview] = [_LENGTH.pack(len(head)), head, *buffers]
        for part in parts:
            file.write(part)
            file.write(bytes(-file.tell() % _ALIGNMENT))
        file.flush()
    except BaseException:
        file.close()
        raise
    return file


def read(descriptor: int) -> "ClassSweep":
    """Return the sweep that another process wrote.

    Raises
    ------
    Exception
        What the import of the strategy's module raises.
    """
    view = memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
    end = 0

    def part(size: int) -> memoryview:
        nonlocal end
        begin, end = end, end + size
        taken = view[begin:end]
        end += -end % _ALIGNMENT
        return taken

    (length,) = _LENGTH.unpack(part(_LENGTH.size))
    files, body, market, sizes = pickle.loads(part(length))  # noqa: S301  # Written above.
    for path in files:
        import_file(path)
    sweep, annotations = pickle.loads(body)  # noqa: S301  # Written above.
    for kind, resolved in annotations:
        kind.__annotations__ = resolved
    series = pickle.loads(market, buffers=[part(size) for size in sizes])  # noqa: S301  # As above.
    return cast("ClassSweep", replace(sweep, data=Data(tuple(_feed(*each) for each in series))))


def _feed(
    columns: Mapping[str, NDArray[Any]], instrument: _core.Instrument, beside: Mapping[str, Any]
) -> _core.BacktestFeed:
    # As a feed names them; they are in the instrument's units already.
    names = {"time": "time_ns"} if "time_ns" in columns else {}
    return _core.BacktestFeed(_core.TickTable(columns, names), instrument, **beside)
