"""Write what a cell says and shows as HTML that is readable from the last row and by a screen reader."""

from __future__ import annotations

import ast
import html
import re
from typing import Any

from labkit.classroom.teacher import need

_ANCHOR = re.compile(r'<a class="anchor-link".*?</a>', re.DOTALL)
_EMPTY_HEAD = re.compile(r"<th([^>]*)>\s*</th>")
_SCOPE = re.compile(r'\s*scope="?\w+"?')
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_WORDS = re.compile(r"acc(Title|Descr): *(.+)")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def markdown(text: str) -> str:
    """Turn Markdown into HTML.

    Examples
    --------
    >>> markdown("**Predict.** `x`?")
    '<p><strong>Predict.</strong> <code>x</code>?</p>'
    """
    written = need("nbconvert.filters").markdown2html(_MERMAID.sub(_diagram, text))
    return scrolling(_ANCHOR.sub("", str(written)).strip())


def _diagram(found: re.Match[str]) -> str:
    """Put a diagram's own words in its place: drawing it needs a program that is not here."""
    from labkit.classroom.presenting.diagrams import draw

    words = dict(_WORDS.findall(found[1]))
    return draw(found[1], f"{words.get('Title', 'A diagram')}: {words.get('Descr', '')}")


def code(text: str) -> str:
    """Write code folded, with its keywords, texts and comments marked."""
    pygments = need("pygments")
    lexer = need("pygments.lexers").PythonLexer()
    marked = pygments.highlight(text, lexer, need("pygments.formatters").HtmlFormatter(nowrap=True))
    shown = f'<pre tabindex="0" role="group" aria-label="Code"><code>{marked.rstrip()}</code></pre>'
    return f'<details class="code"><summary>Code</summary>{shown}</details>'


def outputs(cell: Any) -> str:
    """Write what a cell put out: its HTML where it has some, else its text."""
    return "".join(_output(one) for one in cell.get("outputs", ()))


def _output(output: Any) -> str:
    if output.output_type == "stream":
        return _text(output.text)
    if output.output_type == "error":
        return _text(f"{output.ename}: {output.evalue}")
    data = output.get("data", {})
    if "text/html" in data:
        return f'<div class="output">{scrolling(_with_heads("".join(data["text/html"])))}</div>'
    if "image/png" in data:
        words = html.escape("".join(data.get("text/plain", "a picture")), quote=True)
        return f'<img class="output" alt="{words}" src="data:image/png;base64,{"".join(data["image/png"])}">'
    return _text("".join(data.get("text/plain", "")))


def _text(text: str) -> str:
    shown = html.escape(_ANSI.sub("", _said(text)).rstrip())
    return f'<pre class="output" tabindex="0" role="group" aria-label="Output">{shown}</pre>' if shown else ""


def _said(text: str) -> str:
    """Show a text that is the repr of a text as the text itself."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, str) else text


def _with_heads(written: str) -> str:
    """An empty head of a table says nothing to those who hear it."""
    return _EMPTY_HEAD.sub(lambda head: f"<td{_SCOPE.sub('', head[1])}></td>", written)


def scrolling(written: str) -> str:
    """Let a wide table scroll by itself, by keyboard, too."""
    frame = '<div class="wide" tabindex="0" role="group" aria-label="Table">'
    return _TABLE.sub(lambda table: f"{frame}{table[0]}</div>", written)
