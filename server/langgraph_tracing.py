"""The `tracing` section of a `langgraph.json`: what traces may show of each graph, and where they go.

It is Planloom's own: other servers that read the file leave it alone.
"""

from pydantic import Field, field_validator

from server.langgraph_sections import Section, attribute_path


class GraphTracingSpec(Section):
    """What traces show of one graph."""

    hide: bool = Field(False, description="inputs, outputs, errors and callers' metadata stay here")
    exclude: list[str] = Field([], description="keys of the state that traces name without what they hold")
    project: str | None = Field(None, min_length=1, description="the LangSmith project, if not LANGSMITH_PROJECT")


class TracingSpec(Section):
    """What traces show of all graphs, and of each by its name."""

    redactor: str | None = Field(
        None, description="`./file.py:name`: a function that every run passes before it leaves"
    )
    exclude: list[str] = Field([], description="of every graph's state")
    graphs: dict[str, GraphTracingSpec] = Field({})

    @field_validator("redactor")
    @classmethod
    def _redactor_names_an_attribute(cls, value: str | None) -> str | None:
        return None if value is None else attribute_path(value)

    def of(self, graph_id: str) -> GraphTracingSpec:
        """What holds for one graph."""
        own = self.graphs.get(graph_id, GraphTracingSpec())
        return own.model_copy(update={"exclude": [*self.exclude, *own.exclude]})
