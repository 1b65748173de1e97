"""A stand-in for LangSmith: takes what the real client sends, shows it decoded, and answers the client's queries for it."""

from tests.langsmith_server.queries import QueriedLangSmith
from tests.langsmith_server.server import LangSmithServer
from tests.langsmith_server.traces import ReceivedRun

__all__ = ["LangSmithServer", "QueriedLangSmith", "ReceivedRun"]
