"""Who a call is made for: whom the gateway let in, or whom the request names."""

from typing import Any, Final

from google.protobuf.message import Message

from algotrendy.errors import PermissionDeniedError
from algotrendy.rpc.server import Context
from algotrendy.rpc.text import decode_text

# What the gateway says of a call: the name of who is logged in.
USER_KEY: Final = "algotrendy-user"
PERSON_LIMIT: Final = 64


def decode_person(request: Message, field: str, context: Context) -> str:
    """Return the person `field` of a request names, or who is logged in.

    Raises
    ------
    InvalidArgumentError
        Nobody is named, and nobody is logged in.
    PermissionDeniedError
        Somebody who is logged in names somebody else.
    """
    person = decode_optional_person(request, field, context)
    return person or decode_text(request, field, limit=PERSON_LIMIT)


def decode_optional_person(request: Message, field: str, context: Context) -> str | None:
    """Return the person `field` of a request names, or who is logged in; None for nobody."""
    pairs: Any = context.invocation_metadata() or ()
    user = next((str(value) for key, value in pairs if key == USER_KEY), "")
    named = decode_text(request, field, limit=PERSON_LIMIT, required=False)
    if user and named not in {"", user}:
        raise PermissionDeniedError(
            f"{field} is {named}, and {user} is logged in.", field=field, value=named, user=user
        )
    return user or named or None
