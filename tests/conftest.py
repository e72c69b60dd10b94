"""Where the outside reference data is, and a count of what was skipped without it."""

import os
from collections import Counter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
_outcomes: Counter[str] = Counter()


def _oracle_folder() -> Path:
    return Path(os.environ.get("ALGOTRENDY_DATA", REPOSITORY.parent / "shared" / "data"))


def _oracles_required() -> bool:
    return "ALGOTRENDY_DATA" in os.environ or _oracle_folder().is_dir()


@pytest.fixture(scope="session")
def oracle_data() -> Path:
    """The folder of outside reference data; the test is skipped where it is absent."""
    folder = _oracle_folder()
    if not folder.is_dir() and not _oracles_required():
        pytest.skip(f"no reference data at {folder}; name its folder in ALGOTRENDY_DATA")
    assert folder.is_dir(), f"ALGOTRENDY_DATA names {folder}, which is no folder"
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "oracle_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.oracle)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if "oracle" in report.keywords and (report.when == "call" or report.skipped):
        _outcomes[report.outcome] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _outcomes:
        terminalreporter.write_line(
            f"oracles: {_outcomes['passed']} compared, {_outcomes['skipped']} skipped"
        )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _outcomes["skipped"] and _oracles_required():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
