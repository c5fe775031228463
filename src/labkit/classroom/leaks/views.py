"""Read a text in every way it may be encoded, so that what it holds can be searched."""

from __future__ import annotations

import base64
import binascii
import contextlib
import html
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import unquote_plus

#: An encoding within an encoding within an encoding is looked into; not deeper.
DEPTH = 3
#: Tokens longer than this are decoded once, from their start: they are files, not words.
_LONG = 4096
_ESCAPES = re.compile(
    r"\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})|\\U([0-9a-fA-F]{8})|\\([0-3][0-7]{2})(?![0-9])"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_BASE32 = re.compile(r"[A-Z2-7]{8,}={0,6}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[ :]?){3,}[0-9a-fA-F]{2}")
_HEX_NUMBER = re.compile(r"\b0x([0-9a-fA-F]{4,16})\b|\b([0-9a-fA-F]{8,16})\b")
_QUOTED = re.compile(r"=([0-9A-F]{2})")
_BASED_NUMBER = re.compile(r"\b0[bB]([01]{10,64})\b|\b0[oO]([0-7]{4,22})\b")
_CODES = re.compile(r"(?:\b\d{2,3}\b[\s,;]+){4,}\d{2,3}\b|(?:\bchr\(\d{2,3}\)[\s+,.]*){3,}")
_RUN = re.compile(rb"[\x20-\x7e]{6,}")


def views(text: str) -> Iterator[tuple[str, str]]:
    """Give a text as it stands and as every decoding of it reads, each once.

    Yields
    ------
    tuple of (str, str)
        How it was read ('plain', 'base64', 'JSON escapes, then base64', ...), and what it says.

    Examples
    --------
    >>> [what for how, what in views("MTQ6NTI6MDA=") if how == "base64"]
    ['14:52:00']
    """
    seen = {text}
    layer = [("plain", text)]
    for _ in range(DEPTH + 1):
        yield from layer
        layer = [
            (name if how == "plain" else f"{how}, then {name}", found)
            for how, one in layer
            for name, decode in _DECODERS.items()
            for found in decode(one)
            if found not in seen and not seen.add(found)  # type: ignore[func-returns-value]
        ]


def _escapes(text: str) -> Iterator[str]:
    if "\\" in text:
        plain = _ESCAPES.sub(_letter, text)
        yield re.sub(r'\\(["\'/\\])', r"\1", plain.replace("\\n", "\n").replace("\\t", "\t"))


def _letter(found: re.Match[str]) -> str:
    return chr(int(found[4], 8) if found[4] else int(found[1] or found[2] or found[3], 16) % 0x110000)


def _look_alikes(text: str) -> Iterator[str]:
    """Read what looks like other characters, or like nothing, as what a reader takes it for."""
    if not text.isascii():
        seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
        plain = unicodedata.normalize("NFKC", seen)
        if plain != text:
            yield plain


def _url(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote_plus(text)


def _entities(text: str) -> Iterator[str]:
    if "&" in text:
        yield html.unescape(text)


def _quoted_printable(text: str) -> Iterator[str]:
    if _QUOTED.search(text):
        yield _QUOTED.sub(lambda found: chr(int(found[1], 16)), text.replace("=\n", ""))


def _base64(text: str) -> Iterator[str]:
    for token in _tokens(_BASE64, text):
        standard = token.rstrip("=").replace("-", "+").replace("_", "/")
        for start in range(4 if len(standard) < _LONG else 1):
            part = standard[start:]
            part = part[: len(part) - 1] if len(part) % 4 == 1 else part
            yield from _says(base64.b64decode(part + "=" * (-len(part) % 4)))


def _base32(text: str) -> Iterator[str]:
    for token in _tokens(_BASE32, text):
        plain = token.rstrip("=")
        for end in (0, 1, 2, 3):
            try:
                part = plain[: len(plain) - end]
                yield from _says(base64.b32decode(part + "=" * (-len(part) % 8)))
                break
            except binascii.Error:
                continue


def _hex(text: str) -> Iterator[str]:
    for token in _tokens(_HEX, text):
        digits = re.sub(r"[ :]", "", token)
        yield from _says(bytes.fromhex(digits))
    for found in _HEX_NUMBER.finditer(text):
        yield str(int(found[1] or found[2], 16))


def _other_bases(text: str) -> Iterator[str]:
    for found in _BASED_NUMBER.finditer(text):
        yield str(int(found[1], 2) if found[1] else int(found[2], 8))


def _codes(text: str) -> Iterator[str]:
    for token in _tokens(_CODES, text):
        codes = [int(code) for code in re.findall(r"\d+", token)]
        if all(32 <= code < 127 for code in codes):
            yield "".join(map(chr, codes))


def _tokens(pattern: re.Pattern[str], text: str) -> list[str]:
    """Find tokens, also where a file was broken into lines."""
    joined = re.sub(r"(?<=\S{40})\r?\n(?=\S)", "", text)
    return list(dict.fromkeys([*pattern.findall(text), *(pattern.findall(joined) if joined != text else ())]))


def _says(raw: bytes) -> Iterator[str]:
    """Give what bytes say: as text where they are text, else the words among them."""
    with contextlib.suppress(zlib.error):
        raw = zlib.decompress(raw, wbits=47)  # zlib or gzip, whichever it is
    raw = raw.replace(b"\0", b"")  # the other half of each letter in UTF-16
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = "\n".join(run.decode("ascii") for run in _RUN.findall(raw))
    if len(text) >= 4 and any(map(str.isprintable, text)):
        yield text


_DECODERS: dict[str, Callable[[str], Iterator[str]]] = {
    "escapes": _escapes,
    "look-alikes": _look_alikes,
    "URL encoding": _url,
    "HTML entities": _entities,
    "quoted-printable": _quoted_printable,
    "base64": _base64,
    "base32": _base32,
    "hex": _hex,
    "binary or octal": _other_bases,
    "character codes": _codes,
}
