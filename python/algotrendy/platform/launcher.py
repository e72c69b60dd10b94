"""Becomes another program, after asking the system to stop it when its starter dies.

Run as a script in an interpreter of its own, because changing a process between fork and exec is
not safe in a program with threads. Arguments: the signal, the starter's process id, the user and
group id to become (-1: stay), the program and its arguments.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def _launch(death_signal: int, starter: int, user: int, group: int, command: list[str]) -> None:
    if group >= 0:
        os.setgroups([])
        os.setgid(group)
    if user >= 0:
        os.setuid(user)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != starter:
            sys.exit("The process that started this one has died.")
    os.execv(command[0], command)  # noqa: S606  # No shell is wanted.


if __name__ == "__main__":
    _signal, _starter, _user, _group = map(int, sys.argv[1:5])
    _launch(_signal, _starter, _user, _group, sys.argv[5:])
