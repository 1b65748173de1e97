"""Paths into a thread's documents."""

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Malformed
from server.threads.extract import ROOTS, check_extract, extracted

KEYS = st.text(string.ascii_letters + string.digits + "_ -é", min_size=1, max_size=5)
STEPS = st.lists(st.one_of(KEYS, st.integers(-3, 3)), max_size=6)


def _path(root: str, steps: list[str | int]) -> str:
    return root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _holding(steps: list[str | int], value: Any) -> Any:
    """A document in which `steps` lead to `value`."""
    for step in reversed(steps):
        if isinstance(step, str):
            value = {step: value}
        else:
            rest = [None] * (step if step >= 0 else -step - 1)
            value = [*rest, value] if step >= 0 else [value, *rest]
    return value


@given(st.sampled_from(ROOTS), STEPS, st.one_of(st.integers(), st.text(), st.none(), st.booleans()))
def test_a_path_leads_to_what_is_there(root: str, steps: list[str | int], value: Any) -> None:
    path = _path(root, steps)
    check_extract("it", path)
    documents = dict.fromkeys(ROOTS) | {root: _holding(steps, value)}
    assert extracted(documents, {"it": path}) == {"it": value}


@given(
    st.sampled_from(ROOTS), st.text(".[]abc01-*'\" ", max_size=12), st.one_of(st.none(), st.just({"a": [1, {"b": 2}]}))
)
def test_no_path_does_worse_than_null(root: str, rest: str, document: Any) -> None:
    path = root + rest
    try:
        check_extract("it", path)
    except Malformed:
        return
    found = extracted(dict.fromkeys(ROOTS, document), {"it": path})
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("alias", ["", "1a", "a-b", "a.b", "a\n", "ä", " a"])
def test_an_alias_is_an_identifier(alias: str) -> None:
    with pytest.raises(Malformed, match="must be a valid identifier"):
        check_extract(alias, "values")
