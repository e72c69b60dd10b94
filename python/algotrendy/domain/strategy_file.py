"""Specs in files: JSON, or YAML where the file's name says so."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from algotrendy.domain.strategy import StrategySpec
from algotrendy.domain.strategy_document import spec_from_document, spec_from_json
from algotrendy.errors import InvalidArgumentError

_YAML = frozenset({".yaml", ".yml"})
_YAML_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$")


def read_spec(path: Path) -> StrategySpec:
    """Return the spec in a file.

    Raises
    ------
    InvalidArgumentError
        If the file cannot be read, or holds no spec; names the file, or the field.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    if path.suffix.lower() not in _YAML:
        return spec_from_json(text)
    return spec_from_document(_read_yaml(path, text))


def _read_yaml(path: Path, text: str) -> Any:  # noqa: ANN401  # Whatever the file holds.
    try:
        import yaml  # noqa: PLC0415  # Only who writes YAML needs it.
    except ImportError as error:
        raise _unreadable(path, "PyYAML is missing: install algotrendy[platform]") from error

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # It ships no types.
        """Numbers are JSON's, and exact: 15:55 is a time of day, where YAML 1.1 has it be 955."""

        yaml_implicit_resolvers: ClassVar = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag not in _YAML_NUMBERS]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    Loader.add_implicit_resolver("!number", _NUMBER, list("-0123456789"))
    Loader.add_constructor("!number", lambda _, node: _number(node.value))
    try:
        return yaml.load(text, Loader)  # noqa: S506  # A SafeLoader.
    except yaml.YAMLError as error:
        raise _unreadable(path, error) from error


def _number(text: str) -> int | Decimal:
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)


def _unreadable(path: Path, cause: object) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"The spec {path} cannot be read: {cause}.", field="path", value=str(path)
    )
