"""Why the model refuses a command: the reason the core must give too."""


class Refused(Exception):  # noqa: N818 - It is a refusal, not an error of the program.
    """A command that is wrong, or that the state forbids; nothing changes."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(f"{reason}: {text}" if text else reason)
        self.reason = reason
