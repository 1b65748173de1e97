"""A local server that speaks OpenAI's wire format and says what a test scripts.

    with OpenAIServer() as server:
        server.reply(text="On Tuesday.", tool_calls=[ToolCall("training_paces", {"vdot": 45})])
        model = ChatOpenAI(base_url=server.base_url, api_key="test")

Replies are taken in order; when none is left, `server.respond` (a function of the request) is asked. What the
client sent is in `server.requests`.
"""

from tests.openai_server.replies import Reply, ToolCall
from tests.openai_server.server import OpenAIServer, RecordedRequest

__all__ = ["OpenAIServer", "RecordedRequest", "Reply", "ToolCall"]
