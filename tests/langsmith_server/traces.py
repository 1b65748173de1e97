"""What arrived, put together: runs of which the start and the end came apart are one again."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

Json = dict[str, Any]


@dataclass
class ReceivedRun:
    """A run as LangSmith would have it."""

    fields: Json = field(default_factory=dict)
    posts: int = 0
    patches: int = 0

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def get(self, name: str) -> Any:
        """A field, or None."""
        return self.fields.get(name)

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.fields["name"])

    @property
    def metadata(self) -> Json:
        """Its metadata."""
        metadata: Json = self.fields["extra"]["metadata"]
        return metadata

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        return list(self.fields.get("tags") or ())

    @property
    def events(self) -> list[str]:
        """The names of its events, in order."""
        return [event["name"] for event in self.fields.get("events") or ()]

    @property
    def is_ended(self) -> bool:
        """Whether its end arrived."""
        return self.fields.get("end_time") is not None


def parts_of(content_type: str, body: bytes) -> Iterable[tuple[str, Json | list[Any] | str]]:
    """The parts of a multipart body: their names and their JSON."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        yield str(name), json.loads(part.get_payload(decode=True) or b"null")


class Traces:
    """All runs that arrived, by id."""

    def __init__(self) -> None:
        self.runs: dict[str, ReceivedRun] = {}

    def post(self, fields: Json) -> None:
        """A run's start, or the whole run."""
        run = self.runs.setdefault(fields["id"], ReceivedRun())
        run.posts += 1
        run.fields.update(fields)

    def patch(self, fields: Json) -> None:
        """A run's end."""
        run = self.runs.setdefault(fields["id"], ReceivedRun())
        run.patches += 1
        run.fields.update({name: value for name, value in fields.items() if value is not None})

    def multipart(self, content_type: str, body: bytes) -> list[Json]:
        """A batch of both; the feedback in it. Raises `ValueError` for a part that LangSmith does not take."""
        whole: dict[tuple[str, str], Json] = {}
        feedback: list[Json] = []
        for name, content in parts_of(content_type, body):
            kind, run_id, *rest = name.split(".", 2)
            if kind == "feedback" and isinstance(content, dict):
                feedback.append(content)
            elif kind not in ("post", "patch"):
                raise ValueError(f"unknown part {name!r}")
            elif not rest and isinstance(content, dict):
                whole.setdefault((kind, run_id), {}).update(content)
            else:
                whole.setdefault((kind, run_id), {})[rest[0]] = content
        for (kind, _), fields in whole.items():
            _require(fields)
            self.post(fields) if kind == "post" else self.patch(fields)
        return feedback

    def tree(self, root: ReceivedRun, indent: str = "") -> list[str]:
        """A run with all below it, in the order they started: `type name` a line, indented by depth."""
        lines = [f"{indent}{root['run_type']} {root.name}"]
        for child in self.children(root):
            lines += self.tree(child, indent + "  ")
        return lines

    def children(self, parent: ReceivedRun) -> list[ReceivedRun]:
        """The runs right below one, in the order they started."""
        found = [run for run in self.runs.values() if run.get("parent_run_id") == parent["id"]]
        return sorted(found, key=lambda run: str(run["dotted_order"]))


def _require(fields: Mapping[str, Any]) -> None:
    """LangSmith refuses a batch whose runs do not say where they belong."""
    missing = [name for name in ("id", "trace_id", "dotted_order") if not fields.get(name)]
    if missing:
        raise ValueError(f"a run without {', '.join(missing)}")
    if not fields["dotted_order"].endswith(fields["id"]):
        raise ValueError("a dotted order that ends in another run")
    if fields["dotted_order"].split(".")[0][-36:] != fields["trace_id"]:
        raise ValueError("a dotted order that begins in another trace")
