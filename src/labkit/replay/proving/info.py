"""What psycopg's ``connection.info`` tells, for a session of the proving ground."""

from __future__ import annotations

from dataclasses import dataclass, field

from labkit.replay.proving.books import Server


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """Where a session is: the names are psycopg's."""

    _server: Server = field(repr=False)

    @property
    def host(self) -> str:
        """Host that the connection string named."""
        return self._server.host

    @property
    def port(self) -> int:
        """Port that was called."""
        return self._server.port

    @property
    def dbname(self) -> str:
        """Database of the session."""
        return self._server.dbname

    @property
    def user(self) -> str:
        """Role of the session."""
        return self._server.user

    @property
    def server_version(self) -> int:
        """Version of the server as one number."""
        return 180006
