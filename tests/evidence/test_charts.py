"""Charts: titles that follow from the data, words for those who do not see, pictures that do not change."""

from __future__ import annotations

import datetime as dt
import html
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import small_cases as cases

from labkit.core.errors import LabError
from labkit.evidence import charts
from labkit.evidence.charts import style
from labkit.evidence.charts.events import Event, Placed, place, within

ALL: tuple[Callable[..., charts.Chart], ...] = (
    charts.error_ratio,
    charts.latency_bands,
    charts.errors_by_cause,
    charts.timeline,
    charts.before_during_after,
)
every_chart = pytest.mark.parametrize("draw", ALL, ids=lambda draw: draw.__name__)


@pytest.fixture(scope="module")
def incident() -> duckdb.DuckDBPyConnection:
    """The small incident, loaded once."""
    return cases.incident()


@pytest.fixture(scope="module")
def quiet() -> duckdb.DuckDBPyConnection:
    """The same hour without the incident."""
    return cases.incident(failing=False)


@pytest.fixture(scope="module")
def drawn(incident: duckdb.DuckDBPyConnection) -> dict[str, charts.Chart]:
    """Each chart of the small incident, drawn once."""
    return {draw.__name__: draw(incident) for draw in ALL}


@every_chart
def test_a_chart_is_the_same_each_time(
    draw: Callable[..., charts.Chart], drawn: dict[str, charts.Chart], incident: duckdb.DuckDBPyConnection
) -> None:
    """The same data make the same title, words and bytes, and the PNG says neither date nor program."""
    one, other = drawn[draw.__name__], draw(incident)
    picture = one.png()
    assert repr(one) == repr(other) == f"{one.title}\n{one.alt}"
    assert picture == other.png()
    assert b"Software" not in picture
    assert b"tIME" not in picture


@every_chart
def test_a_chart_can_be_heard(draw: Callable[..., charts.Chart], drawn: dict[str, charts.Chart]) -> None:
    """The HTML picture carries title and numbers as alt text; the text form is the same words."""
    chart = drawn[draw.__name__]
    bundle = chart._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert bundle["text/plain"] == repr(chart)
    alt = re.search(r'<img alt="([^"]+)"', bundle["text/html"])
    assert alt
    assert html.unescape(alt[1]) == f"{chart.title}. {chart.alt}"
    assert re.search(r"\d", chart.alt)
    assert 'src="data:image/png;base64,' in bundle["text/html"]


@every_chart
def test_letters_are_legible_and_inside(
    draw: Callable[..., charts.Chart], drawn: dict[str, charts.Chart]
) -> None:
    """No letter is under 11 points, and no text leaves the picture."""
    from matplotlib.text import Text

    figure = drawn[draw.__name__].figure
    figure.canvas.draw()
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    assert min(sizes) >= 11
    box = figure.get_tightbbox()  # inches, of everything that is drawn
    width, height = figure.get_size_inches()
    assert box.x0 >= 0 and box.y0 >= 0
    assert box.x1 <= width and box.y1 <= height


def test_drawing_leaves_no_global_state(drawn: dict[str, charts.Chart]) -> None:
    """Charts never go through pyplot, so there is nothing to close."""
    import matplotlib.pyplot as plt

    assert drawn
    assert plt.get_fignums() == []


@every_chart
def test_without_requests_nothing_is_drawn(draw: Callable[..., charts.Chart]) -> None:
    """Empty tables give an error that says what to load."""
    with pytest.raises(LabError, match="no request"):
        draw(cases.empty())


def test_error_ratio_tells_the_step(incident: duckdb.DuckDBPyConnection) -> None:
    """The title has both ratios, onset and recovery; the alt text the marks; the table the buckets."""
    chart = charts.error_ratio(incident)
    assert chart.title == "Errors step from 0.33 % to 83 % at 09:15 UTC and stay until 09:45"
    assert "3,012 of 7,200 requests failed" in chart.alt
    assert "09:15 shop 2.0" in chart.alt
    assert "09:21 first user report" in chart.alt
    assert list(chart.table.columns) == ["time_utc", "requests", "failed", "error_ratio"]
    assert len(chart.table) == 60


def test_titles_of_a_quiet_day_claim_nothing(quiet: duckdb.DuckDBPyConnection) -> None:
    """Without a run of failures every title says so or states what is usual."""
    assert charts.error_ratio(quiet).title == "No sustained change: 0.33 % of 7,200 requests fail"
    assert charts.latency_bands(quiet).title.startswith("Half of the requests take up to")
    assert charts.timeline(quiet).title.startswith("No sustained change")
    assert charts.before_during_after(quiet).title.startswith("No phases to compare")
    assert charts.errors_by_cause(quiet).title == "24 records say app.Timeout"


def ramp(plan: str, n: int = 3600) -> duckdb.DuckDBPyConnection:
    """One request a second; ``plan`` says in SQL which fail."""
    con = cases.empty()
    con.execute(
        f"""
        INSERT INTO spans BY NAME
        SELECT 'SERVER' AS kind, $start::TIMESTAMP + to_seconds(i) AS start_utc, 10 + i / 100 AS duration_ms,
               CASE WHEN {plan} THEN 500 ELSE 200 END AS http_response_status_code
        FROM range({n}) AS r(i)
        """,
        {"start": cases.START},
    )
    return con


def test_a_slow_rise_is_not_called_a_step() -> None:
    """Where minutes around the onset are half-way between usual and worst, errors rise."""
    con = ramp("i >= 600 AND (hash(i) % 2400)::BIGINT < i - 600")
    assert re.match(r"Errors rise from .* and stay to the end of the data", charts.error_ratio(con).title)


def test_a_run_without_begin_is_told_as_such() -> None:
    """Data that begin within the failures have no onset to tell."""
    con = ramp("i < 1200")
    assert charts.error_ratio(con).title == (
        "Errors stand at 100 % when the data begin and stay until 09:20, then 0 %"
    )
    assert charts.before_during_after(con).title.startswith("No phases to compare")
    assert charts.latency_bands(con).title.startswith("Half of the requests")


def test_no_failure_at_all_is_told() -> None:
    """A day without a failed request says so, and has no cause to draw."""
    con = ramp("false", 90)
    assert charts.error_ratio(con).title == "None of 90 requests fails"
    with pytest.raises(LabError, match="no source reports an error"):
        charts.errors_by_cause(con)


def test_one_request_can_be_drawn() -> None:
    """A single request is a chart of one bucket; without a duration it has no latency."""
    con = cases.empty()
    cases.requests(con, (0, 200))
    assert charts.error_ratio(con).title == "None of 1 request fails"
    assert charts.timeline(con).png()
    assert "unknown" in charts.before_during_after(con).alt
    with pytest.raises(LabError, match="duration"):
        charts.latency_bands(con)


def test_health_checks_alone_are_not_drawn() -> None:
    """Where every request is a health check, the chart of errors says so."""
    con = cases.empty()
    cases.requests(con, (0, 200, 1, "/livez"))
    with pytest.raises(LabError, match="health check"):
        charts.error_ratio(con)


def test_latency_of_zero_can_be_drawn() -> None:
    """A logarithmic axis does not break where all took no time."""
    con = cases.empty()
    cases.requests(con, (0, 200, 0), (1, 200, 0))
    assert charts.latency_bands(con).title == "Half of the requests take up to 0 ms, 95 % up to 0 ms"


def test_latency_title_follows_the_direction() -> None:
    """The median rises, falls or hardly moves."""
    for during, verb in ((1000, "rises"), (1, "falls"), (10, "hardly moves:")):
        con = ramp("i >= 600 AND i < 3000")
        con.execute(
            "UPDATE spans SET duration_ms = CASE http_response_status_code WHEN 500 THEN $1 ELSE 10 END",
            [during],
        )
        assert f"The median request {verb} from 10 ms" in charts.latency_bands(con).title


def test_causes_name_the_server_that_few_records_know(incident: duckdb.DuckDBPyConnection) -> None:
    """The commonest error leads; a server that only a few records name is told beside it."""
    chart = charts.errors_by_cause(incident)
    assert chart.title == "3,000 records say app.Timeout; only 9 name a server: 192.0.2.7:6000"
    assert "log of the program, pool at 192.0.2.7:6000: 9" in chart.alt
    assert len(charts.errors_by_cause(incident, most=1).table) == 3


def test_causes_of_one_record_are_told_in_the_singular() -> None:
    """One record says, one record names."""
    con = cases.empty()
    cases.requests(con, (0, 200), (1, 503))
    assert charts.errors_by_cause(con, from_utc=cases.START).title == "1 record says 503"
    con.execute(
        "INSERT INTO logs BY NAME SELECT $1::TIMESTAMP AS time_utc, 13 AS severity_number, 'pool' AS logger, "
        "'connection to server at \"db.test\", port 6000 failed' AS body",
        [cases.START + dt.timedelta(seconds=2)],
    )
    assert charts.errors_by_cause(con).title == "1 record says pool at db.test:6000"
    con.execute("INSERT INTO logs BY NAME SELECT time_utc, 17 AS severity_number, 'a' AS logger FROM logs")
    assert charts.errors_by_cause(con).title == "1 record says a; 1 names a server: db.test:6000"


def test_causes_tell_the_sqlstate_and_the_unnamed() -> None:
    """A SQLSTATE stands in brackets; an error without a class is called unnamed."""
    con = cases.empty()
    cases.requests(con, (0, 200))
    con.execute(
        "INSERT INTO postgres_log BY NAME SELECT 'FATAL' AS error_severity, '28P01' AS state_code, "
        "$1::TIMESTAMP AS time_utc",
        [cases.START],
    )
    assert charts.errors_by_cause(con).title == "1 record says FATAL (28P01)"
    con.execute("DELETE FROM postgres_log")
    con.execute(
        "INSERT INTO logs BY NAME SELECT 17 AS severity_number, $1::TIMESTAMP AS time_utc", [cases.START]
    )
    assert charts.errors_by_cause(con).title == "1 record says unnamed error"


def test_timeline_tells_who_falls_silent(incident: duckdb.DuckDBPyConnection) -> None:
    """The planes that stop are in the title; a plane without records says so."""
    chart = charts.timeline(incident)
    assert (
        chart.title
        == "From 09:15 until 09:45 requests fail; silent meanwhile: query spans and PostgreSQL log"
    )
    assert "access log 5xx: nothing recorded" in chart.alt
    assert charts.timeline(ramp("i >= 600 AND i < 3000")).title.endswith("and no source falls silent")


def test_phases_are_compared(incident: duckdb.DuckDBPyConnection) -> None:
    """The title compares failures, traffic and queries of the phases; the table has their rates."""
    chart = charts.before_during_after(incident)
    assert chart.title == (
        "During the failures 83 % of requests fail (before: 0.33 %), at about the same traffic, "
        "with 0 queries a minute (before: 80)"
    )
    assert list(chart.table["phase"]) == ["before", "during", "after"]
    assert list(chart.table["queries_per_min"].round()) == [80, 0, 80]
    con = ramp("i >= 600 AND i < 3000")
    con.execute("INSERT INTO spans FROM spans WHERE http_response_status_code = 500")
    assert "at 2.0 times the traffic" in charts.before_during_after(con).title


def frame(*rows: tuple[int, int, int]) -> pd.DataFrame:
    """A table of the error ratio: minute, requests, failed."""
    table = pd.DataFrame(rows, columns=["minute", "requests", "failed"])
    table["time_utc"] = pd.Timestamp(cases.START) + pd.to_timedelta(table.pop("minute"), unit="min")
    return table.assign(error_ratio=table["failed"] / table["requests"])


def test_two_courses_are_compared() -> None:
    """Both series are on the picture and in the table; the title tells both shares unless one is given."""
    recorded, replayed = frame((0, 100, 0), (1, 100, 80)), frame((0, 100, 0), (1, 100, 1))
    chart = charts.compare_error_ratio(recorded, replayed)
    assert chart.title == "As recorded, 40 % of all requests fail; replayed, 0.5 %"
    assert "as recorded: 80 of 200 requests failed; replayed: 1 of 200 requests failed" in chart.alt
    assert list(chart.table["series"].value_counts()) == [2, 2]
    axes = chart.figure.axes[1]
    assert [line.get_label() for line in axes.lines] == ["as recorded", "replayed"]
    assert len({(line.get_linestyle(), line.get_marker(), line.get_color()) for line in axes.lines}) == 2
    marks = (Event(cases.START, "a mark"),)
    named = charts.compare_error_ratio(
        recorded, replayed, title="One. Two.", replayed_label="fixed", events=marks
    )
    assert named.title == "One. Two."
    assert "fixed: 1 of 200" in named.alt


def test_a_comparison_needs_its_columns_and_rows() -> None:
    """A missing column is named; two empty tables are refused; one empty table is drawn as none."""
    good = frame((0, 100, 10))
    with pytest.raises(LabError, match="error_ratio"):
        charts.compare_error_ratio(good, good.drop(columns="error_ratio"))
    with pytest.raises(LabError, match="both tables are empty"):
        charts.compare_error_ratio(good.head(0), good.head(0))
    assert charts.compare_error_ratio(good, good.head(0)).title == (
        "As recorded, 10 % of all requests fail; replayed, none"
    )


def test_a_line_breaks_where_there_is_no_bucket() -> None:
    """An empty row follows the last bucket before a gap and the last of all, and nothing else is added."""
    rows = style.with_gaps(frame((0, 1, 0), (1, 1, 0), (5, 1, 1)), 60)
    minutes = (rows["time_utc"] - pd.Timestamp(cases.START)).dt.total_seconds() / 60
    assert list(minutes) == [0, 1, 2, 5, 6]
    assert list(rows["requests"].isna()) == [False, False, True, False, True]


def clashes(placed: Sequence[Placed]) -> tuple[int, int]:
    """Count the pairs of labels that overlap, and the lines that run through a label below their own."""
    pairs = [(a, b) for i, a in enumerate(placed) for b in placed[i + 1 :]]
    over = sum(a.lane == b.lane and a.left < b.right and b.left < a.right for a, b in pairs)
    stacked = [sorted(pair, key=lambda p: p.lane) for pair in pairs if pair[0].lane != pair[1].lane]
    return over, sum(low.left < high.x < low.right for low, high in stacked)


@pytest.mark.parametrize("seed", range(60))
def test_labels_never_lie_upon_each_other(seed: int) -> None:
    """No two of eight labels overlap and all are inside; with room, no line crosses one."""
    dice = random.Random(seed)
    spans = [(dice.random(), 0.05 + 0.3 * dice.random()) for _ in range(dice.randint(1, 8))]
    placed = place(spans)
    assert [p.x for p in placed] == [x for x, _ in spans]
    assert all(p.left >= 0 and p.right <= 1 + 1e-9 for p in placed)
    assert clashes(placed)[0] == 0
    roomy = place([(0.7 * x, min(width, 0.3)) for x, width in spans])
    assert clashes(roomy) == (0, 0)


def test_labels_at_the_right_edge_stand_left_of_their_lines() -> None:
    """Two marks close to the edge are stacked to the left, beside one that reaches to them from the left."""
    placed = place([(0.3, 0.35), (0.9, 0.2), (0.95, 0.2)])
    assert clashes(placed) == (0, 0)
    assert [p.left < p.x for p in placed] == [False, True, True]


def test_only_events_on_the_axis_are_marked() -> None:
    """Events outside the time shown are left out, and no more than ten are marked."""
    hour = dt.timedelta(hours=1)
    events = [Event(cases.START + i * hour, "e") for i in range(-3, 30)]
    assert within(events, cases.START, cases.START + 3 * hour) == tuple(events[3:7])
    assert len(within(events, cases.START, cases.START + 40 * hour)) == 10


def test_a_mark_keeps_whole_words() -> None:
    """A long label is cut at a comma or between words, and only on the mark."""
    long = Event(cases.START, "More workers, CPU and memory for the shop")
    assert long.short == "09:00 More workers …"
    assert str(long) == "09:00 More workers, CPU and memory for the shop"
    assert Event(cases.START, "shop 2.0").short == "09:00 shop 2.0"
    assert Event(cases.START, "Four more workers on every host").short == "09:00 Four more workers on …"
    assert Event(cases.START, "x" * 40).short == f"09:00 {'x' * 25} …"


def test_an_axis_over_days_names_them() -> None:
    """A span over midnight is labelled with both dates, a span of seconds with seconds."""
    figure = style.new_figure()
    axes = figure.subplots()
    style.time_axis(axes, cases.START, cases.START + dt.timedelta(days=2))
    assert axes.get_xlabel() == "time (UTC), 2031-05-06 to 2031-05-08"
    style.time_axis(axes, cases.START, cases.START + dt.timedelta(seconds=60))
    figure.canvas.draw()
    assert axes.get_xticklabels()[0].get_text() == "09:00:00"


def test_words_for_one_two_and_three() -> None:
    """Lists are joined as in a sentence."""
    assert [style.listed(part) for part in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
    assert style.clock(cases.START + dt.timedelta(seconds=5)) == "09:00:05"


def test_no_chart_knows_an_incident() -> None:
    """No module of the charts holds a date, a port, a host or a release as a constant."""
    for module in Path(charts.__file__).parent.glob("*.py"):
        text = module.read_text(encoding="utf-8")
        assert not re.search(r"20\d\d-\d\d-\d\d|\b543\d\b|bank|\b\d+\.\d+\.\d+\b", text), module.name
