"""Durations and paces as runners write them: 3:10:49, 27:00, 4:31/km."""


def duration_text(seconds: float) -> str:
    """Return seconds as `m:ss`, or `h:mm:ss` from one hour up, rounded to the second."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def pace_text(seconds_per_km: float) -> str:
    """Return a pace in seconds per km as `m:ss/km`."""
    return f"{duration_text(seconds_per_km)}/km"


def duration_seconds(text: str) -> int:
    """Read `h:mm:ss`, `mm:ss` or plain seconds.

    Raises ValueError when the text is none of these.
    """
    parts = text.strip().split(":")
    if len(parts) > 3 or not all(part.isdigit() for part in parts):
        raise ValueError(f"not a time: {text!r} (write h:mm:ss or mm:ss)")
    if any(int(part) > 59 for part in parts[1:]):
        raise ValueError(f"not a time: {text!r} (minutes and seconds after a colon go up to 59)")
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + int(part)
    return seconds


def km_text(km: float) -> str:
    """Return kilometres without needless zeros: 14, 14.5, 21.1."""
    return f"{round(km, 1):g}"
