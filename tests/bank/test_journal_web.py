"""The manual ledger in the running service: 202 on paper during the outage, entered once after it."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from web_bank import PAGE, logged_in, prepare_database, release, until, web_host
from web_bank_here import web_host_here

from labkit.bank.books import account_number
from labkit.bank.books.journal import Journal, journals_of, pin_books
from labkit.bank.postgres import Server
from labkit.cli.main import main
from labkit.core.dsn import Dsn

pytestmark = pytest.mark.server
MINE, THEIRS = account_number(1), account_number(2)
FAST = {"POOL_TIMEOUT_SECONDS": 0.3, "MANUAL_LEDGER": "on"}


_NUMBERS = iter(range(1, 100))


@pytest.fixture
def good(server: Server) -> Dsn:
    """Make books of the test's own."""
    return prepare_database(server, f"paper_{next(_NUMBERS)}")


def wrong(dsn: Dsn) -> Dsn:
    """Lead to a port where nothing listens, as the routine update did."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return dsn.replace(port=probe.getsockname()[1])


@pytest.fixture
def bank(tmp_path: Path, good: Dsn) -> Path:
    """Make a bank whose manual ledger is on."""
    pin_books(tmp_path, good)
    release(tmp_path, "1.7.4", good, **FAST)
    return tmp_path


def order(key: str, to: int = THEIRS, amount: str = "1.50", taken: int = MINE) -> dict[str, Any]:
    """Write an order as a program sends it."""
    fields = {"idempotency_key": key, "from_account": taken, "to_account": to, "amount": amount}
    return fields | {"memo": "on paper"}


def break_bank(bank: Path, good: Dsn, client: httpx.Client, **settings: object) -> None:
    """Deploy the bad update and wait until the service has it."""
    release(bank, "1.8.0", wrong(good), **(FAST | settings))
    until(lambda: client.get("/readyz").status_code == 503)


def repair(bank: Path, good: Dsn) -> None:
    """Roll back, and wait until everything on paper is entered."""
    release(bank, "1.7.4", good, **FAST)
    until(lambda: not any(journal.pending() for journal in journals_of(bank)))


def posted(good: Dsn) -> list[str]:
    """List the keys that are in the books."""
    with psycopg.connect(good.reveal()) as connection:
        rows = connection.execute("SELECT idempotency_key FROM transfers WHERE idempotency_key LIKE 'k-%'")
        return sorted(key for (key,) in rows.fetchall())


def test_transfers_go_on_paper_and_are_entered_once(bank: Path, good: Dsn) -> None:
    """During the outage an order is answered with 202, sent again too; afterwards it is in the books once."""
    with web_host_here(bank) as host, logged_in(host) as client:
        assert client.get(f"/accounts/{MINE}").status_code == 200
        assert client.post("/transfers", json=order("k-0")).status_code == 200
        before = client.get(f"/accounts/{MINE}").json()["balance"]
        break_bank(bank, good, client)
        first, again = (client.post("/transfers", json=order("k-1")) for _ in range(2))
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["on_paper"] is True
        assert first.json()["entry"] == again.json()["entry"] == 1
        assert client.post("/transfers", json=order("k-1", amount="2.00")).status_code == 409
        assert client.post("/transfers", json=order("k-0")).status_code == 202  # posted, and nobody can know
        shown = client.get(f"/accounts/{MINE}").json()
        assert shown["balance"] == before
        assert "as_of" in shown
        repair(bank, good)
        assert posted(good) == ["k-0", "k-1"]
        assert "as_of" not in client.get(f"/accounts/{MINE}").json()
        assert client.post("/transfers", json=order("k-1")).status_code == 409  # made before
        until(lambda: "1 order entered, 1 there already" in host.read("app.log.jsonl"))
    whole = Journal(bank / "journal" / "bank-web-1").report()
    assert ([e.number for e in whole.posted], [e.number for e in whole.already]) == ([1], [2])


def test_a_person_sees_that_it_is_on_paper(bank: Path, good: Dsn) -> None:
    """The page says that the transfer is not made yet, which entry it is, and what becomes of it."""
    with web_host_here(bank) as host, logged_in(host) as client:
        client.get("/accounts")
        break_bank(bank, good, client)
        page = client.post("/transfers", json=order("k-1"), headers=PAGE)
        assert page.status_code == 202
        told = client.get(f"/accounts/{MINE}").json()["on_paper"]
        assert [(entry["state"], entry["order"]["amount"]) for entry in told] == [("waiting", "1.50")]
        assert "waits for the books" in client.get(f"/accounts/{MINE}", headers=PAGE).text
        assert ('class="done"' in page.text, 'class="problem"' in page.text) == (True, False)
        for words in ("taken on paper", "has not been made yet", "counts once", str(THEIRS), "1.50 EUR"):
            assert words in page.text


def test_what_cannot_be_on_paper_is_refused(bank: Path, good: Dsn) -> None:
    """Somebody else's account, one that was never seen, and a bad amount are refused as on any other day."""
    with web_host_here(bank) as host, logged_in(host, 2) as other, logged_in(host) as client:
        assert other.get("/accounts").status_code == 200
        break_bank(bank, good, client)
        assert client.post("/transfers", json=order("k-1", taken=THEIRS, to=MINE)).status_code in (404, 503)
        unseen = client.post("/transfers", json=order("k-2"), headers=PAGE)
        assert (unseen.status_code, "Your transfer was not made." in unseen.text) == (503, True)
        assert client.post("/transfers", json=order("k-3", amount="1,50")).status_code == 422
        assert journals_of(bank) == () or journals_of(bank)[0].entries() == ()


def test_a_journal_that_cannot_be_used_is_owned_up_to(bank: Path, good: Dsn) -> None:
    """Where the disk does not take the order it gets 503, as without the ledger, and the log says why."""
    (bank / "journal" / "bank-web-1").write_text("", encoding="utf-8")
    with web_host(bank) as host, logged_in(host) as client:
        client.get("/accounts")
        break_bank(bank, good, client)
        assert client.post("/transfers", json=order("k-1")).status_code == 503
        page = client.post("/transfers", json=order("k-1"), headers=PAGE).text
        assert "We can't tell whether your transfer was made." in page
        assert client.get(f"/accounts/{MINE}").json()["balance"]
        assert "could not be taken on paper: the journal cannot be used" in host.read("app.log.jsonl")


def test_without_the_ledger_nothing_is_on_paper(bank: Path, good: Dsn) -> None:
    """While it is off the service says 503 and writes no journal."""
    with web_host_here(bank) as host, logged_in(host) as client:
        client.get(f"/accounts/{MINE}")
        break_bank(bank, good, client, MANUAL_LEDGER="off")
        assert client.post("/transfers", json=order("k-1")).status_code == 503
        assert client.get(f"/accounts/{MINE}").status_code == 503
    assert journals_of(bank) == () or journals_of(bank)[0].entries() == ()


def test_a_service_that_begins_in_the_outage_knows_balances(bank: Path, good: Dsn) -> None:
    """A process killed and begun again during the outage shows balances as of then, and takes orders."""
    with web_host(bank) as host, logged_in(host) as client:
        balance = client.get(f"/accounts/{MINE}").json()["balance"]
        until((bank / "journal" / "bank-web-1" / "balances.json").exists)
        break_bank(bank, good, client)
        cookies = dict(client.cookies)
        host.process.kill()
        host.process.communicate()
    with web_host(bank) as host, host.client(cookies=cookies) as client:
        shown = client.get(f"/accounts/{MINE}").json()
        assert (shown["balance"], "as_of" in shown) == (balance, True)
        assert client.post("/transfers", json=order("k-1")).status_code == 202
        repair(bank, good)
        assert posted(good) == ["k-1"]


def test_the_journal_of_a_host_that_is_gone_is_entered(bank: Path, good: Dsn) -> None:
    """What one host took before it was scaled away another one enters."""
    with web_host_here(bank, "bank-web-2") as host, logged_in(host) as client:
        client.get("/accounts")
        break_bank(bank, good, client)
        assert client.post("/transfers", json=order("k-1")).status_code == 202
    release(bank, "1.7.4", good, **FAST)
    with web_host_here(bank, "bank-web-1"):
        until(lambda: not journals_of(bank)[0].pending())
    assert posted(good) == ["k-1"]


def test_a_repair_that_leads_to_staging_enters_nothing(bank: Path, good: Dsn, server: Server) -> None:
    """Where the corrected string leads to other books the orders wait, and the log says why."""
    staging = prepare_database(server, f"staging_{next(_NUMBERS)}", "staging")
    with web_host_here(bank) as host, logged_in(host) as client:
        client.get("/accounts")
        break_bank(bank, good, client)
        assert client.post("/transfers", json=order("k-1")).status_code == 202
        release(bank, "1.8.1", staging, **FAST)
        until(lambda: "these are other books (staging)" in host.read("app.log.jsonl"))
        assert posted(staging) == []
        repair(bank, good)
    assert posted(good) == ["k-1"]


def test_a_person_decides_at_the_command_line(
    bank: Path, good: Dsn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command shows conflicts, has them entered again or settled; its exit code says what is left."""

    def ledger(*words: str) -> tuple[int, str]:
        code = main(["bank", "ledger", *words, "--folder", str(bank)])
        said = capsys.readouterr()
        return code, said.out + said.err

    assert ledger() == (0, "No transfer was ever taken on paper here.\n")
    with web_host_here(bank) as host, logged_in(host) as client:
        client.get("/accounts")
        break_bank(bank, good, client)
        for key in ("k-1", "k-2"):
            assert client.post("/transfers", json=order(key, amount="5000000")).status_code == 202
        repair(bank, good)
        page = client.get(f"/accounts/{MINE}", headers=PAGE).text
        assert page.count("could not be made; a person of the bank will look at it") == 2
    code, said = ledger()
    assert code == 1
    assert f"For a person: k-1, 5000000.00 from {MINE} to {THEIRS}: account {MINE} has" in said
    assert ledger("settle", "k-1", "--note", "refused by phone")[0] == 0
    code, said = ledger("again", "k-9")
    assert (code, "Possible: k-2" in said) == (2, True)
    assert ledger("again", "k-2")[0] == 0
    monkeypatch.setenv("BOOKS", good.reveal())
    assert ledger("enter", "--dsn-env", "BOOKS")[0] == 1
    code, said = ledger("--json")
    told = json.loads(said)["bank-web-1"]
    assert (code, told["waiting"], len(told["conflicts"]), len(told["settled"])) == (1, [], 1, 1)
    assert told["settled"][0]["reason"] == "refused by phone"
    assert ledger("settle", "k-2", "--note", "the same")[0] == 0
    assert ledger()[0] == 0


def test_the_password_stands_in_no_file_of_the_journal(bank: Path, good: Dsn) -> None:
    """Neither orders nor notes of books hold a part of the connection string."""
    with web_host_here(bank) as host, logged_in(host) as client:
        client.get("/accounts")
        break_bank(bank, good, client)
        client.post("/transfers", json=order("k-1"))
        repair(bank, good)
    assert good.password is not None
    for file in (bank / "journal").rglob("*"):
        if file.is_file():
            assert good.password.reveal() not in file.read_text(encoding="utf-8")
