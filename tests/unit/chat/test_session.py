import io
from collections.abc import Mapping
from typing import Any

import pytest
from rich.console import Console

from server.chat.conversation import ConversationError
from server.chat.session import Session
from server.chat.terminal import Terminal
from tests.unit.chat.recorded_server import THREAD, RecordedServer, review, token

MOVED = {
    "type": "plan.diff",
    "summary": "Moved Tempo from Tue to Wed",
    "changes": [{"id": "w3-tempo", "kind": "moved", "text": "Tempo: Tue → Wed"}],
}


async def converse(
    server: RecordedServer,
    typed: str,
    *,
    assistant: str = "coach",
    thread_id: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> tuple[str, int]:
    """What a pipe with `typed` in it gets to see, and the exit code."""
    out = io.StringIO()
    terminal = Terminal(io.StringIO(typed), Console(file=out, highlight=False, markup=False, emoji=False, width=80))
    async with server.client() as client:
        code = await Session(client, terminal, assistant).run(thread_id, context)
    return out.getvalue(), code


async def test_a_turn_shows_the_words_as_said_and_echoes_what_was_typed() -> None:
    server = RecordedServer(runs=[[token("Hello "), token("there.")]])
    output, code = await converse(server, "hi\n")
    assert output.splitlines() == [
        f"thread {THREAD}",
        f"go on later: planloom chat coach --thread {THREAD}",
        "",
        "> hi",
        "Hello there.",
        "",
    ]
    assert code == 0
    assert server.asked[0]["input"] == {"messages": [{"role": "user", "content": "hi"}]}
    assert server.asked[0]["stream_mode"] == ["messages-tuple", "custom", "updates"]


async def test_plain_output_has_no_escape_codes_and_no_wrapping() -> None:
    long = "word " * 60
    output, _ = await converse(RecordedServer(runs=[[("custom", MOVED), token(long)]]), "hi\n")
    assert "\x1b" not in output
    assert long.strip() in output


async def test_blocks_stand_on_lines_of_their_own_between_answers() -> None:
    frames = [
        token("I look", "1"),
        ("custom", {"type": "plan.issues", "issues": []}),
        token("Done", "2"),
        token("!", "3"),
    ]
    output, _ = await converse(RecordedServer(runs=[frames]), "hi\n")
    assert output.splitlines()[4:-1] == ["I look", "plan checked: no issues", "Done", "!"]


async def test_the_demo_model_is_labelled_once_per_session() -> None:
    spoken = token("ok", model_name="offline-rules-1", offline=True)
    output, _ = await converse(RecordedServer(runs=[[spoken, spoken], [spoken]]), "one\ntwo\n")
    assert output.count("NOT a language model") == 1


async def test_an_approved_edit_resumes_the_run_with_the_decision() -> None:
    server = RecordedServer(
        runs=[
            [("custom", MOVED), ("updates", {"__interrupt__": [review("Move Tempo to Wednesday")]})],
            [("custom", {"type": "plan.version", "version": 2, "kind": "edit"}), token("Saved.")],
        ]
    )
    output, code = await converse(server, "move it\nyes\n")
    assert server.asked[1]["command"] == {"resume": {"decisions": [{"type": "approve"}]}}
    assert "input" not in server.asked[1] or server.asked[1]["input"] is None
    assert output.splitlines()[3:-1] == [
        "> move it",
        "plan diff: Moved Tempo from Tue to Wed",
        "  ~ w3-tempo  Tempo: Tue → Wed",
        "approval wanted: Move Tempo to Wednesday",
        "[a]pprove, [e]dit JSON, [r]eject, re[s]pond TEXT",
        "decision> yes",
        "plan saved as version 2 (edit)",
        "Saved.",
    ]
    assert code == 0


async def test_a_plans_own_summary_is_asked_about_instead_of_markdown() -> None:
    asked = review("| change |\n|---|")
    asked["value"]["summary"] = "Moved Tempo to Wed"
    server = RecordedServer(runs=[[("updates", {"__interrupt__": [asked]})], []])
    output, _ = await converse(server, "move it\na\n")
    assert "approval wanted: Moved Tempo to Wed\n" in output
    assert "| change |" not in output


async def test_an_unclear_answer_is_asked_again() -> None:
    server = RecordedServer(runs=[[("updates", {"__interrupt__": [review("Move", ["approve", "reject"])]})], []])
    output, _ = await converse(server, "move it\nperhaps\nn too far\n")
    assert "Please answer [a]pprove, [r]eject." in output
    assert server.asked[1]["command"] == {"resume": {"decisions": [{"type": "reject", "message": "too far"}]}}


def choosing(**beside: Any) -> dict[str, Any]:
    """An interrupt about two changes, with Planloom's own fields."""
    changes = [
        {"change_id": "/items/a", "kind": "added", "text": "Added Week 9"},
        {"change_id": "/items/b", "kind": "added", "text": "Added Easy run", "needs": ["/items/a"]},
    ]
    asked = review("| page |")
    asked["value"] |= {"summary": "Added Week 9; Added Easy run", "changes": changes, **beside}
    return asked


async def test_changes_are_numbered_and_chosen_by_number() -> None:
    server = RecordedServer(runs=[[("updates", {"__interrupt__": [choosing()]})], []])
    output, _ = await converse(server, "another week\na not 2\n")
    assert output.splitlines()[4:9] == [
        "approval wanted: Added Week 9; Added Easy run",
        "  1 + Added Week 9",
        "  2 + Added Easy run",
        "[a]pprove (some: a 1, all but some: a not 1), [e]dit JSON, [r]eject, re[s]pond TEXT",
        "decision> a not 2",
    ]
    decision = {"type": "approve", "reject": ["/items/b"]}
    assert server.asked[1]["command"] == {"resume": {"decisions": [decision]}}


async def test_each_conflict_is_asked_about_once_the_change_is_approved() -> None:
    conflict = {"kind": "field", "id": "a", "path": ["data", "km"], "pointer": "/items/a/data/km", "kept": "theirs"}
    asked = choosing(conflicts=[conflict | {"base": 12, "ours": 15, "theirs": 14}], problem="It moved on.")
    server = RecordedServer(runs=[[("updates", {"__interrupt__": [asked]})], []])
    output, _ = await converse(server, "longer\na\nwhat\no\n")
    assert "It moved on.\napproval wanted: " in output
    assert "  ! a km: 15 here, 14 there; kept theirs" in output
    assert "whose a km is kept? [o]urs: 15, [t]heirs: 14 (before: 12)\nkeep> what\nPlease answer" in output
    decision = {"type": "approve", "resolutions": {"/items/a/data/km": "ours"}}
    assert server.asked[1]["command"] == {"resume": {"decisions": [decision]}}


async def test_an_answer_that_the_server_refuses_is_asked_for_again() -> None:
    server = RecordedServer(runs=[[("updates", {"__interrupt__": [choosing()]})], []], refuses=["needs Week 9"])
    output, _ = await converse(server, "another week\na 2\na\n")
    assert "That is no answer: needs Week 9" in output
    assert server.asked[1]["command"] == {"resume": {"decisions": [{"type": "approve"}]}}


@pytest.mark.parametrize(("line", "told"), [("/undo last", "takes numbers"), ("/fly", "/restore VERSION")])
async def test_a_command_that_there_is_not_says_which_there_are(line: str, told: str) -> None:
    server = RecordedServer()
    output, code = await converse(server, f"{line}\n")
    assert told in output
    assert (server.asked, code) == ([], 0)


async def test_several_interrupts_are_answered_by_their_ids() -> None:
    asked = [review("one"), {**review("two"), "id": "aa81"}]
    server = RecordedServer(runs=[[("updates", {"__interrupt__": asked})], []])
    await converse(server, "go\na\nr\n")
    assert server.asked[1]["command"]["resume"] == {
        "df7ad7cf": {"decisions": [{"type": "approve"}]},
        "aa81": {"decisions": [{"type": "reject"}]},
    }


async def test_a_question_of_another_shape_is_answered_in_words() -> None:
    asked = [{"id": "1", "value": {"question": "Which race?"}}]
    server = RecordedServer(runs=[[("updates", {"__interrupt__": asked})], []])
    output, _ = await converse(server, "go\nthe half\n")
    assert "Which race?" in output
    assert server.asked[1]["command"] == {"resume": "the half"}


async def test_an_old_thread_shows_its_last_messages_and_asks_what_it_still_asks() -> None:
    messages = [{"type": "human", "content": f"line {number}"} for number in range(7)]
    messages.append({"type": "ai", "content": "", "tool_calls": []})
    messages.append({"type": "tool", "content": "hidden"})
    messages.append({"type": "ai", "content": "Shall I?", "response_metadata": {"model_name": "m"}})
    state = {"values": {"messages": messages}, "tasks": [{"name": "approve", "interrupts": [review("Move Tempo")]}]}
    server = RecordedServer(runs=[[token("Saved.")]], state=state)
    output, _ = await converse(server, "a\n", thread_id=THREAD)
    assert "… 2 earlier messages" in output
    assert "> line 2\n> line 3" in output
    assert "line 1\n" not in output
    assert "hidden" not in output
    assert output.splitlines()[-6:-1] == [
        "model: m",
        "approval wanted: Move Tempo",
        "[a]pprove, [e]dit JSON, [r]eject, re[s]pond TEXT",
        "decision> a",
        "Saved.",
    ]
    assert server.asked[0]["command"] == {"resume": {"decisions": [{"type": "approve"}]}}


async def test_a_failed_run_is_shown_and_a_pipe_ends_with_code_1() -> None:
    server = RecordedServer(runs=[[("error", {"error": "ValueError", "message": "no"})], [token("still here")]])
    output, code = await converse(server, "one\n\ntwo\n")
    assert "The run failed: ValueError: no" in output
    assert "still here" in output
    assert code == 1


async def test_the_end_of_the_input_leaves_a_question_open() -> None:
    server = RecordedServer(runs=[[("updates", {"__interrupt__": [review("Move")]})]])
    _, code = await converse(server, "move it\n")
    assert len(server.asked) == 1
    assert code == 0


async def test_the_callers_choices_go_with_every_run() -> None:
    server = RecordedServer(runs=[[], []])
    await converse(server, "one\ntwo\n", context={"approval": "always"})
    assert [asked["context"] for asked in server.asked] == [{"approval": "always"}] * 2


async def test_an_unknown_assistant_is_named_with_those_that_exist() -> None:
    with pytest.raises(ConversationError, match="no assistant 'couch'; it has: coach"):
        await converse(RecordedServer(), "", assistant="couch")


async def test_an_unknown_thread_is_said_to_be_unknown() -> None:
    with pytest.raises(ConversationError, match=r"no thread 42: .*not found"):
        await converse(RecordedServer(), "", thread_id="42")
