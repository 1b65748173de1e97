"""A picture of a drawing on the template, for people to check what was understood: SVG, and PNG by pillow."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image, ImageDraw

from tools.pain.body_regions import HEIGHT, WIDTH, regions_of
from tools.pain.drawing import PainDrawing

_SCALE = 2
_SKIN, _OUTLINE, _PAIN, _LINE = (240, 240, 236), (150, 150, 150), (214, 69, 65), (140, 20, 30)


def drawing_svg(drawing: PainDrawing) -> str:
    """The figure with covered regions shaded and the drawing on top; only numbers and our own names go in."""
    shades = _shades(drawing)
    shapes = [
        f'<polygon points="{_points(region.polygon)}" fill="{_hex(shades.get(region.id, 0.0))}" stroke="#969696" '
        f'stroke-width="0.5"><title>{region.name}</title></polygon>'
        for region in regions_of(drawing.view)
    ]
    lines = [
        f'<polyline points="{_points(line.points)}" fill="none" stroke="#8c141e" stroke-width="1"/>'
        for line in drawing.lines
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH * _SCALE}" '
        f'height="{HEIGHT * _SCALE}" role="img"><title>Pain drawing, {drawing.view}</title>'
        f"{''.join(shapes)}{''.join(lines)}</svg>"
    )


def drawing_png(drawing: PainDrawing) -> bytes:
    """The same as a PNG of 400 by 800 pixels."""
    image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), "white")
    canvas = ImageDraw.Draw(image)
    shades = _shades(drawing)
    for region in regions_of(drawing.view):
        outline = [(x * _SCALE, y * _SCALE) for x, y in region.polygon]
        canvas.polygon(outline, fill=_mixed(shades.get(region.id, 0.0)), outline=_OUTLINE)
    for line in drawing.lines:
        canvas.line([_on_canvas(x, y) for x, y in line.points], fill=_LINE, width=_SCALE)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _on_canvas(x: float, y: float) -> tuple[float, float]:
    # Far beyond the picture nothing is seen, and pillow takes no huge numbers.
    return (
        min(max(x, -WIDTH), 2 * WIDTH) * _SCALE,
        min(max(y, -HEIGHT), 2 * HEIGHT) * _SCALE,
    )


def _shades(drawing: PainDrawing) -> Mapping[str, float]:
    return {drawn.region.id: 0.25 + 0.75 * drawn.fraction for drawn in drawing.regions}


def _mixed(shade: float) -> tuple[int, int, int]:
    red, green, blue = (round(skin + (pain - skin) * shade) for skin, pain in zip(_SKIN, _PAIN, strict=True))
    return red, green, blue


def _hex(shade: float) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in _mixed(shade))


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
