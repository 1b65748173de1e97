"""What callers may read of a failure."""

import pydantic
import pytest
from langgraph.errors import EmptyInputError, GraphRecursionError, InvalidUpdateError
from starlette.exceptions import HTTPException

from server.events.failures import public_error

MASKED = "An internal error occurred"


class OwnError(ValueError):
    """A class of a project's own."""


@pytest.mark.parametrize(
    "error",
    [
        ValueError("text"),
        RuntimeError("text"),
        KeyError("text"),
        TypeError("text"),
        TimeoutError("text"),
        GraphRecursionError("text"),
        InvalidUpdateError("text"),
        EmptyInputError("text"),
        HTTPException(400, "text"),
    ],
)
def test_errors_written_for_callers_keep_their_text(error: Exception) -> None:
    shown = public_error(error)
    assert shown["error"] == type(error).__name__
    assert "text" in shown["message"]


def test_validation_errors_keep_their_text() -> None:
    with pytest.raises(pydantic.ValidationError) as invalid:
        pydantic.TypeAdapter(int).validate_python("x")
    assert "valid integer" in public_error(invalid.value)["message"]


@pytest.mark.parametrize(
    "error",
    [Exception("secret"), OwnError("secret"), OSError("secret"), AssertionError("secret"), ZeroDivisionError("secret")],
)
def test_any_other_error_keeps_only_its_class(error: Exception) -> None:
    assert public_error(error) == {"error": type(error).__name__, "message": MASKED}
