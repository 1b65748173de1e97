"""Callers, as the project's authentication names them."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel


class User(Mapping[str, Any]):
    """A caller: `identity` and whatever else authentication gave, by attribute and by key.

    It is the `langgraph_sdk.auth.types.BaseUser` that handlers and factories see. Raises `ValueError` without an identity.
    """

    def __init__(self, fields: Mapping[str, Any]) -> None:
        identity = fields.get("identity")
        if not isinstance(identity, str) or not identity:
            raise ValueError("no identity")
        self._fields: dict[str, Any] = {
            "identity": identity,
            "display_name": identity,
            "is_authenticated": True,
            "permissions": [],
            **fields,
        }

    @classmethod
    def of(cls, given: object) -> "User":
        """The user that an authenticate handler returned: a name, a mapping or an object. Raises `ValueError` otherwise."""
        if isinstance(given, str):
            return cls({"identity": given})
        if isinstance(given, Mapping):
            return cls(given)
        if isinstance(given, BaseModel):
            return cls(given.model_dump(mode="json"))
        if dataclasses.is_dataclass(given) and not isinstance(given, type):
            return cls(dataclasses.asdict(given))
        named = ("identity", "display_name", "is_authenticated", "permissions")
        own = {name: value for name, value in getattr(given, "__dict__", {}).items() if not name.startswith("_")}
        return cls({**own, **{name: getattr(given, name) for name in named if hasattr(given, name)}})

    @property
    def identity(self) -> str:
        """What tells this caller from all others."""
        return str(self._fields["identity"])

    @property
    def display_name(self) -> str:
        """What to call them."""
        return str(self._fields["display_name"])

    @property
    def is_authenticated(self) -> bool:
        """Whether they are who they say."""
        return bool(self._fields["is_authenticated"])

    @property
    def permissions(self) -> Sequence[str]:
        """What they were granted."""
        return list(self._fields["permissions"] or ())

    def __getitem__(self, key: str) -> Any:
        return self._fields[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_fields"][name]
        except KeyError:
            raise AttributeError(f"this user has no {name!r}") from None

    def __repr__(self) -> str:
        return f"User({self.identity!r})"
