"""Reviews of the coach's runs: passages with scores, plan changes, questions and answers, whoever streamed what."""

import io
import re
from pathlib import Path
from typing import Any

import httpx
from langgraph_sdk import get_client
from rich.console import Console

from server.review.command import Request, review
from server.review.model import RunReview
from server.review.server_reader import ServerReader

PLAN = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
EDIT = "move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer"


def _said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


async def _conversation(url: str) -> tuple[str, tuple[RunReview, ...]]:
    """A plan and an edit that nobody streamed, then the approval with the graph's own events."""
    async with get_client(url=url) as client, httpx.AsyncClient(base_url=url, timeout=60) as http:
        thread_id = (await client.threads.create())["thread_id"]
        await client.runs.wait(thread_id, "coach", input=_said(PLAN))
        await client.runs.wait(thread_id, "coach", input=_said(EDIT))
        approval: Any = {"resume": {"decisions": [{"type": "approve"}]}}
        async for _ in client.runs.stream(thread_id, "coach", command=approval, stream_mode=["custom"]):
            pass
        return thread_id, (await ServerReader(http).thread(thread_id)).runs


async def test_passages_changes_calls_and_questions_are_told_of_runs_that_nobody_streamed(
    own_server: str, tmp_path: Path
) -> None:
    thread_id, (first, asking, approving) = await _conversation(own_server)
    assert [call.name for call in first.tools] == ["build_plan"] and "8 weeks" in first.said

    assert (asking.outcome, asking.asked) == ("interrupted", EDIT)
    (found,) = asking.retrievals
    assert found.hits[0].title == "Moving sessions within a week" and (found.hits[0].score or 0) > 0.5
    (diff,) = asking.diffs
    moved, longer = diff.changes
    assert re.fullmatch(r"Moved Tempo from Tue .+ to Wed .+", moved.text) and longer.text == "Long run 13.5 → 15.5 km"
    (call,) = asking.tools
    assert call.arguments["rationale"] == EDIT and call.result is None
    (question,) = asking.questions
    assert (question.node, question.answer) == ("approve", {"decisions": [{"type": "approve"}]})
    assert question.answered_by == approving.run_id

    (answered,) = approving.tools
    assert answered.arguments == call.arguments and "now version 2" in str(answered.result)
    assert "plan.version" in [one.name for one in approving.happenings]
    assert [span.name for span in approving.spans] == ["approve", "commit", "agent", "respond", "remember"]

    page = tmp_path / "review.html"
    await review(Request(own_server, thread=thread_id, html=page), Console(file=io.StringIO()))
    text = page.read_text(encoding="utf-8")
    assert '<a href="#run-3">by run 3</a>' in text and "Long run 13.5 → 15.5 km" in text
    assert 'class="bar node interrupted"' in text
