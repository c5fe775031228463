"""The seed incident is solved from its evidence alone, and shown as text, JSON and one HTML page."""

from __future__ import annotations

import datetime as dt
import html.parser
import itertools
import json
from pathlib import Path

import duckdb
import pytest

import labkit
from labkit.cli.main import main
from labkit.evidence.investigate import Investigation, investigate
from labkit.evidence.investigate.page import write_page
from labkit.evidence.queries import query

DATA = Path(__file__).parents[3] / "data" / "debacle"


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """Load the committed evidence once."""
    return labkit.load(DATA)


@pytest.fixture(scope="module")
def found(con: duckdb.DuckDBPyConnection) -> Investigation:
    """Solve it once."""
    return investigate(con)


def at(text: str) -> dt.datetime:
    """Read a time of the day of the incident."""
    return dt.datetime.fromisoformat(f"2023-12-01T{text}")


def test_onset_detection_and_recovery(found: Investigation) -> None:
    """Onset and recovery are right to a minute, detection is the first user's report."""
    assert found.onset_utc is not None
    assert found.recovery_utc is not None
    assert found.detection_utc is not None
    assert abs((found.onset_utc - at("14:30:00")).total_seconds()) <= 60
    assert abs((found.recovery_utc - at("17:00:00")).total_seconds()) <= 60
    assert found.detection_utc.replace(second=0) == at("14:45:00")


def test_the_port_with_both_values(found: Investigation) -> None:
    """The root cause is the port, with its values before and after and both connection strings."""
    cause = found.root_cause
    assert (cause.kind, cause.part, cause.before, cause.after) == (
        "misconfigured_connection",
        "port",
        "5432",
        "5433",
    )
    assert [change.part for change in cause.changes] == ["port"]
    assert cause.dsn_before is not None
    assert cause.dsn_after == cause.dsn_before.replace("5432", "5433")


@pytest.mark.parametrize("kind", ["overload", "network", "application_code", "database_server", "none"])
def test_the_misleading_causes_are_refuted_with_rows(found: Investigation, kind: str) -> None:
    """Overload, network, code and server are refuted, each by cited rows."""
    (hypothesis,) = [h for h in found.hypotheses if h.kind == kind]
    assert hypothesis.verdict == "refuted"
    against = [p.claim for p in hypothesis.predictions if p.outcome == "failed" and p.claim]
    assert against
    assert all(claim.rows for claim in against)


def test_every_claim_can_be_asked_again(con: duckdb.DuckDBPyConnection, found: Investigation) -> None:
    """The query that a claim cites, run with its parameters, has the rows that stand beside the claim."""
    claims = [p.claim for h in found.hypotheses[:2] + found.hypotheses[-2:] for p in h.predictions if p.claim]
    for claim in {claim.citation: claim for claim in claims}.values():
        answer = query(con, claim.citation.query, **dict(claim.citation.parameters))
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]
        assert all(row in rows for row in claim.rows), claim.citation.call


def test_impact_tells_users_alerts_and_progress(found: Investigation) -> None:
    """The impact says how long, how many visits, when an alert would have fired, and the fall."""
    said = " ".join(claim.text for claim in found.impact)
    for words in ("150.0 minutes", "visits of users", "burn-rate page", "fell by 15%", "Routes hit"):
        assert words in said


def test_the_timeline_is_in_order_and_has_every_source(found: Investigation) -> None:
    """The timeline runs from the first deployment to the last message."""
    times = [row.time_utc for row in found.timeline]
    assert times == sorted(times)
    assert {"deployments", "requests", "user-report", "chat", "pager", "postgres_log"} <= {
        row.plane for row in found.timeline
    }


def test_the_connection_is_left_as_it_was(con: duckdb.DuckDBPyConnection, found: Investigation) -> None:
    """Investigating adds nothing to the evidence."""
    assert found.window.found
    assert con.sql("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall() == [(2,)]


def test_json_is_the_documented_object(found: Investigation) -> None:
    """The object has the documented names, is plain JSON, and ranks its candidates."""
    told = json.loads(json.dumps(found.to_json()))
    assert list(told)[:5] == ["state", "onset_utc", "detection_utc", "recovery_utc", "root_cause"]
    assert told["onset_utc"] == "2023-12-01T14:30:00Z"
    assert told["root_cause"]["part"] == "port"
    assert [c["rank"] for c in told["candidates"]] == list(range(1, len(found.hypotheses) + 1))
    scores = [c["score"] for c in told["candidates"]]
    assert scores == sorted(scores, reverse=True)
    assert told["missing"] == []
    assert "changes_before" in {cited["query"] for cited in told["evidence"]}


def test_text_gives_the_answer_first(found: Investigation) -> None:
    """The text begins with the root cause and lists the hypotheses with what holds and what fails."""
    lines = repr(found).splitlines()
    assert lines[0].startswith("Root cause: ")
    assert "5433" in lines[0]
    assert any(line.strip().startswith("- ") for line in lines)
    assert "***" not in lines[0]


class Outline(html.parser.HTMLParser):
    """Collect what assistive technology goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep each tag."""
        self.tags.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """Give the attributes of every tag of a name."""
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_is_one_accessible_file(con: duckdb.DuckDBPyConnection, found: Investigation) -> None:
    """The page has landmarks, headings in order, alt texts and named tables, and fetches nothing."""
    text = write_page(con, found, source="debacle")
    page = Outline()
    page.feed(text)
    assert page.named("html") == [{"lang": "en"}]
    assert [len(page.named(tag)) for tag in ("header", "main", "footer", "h1", "title")] == [1, 1, 1, 1, 1]
    levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3", "h4")]
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    images = page.named("img")
    assert len(images) >= 4
    assert all(
        len(image["alt"] or "") > 40 and (image["src"] or "").startswith("data:image/png") for image in images
    )
    regions = [a["aria-label"] for a in page.named("div") if a.get("role") == "region"]
    assert len(regions) == len(set(regions)) == text.count("<caption>")
    ids = [a["id"] for _, a in page.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    assert not any(
        "http" in (value or "") for tag, a in page.tags for key, value in a.items() if key in ("src", "href")
    )
    assert "<script" not in text


def test_the_notebook_shows_the_answer(found: Investigation) -> None:
    """The notebook's HTML holds the sentence, the times and the ranking, and escapes what it shows."""
    shown = found._repr_html_()
    assert "port is 5433" in shown
    assert "<caption>Candidates, best first</caption>" in shown
    assert "<code>labkit.query(con, &quot;" in shown


def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command takes a folder or a DuckDB file, prints text or JSON, and writes the page."""
    database = tmp_path / "case.duckdb"
    labkit.load(DATA, database=database).close()
    assert main(["investigate", str(database), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["root_cause"]["after"] == "5433"
    page = tmp_path / "report.html"
    assert main(["investigate", str(DATA), "--html", str(page)]) == 0
    assert "Root cause:" in capsys.readouterr().out
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_command_refuses_what_is_no_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A database without the tables, and a broken one, are refused in one line."""
    other = tmp_path / "other.duckdb"
    duckdb.connect(str(other)).close()
    assert main(["investigate", str(other)]) == 2
    assert "no loaded evidence" in capsys.readouterr().err
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(other.read_bytes()[:64])
    assert main(["investigate", str(broken)]) == 2
    assert "cannot be opened" in capsys.readouterr().err


def test_events_of_deployments_are_counted_not_their_settings(
    con: duckdb.DuckDBPyConnection, found: Investigation
) -> None:
    """An event that changed several settings is one event, as are its start and its end one each."""
    since = """SELECT count(*), sum(greatest(coalesce(len(config_diff), 0), 1)) FROM deployments
               WHERE time_utc BETWEEN $a AND $b"""
    [(events, rows)] = con.execute(since, {"a": at("14:15:00"), "b": at("14:32:00")}).fetchall()
    assert 0 < events < rows
    claims = [
        p.claim for hypothesis in found.hypotheses for p in hypothesis.predictions if p.claim is not None
    ]
    said = [claim.text for claim in claims]
    assert f"{events} events of deployments in the quarter of an hour before" in said
