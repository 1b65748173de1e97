"""Wraps text that arrives in pieces at word boundaries, where a terminal would cut words in two."""


class WordWrap:
    """Takes pieces of text and gives back what can be printed; a word waits until the white space after it.

    `width` is the terminal's in characters, or None to pass everything through as it comes.
    """

    def __init__(self, width: int | None) -> None:
        self._width = width
        self._column = 0
        self._gap = ""
        self._word = ""

    def feed(self, piece: str) -> str:
        """The text to print now."""
        if self._width is None:
            self._column = 0 if piece.endswith("\n") else self._column + len(piece)
            return piece
        return "".join(self._take(character) for character in piece)

    def flush(self) -> str:
        """The word that was waiting, and a newline if the line was begun: what follows starts on a line of its own."""
        rest = self._place_word()
        begun = self._column > 0
        self._column, self._gap = 0, ""
        return rest + "\n" if begun else rest

    def _take(self, character: str) -> str:
        if not character.isspace():
            self._word += character
            return ""
        placed = self._place_word()
        if character == "\n":
            self._column, self._gap = 0, ""
            return placed + "\n"
        self._gap += character
        return placed

    def _place_word(self) -> str:
        if not self._word:
            return ""
        word, gap = self._word, self._gap
        self._word, self._gap = "", ""
        if self._column and self._width is not None and self._column + len(gap) + len(word) > self._width:
            self._column = len(word)
            return "\n" + word
        self._column += len(gap) + len(word)
        return gap + word
