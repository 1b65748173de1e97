"""What is not known of a run, and what would have to be streamed or kept for it to be."""

from collections.abc import Iterator, Sequence

from server.review.findings import Findings
from server.review.kept import Kept
from server.review.model import Span
from server.review.run_facts import NO_RECORD


def unknowns(kept: Kept, spans: Sequence[Span], found: Findings) -> Iterator[str]:
    """What a review of it cannot tell, a line each, with why."""
    facts, events = kept.facts, kept.events
    modes = facts.kwargs.get("stream_mode") or ()
    if not facts.has_record:
        yield NO_RECORD
    if facts.swept is not None:
        yield f"Its {facts.swept} events are past retention: what is shown is from checkpoints."
    elif facts.has_record and found.models and not events.has_model_times():
        yield f"First-token times are unknown: nobody streamed `messages` of this run (it streamed {', '.join(modes)})."
    if not spans and facts.started_at is not None:
        yield f"Nodes and their times are unknown: {_why_no_nodes(kept)}, and nobody streamed `tasks` or `debug`."
    if found.models and not any(call.usage for call in found.models):
        yield "Tokens are unknown: the model did not count them."
    if found.tools and all(call.seconds is None for call in found.tools):
        yield "Tools have no times of their own, only their nodes have: that takes stream mode `tools` or `events`."


def _why_no_nodes(kept: Kept) -> str:
    if kept.facts.kwargs.get("durability") == "exit":
        return "durability is `exit`, which keeps the end alone"
    if kept.history.get(""):
        return "its checkpoints are read with the graph that the thread has now, which is another, or was changed"
    return "it has no checkpoints"
