"""Commands that begin with a slash: the plan of the conversation, shown, compared, undone and restored over HTTP."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field
from rich.text import Text

from server.chat.plan_events import Change, Conflict
from server.chat.render import change_lines, conflict_line

HELP = """\
/plan [VERSION]    the plan as a page
/versions          its versions, newest first
/compare [A B]     what differs between two versions (the last two, without numbers)
/undo [VERSION]    take back a version's change, the last one without a number; later changes stay
/restore VERSION   make a version's content the plan again
/file PATH [WORDS] send a file along: a document or a spoken message into a room, a GPX or TCX run to the coach
Anything else is said to the assistant."""

_REFUSED = 400
_PAGE = 20

Chooser = Callable[[Conflict], str]
"""Whose side a person keeps in a conflict: "ours" or "theirs"."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class _Version(_Wire):
    version: int
    kind: str = ""
    is_current: bool = False
    summary: str = ""
    author_kind: str = ""
    created_at: str = ""


class _Plan(_Wire):
    plan_id: str
    head: int


class _Versions(_Wire):
    versions: tuple[_Version, ...] = ()
    next: int | None = None


class _Comparison(_Wire):
    start: int = Field(alias="from")
    end: int = Field(alias="to")
    changes: tuple[Change, ...] = ()


class _Changed(_Wire):
    changed: bool
    message: str = ""
    version: _Version
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


class CommandError(Exception):
    """A command cannot be carried out; the message is one line for the person at the terminal."""


class PlanCommands:
    """The plan of one thread, by the server's routes for plans. `choose` asks the person about a conflict."""

    def __init__(self, http: httpx.AsyncClient, thread_id: str, choose: Chooser) -> None:
        self._http = http
        self._thread_id = thread_id
        self._choose = choose

    async def run(self, line: str) -> Text | str:
        """Carry out a line that begins with a slash. Raises `CommandError`, and httpx's errors when no server answers."""
        name, *words = line.split()
        numbers = [int(word) for word in words if word.isdecimal()]
        if len(numbers) < len(words):
            raise CommandError(f"{name} takes numbers of versions only.")
        match name, numbers:
            case "/plan", [] | [_]:
                return await self._page(numbers)
            case "/versions", []:
                return await self._versions()
            case "/compare", [] | [_, _]:
                return await self._compare(numbers)
            case "/undo", [] | [_]:
                return await self._undo(numbers)
            case "/restore", [number]:
                return _told(_Changed.model_validate(await self._change("restore", {"version": number})))
            case "/help", []:
                return HELP
        raise CommandError(f"There is no command like that. There are:\n{HELP}")

    async def _page(self, numbers: list[int]) -> str:
        plan = await self._plan()
        query = {"format": "markdown"} | ({"version": str(numbers[0])} if numbers else {})
        return _checked(await self._http.get(f"/plans/{plan.plan_id}", params=query)).text.rstrip()

    async def _versions(self) -> Text:
        plan = await self._plan()
        query = {"limit": str(_PAGE)}
        found = _Versions.model_validate(
            _checked(await self._http.get(f"/plans/{plan.plan_id}/versions", params=query)).json()
        )
        lines = [Text(f"version {one.version} ({_kind(one)}): {one.summary}") for one in found.versions]
        if found.next is not None:
            lines.append(Text("… and older ones", style="dim"))
        return Text("\n").join(lines)

    async def _compare(self, numbers: list[int]) -> Text:
        plan = await self._plan()
        query = dict(zip(("from", "to"), map(str, numbers), strict=False))
        compared = _Comparison.model_validate(
            _checked(await self._http.get(f"/plans/{plan.plan_id}/diff", params=query)).json()
        )
        heading = Text(f"from version {compared.start} to {compared.end}:", style="bold")
        return Text("\n").join([heading, *(change_lines(compared.changes) or [Text("  no changes")])])

    async def _undo(self, numbers: list[int]) -> Text:
        body: dict[str, Any] = {"version": numbers[0]} if numbers else {}
        done = _Changed.model_validate(await self._change("undo", body))
        if done.changed or not done.conflicts:
            return _told(done)
        # later changes cover all of it: whose side is kept is for the person to say
        sides = {conflict.pointer: self._choose(conflict) for conflict in done.conflicts}
        if set(sides.values()) == {"theirs"}:
            return _told(done)
        return _told(_Changed.model_validate(await self._change("undo", {**body, "resolutions": sides})))

    async def _change(self, verb: str, body: Mapping[str, Any]) -> Any:
        plan = await self._plan()
        return _checked(await self._http.post(f"/plans/{plan.plan_id}/{verb}", json=dict(body))).json()

    async def _plan(self) -> _Plan:
        return _Plan.model_validate(_checked(await self._http.get(f"/threads/{self._thread_id}/plan")).json())


def _checked(response: httpx.Response) -> httpx.Response:
    """The response if it is a success. Raises `CommandError` with what the server says."""
    if response.status_code < _REFUSED:
        return response
    try:
        detail = response.json().get("detail")
    except (ValueError, AttributeError):
        detail = None
    raise CommandError(f"The server refused: {detail or response.reason_phrase or response.status_code}")


def _told(done: _Changed) -> Text:
    lines = [Text(done.message, style="bold green" if done.changed else "yellow")]
    lines += change_lines(done.changes)
    lines += [conflict_line(conflict) for conflict in done.conflicts]
    return Text("\n").join(lines)


def _kind(version: _Version) -> str:
    parts = [version.kind, version.author_kind, "current" if version.is_current else ""]
    return ", ".join(part for part in parts if part)
