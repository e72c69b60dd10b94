"""Requests that make something, so that repeating one makes nothing twice."""

from typing import Protocol


class Requests(Protocol):
    """Remembers which id each request of an area was given."""

    async def reserve(self, request_id: str, fingerprint: bytes, new_id: str) -> str:
        """Return `new_id` for a new request, and the id reserved before for a repeated one.

        Raises
        ------
        InvalidArgumentError
            `request_id` is empty or too long.
        RequestIdReusedError
            It was reserved with another fingerprint: the body differs.
        """
