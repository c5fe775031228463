"""Serve a lab to its teacher: two windows of one state, and replays on demand, on this machine only."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import tornado.netutil
import tornado.web
import tornado.websocket
from tornado.httpserver import HTTPServer

from labkit.classroom.presenting import writing
from labkit.classroom.presenting.opening import Opened
from labkit.core.errors import LabError

HOST = "127.0.0.1"
_HOSTS = (HOST, "localhost")
_FIRST_PORT, _PORTS = 8890, 50
#: A state is a few numbers; more than this is none of ours.
_MOST_BYTES = 200_000


@dataclass(slots=True)
class Room:
    """What all windows share: the state, the windows, and the consoles that compute."""

    opened: Opened
    state: dict[str, Any] = field(default_factory=dict)
    windows: set[Window] = field(default_factory=set)

    def change(self, part: dict[str, Any], sender: Window) -> None:
        """Take a change of the state and tell it to the other windows."""
        self.state |= part
        for window in self.windows - {sender}:
            window.tell({"state": part})

    def replay(self, console: int, settings: dict[str, Any]) -> dict[str, Any]:
        """Compute what a page asks for; what goes wrong comes back as words."""
        asked = self.opened.consoles[console]
        asked.settings = settings
        return {"console": console, "result": None if asked.error else asked.result, "error": asked.error}


class _Guarded(tornado.web.RequestHandler):
    """Answer only to this machine's own names, whatever name points here."""

    def initialize(self, room: Room) -> None:
        self.room = room

    def prepare(self) -> None:
        if self.request.host_name not in _HOSTS:
            raise tornado.web.HTTPError(403)


class Shown(_Guarded):
    """Give a written page."""

    def initialize(self, room: Room, write: Callable[[], str] = str) -> None:
        super().initialize(room)
        self._write = write

    def get(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self._write())


class Window(tornado.websocket.WebSocketHandler):
    """One window: it hears the state, changes it, and asks for replays."""

    def initialize(self, room: Room) -> None:
        self.room = room

    def prepare(self) -> None:
        if self.request.host_name not in _HOSTS:
            raise tornado.web.HTTPError(403)

    def open(self, *_: object, **__: object) -> None:
        self.room.windows.add(self)
        self.tell({"state": self.room.state})

    def on_close(self) -> None:
        self.room.windows.discard(self)

    async def on_message(self, message: str | bytes) -> None:
        """Do what a window asks; what is no message of ours is passed over."""
        try:
            said = json.loads(message)
        except ValueError:
            return
        if isinstance(said.get("change"), dict):
            self.room.change(said["change"], self)
        if isinstance(said.get("ask"), dict):
            self.tell({"answer": await asyncio.to_thread(self.room.replay, **said["ask"])})

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message, unless the window has just gone."""
        if self.ws_connection is not None and not self.ws_connection.is_closing():
            self.write_message(json.dumps(message))


async def serve(opened: Opened, port: int | None, told: Callable[[str], None]) -> None:
    """Serve until the task is cancelled; `told` gets the address once it can be opened.

    Raises
    ------
    LabError
        No port is free.
    """
    sockets = _listen(port)
    number = sockets[0].getsockname()[1]
    server = HTTPServer(_application(opened, number, token := secrets.token_urlsafe(18)))
    server.add_sockets(sockets)
    try:
        told(f"http://{HOST}:{number}/{token}/")
        await asyncio.Event().wait()
    finally:
        server.stop()
        await server.close_all_connections()


def _application(opened: Opened, port: int, token: str) -> tornado.web.Application:
    logging.getLogger("tornado.access").setLevel(logging.ERROR)
    room, connect = Room(opened), f"ws://{HOST}:{port} ws://localhost:{port}"
    pages = {
        "": lambda: writing.stage(opened.deck, opened.evidence, connect=connect),
        "notes": lambda: writing.notes(opened.deck, opened.evidence, connect=connect),
    }
    written = {path: _once(write) for path, write in pages.items()}
    handlers: list[Any] = [
        (f"/{token}/{path}", Shown, {"room": room, "write": write}) for path, write in written.items()
    ]
    return tornado.web.Application(
        [*handlers, (f"/{token}/socket", Window, {"room": room})],
        websocket_max_message_size=_MOST_BYTES,
    )


def _once(write: Callable[[], str]) -> Callable[[], str]:
    """Write a page when it is first asked for, and keep it."""
    kept: list[str] = []

    def page() -> str:
        if not kept:
            kept.append(write())
        return kept[0]

    return page


def _listen(port: int | None) -> list[socket.socket]:
    """Bind the port asked for, or the first free one of ours."""
    ports = (port,) if port is not None else range(_FIRST_PORT, _FIRST_PORT + _PORTS)
    for number in ports:
        try:
            return tornado.netutil.bind_sockets(number, HOST)
        except OSError:
            continue
    raise LabError("no port is free", found=port or _FIRST_PORT, next_step="Name another with --port.")
