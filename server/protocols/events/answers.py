"""The answers of an `input.respond`: one, or several at once."""

from dataclasses import dataclass
from typing import Any, Self

from server.protocols.events.envelopes import CommandError

MOST_ANSWERS = 1000


@dataclass(frozen=True, slots=True)
class InputAnswers:
    """Values by the ids of the interrupts that they answer."""

    by_interrupt: dict[str, Any]

    @classmethod
    def parse(cls, params: dict[str, Any]) -> Self:
        """The answers that a command's params give, the last one if an interrupt is answered twice. Raises `CommandError`."""
        several = params.get("responses")
        if not isinstance(several, list):
            return cls(dict([_answer(params, "input.respond requires")]))
        if not several:
            raise _refused("input.respond requires at least one response.")
        if len(several) > MOST_ANSWERS:
            raise _refused(f"input.respond takes at most {MOST_ANSWERS} responses.")
        if not all(isinstance(one, dict) for one in several):
            raise _refused("input.respond responses entries must be objects.")
        return cls(dict(_answer(one, "input.respond responses entries require") for one in several))


def _answer(given: dict[str, Any], requires: str) -> tuple[str, Any]:
    interrupt_id = given.get("interrupt_id")
    if not isinstance(interrupt_id, str) or not interrupt_id:
        raise _refused(f"{requires} an interrupt_id.")
    namespace = given.get("namespace")
    is_list = isinstance(namespace, list) and all(isinstance(segment, str) for segment in namespace)
    if namespace is not None and not is_list:
        raise _refused("input.respond requires namespace to be a list of strings.")
    return interrupt_id, given.get("response")


def _refused(message: str) -> CommandError:
    return CommandError("invalid_argument", message)
