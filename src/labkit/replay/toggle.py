"""The first console: one choice of connection string, and the error ratio that goes with it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import ipywidgets

from labkit.core.dsn import Dsn
from labkit.core.errors import LabError, unknown_name
from labkit.evidence import charts
from labkit.replay.change import DsnChange
from labkit.replay.configuration import AS_CORRECTED, AS_DEPLOYED, Configuration
from labkit.replay.engine import record, replay
from labkit.replay.from_evidence import SAME_PAGES, SPARED
from labkit.replay.keyguard import KeyGuard
from labkit.replay.result import Replay

if TYPE_CHECKING:
    import duckdb

    from labkit.core.dsn_diff import PartChange
    from labkit.evidence.charts import Chart

STATES = (AS_DEPLOYED, AS_CORRECTED)
ASSUMPTION = f"The replay assumes: {SAME_PAGES} {SPARED}"


class DsnToggle(ipywidgets.VBox):  # type: ignore[misc]
    """Choose the connection string and see the error ratio of the same requests.

    The two strings come from the deployments' record, with secrets masked. Where no kernel runs (a page on
    the web, a print) the saved output shows both pictures, one below the other.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        What ``labkit.load`` returned; it is not changed.
    state : str
        Where the choice stands at first: 'as deployed' or 'as corrected'.

    Attributes
    ----------
    change : DsnChange
        The change of the connection string, as the record holds it.
    code : str
        The code that makes a toggle in the present state.

    Raises
    ------
    LabError
        For another state, and for evidence without a change of a connection string.

    Examples
    --------
    >>> import labkit
    >>> toggle = DsnToggle(labkit.load("data/debacle"))
    >>> toggle.state = "as corrected"
    >>> toggle.code
    "labkit.DsnToggle(con, 'as corrected')"
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, state: str = AS_DEPLOYED) -> None:
        if state not in STATES:
            raise unknown_name("state", state, STATES)
        self._con = con
        self._drawn: dict[str, tuple[Replay, Chart]] = {}
        self._pages: dict[str, str] = {}
        self._recording = record(con)
        if self._recording.change is None:
            raise LabError("no deployment in this evidence changed a connection string")
        self.change: DsnChange = self._recording.change
        self._choice = ipywidgets.RadioButtons(
            options=[(f"{name}: {self._dsn(name)}", name) for name in STATES],
            value=state,
            layout=ipywidgets.Layout(width="auto"),
        )
        self._view = ipywidgets.HTML()
        self._choice.observe(self._on_choice, names="value")
        self._show()
        super().__init__([ipywidgets.HTML(self._heading()), self._choice, self._view, KeyGuard()])

    @property
    def state(self) -> str:
        """Where the choice stands; setting it is the same as a click."""
        return str(self._choice.value)

    @state.setter
    def state(self, state: str) -> None:
        if state not in STATES:
            raise unknown_name("state", state, STATES)
        self._choice.value = state

    @property
    def replay(self) -> Replay:
        """The result of the present choice."""
        return self._draw(self.state)[0]

    @property
    def chart(self) -> Chart:
        """The picture of the present choice, with its words and its table."""
        return self._draw(self.state)[1]

    @property
    def code(self) -> str:
        """The code that makes a toggle in the present state."""
        return f"labkit.DsnToggle(con, {self.state!r})"

    def _dsn(self, state: str) -> str:
        return self.change.after if state == AS_DEPLOYED else self.change.before

    def _draw(self, state: str) -> tuple[Replay, Chart]:
        if state not in self._drawn:
            result = replay(self._recording, Configuration(dsn_after=state))
            self._drawn[state] = result, charts.error_ratio(result.con)
        return self._drawn[state]

    def _on_choice(self, _: Any) -> None:
        self._show()

    def _show(self) -> None:
        try:
            code = f"<p>In code: <code>{html.escape(self.code)}</code></p>"
            self._view.value = self._page(self.state) + _FOOT + code
        except Exception as error:  # noqa: BLE001 - a front end drops what a callback raises: show it instead
            words = html.escape(f"{type(error).__name__}: {error}")
            self._view.value = f'<p role="alert">The picture could not be drawn. {words}</p>'

    def _heading(self) -> str:
        parts = "; ".join(
            _told(change) for change in Dsn.parse(self.change.before).diff(Dsn.parse(self.change.after))
        )
        return (
            "<p>Replay the same requests with the connection string "
            f"<code>{html.escape(self.change.key)}</code> from the deployments' record. "
            f"The two strings differ in: {parts}.</p>"
        )

    def _page(self, state: str) -> str:
        if state not in self._pages:
            result, chart = self._draw(state)
            picture = chart._repr_mimebundle_()["text/html"]
            sentence = html.escape(result.sentence)
            self._pages[state] = f'<p role="status" aria-live="polite">{sentence}</p>{picture}'
        return self._pages[state]

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Offer, beside the live view, a page and a text that show both states without a kernel."""
        live: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        pages = "".join(
            f"<p><b>{name}</b>: <code>{html.escape(self._dsn(name))}</code></p>{self._page(name)}"
            for name in STATES
        )
        words = [f"{result.sentence}\n{chart!r}" for result, chart in map(self._draw, STATES)]
        text = "\n".join([*words, ASSUMPTION])
        return {**live, "text/html": self._heading() + pages + _FOOT, "text/plain": text}


_FOOT = f"<p><small>{html.escape(ASSUMPTION)}</small></p>"


def _told(change: PartChange) -> str:
    """Say one difference; of a secret only that there is one."""
    part = f"<b>{html.escape(change.part)}</b>"
    if change.before is None and change.after in ("changed", "added", "removed"):
        return f"{part} ({change.after})"
    after, before = (
        "not set" if value is None else f"<code>{html.escape(value)}</code>"
        for value in (change.after, change.before)
    )
    return f"{part} {after} {AS_DEPLOYED}, {before} {AS_CORRECTED}"
