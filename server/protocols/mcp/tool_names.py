"""Which assistant has which tool's name, found without looking at all of them.

The oldest of a name has it; the others' have some of their id besides. Names have the characters that models take in a
tool's name; the assistant's own name is the tool's title.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from server.assistants.repository import Assistant

LONGEST = 64
"""The least that a client's model takes."""

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")
_TAIL = 8

Find = Callable[[list[str]], Awaitable[list[Assistant]]]
"""All assistants that any of the names may belong to; of those that are called so alike, the oldest is enough."""


def plain_name(name: str) -> str:
    """The name of a tool whose assistant is the first of that name; `repository.PLAIN_NAME` says the same to Postgres."""
    return _NOT_IN_NAMES.sub("_", name).strip("_")[:LONGEST] or "assistant"


def possible_names(assistant: Assistant) -> tuple[str, str, str]:
    """The names that an assistant's tool may have, the first that is free is its own."""
    plain, digits = plain_name(assistant.name), assistant.assistant_id.hex
    return plain, f"{plain[: LONGEST - _TAIL - 1]}-{digits[-_TAIL:]}", digits


def tail_of(name: str) -> str | None:
    """The end of the id that a name may have besides the assistant's."""
    _, dash, tail = name.rpartition("-")
    return tail if dash and re.fullmatch(r"[0-9a-f]{8}", tail) else None


def id_of(name: str) -> UUID | None:
    """The id that a name may be."""
    return UUID(name) if re.fullmatch(r"[0-9a-f]{32}", name) else None


class ToolNames:
    """The tools' names for one caller, who sees only the assistants that `find` finds."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._known: dict[str, list[Assistant]] = {}

    async def learn(self, names: Iterable[str]) -> None:
        """Ask for all of these at once."""
        new = [name for name in dict.fromkeys(names) if name not in self._known]
        if not new:
            return
        found = {one.assistant_id: one for one in await self._find(new)}
        by_age = sorted(found.values(), key=lambda one: (one.created_at, one.assistant_id))
        self._known |= {name: [one for one in by_age if name in possible_names(one)] for name in new}

    async def owner(self, name: str) -> Assistant | None:
        """The assistant whose tool has that name: the oldest of those that may that has no better one."""
        await self.learn([name])
        for assistant in self._known[name]:
            if await self._best(assistant, up_to=name) == name:
                return assistant
        return None

    async def name_of(self, assistant: Assistant) -> str | None:
        """The name of an assistant's tool; None if others have all that it could have."""
        for name in possible_names(assistant):
            owner = await self.owner(name)
            if owner is not None and owner.assistant_id == assistant.assistant_id:
                return name
        return None

    async def _best(self, assistant: Assistant, *, up_to: str) -> str:
        """The first of the assistant's names that is its own, or `up_to` if none before it is.

        Who is asked for is older each time, so this ends: whoever is the first of a name has it.
        """
        for name in possible_names(assistant):
            if name == up_to:
                break
            owner = await self.owner(name)
            if owner is not None and owner.assistant_id == assistant.assistant_id:
                return name
        return up_to
