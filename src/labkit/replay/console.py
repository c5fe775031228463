"""The console: one widget that replays the recorded requests while a person changes what was configured."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from labkit.core.errors import LabError
from labkit.replay.configuration import Configuration
from labkit.replay.console_state import prepared, record_of, told
from labkit.replay.engine import not_a_configuration, record, replay
from labkit.replay.live import Live
from labkit.replay.result import Replay

if TYPE_CHECKING:
    import duckdb

    from labkit.replay.live import RunningBank
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
    live : RunningBank, optional
        A running bank, such as ``labkit.bank.running.attach(folder)`` gives. Then the connection string in
        force *there* is changed, and the lines are what it answers; nothing but the string can be changed.

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
        For evidence without requests, for a configuration that cannot be replayed, and for something that
        is no running bank.

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

    _esm = "\n".join((_PAGE / name).read_text(encoding="utf-8") for name in ("console.js", "live.js"))
    _css = _PAGE / "console.css"

    record = traitlets.Dict().tag(sync=True)
    prepared: Any = traitlets.List().tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    live = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection | Recording,
        configuration: Configuration | None = None,
        *,
        strings: bool = True,
        live: RunningBank | None = None,
        **traits: Any,
    ) -> None:
        self._strings = strings
        self._recording: Recording = record(con)
        self._live = None if live is None else Live.of(live, self._recording.change)
        if self._live is not None and configuration is None:
            configuration = Configuration(**self._live.told()["choice"])
        self._replay: Replay = replay(self._recording, configuration)
        super().__init__(
            record=record_of(self._recording, strings=strings),
            prepared=list(prepared(self._recording, strings=strings)),
            settings=self._replay.configuration.as_dict(),
            result=self._told(),
            live={} if self._live is None else self._live.told(),
            **traits,
        )
        self.observe(self._on_settings, names="settings")
        if self._live is not None:
            self.on_msg(self._on_message)

    @property
    def configuration(self) -> Configuration:
        """Where the console stands."""
        return self._replay.configuration

    @configuration.setter
    def configuration(self, configuration: Configuration) -> None:
        if not isinstance(configuration, Configuration):
            raise not_a_configuration(configuration)
        if self._live is not None:
            self._live.switch(configuration)
            self._follow(self._live)
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
        said += [] if self._live is None else ["live=bank"]
        return f"labkit.ReplayConsole({', '.join(['con', *said])})"

    def told(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Tell what a page would be told of other settings, without going there."""
        return told(replay(self._recording, Configuration.from_dict(settings)), strings=self._strings)

    def _told(self) -> dict[str, Any]:
        return told(self._replay, strings=self._strings)

    def _on_settings(self, change: dict[str, Any]) -> None:
        """Replay what the page asks for; what goes wrong stands in the page, not in a log nobody reads."""
        asked = change["new"]
        if self._live is not None:
            if asked != self.configuration.as_dict():
                self.error = ""
                threading.Thread(target=self._switch, args=(self._live, asked), daemon=True).start()
            return
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

    def _switch(self, live: Live, asked: dict[str, Any]) -> None:
        """Change the running bank, beside the kernel's own work: it takes a moment until the bank has it."""
        try:
            live.switch(Configuration.from_dict(asked))
        except LabError as error:
            self.error = str(error)
        except Exception as error:  # noqa: BLE001 - nobody reads what a thread raises: show it instead
            self.error = f"The bank could not be changed ({type(error).__name__})."
        self._follow(live, turn=1)

    def _follow(self, live: Live, turn: int = 0) -> None:
        """Stand where the running bank stands, whoever put it there."""
        told = live.told()
        now = Configuration(**told["choice"])
        if now != self.configuration:
            self._replay = replay(self._recording, now)
        self.settings = now.as_dict()
        self.live = told | {"turn": self.live.get("turn", 0) + turn}

    def _on_message(self, _: object, message: dict[str, Any], __: object) -> None:
        """Answer a page that asks what the running bank has done in the last seconds."""
        if self._live is None or message.get("kind") != "poll":
            return
        told: dict[str, Any] = {"kind": "seconds", "now": time.time()}
        try:
            told["seconds"] = self._live.seconds(message.get("seconds", 10))
            if not self._live.busy:
                self._follow(self._live)
        except Exception as error:  # noqa: BLE001 - as above
            told["error"] = str(error) if isinstance(error, LabError) else f"{type(error).__name__}"
        self.send(told)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Offer, beside the live view, a picture with its words that needs no kernel."""
        from labkit.replay.console_static import still

        live = super()._repr_mimebundle_(**kwargs)
        data, metadata = live if isinstance(live, tuple) else (live or {}, {})
        return {**data, **still(self._recording, self._replay, strings=self._strings)}, metadata
