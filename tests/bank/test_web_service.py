"""The bank's web service does what a customer asks, and goes on while its release is changed."""

from __future__ import annotations

import json
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from odd_servers import silent
from web_bank import PAGE, WebHost, logged_in, release, until, web_host
from web_bank_here import web_host_here

from labkit.bank import books
from labkit.core.dsn import Dsn

pytestmark = pytest.mark.server
MINE, OTHERS = books.account_number(1), books.account_number(2)


@pytest.fixture
def host(tmp_path: Path, dsn: Dsn) -> Iterator[WebHost]:
    """Run a host on a good release."""
    release(tmp_path, "1.7.4", dsn, METRICS_EVERY_SECONDS=0.5)
    with web_host_here(tmp_path) as running:
        yield running


def order(key: str, amount: str = "1.50", **more: object) -> dict[str, object]:
    return {
        "idempotency_key": key,
        "from_account": MINE,
        "to_account": OTHERS,
        "amount": amount,
        "memo": "tea",
    } | more


def records(host: WebHost, name: str = "app.log.jsonl") -> list[dict[str, object]]:
    return [json.loads(line) for line in host.read(name).splitlines()]


def test_a_customer_reads_and_transfers(host: WebHost) -> None:
    """Account, statement and transfer agree with each other; an order sent twice counts once."""
    with logged_in(host) as client:
        before = client.get(f"/accounts/{MINE}").json()
        posted = client.post("/transfers", json=order("once-1"))
        again = client.post("/transfers", json=order("once-1"))
        after = client.get(f"/accounts/{MINE}").json()
        entries = client.get(f"/accounts/{MINE}/statement").json()["entries"]
        listed = client.get("/accounts").json()["accounts"]
    assert (posted.status_code, again.status_code) == (200, 409)
    assert posted.json()["transfer_id"] in again.json()["error"]
    assert float(before["balance"]) - float(after["balance"]) == pytest.approx(1.5)
    assert (entries[0]["amount"], entries[0]["memo"]) == ("-1.50", "tea")
    assert after in listed


def test_what_is_not_theirs_stays_closed(host: WebHost) -> None:
    """Without a login there is 401, and other people's accounts are not there, whoever knows their number."""
    with host.client() as nobody:
        assert nobody.get(f"/accounts/{MINE}").status_code == 401
        assert nobody.post("/transfers", json=order("no-1")).status_code == 401
        assert nobody.post("/login", json={"login": "customer-1", "password": "wrong"}).status_code == 401
        nobody.cookies.set("bank_session", "WyJhYSIsImN1c3RvbWVyLTEiLCJ4Iiw5OTk5OTk5OTk5XQ==.00")
        assert nobody.get(f"/accounts/{MINE}").status_code == 401
    with logged_in(host) as client:
        for path in (f"/accounts/{OTHERS}", f"/accounts/{OTHERS}/statement", "/accounts/1", "/accounts/x"):
            assert client.get(path).status_code == 404, path
        taken = client.post("/transfers", json=order("theft-1", from_account=OTHERS, to_account=MINE))
        assert taken.status_code == 404
        client.post("/logout", json={})
        assert client.get(f"/accounts/{MINE}").status_code == 401


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"amount": "much"}, 422),
        ({"amount": "-1"}, 422),
        ({"amount": "999999999.00"}, 422),
        ({"to_account": MINE}, 422),
        ({"to_account": 424242}, 422),
        ({"idempotency_key": ""}, 422),
        ({"to_account": "Ⅻ"}, 422),
        ({"from_account": 424242}, 404),
        ({"memo": "\0"}, 422),
        ({"memo": ["a", "list"]}, 422),
    ],
)
def test_a_bad_order_is_refused(host: WebHost, fields: dict[str, object], status: int) -> None:
    """What is wrong with an order is said, with a status below 500, and nothing is posted."""
    with logged_in(host) as client:
        before = client.get(f"/accounts/{MINE}").json()
        answer = client.post("/transfers", json=order("bad-1") | fields)
        assert (answer.status_code, list(answer.json())) == (status, ["error"])
        assert client.get(f"/accounts/{MINE}").json() == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 60_000, b'{"login": 1, "password": 2}'])
def test_a_body_that_is_no_order_is_refused(host: WebHost, body: bytes) -> None:
    """Whatever comes as a login's JSON ends in 422, not in a failure."""
    with host.client() as client:
        answer = client.post("/login", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text


def test_forms_of_other_sites_are_refused(host: WebHost) -> None:
    """A form without this visit's token is not taken, nor JSON that comes from another site's page."""
    with logged_in(host) as client:
        assert client.post("/transfers", data=order("forged-1")).status_code == 403
        forged = client.post("/transfers", json=order("forged-2"), headers={"Origin": "https://evil.example"})
        assert forged.status_code == 403
        stolen = client.post("/transfers", data=order("forged-3") | {"form_token": "0" * 64})
        assert stolen.status_code == 403
        plain = client.post(
            "/transfers", content=json.dumps(order("f-4")), headers={"Content-Type": "text/plain"}
        )
        assert plain.status_code == 403
        assert client.post("/transfers", files={"memo": ("x.txt", b"x")}).status_code == 403


def test_a_person_uses_forms(host: WebHost) -> None:
    """Logging in, transferring, reading: by the forms of the pages, each of which leads to the next page."""
    with host.client(follow_redirects=True, headers=PAGE) as browser:

        def token(page: str) -> str:
            return re.findall(r'name="form_token" value="(\w+)"', page)[-1]

        front = browser.get("/").text
        filled = {"login": "customer-1", "password": books.DEMO_PASSWORD, "form_token": token(front)}
        assert "Your accounts" in browser.post("/login", data=filled).text
        page = browser.get(f"/accounts/{MINE}").text
        key = re.findall(r'name="idempotency_key" value="([^"]+)"', page)[0]
        given = order(key, "2,50") | {"form_token": token(page)}
        refused = browser.post("/transfers", data=given)
        assert refused.status_code == 422
        assert 'value="2,50"' in refused.text
        done = browser.post("/transfers", data=given | {"amount": "2.50"})
        assert (done.status_code, "has been made" in done.text) == (200, True)
        assert "2.50" in browser.get(f"/accounts/{MINE}/statement").text


def test_an_outage_is_owned_up_to(host: WebHost, dsn: Dsn, tmp_path: Path) -> None:
    """Without a database there is 503 after two seconds, what does not work and since when is said."""
    with logged_in(host) as client, logged_in(host, 2) as other:
        release(tmp_path, "1.8.0", dsn.replace(port=1))
        until(lambda: "1.8.0" in host.read("app.log.jsonl"))
        began = time.monotonic()
        with ThreadPoolExecutor() as pool:
            asked = pool.submit(other.get, "/readyz")
            answer = client.get(f"/accounts/{MINE}", headers=PAGE)
        assert 1.5 < time.monotonic() - began < 4
        assert (answer.status_code, asked.result().status_code) == (503, 503)
        assert re.search(r"since\s+<time datetime=\"20", answer.text)
        assert "opening an account" in answer.text
        read = re.sub(r"<[^>]*>", " ", answer.text)
        assert not re.search(r"PoolTimeout|psycopg|Traceback|database|SQL|\bport|500|503", read)
        assert client.get("/livez").status_code == 200
        assert client.get("/", headers=PAGE).status_code == 200
        told = client.post("/transfers", json=order("during-1")).json()
        assert (told["does_not_work"][-1], told["works"]) == ("making a transfer", [])
        release(tmp_path, "1.7.4", dsn)
        until(lambda: client.get("/readyz").status_code == 200, 5)
        assert client.get(f"/accounts/{MINE}").status_code == 200
    failed = [r for r in records(host) if r["severity_text"] == "ERROR"]
    assert failed[0]["body"] == "GET /accounts/{account_id} failed: no connection to the database"
    assert failed[0]["attributes"]["exception.type"] == "psycopg_pool.PoolTimeout"
    assert {r["resource"]["service.version"] for r in failed} == {"1.8.0"}


def test_no_request_is_lost_while_the_release_changes(host: WebHost, dsn: Dsn, tmp_path: Path) -> None:
    """Under traffic, going from one good release to another ends no request badly."""
    stop, answers = threading.Event(), []

    def ask() -> None:
        with logged_in(host) as client:
            while not stop.is_set():
                answers.append(client.get(f"/accounts/{MINE}").status_code)

    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(ask) for _ in range(3)]
        for version in ("1.8.0", "1.7.4", "1.8.1"):
            time.sleep(0.3)
            release(tmp_path, version, dsn, POOL_MAX_SIZE=2)
        time.sleep(0.4)
        stop.set()
        for one in running:
            one.result()
    assert set(answers) == {200}
    assert len(answers) > 20
    versions = set(
        re.findall(r'"service.version","value":{"stringValue":"([^"]+)"', host.read("traces.otlp.jsonl"))
    )
    assert {"1.7.4", "1.8.0"} <= versions


def test_settings_that_cannot_be_read_leave_the_release_before(
    host: WebHost, dsn: Dsn, tmp_path: Path
) -> None:
    """A release with an impossible value is not taken; the log says so, and the old one goes on."""
    release(tmp_path, "1.8.0", dsn, POOL_MAX_SIZE="many")
    until(lambda: "is not taken" in host.read("app.log.jsonl"))
    with logged_in(host) as client:
        assert client.get("/readyz").json()["version"] == "1.7.4"
    assert dsn.password is not None
    assert dsn.password.reveal() not in host.read("app.log.jsonl")


def test_without_a_pool_a_failure_is_told_at_once(host: WebHost, dsn: Dsn, tmp_path: Path) -> None:
    """With POOL_MAX_SIZE=0 each request connects by itself: it works, and fails without waiting."""
    release(tmp_path, "1.7.5", dsn, POOL_MAX_SIZE=0)
    with logged_in(host) as client:
        until(lambda: client.get("/readyz").json().get("version") == "1.7.5")
        assert client.get(f"/accounts/{MINE}").status_code == 200
        release(tmp_path, "1.8.0", dsn.replace(port=1), POOL_MAX_SIZE=0)
        until(lambda: client.get("/readyz").status_code == 503)
        began = time.monotonic()
        assert client.get(f"/accounts/{MINE}").status_code == 503
        assert time.monotonic() - began < 1
    failed = [r for r in records(host) if r["severity_text"] == "ERROR"]
    assert failed[-1]["attributes"]["exception.type"] == "psycopg.OperationalError"


def test_variables_win_over_the_file_and_libpqs_own_do_nothing(tmp_path: Path, dsn: Dsn) -> None:
    """BANK_DATABASE_URL is what counts; PGPORT and the like fill in nothing."""
    release(tmp_path, "1.7.4", "postgresql://bank_app@nowhere.invalid/bank")
    environ = {"BANK_DATABASE_URL": dsn.reveal(), "PGOPTIONS": "-c search_path=elsewhere", "PGPORT": "1"}
    with web_host(tmp_path, environ=environ) as host, logged_in(host) as client:
        assert client.get(f"/accounts/{MINE}").status_code == 200


def test_a_server_that_never_answers_holds_nothing_up(tmp_path: Path, dsn: Dsn) -> None:
    """From a place that takes calls and says nothing the bank comes back at once, and ends in seconds."""
    release(tmp_path, "1.7.4", dsn)
    with silent() as port, web_host(tmp_path) as host, host.client() as client:
        silence = dsn.replace(port=port)
        release(tmp_path, "1.8.0", silence)
        until(lambda: client.get("/readyz").status_code == 503)
        release(tmp_path, "1.7.5", dsn)
        until(lambda: client.get("/readyz").json().get("version") == "1.7.5", 5)
        release(tmp_path, "1.8.1", silence)
        until(lambda: client.get("/readyz").status_code == 503)
        assert host.process is not None
        began = time.monotonic()
        _, said = host.process.communicate(timeout=20)
        assert (host.process.returncode, said, time.monotonic() - began < 10) == (0, "", True)
    assert host.read("app.log.jsonl") == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process there at once")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_well_when_told_to(tmp_path: Path, dsn: Dsn, number: int) -> None:
    """A signal stops it within seconds, with its spans written and nothing on standard error."""
    release(tmp_path, "1.7.4", dsn)
    with web_host(tmp_path) as host:
        with logged_in(host) as client:
            client.get(f"/accounts/{MINE}")
        host.process.send_signal(number)
        _, said = host.process.communicate(timeout=15)
        assert (host.process.returncode, said) == (0, "")
    assert '"name":"GET /accounts/{account_id}"' in host.read("traces.otlp.jsonl")
