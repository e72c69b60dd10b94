"""What a run was made of: enough to repeat it, and to see that nothing has changed since."""

import hashlib
import inspect
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from algotrendy import __version__
from algotrendy.backtest.fingerprint import text_digest
from algotrendy.errors import InvalidArgumentError, NotReproducedError

FORMAT: Final = 1
"""The version of the manifest's own form."""

# Where data lay when a run was made says nothing of what it was.
_NOT_COMPARED: Final = frozenset({"source"})


@dataclass(frozen=True)
class DataRecord:
    """One input of a run: a feed, or a table beside the feeds.

    Parameters
    ----------
    name : str
        `SPY`, `SPY:1h`; `factors`, `universe`, `delistings`.
    kind : str
        `bars`, `trades`, `quotes` or `table`.
    sha256 : str
        Its `Fingerprint`.
    source : str, optional
        The file it came from; not compared.
    instrument : mapping, optional
        The terms of its instrument, as the core takes them.
    label : str, optional
        What a reader must know of it: `synthetic`.
    """

    name: str
    kind: str
    rows: int
    sha256: str
    start_time_ns: int | None = None
    end_time_ns: int | None = None
    source: str | None = None
    instrument: Mapping[str, Any] | None = None
    label: str | None = None


@dataclass(frozen=True)
class ModelRecord:
    """A model that a run asked.

    Parameters
    ----------
    fingerprint : str, optional
        What the model carries of its training, where it does.
    in_sample : bool
        Whether it may have been asked about bars it was trained on.
    usable_after_ns : int, optional
        The end of its training and of its labels.
    """

    name: str
    fingerprint: str | None = None
    in_sample: bool = False
    usable_after_ns: int | None = None


@dataclass(frozen=True)
class Manifest:
    """Everything a run was made of, and the fingerprints of what came of it.

    Parameters
    ----------
    strategy : mapping
        What `strategy_record` returns.
    terms : mapping
        The keyword arguments of `run`, in JSON's words.
    outcome : mapping of str to str
        The fingerprint of every table of the result, by its name.
    """

    strategy: Mapping[str, Any]
    data: Sequence[DataRecord]
    terms: Mapping[str, Any]
    models: Sequence[ModelRecord] = ()
    outcome: Mapping[str, str] = field(default_factory=dict)
    version: str = __version__

    @property
    def in_sample_models(self) -> list[str]:
        """Models that may have been asked about bars they were trained on."""
        return [model.name for model in self.models if model.in_sample]

    @property
    def synthetic_data(self) -> list[str]:
        """Feeds that are labelled as synthetic."""
        return [record.name for record in self.data if record.label == "synthetic"]

    def with_outcome(self, outcome: Mapping[str, str]) -> "Manifest":
        """Return it with the fingerprints of what came of the run."""
        return replace(self, outcome=dict(outcome))

    def to_dict(self) -> dict[str, Any]:
        """Return it in JSON's words."""
        made = {"format": FORMAT, **asdict(self)}
        plain: dict[str, Any] = json.loads(json.dumps(made, default=_plain))
        return plain

    def to_json(self) -> str:
        """Return it as text: equal manifests are equal bytes."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_dict(cls, record: object) -> "Manifest":
        """Return the manifest that `to_dict` wrote.

        Raises
        ------
        InvalidArgumentError
            If it is no manifest, or of a newer form.
        """
        if not isinstance(record, Mapping) or record.get("format") != FORMAT:
            found = record.get("format") if isinstance(record, Mapping) else type(record).__name__
            raise InvalidArgumentError(
                f"The manifest's format is {found!r}; expected {FORMAT}.",
                field="format",
                value=str(found),
            )
        try:
            return cls(
                strategy=record["strategy"],
                data=tuple(DataRecord(**each) for each in record["data"]),
                terms=record["terms"],
                models=tuple(ModelRecord(**each) for each in record["models"]),
                outcome=record["outcome"],
                version=record["version"],
            )
        except (KeyError, TypeError) as error:
            raise InvalidArgumentError(
                f"The manifest is malformed: {error}.", field="manifest", value=str(error)
            ) from error

    @classmethod
    def from_json(cls, text: str, source: str = "manifest") -> "Manifest":
        """Return the manifest that `to_json` wrote; `source` names the file in errors."""
        try:
            record = json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidArgumentError(
                f"{source}, line {error.lineno}: {error.msg}; expected a manifest's JSON.",
                field="manifest",
                value=source,
                line=str(error.lineno),
            ) from error
        return cls.from_dict(record)

    def differences(self, other: "Manifest") -> list[str]:
        """Return what differs from another manifest, one line each, the cause before the outcome.

        Where data lay is not compared.
        """
        order = ("version", "strategy", "terms", "data", "models", "outcome")
        mine, its = _by_name(self.to_dict()), _by_name(other.to_dict())
        return [line for key in order for line in _differences(mine[key], its[key], key)]

    def require_same(self, other: "Manifest") -> None:
        """Raise NotReproducedError, naming what differs, unless the other has the same content."""
        differences = self.differences(other)
        if differences:
            listed = "\n".join(f"  {line}" for line in differences)
            raise NotReproducedError(
                f"The run differs from its manifest (recorded against now):\n{listed}",
                first=differences[0],
                count=str(len(differences)),
            )


def strategy_record(strategy: object) -> dict[str, Any]:
    """Return how a manifest names a strategy: a spec whole, an object by its class and source.

    A class is named by its file and name, so that it can be loaded again, and by the SHA-256 of
    its file: helpers beside it decide, too. A class of a notebook has its own source's.
    """
    if isinstance(strategy, Mapping):
        return {"type": "spec", "spec": dict(strategy)}
    kind = strategy if isinstance(strategy, type) else type(strategy)
    parameters = {} if isinstance(strategy, type) else getattr(strategy, "parameters", {})
    file, source = _source_of(kind)
    return {
        "type": "class",
        "class": kind.__qualname__,
        "module": kind.__module__,
        "source": file,
        "sha256": None if source is None else text_digest(source),
        "parameters": dict(parameters),
    }


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _source_of(kind: type) -> tuple[str | None, str | None]:
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    if file is not None and Path(file).is_file():
        return str(file), Path(file).read_text(encoding="utf-8")
    try:
        return None, inspect.getsource(kind)
    except (OSError, TypeError):
        return None, None


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "item"):
        return value.item()  # NumPy's scalars.
    if isinstance(value, Path):
        return str(value)
    raise InvalidArgumentError(
        f"{value!r} cannot be written into a manifest; expected text, numbers, lists or mappings.",
        field="manifest",
        value=type(value).__name__,
    )


def _by_name(record: dict[str, Any]) -> dict[str, Any]:
    for key in ("data", "models"):
        record[key] = {each["name"]: each for each in record[key]}
    return record


def _differences(mine: object, its: object, path: str) -> Iterator[str]:
    if isinstance(mine, Mapping) and isinstance(its, Mapping):
        for key in [*mine, *(key for key in its if key not in mine)]:
            if key in _NOT_COMPARED:
                continue
            yield from _differences(mine.get(key), its.get(key), f"{path}.{key}")
    elif mine != its:
        yield f"{path}: {_shown(mine)} against {_shown(its)}"


def _shown(value: object) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 90 else text[:86] + " …"  # noqa: PLR2004  # A line's worth.
