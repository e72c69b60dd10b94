"""Things that take seconds to make, made on a thread while the process starts."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Background(Generic[T]):
    """The result of `make`, which runs on a thread of its own from `start` on."""

    def __init__(self, make: Callable[[], T], name: str) -> None:
        self._make = make
        self._future: Future[T] = Future()
        # A daemon: a process that is told to stop does not wait for an import.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to make it."""
        self._thread.start()

    def get(self) -> T:
        """Wait for it and return it, or raise what making it raised; call it on a thread."""
        return self._future.result()

    def _run(self) -> None:
        try:
            self._future.set_result(self._make())
        except BaseException as error:  # noqa: BLE001  # Raised again where the result is asked for.
            self._future.set_exception(error)
