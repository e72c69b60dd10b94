"""Finds the method that an HTTP request means, and builds its gRPC request."""

from dataclasses import dataclass
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from algotrendy.errors import InvalidArgumentError, NotFoundError
from algotrendy.gateway.rest.contract import Binding, Contract, Method
from algotrendy.gateway.rest.problem import HttpRefusal
from algotrendy.gateway.rest.protojson import (
    DECIMAL,
    WELL_KNOWN,
    is_map,
    parse_json,
    read_fields,
    read_message,
)

WHOLE_BODY = "*"

_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True)
class Route:
    """A matched request: the method, the binding that matched, the path's variables."""

    method: Method
    binding: Binding
    variables: dict[str, str]


class Router:
    """Every HTTP binding of a contract, the more specific first."""

    def __init__(self, contract: Contract) -> None:
        bindings = [(binding, method) for method in contract.methods for binding in method.bindings]
        self._bindings = sorted(bindings, key=lambda each: each[0].template.precedence)

    def find(self, verb: str, raw_path: str) -> Route:
        """Return the route of a request; `raw_path` is still percent-encoded."""
        allowed = set()
        for binding, method in self._bindings:
            variables = binding.template.match(raw_path)
            if variables is None:
                continue
            if binding.verb == verb:
                return Route(method, binding, variables)
            allowed.add(binding.verb)
        if not allowed:
            raise NotFoundError(f"There is no route {verb} {raw_path}.", path=raw_path)
        names = ", ".join(sorted(allowed))
        raise HttpRefusal(
            405,
            InvalidArgumentError(f"{raw_path} takes {names}, not {verb}.", allowed=names),
            {"Allow": names},
        )


def build_request(route: Route, query: list[tuple[str, str]], body: bytes) -> Message:
    """Return the gRPC request that path, query and body make together.

    Raises
    ------
    InvalidArgumentError
        A part is malformed, unknown or given twice; the message names the field.
    """
    descriptor = cast("Descriptor", route.method.request.DESCRIPTOR)
    fields = _body_fields(route.binding.body, body, descriptor)
    for path, values in _grouped(query).items():
        if route.binding.body == WHOLE_BODY:
            raise InvalidArgumentError(f"{path} belongs into the body, not the query.", field=path)
        _assign(fields, descriptor, path, values)
    for path, value in route.variables.items():
        _assign(fields, descriptor, path, [value])
    return read_message(fields, route.method.request)


def _body_fields(body_field: str, body: bytes, descriptor: Descriptor) -> dict[str, Any]:
    if not body_field:
        if body.strip():
            raise InvalidArgumentError("This route takes no body.", field="body")
        return {}
    value = parse_json(body) if body.strip() else {}
    return read_fields(value if body_field == WHOLE_BODY else {body_field: value}, descriptor)


def _grouped(query: list[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for path, value in query:
        grouped.setdefault(path, []).append(value)
    return grouped


def _assign(fields: dict[str, Any], descriptor: Descriptor, path: str, values: list[str]) -> None:
    """Set the field at a dotted path from text, in the way `read_fields` leaves fields."""
    *parents, last = path.split(".")
    for parent in parents:
        field = _find(descriptor, parent, path)
        if field.message_type is None or field.is_repeated or _is_leaf(field.message_type):
            raise InvalidArgumentError(f"There is no field {path}.", field=path)
        fields = fields.setdefault(field.name, {})
        descriptor = field.message_type
    field = _find(descriptor, last, path)
    if field.message_type is not None and not _is_leaf(field.message_type):
        if values == [""] and not field.is_repeated:
            # Set, with nothing in it: of some messages all that matters is that they are there.
            fields.setdefault(field.name, {})
            return
        raise InvalidArgumentError(f"{path} holds fields; name one of them.", field=path)
    if not field.is_repeated and len(values) > 1:
        raise InvalidArgumentError(f"{path} is given more than once.", field=path)
    items = [_from_text(value, field) for value in values]
    # Through `read_fields` for its checks of enums and decimals.
    value = items if field.is_repeated else items[0]
    read = read_fields({field.name: value}, descriptor, ".".join(parents))
    if fields.get(field.name, read[field.name]) != read[field.name]:
        raise InvalidArgumentError(f"{path} differs between path and body.", field=path)
    fields.update(read)


def _find(descriptor: Descriptor, name: str, path: str) -> FieldDescriptor:
    field = descriptor.fields_by_name.get(name) or descriptor.fields_by_camelcase_name.get(name)
    if field is None or is_map(field):
        raise InvalidArgumentError(f"There is no field {path}.", field=path)
    return field


def _is_leaf(descriptor: Descriptor) -> bool:
    """Tell whether a message is written as one JSON string."""
    return descriptor.full_name == DECIMAL or descriptor.full_name.startswith(WELL_KNOWN)


def _from_text(value: str, field: FieldDescriptor) -> str | bool:
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return _BOOLEANS.get(value, value)
    return value
