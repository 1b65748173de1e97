"""An embedding that is easy to follow: how much of a text is red, green and blue."""

COLOURS = ("red", "green", "blue")


def embed(texts: list[str]) -> list[list[float]]:
    """One count per colour and text; a text without any lies between all."""
    counts = [[float(text.lower().count(colour)) for colour in COLOURS] for text in texts]
    return [vector if any(vector) else [1.0, 1.0, 1.0] for vector in counts]
