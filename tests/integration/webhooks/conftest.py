"""Somebody who is sent webhooks."""

from collections.abc import Iterator

import pytest

from tests.acceptance.server.receiver import WebhookReceiver, receiving


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebhookReceiver]:
    """Who is told, by plain http."""
    with receiving() as receiver:
        yield receiver
