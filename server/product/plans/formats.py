"""In which form a plan is asked for: by `?format=`, else by the Accept header (RFC 9110 §12.5.1)."""

from __future__ import annotations

from collections.abc import Mapping

from server.product.plans.errors import NotAcceptable


def chosen_format(offered: Mapping[str, str], asked: str | None, accept: str | None) -> str:
    """The name of the form to send. `offered` maps names to media types, the default first.

    Raises `NotAcceptable` if Accept allows none of them.
    """
    if asked is not None:
        return asked
    ranges = _ranges(accept) if accept else {"*/*": 1.0}
    rated = [(_quality(media_type, ranges), name) for name, media_type in offered.items()]
    best = max(quality for quality, _ in rated)
    if best <= 0:
        raise NotAcceptable(f"Accept: {accept} allows none of {', '.join(offered.values())}; or say ?format=")
    return next(name for quality, name in rated if quality == best)


def _quality(media_type: str, ranges: Mapping[str, float]) -> float:
    """What the most specific range that fits says."""
    for candidate in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if candidate in ranges:
            return ranges[candidate]
    return 0.0


def _ranges(accept: str) -> dict[str, float]:
    ranges: dict[str, float] = {}
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weights = [one[2:] for one in parameters if one.startswith("q=")]
        try:
            ranges[media_range] = float(weights[0]) if weights else 1.0
        except ValueError:
            ranges[media_range] = 0.0
    return ranges
