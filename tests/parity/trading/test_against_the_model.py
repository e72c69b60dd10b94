"""The core and the naive model, told the same, decide the same, event by event."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.parity.trading.commands import Commands, seeded
from tests.parity.trading.comparison import Pair
from tests.parity.trading.world import DAY, HOUR, MINUTE, SECOND, START, opening
from tests.soak import SOAK_FACTOR, examples

LONG_RUN = 3_000
EASY_LIMITS = {"version": 1, "max_reference_age_ns": 40 * DAY, "allow_short": True}
# How long it takes from one command to the next: often nothing, sometimes a night.
PAUSES = (
    *(*[0] * 20, *[1] * 2, *[SECOND] * 8, *[10 * SECOND] * 6, *[MINUTE] * 4),
    *(*[7 * MINUTE] * 4, HOUR, HOUR, 5 * HOUR, DAY),
)


class Account:
    """A pair of cores and its clock."""

    def __init__(self, pick: Any) -> None:
        self.pair = Pair()
        self.now_ns = START
        self.commands = Commands(pick, self.pair.model)
        self.pick = pick

    def open(self, limits: dict[str, Any]) -> None:
        for command in opening(limits):
            self.pair.execute(command, self.now_ns)

    def tell(self, command: dict[str, Any]) -> None:
        """As a driver does: what is due first, then the command."""
        self.pair.execute({"type": "Advance"}, self.now_ns)
        self.pair.execute(command, self.now_ns)

    def step(self) -> None:
        self.now_ns += self.pick(PAUSES)
        self.tell(self.commands.any_command())


class AgainstTheModel(RuleBasedStateMachine):
    """Hypothesis looks for the shortest story that the two tell differently."""

    @initialize(data=st.data())
    def start(self, data: st.DataObject) -> None:
        self.data = data
        self.account = Account(self.pick)
        self.account.open(EASY_LIMITS)

    def pick(self, options: Sequence[Any]) -> Any:
        return self.data.draw(st.sampled_from(options))

    def tell(self, data: st.DataObject, kind: str) -> None:
        self.data = data
        self.account.tell(getattr(self.account.commands, kind)())
        self.account.pair.agree()

    @rule(data=st.data(), kind=st.sampled_from(("submit", "submit_list", "replace", "cancel")))
    def order(self, data: st.DataObject, kind: str) -> None:
        self.tell(data, kind)

    @rule(data=st.data(), kind=st.sampled_from(("submit_again", "submit_wrongly", "cancel_all")))
    def order_oddly(self, data: st.DataObject, kind: str) -> None:
        self.tell(data, kind)

    @rule(data=st.data(), kind=st.sampled_from(("report", "report", "undo", "late_fill")))
    def venue(self, data: st.DataObject, kind: str) -> None:
        self.tell(data, kind)

    @rule(data=st.data(), kind=st.sampled_from(("contradiction", "adopt", "adjust")))
    def venue_oddly(self, data: st.DataObject, kind: str) -> None:
        self.tell(data, kind)

    @rule(data=st.data(), kind=st.sampled_from(("mark", "rate", "change_instrument", "cash")))
    def market(self, data: st.DataObject, kind: str) -> None:
        self.tell(data, kind)

    @rule(data=st.data(), kind=st.sampled_from(("limits", "covariance", "close_position")))
    def limits(self, data: st.DataObject, kind: str) -> None:
        self.tell(data, kind)

    @rule(
        data=st.data(),
        kind=st.sampled_from(
            ("approve", "override", "kill", "rearm", "trading_state", "connection")
        ),
    )
    def people(self, data: st.DataObject, kind: str) -> None:
        self.tell(data, kind)

    @rule(pause_ns=st.sampled_from(PAUSES))
    def wait(self, pause_ns: int) -> None:
        self.account.now_ns += pause_ns
        self.account.pair.execute({"type": "Advance"}, self.account.now_ns)

    @rule()
    def go_back(self) -> None:
        self.account.pair.execute({"type": "Advance"}, self.account.now_ns - 1)

    @rule()
    @precondition(lambda self: len(self.account.pair.records) > 20)
    def recover(self) -> None:
        self.account.pair.recover()


TestAgainstTheModel = AgainstTheModel.TestCase
# The same stories every time, unless they are to be sought for longer.
TestAgainstTheModel.settings = settings(
    max_examples=examples(40),
    stateful_step_count=60,
    deadline=None,
    derandomize=SOAK_FACTOR == 1,
)


@pytest.mark.parametrize("seed", range(SOAK_FACTOR))
def test_a_long_account_decides_as_the_model_does(seed: int) -> None:
    """Orders, markets, limits, people and faults, at random but the same every time."""
    account = Account(seeded(seed))
    account.open(EASY_LIMITS)
    for step in range(LONG_RUN):
        account.step()
        if step % 50 == 0:
            account.pair.agree()
        if step % 500 == 499:
            account.pair.recover()
