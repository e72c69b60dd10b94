"""What was journalled and is to be published, in order, for as long as that takes."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context
from typing import Final

import structlog

from algotrendy.trading.events import AccountEvent
from algotrendy.trading.ports import EventPublisher

log = structlog.get_logger(__name__)

_FIRST_RETRY_S: Final = 0.05
_LAST_RETRY_S: Final = 2.0
_CLOSE_GRACE_S: Final = 2.0


class Outbox:
    """Publishes one account's events one after the other.

    It lives in memory: the journal holds what it loses, and a restart publishes that.
    """

    def __init__(self, publisher: EventPublisher) -> None:
        self._publisher = publisher
        self._events: deque[tuple[AccountEvent, Context]] = deque()
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._released = asyncio.Event()
        self._released.set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start publishing."""
        self._task = asyncio.create_task(self._publish_all(), name="trading outbox")

    async def close(self) -> None:
        """Publish what can be soon; the rest is published after the next start."""
        if self._task is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.drained(), _CLOSE_GRACE_S)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def put(self, events: Iterable[AccountEvent], context: Context) -> None:
        """Add events that are journalled and synced; they are published in what caused them."""
        self._events.extend((event, context) for event in events)
        if self._events:
            self._drained.clear()
            self._filled.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Publish nothing of what is put while the block lasts; it is published after."""
        self._released.clear()
        try:
            yield
        finally:
            self._released.set()

    async def drained(self) -> None:
        """Return once everything put so far is published."""
        await self._drained.wait()

    async def _publish_all(self) -> None:
        while True:
            await self._filled.wait()
            while self._events:
                await self._released.wait()
                event, context = self._events[0]
                # The trace, and what log lines carry, are those of the request.
                await asyncio.create_task(self._publish(event), context=context)
                self._events.popleft()
            self._filled.clear()
            self._drained.set()

    async def _publish(self, event: AccountEvent) -> None:
        pause_s = _FIRST_RETRY_S
        while True:
            try:
                await self._publisher.publish(event)
            except Exception as error:  # noqa: BLE001  # The events behind must not be lost.
                log.warning(
                    "publish_failed",
                    event_id=event.event_id,
                    account_id=event.account_id,
                    error=str(error),
                    retry_s=pause_s,
                )
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LAST_RETRY_S)
            else:
                return
