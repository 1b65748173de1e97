"""How often the event log writes."""

from itertools import pairwise

from server.events.pace import FIRST_SECONDS, LONGEST_SECONDS, Pace


def gaps_of_a_burst(runs: int) -> list[float]:
    """The seconds between the writes while events of so many runs come all the time."""
    pace, now, writes = Pace(), 100.0, []
    while now < 102:
        pace.written(now, runs)
        writes.append(now)
        now += pace.early(now)
    return [later - earlier for earlier, later in pairwise(writes)]


def test_a_burst_is_written_ever_rarer_and_the_more_runs_the_more_so() -> None:
    for runs in (1, 16, 1000):
        gaps = gaps_of_a_burst(runs)
        assert gaps[0] == 0, "a run's first event is not yet its graph's"
        assert abs(gaps[1] - FIRST_SECONDS) < 1e-6
        assert max(gaps) <= LONGEST_SECONDS + 1e-6
        assert all(later > earlier - 1e-6 for earlier, later in pairwise(gaps))
    assert gaps_of_a_burst(1)[-1] < gaps_of_a_burst(16)[-1] <= gaps_of_a_burst(1000)[-1]


def test_events_that_come_slowly_are_written_at_once() -> None:
    pace, now = Pace(), 5.0
    for _ in range(20):
        assert pace.early(now) == 0
        pace.written(now, 1)
        now += 2 * LONGEST_SECONDS
