"""A port of 127.0.0.1 that nothing listens on."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Find one; it is free now, and somebody else may take it in the next moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
