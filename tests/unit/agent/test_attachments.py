"""Files and pictures in messages, as chat pages send them."""

from langchain_core.messages import HumanMessage
from langchain_core.messages.content import is_data_content_block

from agent.attachments import files_in, readable


def test_what_a_chat_page_attaches_is_what_models_are_given() -> None:
    picture = {"type": "image", "mimeType": "image/png", "data": "iVBO", "metadata": {"name": "a.png"}}
    paper = {"type": "file", "mimeType": "application/pdf", "data": "JVBE", "metadata": {"filename": "a.pdf"}}
    message = readable(HumanMessage([{"type": "text", "text": "look"}, picture, paper], id="1"))
    assert message.id == "1"
    assert message.content == [
        {"type": "text", "text": "look"},
        {"type": "image", "mime_type": "image/png", "base64": "iVBO"},
        {"type": "file", "mime_type": "application/pdf", "base64": "JVBE", "filename": "a.pdf"},
    ]
    assert all(is_data_content_block(block) for block in message.content[1:] if isinstance(block, dict))
    assert readable(message) is message


def test_files_are_named_by_what_is_known_of_them() -> None:
    kinds = (
        {"type": "file", "base64": "eA==", "mime_type": "text/plain"},
        {"type": "file", "data": "eA==", "name": "n.md"},
    )
    assert [file["name"] for file in files_in(HumanMessage(list(kinds)))] == ["file.txt", "n.md"]
    assert files_in(HumanMessage([{"type": "image", "base64": "iVBO", "mime_type": "image/png"}, "words"])) == []
