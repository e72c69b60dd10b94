"""The OpenAPI 3.0 document of the contract, its comments as descriptions."""

from collections.abc import Iterator
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from algotrendy.gateway.rest.contract import Binding, Contract, Method
from algotrendy.gateway.rest.problem import MEDIA_TYPE
from algotrendy.gateway.rest.protojson import DECIMAL, WELL_KNOWN, is_map, map_value
from algotrendy.gateway.rest.routing import WHOLE_BODY
from algotrendy.gateway.rest.transcoder import PUBLIC_METHODS

Json = dict[str, Any]

_ABOUT = """\
Every route is a gRPC method of the contract. Numbers that must be exact (prices, quantities, money)
are decimal strings, 64-bit integers are strings, fields that are unknown are refused. Errors are
problem documents with a stable `reason`. Log in at `/api/v1/auth/login` and send the token as
`Authorization: Bearer …`."""
_WELL_KNOWN: dict[str, Json] = {
    DECIMAL: {"type": "string", "format": "decimal", "example": "12.50"},
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "example": "86400s"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Any": {"type": "object"},
}
_SCALARS: dict[int, Json] = {
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.CPPTYPE_UINT32: {"type": "integer", "format": "int64"},
    FieldDescriptor.CPPTYPE_INT64: {"type": "string", "format": "int64"},
    FieldDescriptor.CPPTYPE_UINT64: {"type": "string", "format": "uint64"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_STRING: {"type": "string"},
}
_PROBLEM: Json = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457).",
    "required": ["type", "title", "status", "detail", "reason", "metadata"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string", "description": "What the reason means."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What is wrong with this request."},
        "reason": {"type": "string", "description": "Stable, for programs."},
        "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        "trace_id": {"type": "string", "description": "Finds the request in logs and traces."},
    },
}


def build_openapi(contract: Contract, version: str) -> Json:
    """Return the OpenAPI document of every annotated method of `contract`."""
    return _Document(contract).build(version)


class _Document:
    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._schemas: dict[str, Json] = {"Problem": _PROBLEM}

    def build(self, version: str) -> Json:
        paths: dict[str, Json] = {}
        tags: dict[str, str] = {}
        for method in self._contract.methods:
            for number, binding in enumerate(method.bindings):
                operation = self._operation(method, binding, number)
                paths.setdefault(binding.template.plain, {})[binding.verb.lower()] = operation
                tags[method.service] = self._contract.comment(method.service)
        return {
            "openapi": "3.0.3",
            "info": {"title": "AlgoTrendy", "version": version, "description": _ABOUT},
            "tags": [
                {"name": _short(name), "description": comment}
                for name, comment in sorted(tags.items())
            ],
            "security": [{"bearer": []}],
            "paths": dict(sorted(paths.items())),
            "components": {
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
                },
                "schemas": dict(sorted(self._schemas.items())),
            },
        }

    def _operation(self, method: Method, binding: Binding, number: int) -> Json:
        comment = self._contract.comment(method.full_name)
        request = cast("Descriptor", method.request.DESCRIPTOR)
        operation: Json = {
            "operationId": f"{_short(method.service)}_{method.name}"
            + (f"_{number}" * bool(number)),
            "tags": [_short(method.service)],
            "summary": comment.split(". ")[0].rstrip("."),
            "description": comment,
            "parameters": [*self._parameters(request, binding)],
            "responses": self._responses(method, binding),
        }
        if binding.body:
            operation["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": self._body(request, binding)}},
            }
        if method.full_name in PUBLIC_METHODS:
            operation["security"] = []
        return operation

    def _responses(self, method: Method, binding: Binding) -> Json:
        descriptor = cast("Descriptor", method.response.DESCRIPTOR)
        if binding.response_body:
            schema = self._field(descriptor.fields_by_name[binding.response_body])
        else:
            schema = self._message(descriptor)
        media_type = "application/x-ndjson" if method.server_streaming else "application/json"
        return {
            "200": {
                "description": self._contract.comment(descriptor.full_name) or "The answer.",
                "content": {media_type: {"schema": schema}},
            },
            "default": {
                "description": "The request was refused.",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        }

    def _parameters(self, request: Descriptor, binding: Binding) -> Iterator[Json]:
        for path in binding.template.variables:
            field = _field_at(request, path)
            yield {**self._parameter(path, field), "in": "path", "required": True}
        if binding.body != WHOLE_BODY:
            taken = {*binding.template.variables, binding.body}
            for path, field in _query_fields(request, "", frozenset()):
                if path not in taken and path.split(".")[0] != binding.body:
                    yield {**self._parameter(path, field), "in": "query"}

    def _parameter(self, path: str, field: FieldDescriptor) -> Json:
        named = {"name": path, "description": self._contract.comment(field.full_name)}
        if not _is_leaf(field):
            return {**named, "schema": {"type": "string", "enum": [""]}, "allowEmptyValue": True}
        schema = self._type(field)
        if field.is_repeated:
            schema = {"type": "array", "items": schema}
        return {**named, "schema": schema}

    def _body(self, request: Descriptor, binding: Binding) -> Json:
        if binding.body != WHOLE_BODY:
            return self._field(request.fields_by_name[binding.body])
        if not binding.template.variables:
            return self._message(request)
        return self._object(request, without=frozenset(binding.template.variables))

    def _message(self, descriptor: Descriptor) -> Json:
        """Return a reference to a message's schema, and describe it when it is new."""
        name = descriptor.full_name.removeprefix("algotrendy.api.")
        if name not in self._schemas:
            self._schemas[name] = {}  # Held before its fields are walked: it may hold itself.
            self._schemas[name] = self._object(descriptor, without=frozenset())
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, descriptor: Descriptor, without: frozenset[str]) -> Json:
        return {
            "type": "object",
            "description": self._contract.comment(descriptor.full_name),
            "additionalProperties": False,
            "properties": {
                field.name: self._field(field)
                for field in descriptor.fields
                if field.name not in without
            },
        }

    def _field(self, field: FieldDescriptor) -> Json:
        comment = self._contract.comment(field.full_name)
        if is_map(field):
            values = self._type(map_value(field))
            return {"type": "object", "description": comment, "additionalProperties": values}
        schema = self._type(field)
        if field.is_repeated:
            return {"type": "array", "description": comment, "items": schema}
        if "$ref" in schema:
            # In OpenAPI 3.0 nothing may stand beside a reference.
            return {"allOf": [schema], "description": comment}
        if "description" in schema:
            return {**schema, "description": f"{comment} {schema['description']}".strip()}
        return {**schema, "description": comment}

    def _type(self, field: FieldDescriptor) -> Json:
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        if field.message_type is not None:
            well_known = _WELL_KNOWN.get(field.message_type.full_name)
            return dict(well_known) if well_known else self._message(field.message_type)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "format": "byte"}
        return dict(_SCALARS[field.cpp_type])

    def _enum(self, enum: EnumDescriptor) -> Json:
        meanings = (
            f"`{value.name}`: {self._contract.comment(f'{enum.full_name}.{value.name}')}"
            for value in enum.values
        )
        names = [value.name for value in enum.values]
        return {"type": "string", "enum": names, "description": " ".join(meanings)}


def _query_fields(
    descriptor: Descriptor, prefix: str, seen: frozenset[str]
) -> Iterator[tuple[str, FieldDescriptor]]:
    """Yield every field that a query can set: scalars, lists of them, and those of messages.

    A message that is one of several is there too, since it may be asked for with nothing in it.
    """
    for field in descriptor.fields:
        target = field.message_type
        path = f"{prefix}{field.name}"
        if target is None or _is_leaf(field):
            yield path, field
        elif not field.is_repeated and target.full_name not in seen:
            if field.containing_oneof is not None:
                yield path, field
            yield from _query_fields(target, f"{path}.", seen | {target.full_name})


def _is_leaf(field: FieldDescriptor) -> bool:
    target = field.message_type
    return target is None or target.full_name == DECIMAL or target.full_name.startswith(WELL_KNOWN)


def _field_at(descriptor: Descriptor, path: str) -> FieldDescriptor:
    *parents, last = path.split(".")
    for parent in parents:
        descriptor = cast("Descriptor", descriptor.fields_by_name[parent].message_type)
    return descriptor.fields_by_name[last]


def _short(service: str) -> str:
    return service.rpartition(".")[2]
