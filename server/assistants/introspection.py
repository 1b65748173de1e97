"""What a graph looks like from outside: its JSON Schemas, its drawing and its subgraphs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NotRequired, Required, get_args, get_origin

from langchain_core.runnables.graph import Graph
from langgraph.channels.base import BaseChannel
from langgraph.graph.state import CompiledStateGraph
from langgraph.pregel import Pregel
from langgraph.pregel.protocol import PregelProtocol
from pydantic import BaseModel, Field, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from typing_extensions import get_type_hints

AnyGraph = Pregel[Any, Any, Any, Any]
JsonSchema = dict[str, Any]

_OPTIONALITY: tuple[Any, ...] = (Required, NotRequired)

UNNAMED = "LangGraph"
"""The name of a graph that was compiled without one."""


@dataclass(frozen=True)
class GraphInterface:
    """What a graph takes and gives, as JSON Schemas; None for what has none."""

    input: JsonSchema | None
    output: JsonSchema | None


def interface(graph: AnyGraph, graph_id: str) -> GraphInterface:
    """The input and output schema of a graph alone."""
    graph = _named(graph, graph_id)
    return GraphInterface(_or_none(graph.get_input_jsonschema), _or_none(graph.get_output_jsonschema))


def schemas(graph: AnyGraph, graph_id: str | None = None) -> dict[str, JsonSchema | None]:
    """Input, output, state, config and context schema of a graph; null for what has no JSON Schema.

    A graph without a name goes by `graph_id`. Without a context schema, `config_schema` is empty.
    """
    graph = _named(graph, graph_id)
    context = _or_none(graph.get_context_jsonschema)
    return {
        "input_schema": _or_none(graph.get_input_jsonschema),
        "output_schema": _or_none(graph.get_output_jsonschema),
        "state_schema": state_schema(graph),
        "config_schema": {} if graph.context_schema is None else context,
        "context_schema": context,
    }


def state_schema(graph: AnyGraph) -> JsonSchema:
    """The whole state, input and output or not: every channel that may be streamed, none of them required.

    A channel whose type has no JSON Schema may hold anything.
    """
    streamed = graph.stream_channels_asis
    names = [streamed] if isinstance(streamed, str) else streamed
    title = graph.get_name("State")
    channels = {name: graph.channels[name] for name in names}
    types = {name: channel.UpdateType for name, channel in channels.items() if isinstance(channel, BaseChannel)}
    whole = _or_none(lambda: _all_optional(title, types))
    if whole is None:
        whole = _all_optional(title, {name: kind if _expressible(kind) else Any for name, kind in types.items()})
    for name, told in _told_of_fields(graph).items():
        if name in whole.get("properties", {}):
            whole["properties"][name] |= told
    return whole


async def drawing(graph: AnyGraph, xray: bool | int) -> dict[str, Any]:
    """The nodes and edges of a graph; `xray` opens its subgraphs, to that depth if it is a number."""
    drawable: Graph = await graph.aget_graph(xray=xray)
    drawn: dict[str, Any] = drawable.to_json()
    for node in drawn["nodes"]:
        if isinstance(node.get("data"), dict):
            # classes are named by path for those who import them; a drawing only needs the name
            node["data"].pop("id", None)
    return drawn


async def subgraphs(graph: AnyGraph, namespace: str | None, *, recurse: bool) -> dict[str, dict[str, Any]]:
    """The schemas of a graph's subgraphs by namespace (`child`, or `child|grandchild` with `recurse`).

    With `namespace`, only the one of exactly that namespace.
    """
    found: dict[str, dict[str, Any]] = {}
    async for name, subgraph in graph.aget_subgraphs(namespace=namespace, recurse=recurse):
        found[name] = _subgraph_schemas(subgraph)
    return found


def _named(graph: AnyGraph, graph_id: str | None) -> AnyGraph:
    return graph if graph_id is None or graph.name != UNNAMED else graph.copy(update={"name": graph_id})


def _subgraph_schemas(subgraph: PregelProtocol[Any, Any, Any, Any]) -> dict[str, Any]:
    if isinstance(subgraph, Pregel):
        return schemas(subgraph)
    # a graph on another server: only that server could describe it
    return dict.fromkeys(("input_schema", "output_schema", "state_schema", "config_schema", "context_schema"))


def _told_of_fields(graph: AnyGraph) -> dict[str, dict[str, str]]:
    """Titles and descriptions that the state's fields were given by `Field`: a channel's type alone does not have them."""
    schema: Any = graph.builder.state_schema if isinstance(graph, CompiledStateGraph) else None
    try:
        hints = get_type_hints(schema, include_extras=True) if isinstance(schema, type) else {}
    except (NameError, TypeError):  # names that only a type checker can resolve
        return {}
    return {name: {key: text for note in _notes(hint) for key, text in note} for name, hint in hints.items()}


def _notes(hint: Any) -> Iterator[list[tuple[str, str]]]:
    if get_origin(hint) in _OPTIONALITY:
        yield from _notes(get_args(hint)[0])
    for note in getattr(hint, "__metadata__", ()):
        if isinstance(note, FieldInfo):
            words = (("title", note.title), ("description", note.description))
            yield [(key, text) for key, text in words if text is not None]


def _all_optional(title: str, types: dict[str, Any]) -> JsonSchema:
    fields: dict[str, Any] = {}
    for number, (name, kind) in enumerate(types.items()):
        if name.startswith("_") or hasattr(BaseModel, name):
            # a model cannot have a field of that name, but it can show one under it
            shown = Field(None, alias=name, title=name.lstrip("_").replace("_", " ").title())
            fields[f"channel_{number}"] = (kind, shown)
        else:
            fields[name] = (kind, None)
    model: type[BaseModel] = create_model(title, **fields)
    described: JsonSchema = model.model_json_schema()
    return described


def _expressible(kind: Any) -> bool:
    return _or_none(lambda: _all_optional("Field", {"value": kind})) is not None


def _or_none(make: Callable[[], JsonSchema | None]) -> JsonSchema | None:
    try:
        return make()
    except PydanticUserError:
        return None
