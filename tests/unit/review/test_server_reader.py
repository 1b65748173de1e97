"""What a review says of an address at which something else answers."""

import httpx
import pytest

from server.review.reading import NothingToReview
from server.review.server_reader import ServerReader


async def test_a_site_that_is_no_langgraph_server_is_said_to_be_none() -> None:
    site = httpx.MockTransport(lambda _: httpx.Response(200, text="<!doctype html>"))
    async with httpx.AsyncClient(base_url="http://site.example", transport=site) as http:
        with pytest.raises(NothingToReview, match=r"http://site\.example is no LangGraph server"):
            await ServerReader(http).latest()
