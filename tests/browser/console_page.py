"""The console's page alone, with a model in place of the kernel: its script, its styles, its state."""

from __future__ import annotations

import json
from pathlib import Path

import labkit

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "labkit" / "replay" / "page"

_HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>console</title><style>{css}
body {{ margin: 8px; }} body[data-jp-theme-light="false"] {{ background: #111; color: #eee; }}</style></head>
<body data-jp-theme-light="{light}"><main><h1>Console</h1><div id="here"></div></main>
<script type="module">{js}</script></body></html>"""

#: A model with the four calls that anywidget's has; what the page asks is kept in `asked`.
_MODEL = """
const data = {state}, listeners = {{}};
window.asked = [];
const model = {{
    get: name => data[name],
    set: (name, value) => {{ data[name] = value; }},
    save_changes: () => {{ window.asked.push(data.settings); }},
    on: (event, listener) => {{ listeners[event] = listener; }},
    off: event => {{ delete listeners[event]; }},
    send: message => {{ window.sent.push(message); }},
}};
window.sent = [];
window.tell = message => listeners["msg:custom"]?.(message);
window.answer = (name, value) => {{ data[name] = value; listeners[`change:${{name}}`](); }};
window.leave = widget.render({{ model, el: document.getElementById("here") }});
window.exported = {{ keyOf, clock, ratios, steps, compose, readout, failedUntil, outageUntil,
    liveRecovery, liveValues }};
"""


def state_of(console):
    """Give what the kernel tells the page at first."""
    names = ("record", "prepared", "settings", "result", "error", "live")
    return {name: getattr(console, name) for name in names}


def write_page(console, *, light=True):
    """Write the page with a console's state."""
    script = "\n".join((SOURCE / name).read_text(encoding="utf-8") for name in ("console.js", "live.js"))
    script = script.replace("export default {", "const widget = {").replace("export function", "function")
    state = json.dumps(state_of(console)).replace("</", "<\\/")
    return _HTML.format(
        css=(SOURCE / "console.css").read_text(encoding="utf-8"),
        js=script + _MODEL.format(state=state),
        light=str(light).lower(),
    )


def open_console():
    """Make a console on the seed incident."""
    return labkit.ReplayConsole(labkit.load(ROOT / "data" / "debacle"))
