"""Requests in memory."""

from algotrendy.errors import RequestIdReusedError


class FakeRequests:
    """See `domain.requests.Requests`."""

    def __init__(self) -> None:
        self._reserved: dict[str, tuple[bytes, str]] = {}

    async def reserve(self, request_id: str, fingerprint: bytes, new_id: str) -> str:
        """See `domain.requests.Requests`."""
        known, resource_id = self._reserved.setdefault(request_id, (fingerprint, new_id))
        if known != fingerprint:
            raise RequestIdReusedError(f"request_id {request_id!r} was used with another body.")
        return resource_id
