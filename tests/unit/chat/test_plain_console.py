"""What others wrote cannot steer the terminal that it is shown on."""

import io

import pytest
from rich.console import RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from server.chat.plain_console import PlainConsole

EVIL = "tap\x1b]52;c;cm0gLXJm\x07er \x1b[2J\x9b2Kweek\x7f"


def table() -> Table:
    """The same in a cell."""
    made = Table("what")
    made.add_row(EVIL)
    return made


@pytest.mark.parametrize("shown", [EVIL, Text(EVIL, style="bold"), table(), Rule(Text(EVIL))])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_control_sequences_in_texts_are_gone(shown: RenderableType, is_terminal: bool) -> None:
    out = io.StringIO()
    PlainConsole(file=out, width=60, force_terminal=is_terminal, color_system=None).print(shown)
    written = out.getvalue()
    assert "tap]52;c;cm0gLXJmer [2J2Kweek" in written
    left = {one for one in written if one < " " or "\x7f" <= one < "\xa0"} - {"\n"}
    # what is bold is written so by the console itself
    assert left <= ({"\x1b"} if is_terminal else set())
    assert all(f"\x1b{sequence}" not in written for sequence in ("]", "[2J"))


def test_tabs_and_lines_stay() -> None:
    out = io.StringIO()
    PlainConsole(file=out, width=60).print(Text("one\n\ttwo"))
    assert out.getvalue().splitlines() == ["one", "        two"]
