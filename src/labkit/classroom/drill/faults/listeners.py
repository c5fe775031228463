"""What answers in place of a database: nobody at all, or a program that speaks HTTP."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from labkit.classroom.drill.faults.stage import Change, DrillFault, Stage
from labkit.classroom.drill.faults.strings import THIRD_ADDRESS, need_address

_BACKLOG = 64


@contextmanager
def silent_listener(address: str, port: int) -> Iterator[int]:
    """Take connections and never say a word; yields the port."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen(_BACKLOG)
        over = threading.Event()
        thread = threading.Thread(target=_hold, args=(listening, over), name="drill-silence", daemon=True)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            over.set()
            thread.join(timeout=5)


def _hold(listening: socket.socket, over: threading.Event) -> None:
    """Accept, so that the waiting line never fills, and let go of what the caller has closed."""
    held: list[socket.socket] = []
    listening.settimeout(0.1)
    while not over.is_set():
        try:
            held.append(listening.accept()[0])
        except OSError:
            held = [one for one in held if not _gone(one)]
    for one in held:
        one.close()


def _gone(one: socket.socket) -> bool:
    """Tell whether the other side has hung up; what it said is thrown away."""
    one.setblocking(False)
    try:
        while said := one.recv(4096):
            del said
    except BlockingIOError:
        return False
    except OSError:
        pass
    one.close()
    return True


class _Health(http.server.BaseHTTPRequestHandler):
    """A health page like the one that runs beside many databases."""

    def handle(self) -> None:
        """Answer what is no request at once, as web servers do, and not only when a line has ended."""
        if self.rfile.peek(1)[:1].isalpha():  # type: ignore[attr-defined]
            super().handle()
        else:
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    def do_GET(self) -> None:
        """Answer that all is well."""
        body = b'{"state": "running"}\n'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""


@contextmanager
def http_listener() -> Iterator[int]:
    """Serve a small page on a free port of 127.0.0.1; yields the port."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Health) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join(timeout=5)


@contextmanager
def _blackhole(stage: Stage) -> Iterator[Change]:
    need_address(THIRD_ADDRESS)
    with silent_listener(THIRD_ADDRESS, int(stage.good.port or 5432)):
        yield Change(stage.url(host=THIRD_ADDRESS, connect_timeout=3))


@contextmanager
def _http_port(stage: Stage) -> Iterator[Change]:
    with http_listener() as port:
        yield Change(stage.url(port=port))


LISTENERS: tuple[DrillFault, ...] = (
    DrillFault("blackholed-host", f"a silent listener at {THIRD_ADDRESS}", _blackhole),
    DrillFault("http-port", "the port of a small HTTP server", _http_port),
)
