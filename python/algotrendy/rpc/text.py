"""Text fields, bounded, without characters that no name or sentence has."""

import unicodedata

from google.protobuf.message import Message

from algotrendy.errors import InvalidArgumentError

ID_LIMIT = 128


def decode_text(message: Message, field: str, *, limit: int, required: bool = True) -> str:
    """Return `message`'s text `field`; tabs and line breaks are the only control characters.

    Raises
    ------
    InvalidArgumentError
        It is empty though required, longer than `limit` characters, or holds another control one.
    """
    text: str = getattr(message, field)
    if len(text) > limit or (required and not text):
        expected = f"{1 if required else 0} to {limit}"
        raise InvalidArgumentError(
            f"{field} has {len(text)} characters; expected {expected}.",
            field=field,
            length=str(len(text)),
        )
    for position, character in enumerate(text):
        if unicodedata.category(character) == "Cc" and character not in "\t\r\n":
            raise InvalidArgumentError(
                f"{field} holds the control character {ord(character):#04x}.",
                field=field,
                position=str(position),
            )
    return text


def decode_id(message: Message, field: str) -> str:
    """Return `message`'s id `field`, which must be set."""
    return decode_text(message, field, limit=ID_LIMIT)
