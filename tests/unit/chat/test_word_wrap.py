from hypothesis import given
from hypothesis import strategies as st

from server.chat.word_wrap import WordWrap

TEXT = st.text(alphabet="ab \n", max_size=60)


def wrap(text: str, width: int | None, cuts: int = 1) -> str:
    wrapper = WordWrap(width)
    pieces = [text[start : start + cuts] for start in range(0, len(text), cuts)]
    return "".join(map(wrapper.feed, pieces)) + wrapper.flush()


def test_words_move_to_the_next_line_whole() -> None:
    assert wrap("the long run is longer", 12) == "the long run\nis longer\n"


def test_a_word_longer_than_the_line_is_left_whole() -> None:
    assert wrap("an extraordinarily long word", 8) == "an\nextraordinarily\nlong\nword\n"


def test_without_a_width_everything_passes_through_at_once() -> None:
    wrapper = WordWrap(None)
    assert wrapper.feed("Hel") == "Hel"
    assert wrapper.feed("lo") == "lo"
    assert wrapper.flush() == "\n"
    assert wrapper.flush() == ""


def test_indentation_after_a_newline_is_kept() -> None:
    assert wrap("a\n  b", 20) == "a\n  b\n"


@given(TEXT, st.integers(1, 5), st.integers(1, 5))
def test_how_the_text_was_cut_makes_no_difference(text: str, one: int, other: int) -> None:
    assert wrap(text, 8, one) == wrap(text, 8, other)


@given(TEXT, st.integers(1, 12))
def test_no_word_is_lost_or_cut_and_lines_keep_to_the_width(text: str, width: int) -> None:
    wrapped = wrap(text, width)
    assert wrapped.split() == text.split()
    assert all(
        len(line) <= max(width, max(map(len, line.split()), default=0))
        for line in wrapped.splitlines()
        if line.strip() == line
    )
