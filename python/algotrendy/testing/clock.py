"""A clock that stands still until it is moved."""


class FakeClock:
    """See `Clock`."""

    def __init__(self, time_ns: int = 0) -> None:
        self.time_ns = time_ns

    def now_ns(self) -> int:
        """See `Clock`."""
        return self.time_ns
