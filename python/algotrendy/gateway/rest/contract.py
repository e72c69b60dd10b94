"""The contract as data: its methods, HTTP bindings and comments, from the committed descriptors."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    MethodOptions,
    ServiceDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from algotrendy.gateway.rest.template import Template

REASON_ENUM = "algotrendy.api.type.v1.Reason"

_VERBS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Binding:
    """One HTTP route of a method: `body` is a field's name, `*` for the whole request, or empty."""

    verb: str
    template: Template
    body: str
    response_body: str


@dataclass(frozen=True)
class Method:
    """One method of the contract."""

    service: str
    name: str
    request: type[Message]
    response: type[Message]
    server_streaming: bool
    # Marked `idempotency_level = NO_SIDE_EFFECTS`.
    read_only: bool
    bindings: tuple[Binding, ...]

    @property
    def full_name(self) -> str:
        """Its name with the service's: `algotrendy.api.trading.v1.TradingService.GetOrder`."""
        return f"{self.service}.{self.name}"

    @property
    def path(self) -> str:
        """What gRPC calls it."""
        return f"/{self.service}/{self.name}"


class Contract:
    """Every service, method and comment of a descriptor set.

    Parameters
    ----------
    descriptor_set : bytes
        A serialized `FileDescriptorSet` with its imports and, for comments, its source info.
    """

    def __init__(self, descriptor_set: bytes) -> None:
        self._comments: dict[str, str] = {}
        self._pool = DescriptorPool()
        self.services: list[str] = []
        self.methods: list[Method] = []
        files = FileDescriptorSet.FromString(descriptor_set).file
        for file in files:
            self._pool.Add(file)
        for file in files:
            self._comments.update(_file_comments(file))
            for service in file.service:
                full_name = f"{file.package}.{service.name}"
                self.services.append(full_name)
                self.methods.extend(self._read_method(full_name, each) for each in service.method)

    def comment(self, full_name: str) -> str:
        """Return the comment on a service, method, message, field, enum or value; may be empty."""
        return self._comments.get(full_name, "")

    def message(self, full_name: str) -> Descriptor:
        """Return the descriptor of the message of this full name."""
        return self._pool.FindMessageTypeByName(full_name)

    def reason_titles(self) -> dict[str, str]:
        """Return what each reason of `google.rpc.ErrorInfo` means, in one sentence."""
        package, _, enum = REASON_ENUM.rpartition(".")
        prefix = f"{package}.{enum}."
        return {
            name.removeprefix(f"{prefix}REASON_"): comment
            for name, comment in self._comments.items()
            if name.startswith(prefix)
        }

    def _read_method(self, service: str, method: MethodDescriptorProto) -> Method:
        level = method.options.idempotency_level
        return Method(
            service=service,
            name=method.name,
            request=GetMessageClass(self.message(method.input_type[1:])),
            response=GetMessageClass(self.message(method.output_type[1:])),
            server_streaming=method.server_streaming,
            read_only=level == MethodOptions.NO_SIDE_EFFECTS,
            bindings=() if method.client_streaming else tuple(_bindings(method)),
        )


@cache
def load_contract() -> Contract:
    """Return the contract this package carries."""
    descriptors = resources.files("algotrendy.api") / "descriptors.binpb"
    return Contract(descriptors.read_bytes())


def _bindings(method: MethodDescriptorProto) -> Iterator[Binding]:
    if not method.options.HasExtension(annotations_pb2.http):
        return
    rule = method.options.Extensions[annotations_pb2.http]
    for each in (rule, *rule.additional_bindings):
        yield _binding(each)


def _binding(rule: http_pb2.HttpRule) -> Binding:
    kind = rule.WhichOneof("pattern")
    if kind in _VERBS:
        verb, path = kind.upper(), getattr(rule, kind)
    else:
        verb, path = rule.custom.kind, rule.custom.path
    return Binding(verb, Template(path), rule.body, rule.response_body)


def _file_comments(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    texts = {
        tuple(location.path): _unwrapped(location.leading_comments)
        for location in file.source_code_info.location
        if location.leading_comments
    }
    for path, name in _named_elements(file):
        if path in texts:
            yield f"{file.package}.{name}", texts[path]


def _named_elements(file: FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield every element with its path, as `SourceCodeInfo.Location` counts it."""
    for index, message in enumerate(file.message_type):
        yield from _message_elements(message, (4, index), "")
    for index, enum in enumerate(file.enum_type):
        yield from _enum_elements(enum, (5, index), "")
    for index, service in enumerate(file.service):
        yield from _service_elements(service, (6, index))


def _message_elements(
    message: DescriptorProto, path: tuple[int, ...], scope: str
) -> Iterator[tuple[tuple[int, ...], str]]:
    name = f"{scope}{message.name}"
    yield path, name
    for index, field in enumerate(message.field):
        yield (*path, 2, index), f"{name}.{field.name}"
    for index, nested in enumerate(message.nested_type):
        yield from _message_elements(nested, (*path, 3, index), f"{name}.")
    for index, enum in enumerate(message.enum_type):
        yield from _enum_elements(enum, (*path, 4, index), f"{name}.")


def _enum_elements(
    enum: EnumDescriptorProto, path: tuple[int, ...], scope: str
) -> Iterator[tuple[tuple[int, ...], str]]:
    yield path, f"{scope}{enum.name}"
    for index, value in enumerate(enum.value):
        # Below the enum's name here, although protobuf scopes values beside it.
        yield (*path, 2, index), f"{scope}{enum.name}.{value.name}"


def _service_elements(
    service: ServiceDescriptorProto, path: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], str]]:
    yield path, service.name
    for index, method in enumerate(service.method):
        yield (*path, 2, index), f"{service.name}.{method.name}"


def _unwrapped(comment: str) -> str:
    return " ".join(line.strip() for line in comment.strip().splitlines())
