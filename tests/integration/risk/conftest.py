from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from algotrendy.bus import Bus
from algotrendy.platform.nats_server import NatsServer
from algotrendy.platform.supervisor import Running
from algotrendy.testing.areas import running_areas

Start = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def start(bus: Bus, nats: NatsServer, dsn: str, tmp_path: Path) -> Start:
    """Starts areas; again, they find what they left."""
    return lambda *areas: running_areas(tmp_path / "data", nats.url, dsn, *areas)
