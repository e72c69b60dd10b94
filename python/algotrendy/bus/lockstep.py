"""Lock-step replay: the next message goes out once everybody has handled the one before."""

import asyncio
from collections.abc import Set as AbstractSet
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg

from algotrendy.api.event.v1 import envelope_pb2
from algotrendy.bus.envelope import encode
from algotrendy.bus.event import Event
from algotrendy.bus.streams import REST_SUBJECT, SETTLE_SUBJECT, STREAM, failures_typed
from algotrendy.errors import AcknowledgementMissingError, ReplayFailedError

_NO_RESPONDERS: Final = "503"
# How often it is looked whether all is at rest: others may be at work for ever.
_MOST_ROUNDS: Final = 100


class Barrier:
    """Publishes a message and waits until the consumers one names have handled it."""

    def __init__(self, connection: Client) -> None:
        self._connection = connection
        # Up to where in the stream consumers have dealt with everything, by who they are.
        self._settled: dict[frozenset[str], int] = {}

    async def publish_and_wait(
        self, event: Event, expected: AbstractSet[str], deadline_s: float
    ) -> None:
        """Publish `event` on core NATS and wait for an acknowledgement of every `expected` one.

        Raises
        ------
        AcknowledgementMissingError
            One did not come in time; `metadata["consumers"]` names whose.
        ReplayFailedError
            A consumer could not handle the message.
        """
        await self._ask(event.subject, encode(event).SerializeToString(), expected, deadline_s)

    async def settle(self, expected: AbstractSet[str], deadline_s: float) -> int:
        """Wait until the `expected` durable consumers have processed all events published so far.

        Returns the stream sequence they have reached. Nobody is asked where nothing was published
        since they were the last time. Raises as `publish_and_wait`.
        """
        sequence = await self._last_sequence()
        await self._settle(sequence, frozenset(expected), deadline_s)
        return sequence

    async def rest(
        self, expected: AbstractSet[str], makers: AbstractSet[str], deadline_s: float
    ) -> None:
        """Wait as `settle`, also for what consumers do about events, until nothing more is done.

        The `makers` publish what they are asked to do; see `Bus.come_to_rest`. It ends after a
        hundred rounds, too: what goes on then is not the consumers' alone.
        """
        waiting = frozenset(expected)
        for _ in range(_MOST_ROUNDS):
            await self._ask(REST_SUBJECT, b"", makers, deadline_s)
            sequence = await self._last_sequence()
            if self._settled.get(waiting) == sequence:
                return
            await self._settle(sequence, waiting, deadline_s)

    async def _settle(self, sequence: int, expected: frozenset[str], deadline_s: float) -> None:
        if self._settled.get(expected) == sequence:
            return
        request = envelope_pb2.Settle(stream_sequence=sequence)
        await self._ask(SETTLE_SUBJECT, request.SerializeToString(), expected, deadline_s)
        self._settled[expected] = sequence

    async def _last_sequence(self) -> int:
        with failures_typed(f"read the state of the stream {STREAM}"):
            info = await self._connection.jetstream().stream_info(STREAM)
        return int(info.state.last_seq)

    async def _ask(
        self, subject: str, data: bytes, expected: AbstractSet[str], deadline_s: float
    ) -> None:
        missing = set(expected)
        inbox = self._connection.new_inbox()
        subscription = await self._connection.subscribe(inbox)
        try:
            async with asyncio.timeout(deadline_s):
                await self._connection.publish(subject, data, reply=inbox)
                while missing:
                    missing.discard(_read(await subscription.next_msg(timeout=None), subject))
        except TimeoutError as error:
            raise _missing(missing, subject, f"within {deadline_s:g} s") from error
        except _NobodyListensError as error:
            raise _missing(missing, subject, "because nobody listens") from error
        finally:
            await subscription.unsubscribe()


class _NobodyListensError(Exception):
    """The server has no subscriber for the subject."""


def _read(message: Msg, subject: str) -> str:
    if (message.headers or {}).get("Status") == _NO_RESPONDERS:
        raise _NobodyListensError
    acknowledgement = envelope_pb2.Acknowledgement.FromString(message.data)
    if acknowledgement.error:
        raise ReplayFailedError(
            f"{acknowledgement.consumer} failed on {subject}: {acknowledgement.error}",
            consumer=acknowledgement.consumer,
            subject=subject,
            cause=acknowledgement.error,
        )
    return acknowledgement.consumer


def _missing(missing: set[str], subject: str, why: str) -> AcknowledgementMissingError:
    names = ", ".join(sorted(missing))
    return AcknowledgementMissingError(
        f"No acknowledgement of {subject} from {names} {why}.", consumers=names, subject=subject
    )
