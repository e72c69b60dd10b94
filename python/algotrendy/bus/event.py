"""An event as a publisher gives it and as a consumer gets it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from google.protobuf.message import Message

from algotrendy.api.event.v1 import envelope_pb2


@dataclass(frozen=True)
class Event:
    """Something that happened, to be told to whoever asks.

    Parameters
    ----------
    event_id : str
        Unique for ever; publishing it again within ten minutes changes nothing.
    type : str
        The event's name: `OrderFilled`.
    subject : str
        `algotrendy.<area>.v1.<event>.<key>`.
    create_time_ns : int
        When it happened, by the clock of its source.
    source : str
        Who says so: an area, or an account's core (`trading/{account_id}`).
    payload : Message
        The event itself.
    sequence : int
        Position in its source's own order, from 1; 0 where the source keeps none.
    """

    event_id: str
    type: str
    subject: str
    create_time_ns: int
    source: str
    payload: Message
    sequence: int = 0
    correlation_id: str = ""
    causation_id: str = ""


def subject_of(payload: Message, key: str) -> str:
    """Return the subject of an event: what it is, and what it is about.

    Examples
    --------
    >>> from algotrendy.api.trading.v1.trading_events_pb2 import OrderFilled
    >>> subject_of(OrderFilled(), "account-1")
    'algotrendy.trading.v1.order_filled.account-1'
    """
    package, _, name = payload.DESCRIPTOR.full_name.rpartition(".")
    snake_case = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return f"{package.replace('algotrendy.api.', 'algotrendy.')}.{snake_case}.{key}"


@dataclass(frozen=True)
class Delivery:
    """A message as it arrived: its envelope, and its payload as the message it is."""

    subject: str
    envelope: envelope_pb2.Envelope
    payload: Message
    # Position in the JetStream stream, from 1; 0 for messages of core NATS.
    stream_sequence: int = 0


Handler = Callable[[Delivery], Awaitable[None]]
