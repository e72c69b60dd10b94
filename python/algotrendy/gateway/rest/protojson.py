"""ProtoJSON with this API's one deviation: `google.type.Decimal` is a plain JSON string.

Fields keep their names of the contract; camelCase is accepted. What cannot be read is an error
that names the field.
"""

import json
import re
from functools import cache
from typing import Any, NoReturn, cast

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from algotrendy.errors import InvalidArgumentError
from algotrendy.rpc.decimal import parse_decimal

DECIMAL = "google.type.Decimal"
WELL_KNOWN = "google.protobuf."

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}", re.ASCII)
_KINDS = {
    FieldDescriptor.CPPTYPE_INT32: "a 32-bit integer",
    FieldDescriptor.CPPTYPE_INT64: "a 64-bit integer",
    FieldDescriptor.CPPTYPE_UINT32: "an unsigned 32-bit integer",
    FieldDescriptor.CPPTYPE_UINT64: "an unsigned 64-bit integer",
    FieldDescriptor.CPPTYPE_DOUBLE: "a number",
    FieldDescriptor.CPPTYPE_FLOAT: "a number",
    FieldDescriptor.CPPTYPE_BOOL: "true or false",
    FieldDescriptor.CPPTYPE_STRING: "a string",
}
_MESSAGE_KINDS = {
    "google.protobuf.Timestamp": 'a time such as "2018-01-31T14:30:00Z"',
    "google.protobuf.Duration": 'a duration such as "86400s"',
}


def parse_json(text: bytes) -> Any:  # noqa: ANN401  # JSON is anything.
    """Return the JSON value that `text` writes; no duplicate names, no NaN."""
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        if b"\\ud" in text.lower():
            # Half of a surrogate pair is no text: it could be neither passed on nor quoted.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidArgumentError(f"The body is no JSON: {error}.", field="body") from error
    return value


def read_fields(value: object, descriptor: Descriptor, path: str = "") -> dict[str, Any]:
    """Return a JSON object with fields by their names in the contract, as `read_message` wants it.

    Raises
    ------
    InvalidArgumentError
        A field is unknown, set twice, or a decimal or enum that cannot be read.
    """
    if not isinstance(value, dict):
        _refuse(path or "body", "an object", value)
    fields: dict[str, Any] = {}
    for name, item in value.items():
        field = descriptor.fields_by_camelcase_name.get(name) or descriptor.fields_by_name.get(name)
        where = _joined(path, name)
        if field is None:
            raise InvalidArgumentError(f"There is no field {where}.", field=where)
        if field.name in fields:
            raise InvalidArgumentError(f"{where} is set twice.", field=where)
        if item is not None:
            fields[field.name] = _read_field(item, field, where)
    return fields


def read_message(fields: dict[str, Any], message_class: type[Message]) -> Message:
    """Return the message of these fields, which `read_fields` returned."""
    message = message_class()
    try:
        json_format.ParseDict(fields, message)
    except (json_format.ParseError, ValueError, TypeError, AttributeError) as error:
        _refuse_culprit(fields, message, "")
        raise InvalidArgumentError(f"The request cannot be read: {error}.", field="body") from error
    return message


def write_message(message: Message) -> dict[str, Any]:
    """Return a message as JSON; fields without presence are written even when zero or empty."""
    tree: dict[str, Any] = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    _close_decimals(tree, cast("Descriptor", message.DESCRIPTOR))
    return tree


def is_map(field: FieldDescriptor) -> bool:
    """Tell whether a field is a map, which protobuf has as repeated entries."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def map_value(field: FieldDescriptor) -> FieldDescriptor:
    """Return the field that stands for a map's values."""
    return cast("Descriptor", field.message_type).fields_by_name["value"]


def _read_field(value: Any, field: FieldDescriptor, path: str) -> Any:  # noqa: ANN401  # JSON.
    if is_map(field):
        if not isinstance(value, dict):
            _refuse(path, "an object", value)
        item_field = map_value(field)
        return {key: _read_item(item, item_field, f"{path}[{key}]") for key, item in value.items()}
    if field.is_repeated:
        if not isinstance(value, list):
            _refuse(path, "a list", value)
        return [_read_item(item, field, f"{path}[{index}]") for index, item in enumerate(value)]
    return _read_item(value, field, path)


def _read_item(value: Any, field: FieldDescriptor, path: str) -> Any:  # noqa: ANN401  # JSON.
    if field.enum_type is not None:
        names = field.enum_type.values_by_name
        if not isinstance(value, str) or value not in names:
            _refuse(path, f"one of {', '.join(names)}", value)
    if field.type == FieldDescriptor.TYPE_BYTES and not _BASE64.fullmatch(str(value)):
        # Checked here because the library skips what is no base64.
        _refuse(path, "base64 text", value)
    if field.message_type is None:
        return value
    if field.message_type.full_name == DECIMAL:
        if not isinstance(value, str):
            _refuse(path, 'a decimal number as a string, such as "12.50"', value)
        parse_decimal(value, path)
        return {"value": value}
    if field.message_type.full_name.startswith(WELL_KNOWN):
        return value
    return read_fields(value, field.message_type, path)


def _refuse_culprit(fields: dict[str, Any], message: Message, path: str) -> None:
    """Raise the error that names the field which cannot be read, or those that rule out another."""
    for oneof in cast("Descriptor", message.DESCRIPTOR).oneofs:
        rivals = [_joined(path, field.name) for field in oneof.fields if field.name in fields]
        if len(rivals) > 1:
            raise InvalidArgumentError(
                f"{' and '.join(rivals)} rule each other out: set one.", field=rivals[-1]
            )
    for name, value in fields.items():
        field = cast("FieldDescriptor", message.DESCRIPTOR.fields_by_name[name])
        try:
            json_format.ParseDict({name: value}, type(message)())
        except (json_format.ParseError, ValueError, TypeError, AttributeError):
            where = _joined(path, name)
            if isinstance(value, dict) and not is_map(field):
                _refuse_culprit(value, getattr(message, name), where)
            _refuse(where, _kind(field), value)


def _kind(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        kind = _MESSAGE_KINDS.get(field.message_type.full_name, field.message_type.name)
    else:
        kind = _KINDS.get(field.cpp_type, "a value of its type")
    return f"a list, each {kind}" if field.is_repeated and not is_map(field) else kind


def _refuse(path: str, expected: str, value: object) -> NoReturn:
    shown = json.dumps(value, ensure_ascii=False, default=str)[:80]
    raise InvalidArgumentError(f"{path} must be {expected}, not {shown}.", field=path, value=shown)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _close_decimals(tree: dict[str, Any], descriptor: Descriptor) -> None:
    for field in _fields_with_decimals(descriptor):
        value = tree.get(field.name)
        if value is None:
            continue
        if is_map(field):
            item_field = map_value(field)
            tree[field.name] = {key: _closed(item, item_field) for key, item in value.items()}
        elif field.is_repeated:
            tree[field.name] = [_closed(item, field) for item in value]
        else:
            tree[field.name] = _closed(value, field)


def _closed(value: dict[str, Any], field: FieldDescriptor) -> Any:  # noqa: ANN401  # JSON.
    target = cast("Descriptor", field.message_type)
    if target.full_name == DECIMAL:
        return value["value"]
    _close_decimals(value, target)
    return value


@cache
def _fields_with_decimals(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    """Return the fields to follow, so that wide columns of numbers are not looked at one by one."""
    return tuple(field for field in descriptor.fields if _reaches_decimal(field, frozenset()))


def _reaches_decimal(field: FieldDescriptor, seen: frozenset[str]) -> bool:
    target = field.message_type
    if target is None or target.full_name in seen or target.full_name.startswith(WELL_KNOWN):
        return False
    if target.full_name == DECIMAL:
        return True
    within = seen | {target.full_name}
    return any(_reaches_decimal(each, within) for each in target.fields)
