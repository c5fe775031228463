"""The console: one widget that replays the recorded requests while a person changes what was configured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from labkit.core.errors import LabError
from labkit.replay.configuration import Configuration
from labkit.replay.console_state import prepared, record_of, told
from labkit.replay.engine import record, replay
from labkit.replay.result import Replay

if TYPE_CHECKING:
    import duckdb

    from labkit.replay.recording import Recording

_PAGE = Path(__file__).resolve().parent / "page"


class ReplayConsole(anywidget.AnyWidget):
    """Change the connection string, the moment of repair or the alarm, and see the same afternoon again.

    The page holds what is asked for first; for everything else it asks the kernel. Where no kernel runs (a
    page on the web, a print), the saved output shows the replay as a picture with its words.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection or Recording
        What ``labkit.load`` or ``labkit.record`` returned; it is not changed.
    configuration : Configuration, optional
        Where it stands at first; without one, as it was recorded.
    strings : bool
        Show the connection strings and what the driver says of them. Without, one can look for the cause
        after having seen the effect.

    Attributes
    ----------
    configuration : Configuration
        Where it stands; setting it moves the controls.
    replay : Replay
        The result of the present configuration.
    code : str
        The code that makes a console in the present state.

    Raises
    ------
    LabError
        For evidence without requests, and for a configuration that cannot be replayed.

    Examples
    --------
    >>> import labkit
    >>> console = labkit.ReplayConsole(labkit.load("data/debacle"))
    >>> console.configuration = labkit.Configuration(dsn_after="as corrected")
    >>> console.replay.outage_minutes
    0
    >>> console.code
    "labkit.ReplayConsole(con, labkit.Configuration(dsn_after='as corrected'))"
    """

    _esm = _PAGE / "console.js"
    _css = _PAGE / "console.css"

    record = traitlets.Dict().tag(sync=True)
    prepared: Any = traitlets.List().tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection | Recording,
        configuration: Configuration | None = None,
        *,
        strings: bool = True,
        **traits: Any,
    ) -> None:
        self._strings = strings
        self._recording: Recording = record(con)
        self._replay: Replay = replay(self._recording, configuration)
        super().__init__(
            record=record_of(self._recording, strings=strings),
            prepared=list(prepared(self._recording, strings=strings)),
            settings=self._replay.configuration.as_dict(),
            result=self._told(),
            **traits,
        )
        self.observe(self._on_settings, names="settings")

    @property
    def configuration(self) -> Configuration:
        """Where the console stands."""
        return self._replay.configuration

    @configuration.setter
    def configuration(self, configuration: Configuration) -> None:
        self._replay = replay(self._recording, configuration)
        self.error = ""
        with self.hold_trait_notifications():
            self.settings = configuration.as_dict()
            self.result = self._told()

    @property
    def replay(self) -> Replay:
        """The result of the present configuration."""
        return self._replay

    @property
    def code(self) -> str:
        """The code that makes a console in the present state."""
        said = [repr(self.configuration)] if self.configuration.changed else []
        said += [] if self._strings else ["strings=False"]
        return f"labkit.ReplayConsole({', '.join(['con', *said])})"

    def told(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Tell what a page would be told of other settings, without going there."""
        return told(replay(self._recording, Configuration.from_dict(settings)), strings=self._strings)

    def _told(self) -> dict[str, Any]:
        return told(self._replay, strings=self._strings)

    def _on_settings(self, change: dict[str, Any]) -> None:
        """Replay what the page asks for; what goes wrong stands in the page, not in a log nobody reads."""
        asked = change["new"]
        try:
            wanted = Configuration.from_dict(asked)
            if wanted != self.configuration:
                self._replay = replay(self._recording, wanted)
            self.result = self._told() | {"asked": asked}
            self.error = ""
        except LabError as error:
            self.error = str(error)
        except Exception as error:  # noqa: BLE001 - a front end drops what a callback raises: show it instead
            self.error = f"The replay failed. {type(error).__name__}: {error}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Offer, beside the live view, a picture with its words that needs no kernel."""
        from labkit.replay.console_static import still

        live = super()._repr_mimebundle_(**kwargs)
        data, metadata = live if isinstance(live, tuple) else (live or {}, {})
        return {**data, **still(self._recording, self._replay, strings=self._strings)}, metadata
