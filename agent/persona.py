"""A virtual user: somebody in a room with a name, a way of speaking, a field, tools and a model of their own."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Persona(BaseModel):
    """One who answers in a room.

    `assistant` is whose knowledge and tools they have: chat (the room's documents), coach, travel, care or process.
    `tools` limits those to the ones named; plans and memory always work. `model` overrides the run's model.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="What they are called in @mentions.")
    name: str = Field(min_length=1, max_length=60, description="What they are called in the room.")
    prompt: str = Field(default="", max_length=8000, description="How they speak and what they care for.")
    assistant: str = Field(default="chat", description="Whose knowledge and tools: chat, coach, travel, care, process.")
    tools: list[str] | None = Field(default=None, description="Only these tools; empty means all of the assistant's.")
    model: str | None = Field(default=None, description="Their own model as provider:name; empty means the run's.")
