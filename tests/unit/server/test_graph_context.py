"""What a graph's context is made of: the fields of its schema, whatever else was chosen."""

from dataclasses import dataclass, field

from pydantic import AliasChoices, BaseModel, Field
from typing_extensions import TypedDict

from server.graph_context import fitting


@dataclass
class Person:
    """Who asks."""

    user_id: str = "nobody"


@dataclass
class Writer(Person):
    """Who asks, and how."""

    tone: str = "plain"
    made: str = field(default="here", init=False)


class Named(BaseModel):
    """A model whose fields have other names as well."""

    tone: str = "plain"
    user_id: str = Field("nobody", validation_alias=AliasChoices("user", "userId"))


class Choice(TypedDict, total=False):
    """No model: LangGraph hands it on as it is."""

    tone: str


class Choices(Choice, total=False):
    """More of them."""

    length: int


CHOSEN = {"tone": "dry", "user_id": "ann", "userId": "bea", "length": 3, "made": "there"}


def test_a_dataclass_is_given_its_own_fields_and_those_it_inherits() -> None:
    assert fitting(Writer, CHOSEN) == {"tone": "dry", "user_id": "ann"}
    assert fitting(Writer, {"length": 3}) == {}


def test_a_pydantic_model_is_given_its_fields_by_whatever_name() -> None:
    assert fitting(Named, CHOSEN) == {"tone": "dry", "user_id": "ann", "userId": "bea"}
    assert Named(**(fitting(Named, CHOSEN) or {})).user_id == "bea"
    assert fitting(Named, {}) == {}


def test_a_typed_dict_is_given_its_keys_or_nothing() -> None:
    assert fitting(Choices, CHOSEN) == {"tone": "dry", "length": 3}
    assert fitting(Choices, {"user_id": "ann"}) is None


def test_a_graph_without_a_schema_is_given_all_there_is() -> None:
    assert fitting(None, CHOSEN) == CHOSEN
    assert fitting(None, {}) is None
