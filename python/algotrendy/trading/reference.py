"""The reference pages of trading, made from the core's own tables.

`python -m algotrendy.trading.reference FOLDER` writes them; `make gen` does.
"""

import sys
from pathlib import Path

from algotrendy._core import order_states, pre_trade_checks

_CHECKS = """\
# Pre-trade checks

Made from the core's table of checks by `make gen`; a test keeps it current. The guide
[Orders and risk](../guides/orders-and-risk.md) says how limits are set.

An order is measured by every row, in this order. The first that refuses decides: its reason, its
rule, the limit and what the order would have made of it are in the event. Rows fail closed: what
cannot be known refuses. *Set for* says where a limit may be set; each scope that sets one is a
bound of its own. A soft limit asks for approval, and an override lets a row pass for a time.

| # | rule | refuses | reason | unit | set for | soft | override |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""

_STATES = """\
# Order states

Made from the core's state machine by `make gen`; a test keeps it current. The guide
[Orders and risk](../guides/orders-and-risk.md) says what the states mean.

A row is what happens to an order, a column where it stands. "→" is where it goes, "recorded" an
event that leaves the state, "nothing new" no event, "refused" ORDER_STATE_CONFLICT.

"""


def pages() -> dict[str, str]:
    """Return the pages as Markdown, by the names of their files."""
    rows = "".join(
        f"| {row['number']} | `{row['rule']}` | {row['description']} | `{row['reason']}` "
        f"| {row['unit']} | {row['scopes']} | {_yes(row['can_be_soft'])} "
        f"| {_yes(row['can_be_overridden'])} |\n"
        for row in pre_trade_checks()
    )
    return {"pre-trade-checks.md": _CHECKS + rows, "order-states.md": _STATES + order_states()}


def _yes(value: bool) -> str:  # noqa: FBT001  # The value, not a switch.
    return "yes" if value else ""


def main(folder: str) -> None:
    """Write the pages into a folder."""
    for name, page in pages().items():
        (Path(folder) / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
