"""What a process of a sweep does: it reads the sweep, runs the places it is told, and ends."""

import io
import os
import pickle
import threading
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from algotrendy.backtest import parcel, worker_pool
from algotrendy.backtest.sweep_result import Row
from algotrendy.backtest.worker_pool import Ran, Ready, Refused, SentError

if TYPE_CHECKING:
    from algotrendy.backtest.class_sweep import ClassSweep

_GRACE_S: Final = 3.0


def main(channel_descriptor: int, parcel_descriptor: int) -> None:
    """Serve the process at the other end until it hangs up."""
    worker_pool.is_worker = True
    channel: Connection[Any, Any] = Connection(channel_descriptor)
    places: SimpleQueue[int | None] = SimpleQueue()
    threading.Thread(target=_listen, args=(channel, places), daemon=True).start()
    try:
        sweep = parcel.read(parcel_descriptor)
    # A module of the user's may raise anything as it is imported.
    except BaseException as error:  # noqa: BLE001
        channel.send(Refused(f"{type(error).__name__}: {error}"))
        return
    channel.send(Ready())
    while (place := places.get()) is not None:
        channel.send(_ran(sweep, place))


def _listen(channel: "Connection[Any, Any]", places: "SimpleQueue[int | None]") -> None:
    try:
        while True:
            places.put(channel.recv())
    except (EOFError, OSError):
        places.put(None)
    # Nobody waits for what is run now, not even where the other process was killed.
    time.sleep(_GRACE_S)
    os._exit(1)


def _ran(sweep: "ClassSweep", place: int) -> Ran:
    printed, printed_errors = io.StringIO(), io.StringIO()
    outcome: Row | BaseException
    with redirect_stdout(printed), redirect_stderr(printed_errors):
        try:
            outcome = sweep.row(place)
        # Raised in the other process.
        except BaseException as error:  # noqa: BLE001
            outcome = SentError(_pickled(error), traceback.format_exc())
    return Ran(place, outcome, printed.getvalue(), printed_errors.getvalue())


def _pickled(raised: BaseException) -> bytes:
    """Return an error as bytes; one that cannot be sent is told by an error that can."""
    import cloudpickle  # noqa: PLC0415  # Where nothing raises, nobody needs it.

    try:
        pickled: bytes = cloudpickle.dumps(raised)
        pickle.loads(pickled)  # noqa: S301  # Made in this line.
    # Whatever its `__reduce__` or `__init__` does.
    except Exception:  # noqa: BLE001
        return pickle.dumps(RuntimeError(f"{type(raised).__name__}: {raised}"))
    return pickled
