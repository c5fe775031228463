"""What leads up to an incident, what the server rules out, slow answers, and a second incident are told."""

from __future__ import annotations

import datetime as dt

import duckdb
from made_cases import AT, ONSET, RECOVERY, START, Case, make
from made_faults import FAULTS, REFUSED, TURNED_AWAY, dsn, said, turned_away

from labkit.evidence.investigate import Investigation, investigate
from labkit.evidence.investigate.page import write_page

LEAD = ONSET - dt.timedelta(minutes=17)


def outcome(found: Investigation, part: str, text: str) -> str:
    """Give what became of one prediction about one part."""
    (hypothesis,) = [h for h in found.hypotheses if h.part == part]
    return next((p.outcome for p in hypothesis.predictions if p.text == text), "")


def leading(since: dt.datetime) -> duckdb.DuckDBPyConnection:
    """Make a case in which new connections are refused a quarter of an hour before requests fail."""
    case = turned_away(TURNED_AWAY, "28P01", "Connection matched file", deployed=False)
    con = make(case)
    con.execute(
        """
        INSERT INTO deployments BY NAME
        SELECT $since::TIMESTAMP AS time_utc, 'secret.rotated' AS event_name,
               'New secrets' AS deployment_name, 'shop' AS service_name
        """,
        {"since": LEAD},
    )
    con.execute(
        """
        INSERT INTO logs BY NAME
        SELECT $since::TIMESTAMP + to_seconds(2 * i) AS time_utc, 'WARNING' AS severity_text,
               13 AS severity_number, 'psycopg.pool' AS logger,
               'error connecting in ''pool-1'': ' || $says AS body, 'web-1' AS host_name
        FROM range(520) AS r(i) WHERE $since::TIMESTAMP + to_seconds(2 * i) < $onset
        """,
        {"since": since, "onset": ONSET, "says": said(TURNED_AWAY)},
    )
    con.execute("DELETE FROM postgres_log WHERE error_severity = 'FATAL'")
    return con


def test_a_pool_that_lives_on_complains_before_requests_fail() -> None:
    """Messages of the minutes before the onset belong to it, and what changed is looked for before them."""
    found = investigate(leading(LEAD))
    assert (found.root_cause.kind, found.root_cause.part) == ("misconfigured_connection", "password")
    assert found.onset_utc is not None
    assert abs((found.onset_utc - ONSET).total_seconds()) <= 10
    assert outcome(found, "password", "It follows a deployment.") == "held"


def test_what_was_said_all_along_does_not_lead_up_to_anything() -> None:
    """The same messages since the recording began are of any time, so the deployment is not theirs."""
    found = investigate(leading(START + dt.timedelta(seconds=5)))
    assert outcome(found, "password", "It follows a deployment.") != "held"


def test_the_servers_words_outweigh_what_clients_are_told() -> None:
    """Where the server's log says that the password has expired, the role it accepted is not at fault."""
    fault = next(f for f in FAULTS if f.name == "expired password of a new role")
    found = investigate(make(fault.case))
    assert outcome(found, "user", "The role (user) is not accepted.") == "failed"
    assert outcome(found, "password", "The role that is turned away is the one that worked.") == "unknown"
    blind = make(fault.case)
    blind.execute("DELETE FROM postgres_log")
    assert investigate(blind).root_cause.part == "user"


def test_what_was_accepted_first_is_not_at_fault() -> None:
    """A database that does not exist is found missing after the role was let in."""
    case = turned_away('database "shop_2" does not exist', "3D000", dsn=dsn(dbname="shop_2", user="shop_2"))
    found = investigate(make(case))
    assert found.root_cause.part == "dbname"
    (user,) = [h for h in found.hypotheses if h.part == "user"]
    assert user.score < found.hypotheses[0].score - 4


def test_slow_answers_are_an_incident_where_nothing_fails() -> None:
    """Requests that take many times as long as usual count as failed ones, and the answer says so."""
    con = make(Case(fails=False, changes=(("POOL_MAX_SIZE", "16", "1"),)))
    con.execute(
        "UPDATE spans SET duration_ms = 25 * duration_ms "
        "WHERE kind = 'SERVER' AND http_route <> '/' AND start_utc >= $onset AND start_utc < $recovery",
        {"onset": ONSET, "recovery": RECOVERY},
    )
    found = investigate(con)
    assert found.window.slow
    assert found.onset_utc is not None and found.recovery_utc is not None
    assert abs((found.onset_utc - ONSET).total_seconds()) <= 10
    assert abs((found.recovery_utc - RECOVERY).total_seconds()) <= 10
    assert (found.root_cause.kind, found.root_cause.part) == ("misconfigured_connection", "pool")
    assert any("requests were slow or failed" in claim.text for claim in found.impact)
    assert "answers become slow (onset)" in [row.text for row in found.timeline]
    assert found.to_json()["also"] == []


def test_a_second_incident_is_told_beside_the_first() -> None:
    """A route that failed by a bug of the code, before the connection broke, is an incident of its own."""
    con = make(Case(f"{AT} 5433 {REFUSED}", dsn=dsn(port="5433")))
    first, last = START + dt.timedelta(minutes=3), START + dt.timedelta(minutes=14)
    con.execute(
        "UPDATE spans SET http_response_status_code = 500, status_code = 'ERROR', error_type = 'KeyError' "
        "WHERE kind = 'SERVER' AND http_route = '/statements/{id}' AND start_utc BETWEEN $first AND $last",
        {"first": first, "last": last},
    )
    con.execute(
        "INSERT INTO logs BY NAME SELECT start_utc AS time_utc, 'ERROR' AS severity_text, "
        "17 AS severity_number, 'shop' AS logger, 'request failed' AS body, host_name, "
        "'KeyError' AS exception_type, '''nickname''' AS exception_message "
        "FROM spans WHERE kind = 'SERVER' AND error_type = 'KeyError'"
    )
    found = investigate(con)
    assert (found.root_cause.kind, found.root_cause.part) == ("misconfigured_connection", "port")
    (other,) = found.also
    assert other.root_cause.kind == "application_code"
    assert other.window.onset_utc is not None
    assert abs((other.window.onset_utc - first).total_seconds()) <= 20
    (told,) = found.to_json()["also"]
    assert told["root_cause"]["kind"] == "application_code"
    assert "Also, at another time" in str(found)
    assert "Also, at another time" in write_page(con, found)


def test_what_fails_for_the_same_reason_is_not_told_twice() -> None:
    """A second run of failures of the same kind is no other matter."""
    con = make(Case(f"{AT} 5433 {REFUSED}", dsn=dsn(port="5433")))
    con.execute(
        "INSERT INTO spans BY NAME SELECT * REPLACE (start_utc + INTERVAL 30 MINUTE AS start_utc) "
        "FROM spans WHERE kind = 'SERVER' AND http_response_status_code = 503 "
        "AND start_utc BETWEEN $onset AND $onset::TIMESTAMP + INTERVAL 5 MINUTE",
        {"onset": ONSET},
    )
    assert investigate(con).also == ()


def test_the_slow_begin_of_an_incident_is_not_another_one() -> None:
    """Failures of the same error that come before it, fewer of them, are part of it."""
    con = make(Case(share=0.9, changes=(("POOL_MAX_SIZE", "16", "1"),)))
    con.execute(
        "UPDATE spans SET http_response_status_code = 503, status_code = 'ERROR', "
        "error_type = 'psycopg_pool.PoolTimeout', status_message = 'PoolTimeout' "
        "WHERE kind = 'SERVER' AND http_route <> '/' AND host_name = 'web-1' "
        "AND start_utc BETWEEN $from AND $until AND hash(span_id) % 3 = 0",
        {"from": ONSET - dt.timedelta(minutes=12), "until": ONSET - dt.timedelta(minutes=4)},
    )
    assert investigate(con).also == ()


def test_where_nothing_fails_no_message_explains_a_failure() -> None:
    """Queries that went elsewhere in silence are not laid at the door of an ordinary error in the log."""
    fault = next(f for f in FAULTS if f.name == "staging server")
    con = make(fault.case)
    con.execute("DELETE FROM deployments")
    con.execute(
        "INSERT INTO logs BY NAME SELECT $at::TIMESTAMP + to_seconds(60 * i) AS time_utc, "
        "17 AS severity_number, 'ERROR' AS severity_text, 'KeyError' AS exception_type, "
        "'''nickname''' AS exception_message FROM range(15) AS r(i)",
        {"at": ONSET},
    )
    found = investigate(con)
    assert (found.root_cause.kind, found.root_cause.part) == ("misconfigured_connection", "host")
