"""Who answers at an address: one connection, one question that only PostgreSQL answers in one letter.

The question is the SSLRequest of the protocol; a server that hears nothing after its answer logs no error.
Source: https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-SSL.
"""

from __future__ import annotations

import errno
import socket
import struct

from labkit.bank.doctor.case import Door

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
#: What may come back, and what that says.
TLS, NO_TLS = "S", "N"
_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}
_SILENT = {errno.ETIMEDOUT}


def greet(door: Door, timeout_s: float) -> str:
    """Knock at an address; give the server's letter, or the name of the fault that was met.

    Parameters
    ----------
    door : Door
        Where to knock.
    timeout_s : float
        Seconds to wait for the connection, and again for the answer.

    Returns
    -------
    str
        ``S`` (TLS is offered), ``N`` (it is not), or ``refused``, ``unreachable``, ``no-answer``,
        ``no-socket``, ``not-postgresql``, ``server-gone``.
    """
    try:
        with _connected(door, timeout_s) as line:
            line.settimeout(timeout_s)
            line.sendall(SSL_REQUEST)
            return _meaning(line.recv(16))
    except TimeoutError:
        return "no-answer"
    except OSError as error:
        return _fault(error, door)


def _connected(door: Door, timeout_s: float) -> socket.socket:
    if not door.is_socket:
        return socket.create_connection((door.address, int(door.port)), timeout_s)
    if not hasattr(socket, "AF_UNIX"):
        raise OSError(errno.EAFNOSUPPORT, "no Unix sockets here")
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(timeout_s)
    path = f"{door.address}/.s.PGSQL.{door.port}"
    try:
        line.connect(f"\0{path[1:]}" if path.startswith("@") else path)
    except BaseException:
        line.close()
        raise
    return line


def _meaning(answer: bytes) -> str:
    """Read the answer: PostgreSQL's is one letter and not more, so ``SSH-2.0`` is none."""
    letters = answer.decode("latin-1")
    if letters in (TLS, NO_TLS):
        return letters
    return "not-postgresql" if letters else "server-gone"


def _fault(error: OSError, door: Door) -> str:
    if door.is_socket:
        return "no-socket"
    if error.errno in _UNREACHABLE:
        return "unreachable"
    if error.errno in _SILENT:
        return "no-answer"
    return "server-gone" if isinstance(error, (ConnectionResetError, BrokenPipeError)) else "refused"
