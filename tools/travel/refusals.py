"""How the travel tools refuse."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

from langchain_core.tools import ToolException
from pydantic import ValidationError

Parameters = ParamSpec("Parameters")


def sentence(error: ValueError) -> str:
    """What is wrong, for a model to act on and a person to read."""
    if isinstance(error, ValidationError):
        told = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(_line(one["loc"], one["msg"]) for one in told) + "."
    return str(error)


def refusing(function: Callable[Parameters, str]) -> Callable[Parameters, str]:
    """Turn a ValueError of a tool's work into the message that the model gets."""

    @functools.wraps(function)
    def wrapped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> str:
        try:
            return function(*args, **kwargs)
        except ValueError as error:
            raise ToolException(sentence(error)) from error

    return wrapped


def _line(path: tuple[int | str, ...], message: str) -> str:
    plain = message.removeprefix("Value error, ").rstrip(".")
    where = ".".join(map(str, path))
    return f"{where}: {plain}" if where else plain
