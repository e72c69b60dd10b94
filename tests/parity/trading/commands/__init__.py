"""Random commands about a world, most of them sensible, some of them wrong."""

import random

from tests.parity.trading.commands.base import RARELY, SOMETIMES, Command, Pick
from tests.parity.trading.commands.markets import Markets
from tests.parity.trading.commands.people import People
from tests.parity.trading.commands.venue import Venue

# What is done how often.
WEIGHTS = {
    "submit": 22,
    "submit_again": 2,
    "submit_wrongly": 2,
    "submit_list": 4,
    "replace": 5,
    "cancel": 3,
    "cancel_all": 1,
    "close_position": 2,
    "report": 30,
    "contradiction": 4,
    "late_fill": 2,
    "undo": 4,
    "adopt": 1,
    "adjust": 1,
    "mark": 14,
    "rate": 1,
    "change_instrument": 2,
    "limits": 3,
    "covariance": 1,
    "approve": 4,
    "override": 1,
    "kill": 1,
    "rearm": 3,
    "trading_state": 1,
    "connection": 1,
    "cash": 2,
}


def seeded(seed: int) -> Pick:
    """Picks at random, the same every time."""
    return random.Random(seed).choice  # noqa: S311 - Nothing here is a secret.


class Commands(People, Venue, Markets):
    """Makes commands that fit what the model's account is now."""

    def any_command(self) -> Command:
        command = self.mending() if self.pick(SOMETIMES) else None
        if command is None:
            names = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
            command = getattr(self, self.pick(names))()
        if self.pick(RARELY):
            command = {"command_id": self.name("command"), **command}
        return command
