"""The map of an explained picture as one picture: what each part did, laid over it."""

from __future__ import annotations

import base64
import binascii
import io

from studio.domain.explanation import Explanation

#: Longest side of what is drawn, the strongest shade of 255, and colours that print well.
_SIDE, _STRONGEST = 480, 150
_GOOD, _BAD = (23, 107, 58), (179, 38, 30)
#: A thumbnail larger than this is no thumbnail of ours.
_MOST_BYTES, _MOST_PIXELS = 2_000_000, 4_000_000


def drawn_map(found: Explanation) -> bytes:
    """A PNG; nothing where the explanation has no picture that can be read."""
    from PIL import Image, ImageDraw

    grid = found.grid
    if grid is None or not grid.thumbnail or len(grid.thumbnail) > _MOST_BYTES or grid.rows < 1 or grid.columns < 1:
        return b""
    try:
        # A project may be anyone's: what it calls a picture is read with care and drawn anew.
        data = base64.b64decode(grid.thumbnail, validate=True)
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                return b""
            picture = opened.convert("RGB")
    except (binascii.Error, ValueError, OSError, SyntaxError):
        return b""
    scale = _SIDE / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    shades = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    pen = ImageDraw.Draw(shades)
    heaviest = max((abs(weight) for weight in found.weights), default=0.0) or 1.0
    for place, weight in enumerate(found.weights[: grid.rows * grid.columns]):
        row, column = divmod(place, grid.columns)
        left, right = (round(width * edge / grid.columns) for edge in (column, column + 1))
        top, bottom = (round(height * edge / grid.rows) for edge in (row, row + 1))
        strength = round(_STRONGEST * min(abs(weight) / heaviest, 1.0))
        pen.rectangle((left, top, right - 1, bottom - 1), (*(_GOOD if weight > 0 else _BAD), strength))
    drawn = io.BytesIO()
    Image.alpha_composite(picture.convert("RGBA"), shades).convert("RGB").save(drawn, "PNG")
    return drawn.getvalue()
