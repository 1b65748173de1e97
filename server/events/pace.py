"""How often to write while events keep coming: each write costs a commit, and each chunk that a reader gets a system call."""

FIRST_SECONDS = 0.0025
LONGEST_SECONDS = 0.06

_LONG_SECONDS = 0.02  # for one run
_PER_RUN_SECONDS = 0.002  # for each run more: what a second costs stays the same however many stream at once


class Pace:
    """At once after a silence, and once more (a run's first event of all is not yet its graph's); then the gaps double, so
    that a burst of any length is written in few batches.

    No event waits longer than `LONGEST_SECONDS` for its write. A model whose tokens come slower than that waits for nothing.
    """

    def __init__(self) -> None:
        self._gap = 0.0
        self._due = 0.0

    def early(self, now: float) -> float:
        """For how many seconds the next write should still gather, by a clock that only goes forward."""
        return max(0.0, self._due - now)

    def written(self, now: float, runs: int) -> None:
        """A write of events of so many runs begins."""
        longest = min(_LONG_SECONDS + runs * _PER_RUN_SECONDS, LONGEST_SECONDS)
        was_silent = now - self._due > longest
        self._gap = 0.0 if was_silent else min(2 * self._gap or FIRST_SECONDS, longest)
        self._due = now + self._gap
