"""What a sweep's processes are sent: one file, mapped into each, that has no name."""

import mmap
import pickle
import struct
import tempfile
from typing import TYPE_CHECKING, BinaryIO, Final, cast

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
    arrays: list[pickle.PickleBuffer] = []
    content = (sweep, text_annotations(sweep.kind))
    body = cloudpickle.dumps(content, protocol=5, buffer_callback=arrays.append)
    buffers = [array.raw() for array in arrays]
    sizes = [buffer.nbytes for buffer in buffers]
    head = pickle.dumps((imported_files(sweep.kind), sizes, body))
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
    # Pages are shared until somebody writes to one.
    view = memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_COPY))
    end = 0

    def part(size: int) -> memoryview:
        nonlocal end
        begin, end = end, end + size
        taken = view[begin:end]
        end += -end % _ALIGNMENT
        return taken

    (length,) = _LENGTH.unpack(part(_LENGTH.size))
    files, sizes, body = pickle.loads(part(length))  # noqa: S301  # Written above.
    for path in files:
        import_file(path)
    buffers = [part(size) for size in sizes]
    sweep, annotations = pickle.loads(body, buffers=buffers)  # noqa: S301  # As above.
    for kind, resolved in annotations:
        kind.__annotations__ = resolved
    return cast("ClassSweep", sweep)
