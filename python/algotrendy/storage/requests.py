"""Which id a request was given, so that repeating it makes nothing twice."""

import hashlib
from typing import Final

import psycopg_pool
from google.protobuf.message import Message

from algotrendy.errors import InvalidArgumentError, RequestIdReusedError

REQUEST_ID_LIMIT: Final = 64

# The update changes nothing; it makes the row that was there come back, in one round trip.
_RESERVE = """
INSERT INTO requests (area, request_id, fingerprint, resource_id) VALUES (%s, %s, %s, %s)
ON CONFLICT (area, request_id) DO UPDATE SET request_id = excluded.request_id
RETURNING fingerprint, resource_id
"""


class PostgresRequests:
    """The requests of one area that made something.

    The id is reserved before the thing is made: a service that stops in between makes it, under the
    same id, when the request is repeated.
    """

    def __init__(self, pool: psycopg_pool.AsyncConnectionPool, area: str) -> None:
        self._pool = pool
        self._area = area

    async def reserve(self, request_id: str, fingerprint: bytes, new_id: str) -> str:
        """Return `new_id` for a new request, and the id reserved before for a repeated one.

        Raises
        ------
        InvalidArgumentError
            `request_id` is empty or too long.
        RequestIdReusedError
            It was reserved with another fingerprint.
        """
        if not 1 <= len(request_id) <= REQUEST_ID_LIMIT:
            raise InvalidArgumentError(
                f"request_id has {len(request_id)} characters; expected 1 to {REQUEST_ID_LIMIT}.",
                field="request_id",
                value=request_id[:REQUEST_ID_LIMIT],
            )
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                _RESERVE, [self._area, request_id, fingerprint, new_id]
            )
            row = await cursor.fetchone()
        assert row is not None  # noqa: S101  # RETURNING of an upsert has a row.
        if bytes(row[0]) != fingerprint:
            raise RequestIdReusedError(
                f"request_id {request_id!r} was used with another body.", request_id=request_id
            )
        return str(row[1])


def fingerprint(request: Message) -> bytes:
    """Return 32 bytes that are equal for requests of equal bodies."""
    return hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
