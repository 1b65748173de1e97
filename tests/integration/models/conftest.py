"""Gives the tests of this folder a stand-in for OpenAI."""

from tests.openai_server.fixture import openai_server

__all__ = ["openai_server"]
