"""No public method of the SDK is left out of the comparison unnoticed."""

import asyncio

from langgraph_sdk import get_client, get_sync_client

from tests.conformance.cases.sdk_methods import METHODS
from tests.conformance.sdk_calls import public_methods


def test_every_public_method_of_the_asynchronous_client_is_called_by_a_case() -> None:
    client = get_client(url="http://127.0.0.1:9", api_key=None)
    assert public_methods(client) == METHODS.keys()
    asyncio.run(client.aclose())


def test_every_public_method_of_the_synchronous_client_is_called_by_a_case() -> None:
    with get_sync_client(url="http://127.0.0.1:9", api_key=None) as client:
        assert public_methods(client) == METHODS.keys()
