"""What people say to an assistant and what must come of it, read from files: `said => tool key=value …`.

`(new) ` before a line: said when there is no plan yet. For edit_plan there is one operation per "; ". `ask`: a question
back. Only the keys that stand there are looked at.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from agent.demo.model import DemoChatModel
from agent.demo.phrases import Phrases
from agent.plan.document import PlanDocument
from agent.plan.outline import outline
from tests.unit.agent.demo.conversation import tool

PLAN_TOOLS = ("build_plan", "edit_plan", "undo_plan", "restore_plan", "compare_versions", "plan_history", "show_plan")
_NEW = "(new) "
_PAIR = re.compile(r'(\w+)=("[^"]*"|\[[^\]]*\]|\{[^}]*\}|\S+)')


@dataclass(frozen=True)
class Saying:
    """What is said, whether there is no plan yet, and the call that must come of it."""

    said: str
    new: bool
    tool: str
    expected: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Understanding:
    """How much of what was said led to what it should: `wrong` is what was acted on otherwise."""

    said: int
    understood: int
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.understood} of {self.said} understood; wrongly acted on: {list(self.wrong)}"


@dataclass(frozen=True)
class Listener:
    """The demo model of one domain, on a day, with a plan that it is told about."""

    phrases: Phrases
    tools: Sequence[str]
    plan: dict[str, Any]
    today: date

    def reply(self, said: str, *, new: bool = False) -> AIMessage:
        """The answer to one message."""
        items = outline(PlanDocument.from_json(self.plan))
        plan = None if new else {"version": 2, "title": "The plan", "items": items, "last_change": "edit"}
        blocks = [{"today": self.today.isoformat(), "plan": plan, "facts": []}, {"passages": []}]
        system = SystemMessage("\n".join(f"```json\n{json.dumps(block)}\n```" for block in blocks))
        model = DemoChatModel(phrases=self.phrases).bind_tools([tool(name) for name in (*PLAN_TOOLS, *self.tools)])
        return model.invoke([system, HumanMessage(said)])

    def problem(self, saying: Saying) -> str | None:
        """What is wrong with the answer; None if it is what is expected."""
        answer = self.reply(saying.said, new=saying.new)
        calls = [(call["name"], call["args"]) for call in answer.tool_calls]
        if saying.tool == "ask":
            return None if not calls and "?" in answer.text else f"{calls or answer.text}"
        if [name for name, _ in calls] != [saying.tool]:
            return f"{calls or answer.text[:160]}"
        args = calls[0][1]
        got = args["ops"] if saying.tool == "edit_plan" else [args]
        if len(got) != len(saying.expected):
            return f"{got}"
        return next(
            (
                f"{one}"
                for one, wanted in zip(got, saying.expected, strict=True)
                if any(one.get(key) != value for key, value in wanted.items())
            ),
            None,
        )

    def understanding(self, said: Sequence[Saying]) -> Understanding:
        """How many sayings, such as paraphrases outside of the grammar, are understood, and which are misunderstood."""
        missed = [one for one in said if self.problem(one) is not None]
        wrong = tuple(one.said for one in missed if self.reply(one.said, new=one.new).tool_calls)
        return Understanding(len(said), len(said) - len(missed), wrong)


def sayings(file: Path) -> Iterator[Saying]:
    """The lines of a file; those that begin with # are comments."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            said, _, told = line.partition(" => ")
            name, _, rest = told.partition(" ")
            parts = rest.split("; ") if name == "edit_plan" else [rest]
            yield Saying(said.removeprefix(_NEW), said.startswith(_NEW), name, tuple(map(_expected, parts)))


def _expected(text: str) -> dict[str, Any]:
    values = {key: _value(value) for key, value in _PAIR.findall(text)}
    op = text.split(" ", maxsplit=1)[0]
    return values if "=" in op or not op else {"op": op, **values}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
