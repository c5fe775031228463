"""The process around a host: its socket, its event loop, and the three ways to stop it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import uvicorn

from labkit.bank.web.host import Host
from labkit.core.errors import LabError

_ADDRESS = "127.0.0.1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_PATIENCE_S = 3


class Server(uvicorn.Server):
    """uvicorn's server, stopped by us: its own way with signals ends the process before it has tidied up."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the first signal, and wait no longer for requests at the second."""
        if threading.current_thread() is not threading.main_thread():  # signals are not for us there
            yield
            return
        names = ("SIGINT", "SIGTERM", "SIGBREAK")
        kept = {
            number: signal.signal(number, self._told) for n in names if (number := getattr(signal, n, None))
        }
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    def _told(self, number: int, frame: object) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(bank: Path, host_name: str, port: int, environ: Mapping[str, str]) -> None:
    """Serve a bank's release on 127.0.0.1 until a signal comes or standard input ends.

    When it listens, a line with its address goes to standard output.

    Raises
    ------
    LabError
        When there is no release to serve, or the port is taken.
    """
    if not _NAME.fullmatch(host_name):
        raise LabError("no host name", found=host_name, allowed=("letters, digits, '.', '_' and '-'",))
    with listening(port) as listener:
        # psycopg's asynchronous connections do not work on the event loop that Windows has by default.
        factory = asyncio.SelectorEventLoop if sys.platform == "win32" else None
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(_serve(bank, host_name, listener, environ))


async def _serve(bank: Path, host_name: str, listener: socket.socket, environ: Mapping[str, str]) -> None:
    host = Host(bank, host_name, environ)
    logging.lastResort = None  # it would write to standard error, unmasked, once the log is closed
    async with host.running():
        server = server_of(host)
        threading.Thread(target=_until_input_ends, args=(server,), daemon=True).start()
        sys.stdout.write(f"listening on http://{_ADDRESS}:{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve(sockets=[listener])


def server_of(host: Host) -> Server:
    """Make what speaks HTTP for a host; client addresses are taken over from the edge on 127.0.0.1."""
    return Server(
        uvicorn.Config(
            host,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=_ADDRESS,
            timeout_graceful_shutdown=_PATIENCE_S,
        )
    )


@contextlib.contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """Listen on a port of 127.0.0.1; 0 takes a free one.

    Raises
    ------
    LabError
        When the port is taken, or is none.
    """
    # With its protocol named, asyncio sends small answers at once (TCP_NODELAY).
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_ADDRESS, port))
        except (OSError, OverflowError) as error:
            raise LabError(
                f"cannot listen on {_ADDRESS}",
                found=port,
                next_step="Choose another port; 0 takes a free one.",
            ) from error
        listener.listen(2048)
        yield listener


def _until_input_ends(server: Server) -> None:
    """Stop when the supervisor, who holds the other end of standard input, has gone."""
    with contextlib.suppress(OSError):  # there is no standard input
        while os.read(0, 4096):
            pass
        server.should_exit = True
