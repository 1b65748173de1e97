"""What an agent asks before it acts, and a person's answer to it.

The request has the shape that LangChain's human-in-the-loop middleware made common (`HITLRequest`): a list of actions,
and per action which decisions are allowed. The run resumes with one decision per action.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from server.chat.plan_events import Change, Conflict

DecisionType = Literal["approve", "edit", "reject", "respond"]

_WORDS: dict[str, DecisionType] = {
    "a": "approve",
    "approve": "approve",
    "y": "approve",
    "yes": "approve",
    "ok": "approve",
    "e": "edit",
    "edit": "edit",
    "r": "reject",
    "reject": "reject",
    "n": "reject",
    "no": "reject",
    "s": "respond",
    "respond": "respond",
}


_SOME = re.compile(r"(?P<but>not |all but |without |except )?(?P<numbers>\d{1,4}([\s,-]|and|\d)*)", re.IGNORECASE)
_NUMBERS = re.compile(r"(\d{1,4})(?:\s*-\s*(\d{1,4}))?")


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ActionRequest(_Shape):
    """One thing that the agent wants to do."""

    name: str
    args: dict[str, Any] = {}
    description: str = ""


class ReviewConfig(_Shape):
    """Which answers an action takes."""

    action_name: str
    allowed_decisions: tuple[DecisionType, ...] = ("approve", "edit", "reject", "respond")


class ReviewRequest(_Shape):
    """What the agent asks: every action wants one decision, in order.

    What is beside them is Planloom's own: `summary` is the change in one line, where an action's description is Markdown
    for a page; `changes` are its parts, which may be accepted one by one; `conflicts` are what others changed too, and
    `problem` says what was wrong with the last answer.
    """

    action_requests: tuple[ActionRequest, ...]
    review_configs: tuple[ReviewConfig, ...] = ()
    summary: str = ""
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    problem: str | None = None

    def allowed(self, action: ActionRequest) -> tuple[DecisionType, ...]:
        """The decisions that `action` takes."""
        configs = {config.action_name: config.allowed_decisions for config in self.review_configs}
        return configs.get(action.name, ("approve", "reject"))


@dataclass(frozen=True)
class Decision:
    """A person's answer to one action: `message` explains a reject or is the response, `args` are an edit's.

    `accept` or `reject` name the changes that are approved, or are not; `resolutions` say whose side is kept by a
    conflict's pointer.
    """

    type: DecisionType
    message: str | None = None
    args: dict[str, Any] | None = None
    accept: tuple[str, ...] | None = None
    reject: tuple[str, ...] | None = None
    resolutions: Mapping[str, str] | None = None

    def to_json(self, action: ActionRequest) -> dict[str, Any]:
        """The decision about `action` as the resumed run reads it."""
        told: dict[str, Any] = {"type": self.type}
        if self.message is not None:
            told["message"] = self.message
        if self.args is not None:
            told["edited_action"] = {"name": action.name, "args": self.args}
        for name, ids in (("accept", self.accept), ("reject", self.reject)):
            if ids is not None:
                told[name] = list(ids)
        if self.resolutions:
            told["resolutions"] = dict(self.resolutions)
        return told


class UnclearAnswer(ValueError):
    """An answer that is no decision; the message says what would be one."""


def read_review_request(value: Any) -> ReviewRequest | None:
    """The request that an interrupt's value is, or None if the agent asks something else."""
    try:
        request = ReviewRequest.model_validate(value)
    except ValidationError:
        return None
    return request if request.action_requests else None


def read_decision(
    answer: str, action: ActionRequest, allowed: tuple[DecisionType, ...], changes: Sequence[Change] = ()
) -> Decision:
    """The decision about `action` in a typed line: its word or first letter, then a message, or an edit's arguments as JSON.

    An approval may name changes by number: "a 1 3" are the only ones, with "a not 2" all others go in. A line that starts
    with no such word answers the agent in words, where the action takes a response. Approval is never guessed. Raises
    `UnclearAnswer`.
    """
    word, _, rest = answer.strip().partition(" ")
    kind = _WORDS.get(word.lower().rstrip(",.:!"))
    if kind == "approve" and rest.strip():
        if "approve" in allowed and (some := _SOME.fullmatch(rest.strip())):
            return _some_changes(some, changes)
        kind = None  # "yes, but on Thursday" is not a yes
    if kind is None:
        kind, rest = "respond", answer
    if kind not in allowed or not answer.strip():
        raise UnclearAnswer(f"Please answer {prompt_for(allowed)}.")
    message = rest.strip() or None
    if kind == "respond" and message is None:
        raise UnclearAnswer("Write the response after the word: respond TEXT.")
    if kind == "edit":
        return Decision("edit", args=_read_arguments(message, action))
    return Decision(kind, message=message)


def read_side(answer: str) -> str:
    """Whose side is kept: "ours" or "theirs", by its word or first letter. Raises `UnclearAnswer`."""
    sides = {"o": "ours", "ours": "ours", "t": "theirs", "theirs": "theirs"}
    side = sides.get(answer.strip().lower())
    if side is None:
        raise UnclearAnswer("Please answer [o]urs or [t]heirs.")
    return side


def _some_changes(some: re.Match[str], changes: Sequence[Change]) -> Decision:
    numbers: list[int] = []
    for first, last in _NUMBERS.findall(some["numbers"]):
        numbers += range(int(first), int(last or first) + 1)
    if not changes or any(not 1 <= number <= len(changes) for number in numbers):
        raise UnclearAnswer(
            f"There are changes 1 to {len(changes)}." if changes else "There are no changes to choose from."
        )
    ids = tuple(dict.fromkeys(changes[number - 1].change_id for number in numbers))
    return Decision("approve", reject=ids) if some["but"] else Decision("approve", accept=ids)


def prompt_for(allowed: tuple[DecisionType, ...], changes: int = 0) -> str:
    """The choices as one line, with the letters that stand for them; for several `changes`, how to choose among them."""
    some = " (some: a 1, all but some: a not 1)" if changes > 1 else ""
    shown = {"approve": f"[a]pprove{some}", "edit": "[e]dit JSON", "reject": "[r]eject", "respond": "re[s]pond TEXT"}
    return ", ".join(shown[kind] for kind in allowed)


def _read_arguments(text: str | None, action: ActionRequest) -> dict[str, Any]:
    if text is None:
        now = json.dumps(action.args, ensure_ascii=False)
        raise UnclearAnswer(f"Write the new arguments after the word. Now they are: edit {now}")
    try:
        arguments = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnclearAnswer(f"An edit needs the new arguments as JSON: {error}.") from error
    if not isinstance(arguments, dict):
        raise UnclearAnswer("An edit needs the new arguments as one JSON object.")
    return arguments
