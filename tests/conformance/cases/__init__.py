"""All cases, group by group."""

from tests.conformance.case import Case
from tests.conformance.cases import (
    assistants,
    interrupts_and_commands,
    starting_runs,
    stopping_runs,
    store,
    streaming_runs,
    system,
    thread_state,
    threads,
)

_GROUPS = (
    starting_runs,
    streaming_runs,
    interrupts_and_commands,
    stopping_runs,
    thread_state,
    threads,
    assistants,
    store,
    system,
)

ALL: list[Case] = [case for group in _GROUPS for case in group.cases.all]
