"""All that a server keeps of a run, as it was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.review.checkpoints import Checkpoint
from server.review.events import RunEvents
from server.review.run_facts import RunFacts
from server.review.written import Message


@dataclass(frozen=True, slots=True)
class Answered:
    """A later run of the thread that brought answers."""

    run_id: str
    resume: Any


@dataclass(frozen=True, slots=True)
class Kept:
    """All that was read of a run. `history` are checkpoints by namespace ("" for the graph itself), `before` the messages
    that were on the thread when it began, `answered` the runs after it that resumed, in order."""

    facts: RunFacts
    events: RunEvents
    history: Mapping[str, Sequence[Checkpoint]]
    before: Sequence[Message] = ()
    answered: Sequence[Answered] = ()
    link: str | None = None
