"""Tell whether a built notebook on disk still says what its source says."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any

#: Pictures of one chart may differ by this much of full scale between machines, on average over all pixels.
PICTURE_TOLERANCE = 0.01
_INLINE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")


def same(built: str, on_disk: str) -> bool:
    """Compare two notebooks' texts; what only tells the machine that ran them apart is let pass.

    That is the exact version of Python, and pictures that look the same (font rendering differs in the last
    bits between operating systems). Everything else counts, to the byte.
    """
    if built == on_disk:
        return True
    try:
        pair = json.loads(built), json.loads(on_disk)
    except ValueError:
        return False
    (one, pictures), (other, other_pictures) = (_split(document) for document in pair)
    return (
        one == other
        and len(pictures) == len(other_pictures)
        and all(map(_look_alike, pictures, other_pictures))
    )


def _split(document: Any) -> tuple[str, list[str]]:
    """Separate a notebook's text from its pictures."""
    document.get("metadata", {}).get("language_info", {}).pop("version", None)
    pictures: list[str] = []
    rest = _walk(document, pictures)
    return json.dumps(rest, sort_keys=False), pictures


def _walk(node: Any, pictures: list[str]) -> Any:
    if isinstance(node, dict):
        return {key: _value(key, value, pictures) for key, value in node.items()}
    if isinstance(node, list):
        return [_walk(item, pictures) for item in node]
    if isinstance(node, str):
        pictures.extend(_INLINE.findall(node))
        return _INLINE.sub("picture", node)
    return node


def _value(key: str, value: Any, pictures: list[str]) -> Any:
    if key == "image/png":
        pictures.append("".join(value))
        return "picture"
    return _walk(value, pictures)


def _look_alike(one: str, other: str) -> bool:
    if one == other:
        return True
    import matplotlib.image
    import numpy as np

    first, second = (matplotlib.image.imread(io.BytesIO(base64.b64decode(text))) for text in (one, other))
    return first.shape == second.shape and float(np.abs(first - second).mean()) <= PICTURE_TOLERANCE
