"""Planloom next to the official dev server, case by case."""

import pytest

from tests.conformance.case import Case
from tests.conformance.cases import ALL
from tests.conformance.differences import differences
from tests.conformance.observations import Observed

pytestmark = pytest.mark.timeout(600)  # the first case waits for all of them: they are observed together


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_both_servers_show_the_same(case: Case, observed: dict[str, Observed]) -> None:
    seen = observed[case.id]
    for shown in (seen.official, seen.ours):
        if isinstance(shown, Exception):
            raise shown
    if case.because is None:
        assert not (found := differences(seen.official, seen.ours)), f"they differ\n{found}"
    else:
        assert not (found := differences(case.truth, seen.ours)), (
            f"{case.because}; the truth is called official\n{found}"
        )
        assert case.flaky or seen.official != case.truth, f"the official server shows it too by now: {case.because}"
