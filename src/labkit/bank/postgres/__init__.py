"""A private PostgreSQL: in a folder of its own, on a free port of 127.0.0.1, stopped in any case.

``running_server(folder)`` is a context manager; it gives a ``Server``. What a folder holds stays there after
the block and is used again the next time. ``durable=False`` is faster, and loses rows when the machine fails;
``disposable=True`` is that too, and the folder goes when the block ends. ``follows=server`` makes a streaming
standby of another ``Server`` instead of a new one.

    with running_server(folder / "postgres") as server:
        server.dsn(dbname="bank")   # the superuser's labkit.core.dsn.Dsn, with parts changed
        server.superuser            # the same without changes
        server.log_file             # jsonlog, complete after the block; also .folder, .port, .pid
        server.stop(); server.start()           # an outage of the database; the port stays
        with running_server(folder / "standby", follows=server) as standby: ...

The server goes down when the block ends, on Ctrl-C, and when this process dies in whatever way, kill -9
included: a second process watches. A folder that was left by a crash is brought in order at the next start.
Root drops to the account ``nobody``; all others run it as themselves. Nothing outside the folder changes.
``CannotStartError`` (a LabError) says what is in the way.
"""

from labkit.bank.postgres.command import CannotStartError as CannotStartError
from labkit.bank.postgres.port import free_port as free_port
from labkit.bank.postgres.server import Server as Server
from labkit.bank.postgres.server import running_server as running_server
