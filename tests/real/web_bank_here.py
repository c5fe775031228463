"""A host of the bank within the process of the tests."""

from __future__ import annotations

import asyncio
import os
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from web_bank import WebHost

from labkit.bank.web.host import Host
from labkit.bank.web.process import Server, listening, server_of


@contextmanager
def web_host_here(bank: Path, name: str = "bank-web-1") -> Iterator[WebHost]:
    """Run a host in a thread of this process: it begins at once, and is measured with the tests."""
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "database,http"  # read when the first host begins
    begun: queue.Queue[Server | BaseException] = queue.Queue()

    async def run(listener: socket.socket) -> None:
        host = Host(bank, name, {})
        async with host.running():
            server = server_of(host)
            begun.put(server)
            await server.serve(sockets=[listener])

    def serve(listener: socket.socket) -> None:
        try:
            asyncio.run(run(listener))
        except BaseException as error:
            begun.put(error)
            raise

    with listening(0) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        server = begun.get(timeout=20)
        if isinstance(server, BaseException):
            raise server
        try:
            yield WebHost(f"http://127.0.0.1:{listener.getsockname()[1]}", bank, name)
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            assert not thread.is_alive()
