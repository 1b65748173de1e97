"""Filters of authorization handlers: what they mean, in Python and in Postgres alike."""

from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.types.json import Jsonb

from server.auth.filters import EVERYTHING, Filter, FilterError

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", "", "1"])
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.sampled_from("xy"), SCALARS, max_size=2)
KEYS = st.sampled_from(["owner", "teams", "o'wner", "a.b", "%s"])
METADATA = st.dictionaries(KEYS, VALUES, max_size=3)
FILTERS = st.dictionaries(
    KEYS,
    VALUES.filter(lambda value: not isinstance(value, dict))
    | st.fixed_dictionaries({"$eq": VALUES})
    | st.fixed_dictionaries({"$contains": SCALARS | st.lists(SCALARS, max_size=2)})
    | st.fixed_dictionaries({"$eq": VALUES, "$contains": SCALARS}),
    max_size=2,
)


@pytest.mark.parametrize(
    ("given_filter", "metadata", "allowed"),
    [
        ({}, {}, True),
        ({"owner": "ann"}, {"owner": "ann", "more": 1}, True),
        ({"owner": "ann"}, {"owner": "ben"}, False),
        ({"owner": "ann"}, {}, False),
        ({"owner": "ann"}, {"owner": ["ann"]}, False),
        ({"owner": {"$eq": "ann"}}, {"owner": "ann"}, True),
        ({"owner": None}, {}, False),
        ({"teams": {"$contains": "a"}}, {"teams": ["b", "a"]}, True),
        ({"teams": {"$contains": "a"}}, {"teams": "a"}, False),
        ({"teams": {"$contains": ["a", "b"]}}, {"teams": ["b", "c", "a"]}, True),
        ({"teams": {"$contains": ["a", "d"]}}, {"teams": ["b", "c", "a"]}, False),
        ({"owner": "ann", "teams": {"$contains": "a"}}, {"owner": "ann", "teams": ["b"]}, False),
        ({"n": 1}, {"n": True}, False),
    ],
)
def test_every_condition_of_a_filter_must_hold(
    given_filter: dict[str, Any], metadata: dict[str, Any], allowed: bool
) -> None:
    assert Filter.parse(given_filter).matches(metadata) is allowed


@pytest.mark.parametrize(
    "wrong",
    [{"owner": {"$ne": "ann"}}, {"owner": {}}, {1: "x"}, {"owner": {"name": "ann"}}, {"t": {"$contains": [{}]}}],
)
def test_what_is_no_filter_is_refused(wrong: dict[Any, Any]) -> None:
    with pytest.raises(FilterError):
        Filter.parse(wrong)


def test_filters_add_up() -> None:
    both = Filter.parse({"owner": "ann"}) & Filter.parse({"team": "a"})
    assert both.matches({"owner": "ann", "team": "a"})
    assert not both.matches({"owner": "ann"})
    assert (EVERYTHING & EVERYTHING).as_sql() == ([], [])


@pytest.fixture(scope="module")
def connection(postgres_url: str) -> Any:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_filter=FILTERS, metadata=METADATA)
def test_postgres_and_python_agree_on_what_a_filter_lets_through(
    connection: psycopg.Connection[Any], given_filter: dict[str, Any], metadata: dict[str, Any]
) -> None:
    wanted = Filter.parse(given_filter)
    conditions, values = wanted.as_sql()
    query = sql.SQL("select count(*) from (select %s::jsonb as metadata) as one where {}").format(
        sql.SQL(" and ").join([sql.SQL("true"), *conditions])
    )
    found = connection.execute(query, [Jsonb(metadata), *values]).fetchone()
    assert found is not None
    assert bool(found[0]) is wanted.matches(metadata)
