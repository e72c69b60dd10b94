"""The reference pages of trading, made from the core's own tables.

`python -m algotrendy.trading.reference FOLDER` writes them; `make gen` does.
"""

import sys
from pathlib import Path

from algotrendy._core import order_states_table, pre_trade_checks_page

_STATES = """\
# Order states

Made from the core's state machine by `make gen`; a test keeps it current. The guide
[Orders and risk](../guides/orders-and-risk.md) says what the states mean.

A row is what happens to an order, a column where it stands. "→" is where it goes, "goes back" the
state before its cancel was asked for, or ACCEPTED if the venue has shown since that it works;
"recorded" is an event that leaves the state, "nothing new" no event, "refused"
ORDER_STATE_CONFLICT.

"""


def pages() -> dict[str, str]:
    """Return the pages as Markdown, by the names of their files."""
    return {
        "pre-trade-checks.md": pre_trade_checks_page(),
        "order-states.md": _STATES + order_states_table(),
    }


def main(folder: str) -> None:
    """Write the pages into a folder."""
    for name, page in pages().items():
        (Path(folder) / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
