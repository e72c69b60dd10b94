"""The reference pages say what the core's tables say."""

from pathlib import Path

import pytest

from algotrendy.trading import reference

PAGES = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize("name", ["pre-trade-checks.md", "order-states.md"])
def test_a_page_is_current(name: str) -> None:
    assert (PAGES / name).read_text(encoding="utf-8") == reference.pages()[name], "run `make gen`"


def test_the_pages_are_written_into_a_folder(tmp_path: Path) -> None:
    reference.main(str(tmp_path))
    assert {page.name: page.read_text(encoding="utf-8") for page in tmp_path.iterdir()} == (
        reference.pages()
    )


def test_every_state_and_rule_has_its_place() -> None:
    pages = reference.pages()
    for state in ("HELD", "PENDING_APPROVAL", "UNKNOWN", "PENDING_CANCEL", "EXPIRED"):
        assert f" {state} |" in pages["order-states.md"]
    for rule in ("order_notional", "value_at_risk", "kill_switch"):
        assert f"`{rule}`" in pages["pre-trade-checks.md"]
