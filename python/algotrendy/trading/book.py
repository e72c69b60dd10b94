"""The one writer of an account: what it lets out is on the disk.

Work runs piece by piece on the event loop. While a sync is under way the next pieces gather, so
that one sync serves them all; answers, orders to the venue and events leave after it, in order.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from algotrendy.errors import (
    AlgoTrendyError,
    CoreHaltedError,
    InternalError,
    StorageError,
    StorageFullError,
)
from algotrendy.telemetry import metrics
from algotrendy.trading.core_codec import Command
from algotrendy.trading.events import REQUESTS, AccountEvent, OrderFilled
from algotrendy.trading.ledger import Ledger
from algotrendy.trading.outbox import Outbox
from algotrendy.trading.ports import EventPublisher, Journal

log = structlog.get_logger(__name__)

_T = TypeVar("_T")


@dataclass
class _Piece:
    """Work to do, on whose behalf, who waits for it, and how it went."""

    work: Callable[[Ledger], Any]
    context: Context
    answer: asyncio.Future[Any] | None = None
    result: object = None
    error: Exception | None = None
    events: list[AccountEvent] = field(default_factory=list)


class Book:
    """Runs work on one account's ledger, and syncs before anything of it is seen.

    Parameters
    ----------
    executor : Executor
        Its threads wait for the disk.
    """

    def __init__(
        self, ledger: Ledger, journal: Journal, publisher: EventPublisher, executor: Executor
    ) -> None:
        self.terms = ledger.terms
        self.outbox = Outbox(publisher)
        # For questions of no consequence, such as which instruments it knows; else use `run`.
        self.ledger = ledger
        self._journal = journal
        self._executor = executor
        self._pieces: deque[_Piece] = deque()
        # What the venue reported is decided, and not on the disk yet.
        self._reported: list[_Piece] = []
        self._added = asyncio.Event()
        # Held while the venue walks a bar, step by step.
        self.walking = asyncio.Lock()
        # A failure stopped it until the next start.
        self.halted = False
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start working."""
        self.outbox.start()
        context = copy_context()
        reports = self.ledger.rebuild_venue()
        self._pieces.extend(_Piece(_execution(report), context) for report in reports)
        self._added.set()
        self._task = asyncio.create_task(self._work(), name=f"book of {self.terms.account_id}")

    async def close(self) -> None:
        """Finish what was asked for, publish what can be, and close the journal."""
        self._closing = True
        self._added.set()
        if self._task is not None:
            await self._task
        await self.outbox.close()
        self._journal.close()

    async def run(self, work: Callable[[Ledger], _T]) -> _T:
        """Return what `work` returns, or raise what it raises, once all it saw is on the disk.

        Raises
        ------
        StorageFullError, StorageError
            The journal could not be written: whether `work` took effect is known after a restart.
        CoreHaltedError
            That happened before.
        """
        if self.halted or self._closing:
            raise self._refusal()
        answer: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self._pieces.append(_Piece(work, copy_context(), answer))
        self._added.set()
        return await answer

    async def rest(self) -> None:
        """Return once all that was asked for is done, and all that came of it is published."""
        await self.run(_nothing)
        while self._reported or self._pieces:
            await self.run(_nothing)
        await self.outbox.drained()

    async def _work(self) -> None:
        while not self._closing or self._reported or self._pieces:
            await self._added.wait()
            # A closing book finishes what there is and waits for nothing more.
            if not self._closing:
                self._added.clear()
            while self._reported or self._pieces:
                await self._commit()

    async def _commit(self) -> None:
        reported, self._reported = self._reported, []
        asked: list[_Piece] = []
        # What is asked next meets a venue that was told all that its reports led to.
        if not any(_asks_venue(event) for piece in reported for event in piece.events):
            asked.extend(self._pieces)
            self._pieces.clear()
        pieces = [*reported, *asked]
        try:
            for piece in asked:
                self._attempt(piece)
            if any(piece.events for piece in pieces):
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._executor, self._journal.sync)
            self._let_out(pieces)
            self._tell_venue(pieces)
        except Exception as error:  # noqa: BLE001  # Whatever it is, nothing more may be let out.
            self._halt(pieces, error)

    def _attempt(self, piece: _Piece) -> None:
        """Do one piece of work; raise where the account cannot go on."""
        decided_before = self.ledger.event_sequence
        try:
            piece.result = piece.context.run(piece.work, self.ledger)
        except (StorageError, StorageFullError, CoreHaltedError):
            raise
        except AlgoTrendyError as error:
            piece.error = error
        except Exception as error:
            # A defect that changed nothing is its caller's alone.
            if self.ledger.event_sequence != decided_before:
                raise
            piece.error = error
        piece.events = self.ledger.take_events()

    def _let_out(self, pieces: list[_Piece]) -> None:
        for piece in pieces:
            _answer(piece)
            self.outbox.put(piece.events, piece.context)
            for event in piece.events:
                piece.context.run(_observe, event)

    def _tell_venue(self, pieces: list[_Piece]) -> None:
        for piece in pieces:
            for event in piece.events:
                # Decided at once: they may answer the next request before it is made.
                for report in self.ledger.tell_venue(event):
                    reported = _Piece(_execution(report), piece.context)
                    self._attempt(reported)
                    self._reported.append(reported)

    def _halt(self, pieces: list[_Piece], cause: Exception) -> None:
        self.halted = True
        self._reported.clear()
        log.error("core_halted", account_id=self.terms.account_id, error=str(cause), exc_info=cause)
        for piece in pieces:
            piece.error = cause
            _answer(piece)
        while self._pieces:
            piece = self._pieces.popleft()
            piece.error = self._refusal()
            _answer(piece)

    def _refusal(self) -> CoreHaltedError:
        return CoreHaltedError(
            f"Account {self.terms.account_id} stopped; a restart rebuilds it from its journal.",
            account_id=self.terms.account_id,
        )


def _nothing(_: Ledger) -> None:
    """Do nothing, behind whatever was asked for before."""


def _execution(report: Command) -> Callable[[Ledger], None]:
    return lambda ledger: ledger.execute_report(report)


def _asks_venue(event: AccountEvent) -> bool:
    return isinstance(event.body, REQUESTS)


def _answer(piece: _Piece) -> None:
    answer, error = piece.answer, piece.error
    if answer is None or answer.done():
        return  # A report of the venue, or its caller has gone.
    if error is None:
        answer.set_result(piece.result)
    elif isinstance(error, AlgoTrendyError):
        answer.set_exception(error)
    else:
        defect = InternalError("A defect of AlgoTrendy: the log of the service has its cause.")
        defect.__cause__ = error
        answer.set_exception(defect)


def _observe(event: AccountEvent) -> None:
    if isinstance(event.body, OrderFilled):
        fill = event.body.fill
        metrics.TRADES.labels(fill.symbol, fill.side.value).inc()
        log.info(
            "order_filled",
            account_id=event.account_id,
            order_id=fill.order_id,
            strategy_id=fill.strategy_id or None,
            symbol=fill.symbol,
            side=fill.side.value,
            quantity=str(fill.quantity),
            price=str(fill.price),
        )
