from base64 import b64decode
from pathlib import Path

import pytest

from server.chat.attachments import AttachmentError, attachment, split_command


@pytest.mark.parametrize(
    ("line", "path", "words"),
    [
        ("/file a.pdf", "a.pdf", "Here is a file."),
        ("/file a.pdf what does it say?", "a.pdf", "what does it say?"),
        ("/file 'my notes.md' sum it up", "my notes.md", "sum it up"),
    ],
)
def test_a_path_and_words_are_told_apart(line: str, path: str, words: str) -> None:
    assert split_command(line) == (Path(path), words)


def test_a_command_without_a_path_says_how() -> None:
    with pytest.raises(AttachmentError, match="/file PATH"):
        split_command("/file ")


async def test_a_run_goes_to_the_coach_and_anything_else_into_the_room(tmp_path: Path) -> None:
    (tmp_path / "run.GPX").write_text("<gpx/>")
    (tmp_path / "notes.md").write_bytes(b"# Notes")
    assert await attachment(tmp_path / "run.GPX") == {"activity_file": "<gpx/>"}
    (tmp_path / "memo.m4a").write_bytes(b"heard")
    assert (await attachment(tmp_path / "memo.m4a"))["audio"]["name"] == "memo.m4a"
    (document,) = (await attachment(tmp_path / "notes.md"))["documents"]
    assert (document["name"], b64decode(document["base64"])) == ("notes.md", b"# Notes")


async def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AttachmentError, match="cannot be read: No such file"):
        await attachment(tmp_path / "none.pdf")
