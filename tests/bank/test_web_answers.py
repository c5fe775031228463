"""What the bank's pages say when something is refused, missing or broken; and what telemetry keeps of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from web_bank import APP_PASSWORD, PAGE, WebHost, logged_in, prepare_database, release, until
from web_bank_here import web_host_here

from labkit.bank import books
from labkit.bank.postgres import Server
from labkit.core.dsn import Dsn

pytestmark = pytest.mark.server
MINE, OTHERS = books.account_number(1), books.account_number(2)


@pytest.fixture
def host(tmp_path: Path, dsn: Dsn) -> Iterator[WebHost]:
    """Run a host on a good release."""
    release(tmp_path, "1.7.4", dsn, STATEMENT_PAGE_SIZE=2, FEATURE_SPENDING_CHART="on")
    with web_host_here(tmp_path) as running:
        yield running


def spans(host: WebHost) -> list[dict[str, object]]:
    """Read all spans, their attributes as one dictionary."""
    found = []
    for line in host.read("traces.otlp.jsonl").splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    values = {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}
                    found.append(span | {"attributes": values, "scope": scope["scope"]["name"]})
    return found


def test_refusals_are_pages_for_people(host: WebHost) -> None:
    """A person reads why something was not done and where to go on; who must log in gets the form."""
    with host.client(headers=PAGE) as nobody:
        asked = nobody.get(f"/accounts/{MINE}")
        assert (asked.status_code, 'name="password"' in asked.text) == (401, True)
        assert "Please log in first." in asked.text
        assert nobody.post("/login", data={"login": "customer-1", "password": "x"}).status_code == 403
    with logged_in(host) as client:
        other = client.get(f"/accounts/{OTHERS}", headers=PAGE)
        assert (other.status_code, "You have no account of this number." in other.text) == (404, True)
        assert client.get("/", headers=PAGE).text.count("Open your accounts") == 1
        assert client.get("/").json() == {"service": "bank-web", "login": "customer-1"}


def test_what_is_not_there_is_not_there(host: WebHost) -> None:
    """Unknown paths and methods end in 404 and 405, and a body of any size in 413."""
    with host.client() as client:
        assert client.get("/nowhere").status_code == 404
        assert client.put("/login").status_code == 405
        assert client.get("/static/../settings.py").status_code == 404
        assert client.get("/static/bank.css").status_code == 200
        big = client.post("/login", content=b"x" * 70_000, headers={"Content-Type": "application/json"})
        assert big.status_code == 413
        unsized = client.post("/login", content=(b"x" * 9_000 for _ in range(9)))
        assert unsized.status_code == 413


def test_a_statement_has_pages_and_a_chart(host: WebHost) -> None:
    """Entries come a page at a time, the newest first; months of spending stand above them."""
    with logged_in(host) as client:
        for number in range(3):
            order = {"from_account": MINE, "to_account": OTHERS, "amount": "1.00", "memo": f"n-{number}"}
            assert (
                client.post("/transfers", json=order | {"idempotency_key": f"page-{number}"}).status_code
                == 200
            )
        first = client.get(f"/accounts/{MINE}/statement", headers=PAGE).text
        assert (first.index("n-2") < first.index("n-1"), "n-0" in first) == (True, False)
        assert "Spent by month" in first
        assert "n-0" in client.get(f"/accounts/{MINE}/statement?page=2", headers=PAGE).text
        for strange in ("0", "x", "99999999999", "²"):
            assert client.get(f"/accounts/{MINE}/statement", params={"page": strange}).status_code == 200
    with logged_in(host, 3) as client:
        assert (
            client.get(f"/accounts/{books.account_number(3, 1)}/statement", headers=PAGE).status_code == 200
        )


def test_a_query_that_fails_is_owned_up_to(host: WebHost, dsn: Dsn, tmp_path: Path) -> None:
    """With tables out of sight, that feature is said to be broken, none to work; it ends with the cause."""
    with logged_in(host) as client:
        release(tmp_path, "1.8.0", dsn.replace(options="-c search_path=elsewhere"))
        until(lambda: client.get(f"/accounts/{MINE}").status_code == 500)
        page = client.get(f"/accounts/{MINE}", headers=PAGE)
        assert (page.status_code, "UndefinedTable" in page.text) == (500, False)
        told = client.get(f"/accounts/{MINE}").json()
        assert told["does_not_work"] == ["opening an account"]
        assert told["works"] == []
        release(tmp_path, "1.7.4", dsn)
        until(lambda: client.get(f"/accounts/{MINE}").status_code == 200)
    until(lambda: any(s["attributes"].get("db.response.status_code") == "42P01" for s in spans(host)))
    failed = [s for s in spans(host) if s["attributes"].get("error.type") == "psycopg.errors.UndefinedTable"]
    assert {s["kind"] for s in failed} == {2, 3}
    query = next(s for s in failed if s["kind"] == 3)
    assert query["attributes"]["db.operation.name"] == "SELECT"
    assert "exception" in [event["name"] for event in query["events"]]
    server_span = next(s for s in failed if s["kind"] == 2)
    assert server_span["status"] == {"message": "UndefinedTable", "code": 2}
    assert query["parentSpanId"] == server_span["spanId"]


def test_a_request_lost_with_its_connection_is_a_failure_of_its_own(
    host: WebHost, server: Server, dsn: Dsn, tmp_path: Path
) -> None:
    """A connection that an administrator ends costs one request at most, and the next one is served."""
    release(tmp_path, "1.7.5", dsn, POOL_MIN_SIZE=1, POOL_MAX_SIZE=1)
    with logged_in(host) as client:
        until(lambda: client.get("/readyz").json().get("version") == "1.7.5")
        with psycopg.connect(server.superuser.reveal(), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bank_app'")
        answers = [client.get(f"/accounts/{MINE}").status_code for _ in range(3)]
    assert answers[-1] == 200
    assert set(answers) <= {200, 500}


def test_who_came_through_the_edge_is_told_apart(host: WebHost) -> None:
    """Client address, browser, address called and session stand in span and access line as the edge says."""
    headers = {
        "Host": "bank.example",
        "X-Forwarded-For": "100.64.7.8",
        "X-Forwarded-Proto": "https",
        "User-Agent": "Mozilla/5.0 (X11)",
    }
    with host.client(headers=headers) as client:
        cookie = client.get("/").headers["set-cookie"]
        assert (
            "; Secure" in cookie
        )  # so the client, whose own way is not encrypted, does not send it by itself
        client.headers["Cookie"] = cookie.partition(";")[0]
        client.post("/login", json={"login": "customer-1", "password": books.DEMO_PASSWORD})
        client.post("/login", json={"login": "my own password!", "password": "x"})
    until(lambda: len([s for s in spans(host) if s["kind"] == 2]) == 3)
    front, login, slip = sorted(
        (s for s in spans(host) if s["kind"] == 2), key=lambda s: int(str(s["startTimeUnixNano"]))
    )
    expected = {"client.address": "100.64.7.8", "server.address": "bank.example", "server.port": "443"}
    assert expected.items() <= front["attributes"].items()
    assert front["attributes"]["session.id"] == login["attributes"]["session.id"]
    assert (login["name"], login["attributes"]["user.name"]) == ("POST /login", "customer-1")
    assert "user.name" not in slip["attributes"]
    line = host.read("access.log").splitlines()[1]
    assert line.startswith("100.64.7.8 - customer-1 [")
    assert line.endswith('"POST /login HTTP/1.1" 200 38 "-" "Mozilla/5.0 (X11)"')
    assert "my own password" not in "".join(
        file.read_text(encoding="utf-8") for file in host.evidence.iterdir()
    )


def test_no_file_has_the_password(host: WebHost, dsn: Dsn, tmp_path: Path) -> None:
    """A string that drivers quote whole leaves its password in no file, with a pool and without."""
    typo = f"postgress://bank_app:{APP_PASSWORD}@127.0.0.1:5432/bank"
    with logged_in(host) as client:
        for version, size in (("1.8.0", 4), ("1.8.1", 0)):
            release(tmp_path, version, typo, POOL_MAX_SIZE=size)
            until(
                lambda version=version: version in host.read("app.log.jsonl") or not client.get("/accounts")
            )
            assert client.get("/accounts").status_code == 503
    logged = host.read("app.log.jsonl")
    assert 'missing \\"=\\" after' in logged
    assert "psycopg.ProgrammingError" in logged
    for file in host.evidence.iterdir():
        assert APP_PASSWORD not in file.read_text(encoding="utf-8"), file.name


def test_an_unknown_setting_is_told(host: WebHost, dsn: Dsn, tmp_path: Path) -> None:
    """A slip in a setting's name does no harm and is logged."""
    release(tmp_path, "1.7.6", dsn, POOL_MAX_SIZ=9)
    until(lambda: "setting POOL_MAX_SIZ is not known" in host.read("app.log.jsonl"))


def test_what_staging_says_is_not_believed_on_paper(
    host: WebHost, server: Server, dsn: Dsn, tmp_path: Path
) -> None:
    """An account that only another environment's books give to somebody is not theirs when paper is used."""
    staging = prepare_database(server, "bank_staging", "staging")
    for dbname, owner in (("bank", "customer-2"), ("bank_staging", "customer-1")):
        with psycopg.connect(server.dsn(dbname=dbname).reveal()) as keeper:
            keeper.execute("INSERT INTO accounts (account_id, owner) VALUES (555555, %s)", [owner])
    stolen = {"from_account": 555555, "to_account": MINE, "amount": "1.00", "idempotency_key": "stolen"}
    paper = {"MANUAL_LEDGER": "on", "POOL_TIMEOUT_SECONDS": 0.3}
    with logged_in(host) as client:
        assert client.get(f"/accounts/{MINE}").status_code == 200
        release(tmp_path, "1.7.5", dsn, **paper)
        until((tmp_path / "journal" / "books.json").exists)
        release(tmp_path, "1.8.0", staging, **paper)
        until(lambda: client.get("/accounts/555555").status_code == 200)
        release(tmp_path, "1.8.1", dsn.replace(port=1), **paper)
        until(lambda: client.get("/readyz").status_code == 503)
        assert client.post("/transfers", json=stolen).status_code == 503
        assert client.get("/accounts/555555").status_code == 503
        assert client.get(f"/accounts/{MINE}").status_code == 200
        mine = stolen | {"from_account": MINE, "to_account": OTHERS, "idempotency_key": "mine"}
        assert client.post("/transfers", json=mine).status_code == 202
