"""The one envelope in which every tool hands back what it found."""

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
