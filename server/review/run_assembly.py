"""From what a server keeps of a run to its review: checkpoints say what was done, events refine when."""

from collections.abc import Iterator, Sequence

from server.review.findings import Findings
from server.review.happenings import happenings
from server.review.kept import Kept
from server.review.model import RunReview, Span
from server.review.spans import Spans
from server.review.unknowns import unknowns


def assemble(kept: Kept) -> RunReview:
    """The review of one run."""
    facts, found = kept.facts, Findings.of(kept)
    made = Spans(kept, found)
    spans = tuple(made.of_checkpoints()) or tuple(made.of_events())
    found.leave_unanswered()
    found.read_custom()
    return RunReview(
        run_id=facts.run_id,
        thread_id=facts.thread_id,
        graph=facts.graph,
        assistant_id=facts.assistant_id,
        status=facts.status,
        created_at=facts.created_at,
        queued_at=facts.queued_at,
        started_at=facts.started_at,
        ended_at=facts.ended_at,
        attempts=facts.attempts,
        asked=facts.asked,
        said=found.said,
        error=kept.events.error or next((span.error for span in _errors(spans)), None),
        spans=spans,
        models=tuple(found.models),
        tools=tuple(found.tools),
        retrievals=tuple(found.retrievals),
        diffs=tuple(found.diffs),
        questions=tuple(found.questions.values()),
        happenings=tuple(happenings(kept)),
        missing=tuple(unknowns(kept, spans, found)),
        link=kept.link,
    )


def _errors(spans: Sequence[Span]) -> Iterator[Span]:
    for span in spans:
        if span.error:
            yield span
        yield from _errors(span.children)
