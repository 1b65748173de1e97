"""What an agent asks before it acts, and a person's answer to it.

The request has the shape that LangChain's human-in-the-loop middleware made common (`HITLRequest`): a list of actions,
and per action which decisions are allowed. The run resumes with one decision per action.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

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

    `summary` is Planloom's own: the change in one line, where an action's description is Markdown for a page.
    """

    action_requests: tuple[ActionRequest, ...]
    review_configs: tuple[ReviewConfig, ...] = ()
    summary: str = ""

    def allowed(self, action: ActionRequest) -> tuple[DecisionType, ...]:
        """The decisions that `action` takes."""
        configs = {config.action_name: config.allowed_decisions for config in self.review_configs}
        return configs.get(action.name, ("approve", "reject"))


@dataclass(frozen=True)
class Decision:
    """A person's answer to one action: `message` explains a reject or is the response, `args` are an edit's."""

    type: DecisionType
    message: str | None = None
    args: dict[str, Any] | None = None

    def to_json(self, action: ActionRequest) -> dict[str, Any]:
        """The decision about `action` as the resumed run reads it."""
        told: dict[str, Any] = {"type": self.type}
        if self.message is not None:
            told["message"] = self.message
        if self.args is not None:
            told["edited_action"] = {"name": action.name, "args": self.args}
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


def read_decision(answer: str, action: ActionRequest, allowed: tuple[DecisionType, ...]) -> Decision:
    """The decision about `action` in a typed line: its word or first letter, then a message, or an edit's arguments as JSON.

    A line that starts with no such word answers the agent in words, where the action takes a response. Approval is
    never guessed. Raises `UnclearAnswer`.
    """
    word, _, rest = answer.strip().partition(" ")
    kind = _WORDS.get(word.lower().rstrip(",.:!"))
    if kind == "approve" and rest.strip():
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


def prompt_for(allowed: tuple[DecisionType, ...]) -> str:
    """The choices as one line, with the letters that stand for them."""
    shown = {"approve": "[a]pprove", "edit": "[e]dit JSON", "reject": "[r]eject", "respond": "re[s]pond TEXT"}
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
