"""The JetStream streams and what their failures mean."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import nats.errors
import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StorageType, StreamConfig

from algotrendy.errors import StorageFullError, UnavailableError

STREAM: Final = "ALGOTRENDY"
DEAD_LETTER_STREAM: Final = "ALGOTRENDY_DEAD_LETTER"
DEAD_LETTER_SUBJECT: Final = "algotrendy.dead_letter.v1"
SETTLE_SUBJECT: Final = "algotrendy.bus.v1.settle"
REST_SUBJECT: Final = "algotrendy.bus.v1.rest"
DUPLICATE_WINDOW_S: Final = 600.0

# Market data is left out: it is stored in the lake and published on core NATS.
_AREAS: Final = (
    "trading",
    "risk",
    "strategy",
    "backtest",
    "ml",
    "portfolio",
    "agent",
    "notification",
    "platform",
)
# JetStream's codes for memory, disk or its own limits being used up.
_EXHAUSTED: Final = frozenset({10023, 10028, 10047, 10077})


async def make_streams(jetstream: JetStreamContext) -> None:
    """Make the streams, or bring those that exist up to date."""
    for name, subjects in (
        (STREAM, [f"algotrendy.{area}.v1.>" for area in _AREAS]),
        (DEAD_LETTER_STREAM, [f"{DEAD_LETTER_SUBJECT}.>"]),
    ):
        config = StreamConfig(
            name=name,
            subjects=subjects,
            storage=StorageType.FILE,
            retention=RetentionPolicy.LIMITS,
            duplicate_window=DUPLICATE_WINDOW_S,
        )
        with failures_typed(f"make the stream {name}"):
            try:
                await jetstream.stream_info(name)
            except nats.js.errors.NotFoundError:
                await jetstream.add_stream(config)
            else:
                await jetstream.update_stream(config)


@contextmanager
def failures_typed(action: str) -> Iterator[None]:
    """Turn NATS's errors into ours; `action` completes "Could not …"."""
    try:
        yield
    except nats.js.errors.APIError as error:
        if error.err_code in _EXHAUSTED:
            raise StorageFullError(
                f"Could not {action}: {error.description}.", cause=str(error.description)
            ) from error
        raise UnavailableError(
            f"Could not {action}: {error.description}.", cause=str(error.description)
        ) from error
    except (nats.errors.Error, TimeoutError) as error:
        cause = str(error) or type(error).__name__
        raise UnavailableError(f"Could not {action}: {cause}.", cause=cause) from error
