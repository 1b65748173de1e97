"""Whether `command.resume` is an answer that the thread's open interrupts take, by the schemas that they came with.

The check is made when a run is admitted to a thread that waits. A run that is queued behind others is not checked then,
since nobody knows yet what it will be asked: its graph checks the answer when it starts, and fails the run if it is none.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import jsonschema_rs
from langgraph.types import Interrupt

from server.errors import Malformed

_INTERRUPT_ID = re.compile(r"[0-9a-f]{32}")
_MOST_TOLD = 5


def require_answers(resume: Any, asked: Sequence[Interrupt]) -> None:
    """Raise `Malformed` if an interrupt says which answers it takes and this is none of them."""
    if problems := problems_of(resume, asked):
        told = "; ".join(dict.fromkeys(problems[:_MOST_TOLD]))
        raise Malformed(f"command.resume is no answer that the interrupt takes, and the thread goes on waiting: {told}")


def problems_of(resume: Any, asked: Sequence[Interrupt]) -> list[str]:
    """What is wrong with answers, for those interrupts that say which ones they take.

    As in LangGraph, a map from interrupts' ids to values answers several, any other value the only one that is open.
    """
    return [problem for interrupt, value in _pairs(resume, asked) for problem in _problems(interrupt, value)]


def _pairs(resume: Any, asked: Sequence[Interrupt]) -> Iterator[tuple[Interrupt, Any]]:
    if isinstance(resume, dict) and resume and all(_INTERRUPT_ID.fullmatch(str(key)) for key in resume):
        yield from ((interrupt, resume[interrupt.id]) for interrupt in asked if interrupt.id in resume)
    elif len(asked) == 1:
        yield asked[0], resume


def _problems(interrupt: Interrupt, value: Any) -> Iterator[str]:
    schema = interrupt.response_schema
    if not isinstance(schema, dict):
        return
    try:
        validator = jsonschema_rs.validator_for(schema, validate_formats=True, retriever=_nothing_elsewhere)
    except ValueError:
        return  # the graph's own business: it is not for the answerer to mend
    for error in validator.iter_errors(value):
        told = _told_by(schema, error.schema_path)
        at = "/".join(map(str, error.instance_path))
        yield told or f"{at}: {error.message}" if at else told or error.message


def _told_by(schema: Any, path: Sequence[str | int]) -> str | None:
    """The innermost `errorMessage` around the rule that failed: the schema's author's own words."""
    found: str | None = None
    for step in path:
        if isinstance(schema, dict) and isinstance(schema.get("errorMessage"), str):
            found = schema["errorMessage"]
        try:
            schema = schema[step]
        except (LookupError, TypeError):
            return found
    return found


def _nothing_elsewhere(uri: str) -> Any:
    raise ValueError(f"{uri} is not fetched")
