"""Locks on files: the kernel keeps them, and frees them when the last process that has one is gone."""

import errno
import fcntl
import os
from pathlib import Path


class FileLock:
    """An exclusive lock on a file, from `acquire` to `release` or to the end of all its holders.

    The lock belongs to the open file, so a process started with that file open holds it as well.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """Take the lock if it is free; tell whether we have it now."""
        if self._file is not None:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            raise
        self._file = file
        # A fork of this process must not keep the lock after it.
        _held.add(self)
        return True

    def release(self) -> None:
        """Give the lock up on our side; processes that were started with it keep it."""
        _held.discard(self)
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @property
    def file(self) -> int:
        """The open file, to hand to a child process."""
        if self._file is None:
            raise RuntimeError("the lock isn't held")
        return self._file


_held: set[FileLock] = set()


def _forget_in_fork() -> None:
    for lock in tuple(_held):
        lock.release()


os.register_at_fork(after_in_child=_forget_in_fork)
