"""Become a Postgres program: run as a script by an interpreter of its own, between our process and Postgres.

It does what has to happen in the child before the program starts: the wish to be told when the parent dies
(Linux), and the change to another user. A fork hook in a process with threads could deadlock; a fresh
interpreter can't. It imports nothing of ours.

    launch.py PARENT_PID UID GID SIGNAL PROGRAM [ARGUMENT…]
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Replace this process by the program; come back only if the parent is gone already."""
    parent, uid, gid, signal_at_death = (int(argument) for argument in arguments[:4])
    program = arguments[4:]
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user, which clears it.
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_at_death):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() == parent:
        os.execv(program[0], program)  # noqa: S606  (no shell is what we want)


if __name__ == "__main__":
    main(sys.argv[1:])
