"""The person's side of the conversation: lines in from a keyboard or a pipe, text out to a screen or a file."""

import importlib
import io
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from rich.console import Console
from rich.text import Text

from server.chat.plain_console import PlainConsole
from server.chat.word_wrap import WordWrap

PROMPT = "> "


class Terminal:
    """Reads lines and writes text. A pipe's lines are echoed, so that the output reads as a transcript."""

    def __init__(self, source: TextIO | None = None, console: Console | None = None) -> None:
        self._source = source or sys.stdin
        self._console = console or PlainConsole()
        self.interactive = self._source.isatty() and self._console.is_terminal
        self._wrap = WordWrap(self._console.width - 1 if self._console.is_terminal else None)
        if self.interactive:
            with suppress(ImportError):
                importlib.import_module("readline")  # gives input() line editing and a history
        elif isinstance(self._source, io.TextIOWrapper):
            self._source.reconfigure(errors="replace")  # a byte that is no UTF-8 must not end the conversation

    def ask(self, prompt: str = PROMPT) -> str | None:
        """The next line, or None at the end of the input.

        It blocks the event loop, on purpose: between turns nothing else runs, and only so does Ctrl-C leave the line
        that is being typed. Raises `KeyboardInterrupt` then.
        """
        if self.interactive:
            with _plain_sigint():
                try:
                    return input(prompt)
                except EOFError:
                    self._write("\n")
                    return None
        line = self._source.readline()
        if not line:
            return None
        self._write(f"{prompt}{line.rstrip()}\n", style="bold")
        return line

    def stream(self, piece: str) -> None:
        """Write a piece of running text as it comes."""
        self._write(self._wrap.feed(piece))

    def fresh_line(self) -> None:
        """End the running text, if there is any."""
        self._write(self._wrap.flush())

    def show(self, block: Text | str) -> None:
        """Write `block` on lines of its own."""
        self.fresh_line()
        self._console.print(block, soft_wrap=not self._console.is_terminal)

    def _write(self, text: str, style: str | None = None) -> None:
        if text:
            self._console.print(Text(text, style=style or ""), end="", soft_wrap=True)


@contextmanager
def _plain_sigint() -> Iterator[None]:
    """asyncio's own handler only cancels a task, which `input()` would never notice."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
