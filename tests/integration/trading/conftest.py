from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from algotrendy.bus import Bus
from algotrendy.platform.nats_server import NatsServer
from algotrendy.platform.supervisor import Running
from algotrendy.testing.areas import running_areas

Start = Callable[[], AbstractAsyncContextManager[Running]]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def start(bus: Bus, nats: NatsServer, dsn: str, data_dir: Path) -> Start:
    """Starts the trading area; again, it finds what it left."""
    return lambda: running_areas(data_dir, nats.url, dsn, "trading")
