"""What of a run does not leave the machine."""

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langsmith import LangSmithSecret, traceable
from pydantic import TypeAdapter, ValidationError

from server.errors import Conflict
from server.tracing.feedback import Score
from server.tracing.policy import GraphPolicy
from tests.integration.tracing.graphs import CountingModel, asks, everything, fails, fills
from tests.integration.tracing.traced import a_run, trace_of, tracing_to
from tests.langsmith_server import LangSmithServer, ReceivedRun

SAID = {"messages": [("user", "my back hurts at night")]}
HIDES = GraphPolicy("care", hide_inputs=True, hide_outputs=True, hide_metadata=True)


def sent(langsmith: LangSmithServer, root: ReceivedRun) -> str:
    """All that arrived of a trace, as text."""
    return json.dumps([run.fields for run in [root, *langsmith.below(root)]])


async def test_a_hidden_graph_shows_its_steps_and_nothing_that_was_said(langsmith: LangSmithServer) -> None:
    run = a_run(graph_id="care", metadata={"complaint": "my back"}, tags=["back pain"], user="ann@example.org")
    root = await trace_of(langsmith, everything(), SAID, run, options={"policies": {"care": HIDES}})
    steps = langsmith.below(root)
    assert [step.name for step in steps] == ["everything", "Shelf", "add", "by_hand", "CountingModel"]
    text = sent(langsmith, root)
    for said in ("hurts", "HURTS", "back", "Tapers", "all is well", "ann@example.org"):
        assert said not in text
    assert root["inputs"] == root["outputs"] == {"hidden": "this server does not show it in traces"}
    model = steps[-1]
    assert model.metadata["usage_metadata"]["total_tokens"] == 18
    assert model.metadata["langgraph_node"] == "everything"
    assert root.metadata["thread_id"] == str(run.thread_id)


async def test_a_hidden_graphs_errors_and_questions_are_hidden_too(langsmith: LangSmithServer) -> None:
    options = {"policies": {"care": HIDES}}
    failed = await trace_of(langsmith, fails(), SAID, a_run(graph_id="care"), options=options)
    assert {step["error"] for step in [failed, *langsmith.below(failed)]} == {"RuntimeError"}
    asked = await trace_of(langsmith, asks(), SAID, a_run(graph_id="care"), options=options, outcome="interrupted")
    assert "colour" not in sent(langsmith, asked)
    assert "interrupted" in asked.metadata["status"]


def shout(step: dict[str, Any]) -> dict[str, Any]:
    """A project's redactor: shows the outputs' keys only, and no tags."""
    outputs = dict.fromkeys(step.get("outputs", {}), "shown as a key")
    return {"inputs": step.get("inputs"), "outputs": outputs, "metadata": {**step["metadata"], "seen": step["name"]}}


async def test_a_projects_redactor_has_the_last_word(langsmith: LangSmithServer) -> None:
    policies = {"mine": GraphPolicy("mine", redactor=shout)}
    run = a_run(tags=["a tag"])
    root = await trace_of(langsmith, fails(), SAID, run, options={"policies": policies})
    assert root.get("error") is None
    assert root.tags == []
    assert root["inputs"]["messages"][0] == ["user", "my back hurts at night"]
    assert root.metadata["seen"] == "mine"
    assert root.metadata["thread_id"] == str(run.thread_id), "what the server says stays"


def _raises(_: dict[str, Any]) -> dict[str, Any]:
    raise KeyError("my back hurts")


def _answers_nonsense(_: dict[str, Any]) -> Any:
    return ["my back hurts"]


def _answers_other_kinds(step: dict[str, Any]) -> dict[str, Any]:
    return {**step, "metadata": "my back hurts"}


@pytest.mark.parametrize("redactor", [_raises, _answers_nonsense, _answers_other_kinds])
async def test_a_redactor_that_fails_hides_all(langsmith: LangSmithServer, redactor: Any) -> None:
    policies = {"mine": GraphPolicy("mine", redactor=redactor)}
    run = a_run(metadata={"complaint": "hurts"}, tags=["hurts"])
    root = await trace_of(langsmith, fails(), SAID, run, options={"policies": policies})
    assert "hurts" not in sent(langsmith, root)
    assert (root["inputs"], root["error"]) == ({"hidden": "it could not be redacted"}, "hidden")
    assert [step.name for step in langsmith.below(root)] == ["fail"]


async def test_secrets_are_masked_wherever_they_are(
    langsmith: LangSmithServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = LangSmithSecret("marked-as-a-secret")
    given = {
        "messages": [("user", "my key is sk-proj-abcdefghijklmnop0123 and postgresql://bob:hunter2@db/x")],
        "answer": {
            "api_key": "plain-0123",
            "nested": [{"Authorization": "Bearer abcdefghijklmnop"}],
            "held": marked,
            "secret_key": "plain-1234",
            "AWS_Secret_Access_Key": "plain-2345",
            "set-cookie": "plain-3456",
        },
    }
    run = a_run(metadata={"password": "hunter2hunter2", "note": "of-the-environment-9"}, tags=["of-the-environment-9"])
    root = await trace_of(langsmith, fails(), given, run, options={"secrets": ("of-the-environment-9",)})
    text = sent(langsmith, root)
    for secret in ("abcdefghijklmnop", "hunter2", "plain-", "of-the-environment-9", "marked-as-a-secret"):
        assert secret not in text
    assert "my key is [secret] and postgresql://[secret]@db/x" in text
    assert root["inputs"]["answer"]["api_key"] == "[secret]"
    assert root.tags == ["[secret]"]


async def test_large_state_is_left_out_by_its_key(langsmith: LangSmithServer) -> None:
    policies = {"mine": GraphPolicy("mine", excluded=frozenset({"library"}))}
    root = await trace_of(langsmith, fills(), {**SAID, "library": ["x"] * 50}, options={"policies": policies})
    (step,) = langsmith.below(root)
    assert root["inputs"]["library"] == step["inputs"]["library"] == "excluded: list of 50"
    assert root["outputs"]["library"] == step["outputs"]["library"] == "excluded: list of 1000"
    assert step["outputs"]["answer"] == "done"


async def test_what_is_too_large_to_copy_is_left_out_by_itself(langsmith: LangSmithServer) -> None:
    root = await trace_of(langsmith, fills(), {**SAID, "library": ["x"] * 30_000})
    assert root["inputs"]["library"] == "left out: list of 30000 with more than 20000 values"
    assert root["outputs"]["library"][0] == "a book"


async def test_what_has_no_json_form_is_shown_as_what_it_is_called(langsmith: LangSmithServer) -> None:
    odd = {
        "big": 2**70,
        "raw": b"\x00",
        5: {1, 2},
        "broken": "\ud800",
        "thing": object,
        "key": LangSmithSecret("shh-shh-shh"),
    }
    root = await trace_of(langsmith, fills(), {**SAID, "answer": odd})
    shown = root["inputs"]["answer"]
    assert (shown["big"], sorted(shown["5"])) == (2**70, [1, 2])
    assert "shh-shh-shh" not in sent(langsmith, root)


async def test_a_graph_that_this_process_does_not_have_is_hidden(langsmith: LangSmithServer) -> None:
    run = a_run(graph_id="renamed", given=SAID, metadata={"complaint": "my back"}, tags=["back pain"])
    root = await trace_of(langsmith, everything(), SAID, run, options={"policies": {"care": HIDES}})
    assert "back" not in sent(langsmith, root)


class _TellsAllError(Exception):
    def __repr__(self) -> str:
        return "my back hurts (at night)"


@traceable(name="by hand")
def _fails_by_hand(kind: str) -> None:
    if kind == "own words":
        raise _TellsAllError
    TypeAdapter(int).validate_python("my back hurts")


def _tries(state: MessagesState) -> dict[str, Any]:
    kind = str(state["messages"][-1].content)
    with suppress(_TellsAllError, ValidationError):
        _fails_by_hand(kind)
    return {}


@pytest.mark.parametrize("kind", ["own words", "validation"])
async def test_errors_of_steps_that_are_traced_by_hand_are_hidden_whatever_they_look_like(
    langsmith: LangSmithServer, kind: str
) -> None:
    graph = StateGraph(MessagesState).add_node("tries", _tries).add_edge(START, "tries").compile()
    given, run = {"messages": [("user", kind)]}, a_run(graph_id="care")
    root = await trace_of(langsmith, graph, given, run, options={"policies": {"care": HIDES}})
    (step,) = [step for step in langsmith.below(root) if step.name == "by hand"]
    assert step["error"] == "error"
    assert "hurts" not in sent(langsmith, root)


@pytest.mark.parametrize("policy", [GraphPolicy("mine", hide_inputs=True), GraphPolicy("mine", redactor=shout)])
async def test_how_a_model_is_asked_is_hidden_with_what_it_is_asked(
    langsmith: LangSmithServer, policy: GraphPolicy
) -> None:
    async def asks_model(state: MessagesState) -> dict[str, Any]:
        model = CountingModel(messages=iter([AIMessage("well")])).bind(prediction="my back hurts")
        return {"messages": [await model.ainvoke("hello")]}

    graph = StateGraph(MessagesState).add_node("asks", asks_model).add_edge(START, "asks").compile()
    root = await trace_of(langsmith, graph, {"messages": []}, a_run(), options={"policies": {"mine": policy}})
    assert "CountingModel" in [step.name for step in langsmith.below(root)]
    assert "hurts" not in sent(langsmith, root)


async def test_words_about_a_hidden_run_stay_here_and_who_wrote_them_is_told(langsmith: LangSmithServer) -> None:
    hidden = [HIDES, GraphPolicy("in", hide_inputs=True), GraphPolicy("out", hide_outputs=True)]
    async with tracing_to(langsmith, policies={policy.graph_id: policy for policy in hidden}) as tracing:
        for graph_id in ("care", "in", "out", "gone"):  # the last is a graph that this process does not have
            run = a_run(graph_id=graph_id)
            for words in (
                Score("helpful", 1, comment="my back hurts"),
                Score("helpful", value="back pain"),
                Score("helpful", correction={"said": "my back hurts"}),
                Score("my back hurts", 1),
            ):
                with pytest.raises(Conflict, match="TRACING_SHOW"):
                    await tracing.record(run, words, None)
            await tracing.record(run, Score("helpful", 0.5, value=True), None)
    assert [(one["score"], one["value"]) for one in langsmith.feedback[-4:]] == [(0.5, True)] * 4
    assert not re.search("hurts|pain", json.dumps(langsmith.feedback[-4:]))


async def test_a_projects_redactor_reads_feedback_too(langsmith: LangSmithServer) -> None:
    def redactor(step: dict[str, Any]) -> dict[str, Any]:
        assert (step["graph_id"], step["name"], step["run_type"]) == ("mine", "helpful", "feedback")
        said = step["outputs"]
        if "value" in said:
            return {"outputs": {"value": 5}}
        return {"outputs": {"comment": said["comment"].replace("ann", "…")}}

    async with tracing_to(langsmith, policies={"mine": GraphPolicy("mine", redactor=redactor)}) as tracing:
        await tracing.record(a_run(), Score("helpful", 1, comment="ann said so", correction={"by": "ann"}), None)
        recorded = langsmith.feedback[-1]
        assert (recorded["score"], recorded["comment"], recorded.get("correction")) == (1, "… said so", None)
        for fails in (Score("helpful", value="ann", comment="ann"), Score("another", comment="ann")):
            with pytest.raises(Conflict, match="redactor"):
                await tracing.record(a_run(), fails, None)
        await tracing.record(a_run(), Score("another", 1), None)
    assert langsmith.feedback[-2] == recorded
    assert recorded["session_id"], "LangSmith wants to know the project"
