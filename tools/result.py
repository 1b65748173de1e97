"""The one envelope in which every tool hands back what it found."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

ProvenanceKind = Literal["computed", "provider", "sample"]


class Provenance(BaseModel):
    """Where a result comes from: computed here, fetched from a provider, or made-up sample data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ProvenanceKind
    source: str


class ToolResult(BaseModel):
    """A tool's answer: `data` for programs, `text` as the deterministic sentence for people and models."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    result_type: str
    data: dict[str, Any]
    text: str
    provenance: Provenance
    warnings: tuple[str, ...] = ()


def answer(
    result_type: str,
    data: Mapping[str, Any],
    text: str,
    source: str,
    *,
    kind: ProvenanceKind = "computed",
    warnings: Sequence[str] = (),
) -> str:
    """The envelope as JSON. Sample data says so in its sentence as well, wherever that is read out."""
    told = f"{text} (Sample data.)" if kind == "sample" else text
    return ToolResult(
        result_type=result_type,
        data=dict(data),
        text=told,
        provenance=Provenance(kind=kind, source=source),
        warnings=tuple(warnings),
    ).model_dump_json()
