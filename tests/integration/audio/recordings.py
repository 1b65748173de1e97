"""Short recordings, as far as anybody who goes by their first bytes can tell."""

import io
import wave

RATE = 8000


def silence(seconds: float = 0.1) -> bytes:
    """A real WAV file of nobody speaking."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        file.writeframes(bytes(2 * int(RATE * seconds)))
    return out.getvalue()
