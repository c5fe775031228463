"""Keep keys that are pressed inside a widget from reaching JupyterLab's commands.

With the focus on a radio button JupyterLab still takes `d d` for "delete this cell" and an arrow for "next
cell". Plain ipywidgets have no way to say otherwise, so this empty child listens on the output it stands in.
"""

from __future__ import annotations

import anywidget


class KeyGuard(anywidget.AnyWidget):
    """Stop key presses at the border of the output that holds this widget; draw nothing.

    Examples
    --------
    >>> import ipywidgets
    >>> box = ipywidgets.VBox([ipywidgets.RadioButtons(options=["a", "b"]), KeyGuard()])
    """

    _esm = """
    export default {
        render({ el }) {
            el.style.display = "none";
            const stop = event => event.stopPropagation();
            let border = null;
            // The widget is drawn before it is put into the page, so its place is known a moment later.
            const frame = requestAnimationFrame(() => {
                border = el.closest(".jp-OutputArea-output, .cell-output") ?? el.parentElement;
                border?.addEventListener("keydown", stop);
            });
            return () => { cancelAnimationFrame(frame); border?.removeEventListener("keydown", stop); };
        }
    };
    """
