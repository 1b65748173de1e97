"""All cases, group by group."""

from tests.conformance.case import Case
from tests.conformance.cases import (
    a2a,
    a2a_auth,
    assistants,
    auth,
    configured,
    crons,
    crons_auth,
    event_streaming,
    event_streaming_commands,
    event_streaming_sockets,
    interrupts_and_commands,
    mcp,
    sdk_methods,
    starting_runs,
    stopping_runs,
    store,
    streaming_runs,
    system,
    thread_state,
    thread_streams,
    threads,
    webhooks,
)

_GROUPS = (
    starting_runs,
    streaming_runs,
    interrupts_and_commands,
    stopping_runs,
    thread_state,
    threads,
    thread_streams,
    event_streaming,
    event_streaming_commands,
    event_streaming_sockets,
    assistants,
    store,
    system,
    configured,
    auth,
    sdk_methods,
    mcp,
    a2a,
    a2a_auth,
    webhooks,
    crons,
    crons_auth,
)

ALL: list[Case] = [case for group in _GROUPS for case in group.cases.all]
