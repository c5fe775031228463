"""What labs 02, 03 and 04 say of the evidence is true of the evidence."""

from __future__ import annotations

import datetime as dt
import math
from statistics import NormalDist

import pytest
from built import ROOT

import labkit

ONSET, END = dt.datetime(2023, 12, 1, 14, 30), dt.datetime(2023, 12, 1, 17)  # noqa: DTZ001
DURING = "start_utc >= '2023-12-01 14:30' AND start_utc < '2023-12-01 17:00'"


@pytest.fixture(scope="module")
def con():
    """Load the evidence that the labs are about."""
    return labkit.load(ROOT / "data" / "debacle")


def test_one_host_seems_to_act_before_the_update(con):
    """By its own clock one host wrote with the new version before it went out; by the spans none did."""
    rows = con.sql(
        """WITH behind AS (
               SELECT l.host_name, median(epoch(r.end_utc) - epoch(l.time_utc)) AS s
               FROM logs AS l JOIN requests AS r USING (trace_id) GROUP BY 1)
           SELECT min(time_utc), any_value(s) FROM logs JOIN behind USING (host_name)
           WHERE service_version = '1.8.0' GROUP BY host_name"""
    ).fetchall()
    assert sum(first < ONSET for first, _ in rows) == 1
    right = [first + dt.timedelta(seconds=behind) for first, behind in rows]
    assert all(ONSET <= first < ONSET + dt.timedelta(seconds=0.1) for first in right)


def test_the_edge_agrees_with_all_spans_and_with_two_logs(con):
    """Nearly every failed account page finds its line of the edge where the span says; by one log few do."""
    rows = con.sql(
        """SELECT count(DISTINCT r.trace_id) FILTER (WHERE s.path IS NOT NULL) / count(DISTINCT r.trace_id),
                  count(DISTINCT r.trace_id) FILTER (WHERE g.path IS NOT NULL) / count(DISTINCT r.trace_id)
           FROM requests AS r JOIN logs AS l USING (trace_id)
           LEFT JOIN access AS s ON s.path = r.path AND s.time_utc = date_trunc('second', r.end_utc)
           LEFT JOIN access AS g ON g.path = r.path AND g.time_utc = date_trunc('second', l.time_utc)
           WHERE r.failed AND r.route = '/accounts/{account_id}' GROUP BY r.host_name"""
    ).fetchall()
    assert min(by_span for by_span, _ in rows) > 0.99
    assert sorted(by_log > 0.9 for _, by_log in rows) == [False, True, True]
    assert min(by_log for _, by_log in rows) < 0.2


def test_the_distribution_of_incidents_is_as_told():
    """Of the lengths that lab 02 draws, half are under 40 minutes and one in twenty is over five hours."""
    over_five_hours = 1 - NormalDist(math.log(40), 1.25).cdf(math.log(300))
    assert 0.045 < over_five_hours < 0.06


def test_overload_predicts_what_is_not_there(con):
    """The CPU does less than half, no connection is in use, and three times the workers change nothing."""
    during = labkit.query(con, "measures_by_phase", from_utc=ONSET, until_utc=END).df().set_index("name")
    cpu = during.loc["process.cpu.utilization"]
    assert (cpu["mean_during"] < 0.5 * cpu["mean_before"]).all()
    used = during[during["state"] == "used"]
    assert used["max_during"].tolist() == [0, 0, 0]
    ratios = labkit.query(con, "resources_against_errors", bucket_seconds=600).df().set_index("time_utc")
    few, many = (
        ratios.loc["2023-12-01 14:40":"2023-12-01 14:59"],
        ratios.loc["2023-12-01 15:20":"2023-12-01 16:40"],
    )
    assert set(many["workers"]) == {3 * workers for workers in set(few["workers"])}
    assert abs(many["error_ratio"].mean() - few["error_ratio"].mean()) < 0.02


def test_all_failures_look_alike(con):
    """The network would make them differ: no ping is lost, hosts fail alike, times agree to 0.05 s."""
    [(lost, slowest)] = con.sql(
        """SELECT max(value) FILTER (WHERE name = 'ping.loss'), max(value) FILTER (WHERE name = 'ping.rtt')
           FROM metrics"""
    ).fetchall()
    assert lost == 0 and slowest < 1
    hosts = labkit.query(con, "failures_by_host", from_utc=ONSET, until_utc=END).df()
    assert hosts["ratio_during"].max() - hosts["ratio_during"].min() < 0.03
    [(width,)] = con.sql(
        f"""SELECT quantile_cont(duration_ms, 0.95) - quantile_cont(duration_ms, 0.05)
            FROM requests WHERE failed AND {DURING}"""
    ).fetchall()
    assert width < 50


def test_the_chat_says_what_the_labs_quote(con):
    """Each quoted message is there, at the time that the prose gives."""
    quotes = {
        "1.8.0 touched the statement page and the cache; we go through that code first.": "15:36",
        "Two seconds for every page and a line in front of the pool": "15:03",
        "Pinging the database host from all three machines: every packet comes back": "16:08",
        "Escalating to the senior engineer": "16:20",
        "Found it": "16:40",
    }
    found = {
        quote: con.execute(
            "SELECT strftime(min(time_utc), '%H:%M') FROM messages WHERE contains(text, $quote)",
            {"quote": quote},
        ).fetchall()[0][0]
        for quote in quotes
    }
    assert found == quotes


def test_the_server_ran_and_heard_of_nobody(con):
    """A dozen good-byes follow the update; no start, stop or refusal is in the log, before or after."""
    goodbyes, stops, refusals = con.sql(
        """SELECT count(*) FILTER (WHERE message LIKE 'disconnection%'
                                   AND time_utc BETWEEN '2023-12-01 14:30' AND '2023-12-01 14:30:10'),
                  count(*) FILTER (WHERE message LIKE '%database system%'),
                  count(*) FILTER (WHERE error_severity = 'FATAL')
           FROM postgres_log"""
    ).fetchall()[0]
    assert (goodbyes, stops, refusals) == (12, 0, 0)


def test_one_character_differs_and_the_log_said_so_a_thousand_times(con):
    """The two connection strings differ in one character, and over a thousand warnings name the new port."""
    [(before, after)] = con.sql(
        """SELECT s.before, s.after
           FROM (SELECT time_utc, unnest(config_diff) AS s FROM deployments)
           WHERE s.key = 'DATABASE_URL' ORDER BY time_utc LIMIT 1"""
    ).fetchall()
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    port = labkit.Dsn.parse(after).port
    [(warnings,)] = con.execute(
        "SELECT count(*) FROM logs WHERE logger = 'psycopg.pool' AND contains(body, $port)", {"port": port}
    ).fetchall()
    assert warnings > 1000


def test_the_first_query_follows_the_last_warning(con):
    """On each host the way is free within twenty seconds, once the earlier string is back."""
    rows = con.sql(
        """SELECT max(time_utc) FILTER (WHERE logger = 'psycopg.pool'),
                  (SELECT min(q.start_utc) FROM queries AS q
                   WHERE q.host_name = logs.host_name AND q.start_utc >= '2023-12-01 17:00')
           FROM logs GROUP BY host_name"""
    ).fetchall()
    assert len(rows) == 3
    assert all(last < END <= first < last + dt.timedelta(seconds=20) for last, first in rows)
