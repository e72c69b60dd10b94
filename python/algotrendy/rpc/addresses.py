"""Where a running platform answers: a file in its data folder, there while it runs."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from algotrendy.errors import UnavailableError

_FILE = "addresses.json"


@dataclass(frozen=True)
class Addresses:
    """`http`: the gateway's URL; `grpc`: `host:port` by area."""

    http: str
    grpc: Mapping[str, str]


@contextmanager
def published(data_dir: Path, addresses: Addresses) -> Iterator[None]:
    """Keep the addresses in the data folder while the block lasts."""
    path = data_dir / _FILE
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(addresses), indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
    try:
        yield
    finally:
        withdraw(data_dir)


def withdraw(data_dir: Path) -> None:
    """Remove the addresses that a killed platform left."""
    (data_dir / _FILE).unlink(missing_ok=True)


def read_addresses(data_dir: str | Path) -> Addresses:
    """Return the addresses of the platform that runs on this data folder.

    Raises
    ------
    UnavailableError
        If none runs on it.
    """
    try:
        text = (Path(data_dir) / _FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UnavailableError(
            f"No platform runs on the data folder {data_dir}; start one with `algotrendy up`.",
            data_dir=str(data_dir),
        ) from None
    return Addresses(**json.loads(text))
