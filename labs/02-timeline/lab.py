# %% [markdown]
# # 02 · The timeline
#
# After an outage everybody remembers another afternoon. The engineer remembers the log, the users remember
# an error page, the chat remembers who said what. A **timeline** is one account in which every line rests
# on a record.
#
# In this lab you build one, and then you measure with it. It takes about an hour. You can start here.

# %% load tags=["scaffold"]
import labkit

con = labkit.load("data/debacle")
lab = labkit.lab("02", con)
con.sql("SELECT min(start_utc) AS first_request, max(start_utc) AS last_request FROM requests")

# %% [markdown]
# ## Four planes
#
# Every program keeps its own record, for its own reasons. Together they are *planes* of one picture.
#
# | plane | tables | what it knows |
# |---|---|---|
# | logs | `logs` | what the bank's program said, on each host |
# | traces | `requests`, `queries` | what each request did, and how long it took |
# | the server's log | `postgres_log` | who came to the database |
# | people | `deployments`, `messages` | what was done, seen and decided |

# %% [markdown]
# **Predict.** At 14:30 UTC something happens to the bank. Which plane speaks first? Which is the last to
# notice? Will any of them fall silent?

# %% [markdown] tags=["prompt"]
# *My prediction (double-click here to write):*

# %% planes tags=["scaffold"]
labkit.charts.timeline(con)

# %% [markdown]
# **Explain.** Which row could have woken somebody up at 14:31? Which row did?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# Failed requests, errors in the log and the edge's 5xx all jump within one minute: an alarm on any of them
# would have done. What woke somebody up are the few marks in the row `messages`, a quarter of an hour
# later. Two rows do the opposite and stop. *Why* they stop is for lab 04. Here you need only *when*.

# %% [markdown]
# ## The first trap: time zones
#
# A line of a timeline is worth as much as its time. Servers write UTC. People read the clock on the wall,
# and a screenshot shows the time of the phone.
#
# Write a local time with its offset, and the computer does the rest. `2023-12-01T09:15-05:00` is a quarter
# past nine where clocks are five hours behind UTC.

# %% [markdown]
# **Your turn.** A student in Pune sends a screenshot of the error page. Her phone shows 20:04 on the first
# of December, and Pune is at UTC+05:30. When was that in UTC? As long as the answer is `...`, the check
# repeats the question.

# %% local-time tags=["prompt"]
seen_utc = ...
lab.check("local-time", seen_utc)

# %% local-time-answer tags=["solution"]
import datetime as dt

seen_utc = dt.datetime.fromisoformat("2023-12-01T20:04+05:30").astimezone(dt.UTC)
lab.check("local-time", seen_utc)

# %% [markdown]
# ## The second trap: clocks
#
# (The student *saw* the error some minutes before the first user *reported* it. A timeline keeps the two
# apart.)
#
# Each machine has a clock of its own and asks a time server to keep it right. When a machine loses its
# time server, its clock drifts away, and nothing else on the machine looks wrong.
#
# The record of deployments says that version 1.8.0 went out at 14:30:00. Each line of the log names the
# version that wrote it.
#
# **Predict.** If all clocks are right, what must be true of the first line that 1.8.0 wrote on each host?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% first-lines tags=["scaffold"]
con.sql("""
    SELECT host_name, min(time_utc) AS first_line_of_1_8_0
    FROM logs
    WHERE service_version = '1.8.0'
    GROUP BY host_name
    ORDER BY host_name
""")

# %% [markdown]
# **Explain.** An effect before its cause. Think of two or three ways in which this could come about. How
# would you decide between them?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# One host was updated early, by hand; or the record of deployments is late; or a clock is wrong. Staring at
# the times cannot decide it. A *second record of the same thing* can.

# %% [markdown]
# ## The same thing, seen twice
#
# The bank writes the log record of a request just before its answer is complete, and then the request's
# span ends. Both carry the same `trace_id`. So the record's time and the span's end should agree to the
# millisecond.
#
# The two do not use the same clock. A line of the log keeps the time of its host. Spans go to a collector,
# which compares each host's clock with its own and corrects their times.

# %% seen-twice tags=["scaffold"]
con.sql("""
    SELECT l.host_name, l.time_utc AS logged_utc, r.end_utc AS answered_utc, r.route
    FROM logs AS l JOIN requests AS r USING (trace_id)
    ORDER BY r.end_utc
    LIMIT 4
""")

# %% [markdown]
# **Your turn.** Extend the query: for each host, the median of the difference between the two times in
# seconds. `epoch(t)` turns a moment into seconds, so `epoch(a) - epoch(b)` is a difference.

# %% offsets tags=["prompt"]
con.sql("""
    SELECT l.host_name, count(*) AS records
    FROM logs AS l JOIN requests AS r USING (trace_id)
    GROUP BY l.host_name
    ORDER BY l.host_name
""")

# %% offsets-answer tags=["solution"]
con.sql("""
    SELECT l.host_name, count(*) AS records,
           round(median(epoch(r.end_utc) - epoch(l.time_utc)), 3) AS span_minus_log_s
    FROM logs AS l JOIN requests AS r USING (trace_id)
    GROUP BY l.host_name
    ORDER BY l.host_name
""")

# %% [markdown]
# **Your turn.** Whose clock is it?

# %% which-clock tags=["prompt"]
wrong_clock = ...
lab.check("which-clock", wrong_clock)

# %% which-clock-answer tags=["solution"]
wrong_clock = "bank-web-2"
lab.check("which-clock", wrong_clock)

# %% [markdown]
# **Your turn.** How many seconds must be *added* to its times to make them right?

# %% clock-offset tags=["prompt"]
add_seconds = ...
lab.check("clock-offset", add_seconds)

# %% clock-offset-answer tags=["solution"]
add_seconds = con.sql("""
    SELECT median(epoch(r.end_utc) - epoch(l.time_utc))
    FROM logs AS l JOIN requests AS r USING (trace_id)
    WHERE l.host_name = 'bank-web-2'
""")
lab.check("clock-offset", add_seconds)

# %% [markdown]
# ### A third witness
#
# Two clocks disagree. Which one is wrong? The edge helps: it notes every answer that it passes on, in
# whole seconds and by a clock of its own.
#
# **Your turn.** In which second did the edge first pass on the status 503, "service unavailable"? The
# table is `access`.

# %% edge-witness tags=["prompt"]
first_503_utc = ...
lab.check("edge-witness", first_503_utc)

# %% edge-witness-answer tags=["solution"]
first_503_utc = con.sql("SELECT min(time_utc) FROM access WHERE status = 503")
lab.check("edge-witness", first_503_utc)

# %% [markdown]
# Now match them one by one. An account's path and the second of its answer tell a line of `access` from
# nearly every other. How many failed requests of each host find their line where the span says, and how
# many where the log says?

# %% matched tags=["scaffold"]
con.sql("""
    SELECT r.host_name, count(*) AS failed,
           count(by_span.path) AS as_span_says, count(by_log.path) AS as_log_says
    FROM requests AS r JOIN logs AS l USING (trace_id)
    LEFT JOIN access AS by_span
        ON by_span.path = r.path AND by_span.time_utc = date_trunc('second', r.end_utc)
    LEFT JOIN access AS by_log
        ON by_log.path = r.path AND by_log.time_utc = date_trunc('second', l.time_utc)
    WHERE r.failed AND r.route = '/accounts/{account_id}'
    GROUP BY r.host_name ORDER BY r.host_name
""")

# %% [markdown]
# ### Put it right, and say so
#
# The edge agrees with the spans of all three hosts, and with the log of two. So the log of the third is
# wrong. Evidence is never edited. A *view* leaves the table as it came, and carries the correction, with its
# reason, in plain sight.

# %% in-time tags=["scaffold"]
con.execute("""
    CREATE OR REPLACE TEMP VIEW logs_in_time AS
    WITH clocks AS (  -- by how much each host's log is behind its spans
        SELECT l.host_name, median(epoch_us(r.end_utc) - epoch_us(l.time_utc)) AS behind_us
        FROM logs AS l JOIN requests AS r USING (trace_id) GROUP BY l.host_name
    )
    SELECT logs.* REPLACE (time_utc + to_microseconds(behind_us::BIGINT) AS time_utc)
    FROM logs JOIN clocks USING (host_name)
""")
con.sql("""
    SELECT host_name, min(time_utc) AS first_line_of_1_8_0 FROM logs_in_time
    WHERE service_version = '1.8.0' GROUP BY host_name ORDER BY host_name
""")

# %% [markdown]
# Now the effect follows its cause, on all three hosts, within a tenth of a second. A few seconds seem
# harmless in an outage of hours. They decide the order of things, and the order is what people read causes
# out of.

# %% [markdown]
# ## Moments that have a name
#
# | name | it is the moment when ... |
# |---|---|
# | **trigger** | something happens that sets the outage off |
# | **onset** | the first user is harmed by it |
# | **detection** | the bank learns of it, by an alarm or from a person |
# | **acknowledgement** | somebody takes it on |
# | **escalation** | others are called in |
# | **mitigation** | an action begins that ends the harm, whether or not the cause is known |
# | **recovery** | users can do again what they came for |
#
# **Predict.** Which two of them lie closest together here? Which two neighbours lie furthest apart?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% deployments tags=["scaffold"]
con.sql("""
    SELECT time_utc, event_name, deployment_id, deployment_name, actor
    FROM deployments
    ORDER BY time_utc
""").df()

# %% [markdown]
# **Your turn.** One of these deployments is the trigger. Give its id. `labkit.query(con,
# "onset_and_recovery")` says when the failures set in.

# %% trigger tags=["prompt"]
trigger = ...
lab.check("trigger", trigger)

# %% trigger-answer tags=["solution"]
trigger = con.sql("""
    SELECT deployment_id
    FROM deployments
    WHERE event_name = 'deployment.started' AND time_utc <= TIMESTAMP '2023-12-01 14:30:30'
    ORDER BY time_utc DESC
    LIMIT 1
""")
lab.check("trigger", trigger)

# %% [markdown]
# ### What people knew
#
# Chat is the best record of what was *believed* at a moment, and a poor record of what was *true*. So it is
# read last, against the other planes. The end of the chat stays folded here: it tells how the story ends.

# %% people tags=["scaffold"]
con.sql("""
    SELECT time_utc, channel, author,
           CASE WHEN time_utc < '2023-12-01 16:25' THEN text[:47] ELSE '(folded)' END AS begins_with
    FROM messages
    WHERE time_utc > '2023-12-01 14:30'
    ORDER BY time_utc
""").df()

# %% [markdown]
# **Your turn.** When was the outage detected?

# %% detection tags=["prompt"]
detection_utc = ...
lab.check("detection", detection_utc)

# %% detection-answer tags=["solution"]
detection_utc = con.sql("SELECT min(time_utc) FROM messages WHERE channel = 'user-report'")
lab.check("detection", detection_utc)

# %% [markdown]
# ### The end of the harm
#
# **Your turn.** Several things were tried. When did the action *begin* that ended the harm?

# %% mitigation tags=["prompt"]
mitigation_utc = ...
lab.check("mitigation", mitigation_utc)

# %% mitigation-answer tags=["solution"]
mitigation_utc = con.sql("""
    SELECT time_utc FROM deployments
    WHERE event_name = 'deployment.started' AND service_version = '1.7.4'
""")
lab.check("mitigation", mitigation_utc)

# %% [markdown]
# **Your turn.** When had users recovered? Let the requests say it, not the chat. Be careful: a failed
# request now and then is part of every afternoon.

# %% recovery tags=["prompt"]
recovery_utc = ...
lab.check("recovery", recovery_utc)

# %% recovery-answer tags=["solution"]
recovery_utc = labkit.query(con, "onset_and_recovery").project("recovery_utc")
lab.check("recovery", recovery_utc)

# %% [markdown]
# ## One list
#
# **Your turn.** Put it together: pairs of a name and a time, in order. Names are `trigger`, `onset`,
# `detection`, `acknowledgement`, `more resources`, `developers called`, `administrator called`,
# `diagnosis`, `mitigation`, `recovery`. The diagnosis is the first folded message of 16:40. The check tells
# you what is right already, what is missing, and what is out of order.

# %% timeline tags=["prompt"]
timeline = ...  # [("trigger", "14:30:00"), ...]
lab.check("timeline", timeline)

# %% timeline-answer tags=["solution"]
timeline = [
    ("trigger", "2023-12-01 14:30:00"),
    ("onset", "2023-12-01 14:30:00.4"),
    ("detection", "2023-12-01 14:45:10"),
    ("acknowledgement", "2023-12-01 14:52:10"),
    ("more resources", "2023-12-01 15:05:00"),
    ("developers called", "2023-12-01 15:30:00"),
    ("administrator called", "2023-12-01 16:20:00"),
    ("diagnosis", "2023-12-01 16:40:15"),
    ("mitigation", "2023-12-01 16:52:00"),
    ("recovery", "2023-12-01 17:00:00"),
]
lab.check("timeline", timeline)

# %% [markdown]
# ## Where the time went
#
# A timeline is made to be measured. `labkit.charts.stretches` draws what lies between each event and the
# next.
#
# **Predict.** Where did most of the outage go: until somebody knew, with the wrong ideas, or with the
# repair?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% stretches tags=["prompt"]
timeline  # replace this line by labkit.charts.stretches(timeline)

# %% stretches-answer tags=["solution"]
labkit.charts.stretches(timeline)

# %% [markdown]
# **Your turn.** Which stretch was the longest?

# %% longest-stretch tags=["prompt"]
longest = ...  # "mitigation to recovery", for example
lab.check("longest-stretch", longest)

# %% longest-stretch-answer tags=["solution"]
longest = "developers called to administrator called"
lab.check("longest-stretch", longest)

# %% [markdown]
# **Explain.** Once the administrator was called, the cause was found soon. Does that mean that the
# developers were slow?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# No. They searched what they could see, which was their own code. The stretch is long because the people
# who could see the other side were asked last. That is a property of how the bank escalates. A timeline
# that blames nobody shows it best.

# %% [markdown]
# ## Intervals that deserve a name
#
# An interval is defined by its two ends. "Time to detect" runs from onset to detection, nearly everywhere.
# For "time to restore" some start at the onset and others at the detection. Both are fine, as long as the
# two ends are written down beside the number.

# %% [markdown]
# **Your turn.** Compute the time to detect. One moment minus another gives a duration.

# %% time-to-detect tags=["prompt"]
time_to_detect = ...
lab.check("time-to-detect", time_to_detect)

# %% time-to-detect-answer tags=["solution"]
time_to_detect = con.sql("""
    SELECT min(time_utc) - TIMESTAMP '2023-12-01 14:30:00'
    FROM messages
    WHERE channel = 'user-report'
""")
lab.check("time-to-detect", time_to_detect)

# %% [markdown]
# **Your turn.** Compute the time to restore, from *detection* to recovery.

# %% time-to-restore tags=["prompt"]
time_to_restore = ...
lab.check("time-to-restore", time_to_restore)

# %% time-to-restore-answer tags=["solution"]
time_to_restore = con.sql("""
    SELECT TIMESTAMP '2023-12-01 17:00:00' - min(time_utc)
    FROM messages
    WHERE channel = 'user-report'
""")
lab.check("time-to-restore", time_to_restore)

# %% [markdown]
# ## Why a mean over incidents misleads
#
# Many teams report the mean time to restore, each quarter. Most incidents are short and a few are very
# long, so the mean hangs on the few. How much does it move when *nothing* changes?
#
# The cell below makes 10,000 pairs of quarters. In each there are eight incidents, drawn from one and the
# same distribution: half of them take less than 40 minutes, and one in twenty more than five hours.

# %% quarters tags=["scaffold"]
import numpy as np

rng = np.random.default_rng(seed=20231201)
minutes = rng.lognormal(mean=np.log(40), sigma=1.25, size=(10_000, 2, 8))
means = minutes.mean(axis=2)  # one row a pair: the mean of the first quarter, and of the second
means[:4].round()

# %% [markdown]
# **Predict.** A manager celebrates when the mean fell by a quarter or more. In how many per cent of the
# pairs is there something to celebrate, although nothing got better?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown]
# **Your turn.** Count it. For numpy arrays, `(x < y).mean()` is the share for which it is true.

# %% luck tags=["prompt"]
first, second = means[:, 0], means[:, 1]
celebrated_percent = ...
lab.check("luck", celebrated_percent)

# %% luck-answer tags=["solution"]
first, second = means[:, 0], means[:, 1]
celebrated_percent = 100 * (second <= 0.75 * first).mean()
lab.check("luck", celebrated_percent)

# %% [markdown]
# ### What to report instead
#
# **Explain.** What would you report in place of the mean?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The number of incidents, and every single duration, as dots: eight dots say more than their mean. For each
# incident the stretches, because "an hour with the wrong team" can be acted upon, and "the mean rose by
# nine minutes" cannot. If it must be one number, one that users feel: how much error budget was used.

# %% [markdown]
# ## What you can do now
#
# You can join planes of evidence by time and by trace, find a clock that is wrong and prove it, name the
# moments of an outage, and say between which two ends a number was measured.

# %% done tags=["scaffold"]
lab.questions()

# %% [markdown]
# Next: **03 · Dead ends**. The stretch of an hour in which three good ideas were wrong.
