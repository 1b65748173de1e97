"""LangGraph's commands from their JSON, as runs and supersteps give them."""

from typing import Any

from langgraph.types import Command, Send


def command_of(resume: Any, update: Any, goto: Any) -> Command[Any]:
    """What a node would have returned: `update` is an object or a list of pairs, `goto` a node's name, an object with `node`
    and `input`, or a list of those; None for what is not given."""
    pairs = [tuple(pair) for pair in update] if isinstance(update, list) else update
    return Command(resume=resume, update=pairs, goto=_goto(goto))


def _goto(goto: Any) -> Any:
    if isinstance(goto, list):
        return [_goto(target) for target in goto]
    if isinstance(goto, dict):
        return Send(str(goto.get("node")), goto.get("input"))
    return () if goto is None else goto
