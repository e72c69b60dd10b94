import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from algotrendy.errors import ServerStartError
from algotrendy.platform.processes import RECORD_NAME, Child, Children, make_scratch
from algotrendy.storage.data_folder import DataFolder

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")
# Says when its handler is in place, so that a signal finds it deaf.
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('deaf', flush=True)\n"
    "time.sleep(600)",
)
STARTS_A_CHILD = """
import sys, pathlib
from algotrendy.platform.processes import Children
from algotrendy.storage.data_folder import DataFolder
folder = DataFolder(pathlib.Path(sys.argv[1]))
print(Children(folder).start("sleeper", sys.argv[2:]).pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


def records(folder: DataFolder) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((folder.path / RECORD_NAME).read_text())
    return found


def record(folder: DataFolder, pid: int, start_time_s: float, scratch: Path | None = None) -> None:
    fields = {
        "name": "sleeper",
        "pid": pid,
        "start_time_s": start_time_s,
        "stop_signal": int(signal.SIGTERM),
        "scratch": str(scratch) if scratch else None,
    }
    folder.write(RECORD_NAME, json.dumps([fields]).encode())


def watch(child: Child, until: str = "never") -> None:
    while until not in child.log_path.read_text():
        child.require_running()


def wait_until_gone(pid: int) -> None:
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return
    if process.status() != psutil.STATUS_ZOMBIE:
        process.wait(10)


async def test_a_child_is_recorded_while_it_runs(folder: DataFolder) -> None:
    children = Children(folder)
    child = children.start("sleeper", SLEEP)
    assert [(entry["name"], entry["pid"]) for entry in records(folder)] == [("sleeper", child.pid)]
    await children.stop(child)
    assert records(folder) == []
    assert not psutil.pid_exists(child.pid)


async def test_a_child_that_ignores_its_signal_is_killed(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("algotrendy.platform.processes._STOP_GRACE_S", 0.1)
    children = Children(folder)
    child = children.start("stubborn", STUBBORN)
    watch(child, until="deaf")
    await children.stop(child)
    assert not psutil.pid_exists(child.pid)


async def test_a_child_that_ends_says_why(folder: DataFolder) -> None:
    children = Children(folder)
    child = children.start(
        "broken", [sys.executable, "-c", "import sys; sys.exit('no such thing')"]
    )
    with pytest.raises(ServerStartError, match="no such thing") as refusal:
        watch(child)
    assert refusal.value.metadata["code"] == "1"
    await children.stop(child)


def test_an_orphan_is_stopped_with_what_belongs_to_it(folder: DataFolder) -> None:
    orphan = subprocess.Popen(SLEEP)
    scratch = make_scratch()
    record(folder, orphan.pid, psutil.Process(orphan.pid).create_time(), scratch)
    stopped = Children(folder).stop_orphans()
    assert [entry.pid for entry in stopped] == [orphan.pid]
    assert orphan.wait(10) == -signal.SIGTERM
    assert not scratch.exists()
    assert records(folder) == []


def test_a_process_that_got_an_orphans_id_is_left_alone(folder: DataFolder) -> None:
    stranger = subprocess.Popen(SLEEP)
    try:
        record(folder, stranger.pid, psutil.Process(stranger.pid).create_time() - 3600)
        assert Children(folder).stop_orphans() == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_orphan_that_is_gone_is_no_trouble(folder: DataFolder) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    start_time_s = psutil.Process(ended.pid).create_time()
    ended.wait()
    record(folder, ended.pid, start_time_s)
    assert Children(folder).stop_orphans() == []


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b'[{"pid": 1}]'])
def test_an_unreadable_record_is_passed_over(folder: DataFolder, content: bytes) -> None:
    folder.write(RECORD_NAME, content)
    assert Children(folder).stop_orphans() == []


def test_a_record_cannot_name_any_folder_for_removal(folder: DataFolder, tmp_path: Path) -> None:
    precious = tmp_path / "algotrendy-precious"
    precious.mkdir()
    record(folder, 2**22 + 1, 0.0, precious)
    Children(folder).stop_orphans()
    assert precious.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a death")
def test_a_child_dies_with_a_killed_parent(folder: DataFolder) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTS_A_CHILD, str(folder.path), *SLEEP],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    wait_until_gone(child)
