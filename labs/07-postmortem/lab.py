# %% [markdown]
# # 07 · The postmortem
#
# The bank works again. What is left is what the team now knows, and knowledge that is only in heads is
# gone in a year. A **postmortem** writes it down for people who were not there: what happened, why, and
# what will be different.
#
# In this lab you write one, from your own evidence.

# %% load tags=["scaffold"]
import labkit

con = labkit.load("data/debacle")
lab = labkit.lab("07", con)
draft = labkit.postmortem(lab)
draft

# %% [markdown]
# ## Your evidence
#
# The draft begins with the entries of your evidence ledger, from all labs. If your ledger is empty, it
# takes a small worked set instead, and the document says so. Each entry has a number: `[E1]` in your text
# cites the first.
#
# The rule of this lab is simple. **A sentence that claims something names the query that shows it.**

# %% evidence tags=["scaffold"]
for number, entry in enumerate(draft.evidence, start=1):
    print(f"E{number} {entry.name}: {entry.verdict}, because {entry.because}")

# %% [markdown]
# ## No blame, and why
#
# If people are punished for an outage, the next one will be told to nobody. A *blameless* postmortem
# takes for granted that each person did what looked right with what they knew. It asks what made it look
# right, and what let it through.

# %% [markdown]
# **Predict.** Which of these three sentences will a reader learn most from?
#
# 1. The developer should have tested the connection string.
# 2. The connection string was changed through human error.
# 3. The pipeline let a changed connection string pass, because nothing in it connects to the database.

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% three-sentences tags=["scaffold"]
sentences = [
    "The developer should have tested the connection string.",
    "The connection string was changed through human error.",
    "The pipeline let a changed string pass, because nothing in it connects to the database.",
]
for sentence in sentences:
    found = [f.problem for f in labkit.review_postmortem(sentence) if f.rule == "blameless"]
    print(sentence, "->", found or "nothing to say")

# %% [markdown]
# **Explain.** What can be *done* after reading each of the three?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# After the first, one person feels bad, and the next person can do the same. The second stops the
# question just where it begins: *why was the error possible?* Only the third names a gap that can be
# closed. Note that it is also the hardest to write: one must know the pipeline.

# %% [markdown]
# ## Three words that are mixed up
#
# The **trigger** is the event that set it off. The **cause** is what was wrong. A **contributing factor**
# let it through, hid it, or made it last. Without the trigger it would not have begun then; without the
# cause it would not have begun at all; without the factors it would have been small.

# %% [markdown]
# **Your turn.** Which deployment was the trigger? Give its `deployment_id`, such as `d-1041`.

# %% trigger tags=["prompt"]
con.sql("""
    SELECT time_utc, deployment_id, service_name, deployment_name, event_name
    FROM deployments ORDER BY time_utc
""").show()
trigger_id = ...
lab.check("trigger", trigger_id)

# %% trigger-answer tags=["solution"]
[(trigger_id,)] = con.sql("""
    SELECT deployment_id FROM deployments
    WHERE service_name = 'bank-web' AND event_name = 'deployment.started'
    ORDER BY time_utc LIMIT 1
""").fetchall()
lab.check("trigger", trigger_id)

# %% [markdown]
# **Predict.** Somebody writes: "The cause was the update." What is wrong with this sentence?

# %% [markdown] tags=["prompt"]
# *My thoughts:*

# %% [markdown]
# **Your turn.** Name the cause exactly: the part of the connection string that was wrong, with libpq's
# name, and the value that the update brought. `labkit.Dsn.parse(text)` reads a connection string, and
# `.diff(other)` compares two.

# %% cause tags=["prompt"]
[(before, after)] = con.sql("""
    SELECT setting.before, setting.after
    FROM (SELECT time_utc, unnest(config_diff) AS setting FROM deployments)
    WHERE setting.key = 'DATABASE_URL' ORDER BY time_utc LIMIT 1
""").fetchall()
cause = ...  # a part and its value, such as ("user", "bank_app")
lab.check("cause", cause)

# %% cause-answer tags=["solution"]
[(before, after)] = con.sql("""
    SELECT setting.before, setting.after
    FROM (SELECT time_utc, unnest(config_diff) AS setting FROM deployments)
    WHERE setting.key = 'DATABASE_URL' ORDER BY time_utc LIMIT 1
""").fetchall()
print(labkit.Dsn.parse(before).diff(labkit.Dsn.parse(after)))
cause = ("port", labkit.Dsn.parse(after).port)
lab.check("cause", cause)

# %% [markdown]
# ## Impact, in people
#
# "9,291 requests failed" is true, and nobody can imagine it. A visit is one person who came to the bank:
# the column `session_id` is the same for all requests of a visit.
#
# **Your turn.** In how many different visits did at least one request fail, from 14:30 to 17:00?

# %% visits-hit tags=["prompt"]
visits_hit = ...
lab.check("visits-hit", visits_hit)

# %% visits-hit-answer tags=["solution"]
[(visits_hit,)] = con.sql("""
    SELECT count(DISTINCT session_id)
    FROM requests
    WHERE failed AND start_utc BETWEEN '2023-12-01 14:30:00' AND '2023-12-01 17:00:00'
""").fetchall()
lab.check("visits-hit", visits_hit)

# %% [markdown]
# A number needs a place to come from. `draft.prove(name, query, shows)` runs a query and adds it to the
# evidence. `draft.number(name)` gives the number to cite. Each call makes a *new* draft, so a cell can be
# run again.

# %% prove-visits tags=["scaffold"]
hit = "SELECT count(DISTINCT session_id) AS visits FROM requests WHERE failed AND start_utc BETWEEN "
hit += "'2023-12-01 14:30:00' AND '2023-12-01 17:00:00'"
draft = draft.prove("visits hit", hit, "visits with at least one failed request")
draft = draft.prove("onset", "onset_and_recovery", "one step of failures, with its begin and end")
draft = draft.prove("deployments", "events", "which change happened when")
draft.number("visits hit")

# %% [markdown]
# **Your turn.** Write the impact in two sentences: what users could not do, how many were hit, from when
# to when. Cite the evidence.

# %% impact tags=["prompt"]
draft = draft.write("impact", "...")
draft.review()

# %% impact-answer tags=["solution"]
hit, whole = draft.number("visits hit"), draft.number("onset")
draft = draft.write(
    "impact",
    f"""From 14:30 to 17:00 UTC customers could not log in, open an account or send a transfer {whole}.
In {visits_hit:,} visits at least one page failed {hit}.""",
)
draft.review()

# %% [markdown]
# The review reads by rules. It says what is missing and where; it gives no mark, because a rule cannot
# judge prose. At this moment most of the document is still empty.

# %% [markdown]
# ## Intervals need two ends
#
# "It took 15 minutes." From what until what? An interval has a first event and a last one, and both must
# be named. Here are three with their definitions:
#
# | interval | from | until |
# |---|---|---|
# | time to detect | the first failures | the first user report |
# | time to mitigate | the first user report | users are served again |
# | way back | the roll-back begins | the roll-back is done |

# %% [markdown]
# **Your turn.** Compute the time to detect. `onset_and_recovery` knows the first failures, the table
# `messages` the first report. One moment minus another gives an interval.

# %% time-to-detect tags=["prompt"]
[(onset, recovery)] = labkit.query(con, "onset_and_recovery").project("onset_utc, recovery_utc").fetchall()
time_to_detect = ...
lab.check("time-to-detect", time_to_detect)

# %% time-to-detect-answer tags=["solution"]
[(onset, recovery)] = labkit.query(con, "onset_and_recovery").project("onset_utc, recovery_utc").fetchall()
[(first_report,)] = con.sql("SELECT min(time_utc) FROM messages WHERE channel = 'user-report'").fetchall()
time_to_detect = first_report - onset
lab.check("time-to-detect", time_to_detect)

# %% [markdown]
# **Your turn.** Compute the time to mitigate, as the table above defines it.

# %% time-to-mitigate tags=["prompt"]
time_to_mitigate = ...
lab.check("time-to-mitigate", time_to_mitigate)

# %% time-to-mitigate-answer tags=["solution"]
time_to_mitigate = recovery - first_report
lab.check("time-to-mitigate", time_to_mitigate)

# %% [markdown]
# **Predict.** The update itself was through in nine seconds. How long did the way back take: about as
# long, a minute, or several minutes?
#
# **Your turn.** Compute it from `deployments`.

# %% way-back tags=["prompt"]
my_prediction = ...
way_back = ...
lab.check("way-back", way_back)

# %% way-back-answer tags=["solution"]
[(begins, ends)] = con.sql("""
    SELECT min(time_utc), max(time_utc) FROM deployments
    WHERE deployment_id = (SELECT max(deployment_id) FROM deployments)
""").fetchall()
way_back = ends - begins
lab.check("way-back", way_back)

# %% [markdown]
# People like to compare themselves with a *mean* time over many incidents. With few incidents that are
# all different, one long one decides the mean. Give this incident's own intervals, and compare causes.

# %% [markdown]
# **Your turn.** `draft.intervals` takes rows of name, first event, its time, last event, its time, and
# computes the length. Complete the rows.

# %% intervals tags=["prompt"]
draft = draft.intervals(
    [
        ("time to detect", "first failures", onset, "first user report", "2023-12-01 14:45:10"),
    ]
)

# %% intervals-answer tags=["solution"]
draft = draft.intervals(
    [
        ("time to detect", "first failures", onset, "first user report", first_report),
        ("time to mitigate", "first user report", first_report, "users are served again", recovery),
        ("way back", "roll-back begins", begins, "roll-back is done", ends),
    ]
)

# %% [markdown]
# ## The timeline
#
# A timeline tells what happened, not what somebody thought about it. Each row has a time, a fact and its
# evidence. The named query `events` has the marks of the charts; `messages` has the words of people.

# %% words tags=["scaffold"]
con.sql("""
    SELECT time_utc, author, text[:80] AS begins_with
    FROM messages WHERE channel = 'chat' AND time_utc > '2023-12-01 14:30:00'
    ORDER BY time_utc LIMIT 20
""").df()

# %% [markdown]
# **Your turn.** Write at least six rows: trigger, detection, acknowledgement, what was tried, the finding,
# the recovery. Name roles, not people.

# %% timeline tags=["prompt"]
draft = draft.prove("messages", "SELECT time_utc, author, text FROM messages", "who said what when")
rows = [
    (onset, "the first requests fail", draft.number("onset")),
]
draft = draft.timeline(rows)

# %% timeline-answer tags=["solution"]
draft = draft.prove("messages", "SELECT time_utc, author, text FROM messages", "who said what when")
said, changed = draft.number("messages"), draft.number("deployments")
rows = [
    (onset, "the update begins; in the same second the first requests fail", draft.number("onset")),
    (first_report, "a user reports that accounts do not open", said),
    ("2023-12-01 14:52:10", "the on-call engineer acknowledges and reads the logs", said),
    ("2023-12-01 15:05:00", "workers, CPU and memory are added; the failures stay", changed),
    ("2023-12-01 15:30:00", "the on-call engineer escalates to the developers", said),
    ("2023-12-01 16:40:15", "the senior engineer compares both connection strings", said),
    (begins, "the roll-back begins", changed),
    (recovery, "users are served again", draft.number("onset")),
]
draft = draft.timeline(rows)

# %% [markdown]
# ## Dead ends teach
#
# More than half of the outage went into theories that were wrong. Leaving them out would be polite, and
# useless: the next team will have the same theories. Say what each predicted, and what was seen instead.
#
# **Your turn.** If it had been overload, the processors would have been busy. By which factor did the
# mean of `process.cpu.utilization` change: the mean from 14:30 to 17:00, divided by the mean before 14:30?

# %% cpu-factor tags=["prompt"]
cpu_factor = ...
lab.check("cpu-factor", cpu_factor)

# %% cpu-factor-answer tags=["solution"]
[(cpu_factor,)] = con.sql("""
    SELECT round(avg(value) FILTER (WHERE time_utc BETWEEN '2023-12-01 14:30:00' AND '2023-12-01 17:00:00')
                 / avg(value) FILTER (WHERE time_utc < '2023-12-01 14:30:00'), 2)
    FROM metrics WHERE name = 'process.cpu.utilization'
""").fetchall()
lab.check("cpu-factor", cpu_factor)

# %% [markdown]
# ## Why did it last?
#
# Detection took a quarter of an hour, because nobody but users was looking. What would a machine have
# done?
#
# **Your turn.** `burn_rate_alerts` computes when each alarm on the error budget would have fired first.
# How long after the onset would the *fastest* of them have called somebody?

# %% alarm-delay tags=["prompt"]
labkit.query(con, "burn_rate_alerts").project("alert, first_fired_utc").show()
alarm_delay = ...
lab.check("alarm-delay", alarm_delay)

# %% alarm-delay-answer tags=["solution"]
alerts = labkit.query(con, "burn_rate_alerts")
[(fired,)] = alerts.aggregate("min(first_fired_utc)").fetchall()
alarm_delay = fired - onset
lab.check("alarm-delay", alarm_delay)

# %% [markdown]
# ## Trigger, cause, factors
#
# **Your turn.** Write the three sections. The trigger has a time. The cause names the part. The factors
# are a list: what let it through, what hid it, what made it last?

# %% causes tags=["prompt"]
draft = draft.prove("alarms", "burn_rate_alerts", "when alarms would have fired")
draft = draft.write("trigger", "...")
draft = draft.write("cause", "...")
draft = draft.write("contributing factors", "- ...\n- ...")

# %% causes-answer tags=["solution"]
draft = draft.prove("alarms", "burn_rate_alerts", f"an alarm would have fired {alarm_delay} after the onset")
cited = draft.number
draft = draft.write(
    "trigger", f"At 14:30:00 UTC the routine update {trigger_id} went out {cited('deployments')}."
)
draft = draft.write(
    "cause",
    f"The connection string named port {cause[1]}, where nothing listens {cited('connection-string')}.",
)
draft = draft.write(
    "contributing factors",
    f"""- All 412 tests passed on the update, and none of them connects to the database {cited("messages")}.
- No alarm watched the error ratio; one would have fired after {alarm_delay.seconds} s {cited("alarms")}.
- The pool reports a timeout and hides the refused connection behind it {cited("connection-string")}.""",
)

# %% [markdown] tags=["solution"]
# Each factor is a gap in the *system*, and each will get an action. "The developer was in a hurry" is no
# factor: nobody can release a fix for it.

# %% [markdown]
# The dead ends need no new text: the refuted entries of your ledger say what was predicted and what was
# seen. Here the document takes them over.

# %% dead-ends tags=["scaffold"]
refuted = [
    f"- {entry.name}: {entry.prediction} It was refuted: {entry.because} [E{number}]."
    for number, entry in enumerate(draft.evidence, start=1)
    if entry.verdict == "refuted"
]
draft = draft.write("dead ends", "\n".join(refuted))

# %% [markdown]
# ## Actions that will happen
#
# An action is **specific**: it names a thing that will be there and is not there now. It is **owned** by
# one role. It is **testable**: a stranger can look and say "done" or "not done".
#
# **Your turn.** Write at least four actions. Use the three promises: a checklist, a test of the
# connection, instructions. Then run the review and see what it says of them.

# %% actions tags=["prompt"]
draft = draft.actions(
    [
        ("be more careful", "everyone", "it works"),
    ]
)
draft.review()

# %% actions-answer tags=["solution"]
draft = draft.actions(
    [
        ("run the connectivity test of lab 06 in the pipeline before each release", "lead developer",
         "a release with port 5433 is stopped in a rehearsal"),
        ("add an alarm on the error budget, 14.4 times over one hour", "on-call engineer",
         "a planned outage of two minutes calls the pager"),
        ("put the settings diff on the deployment checklist", "release manager",
         "the last three releases carry a second reader's role"),
        ("describe how to set and try a connection string", "database administrator",
         "a new developer does it alone within ten minutes"),
    ]
)  # fmt: skip
# %% [markdown]
# ## A picture with words
#
# One chart is worth having: the error ratio, with the marks of the day. It is saved as a file beside the
# document, with its words for readers who do not see it.

# %% chart tags=["scaffold"]
chart = labkit.charts.error_ratio(con)
draft = draft.chart("error-ratio", chart)
print(chart.alt)

# %% [markdown]
# ## Read it by rule
#
# **Your turn.** Write a summary of two sentences, last of all: now you know what matters. Run the review,
# and mend in the cells above what it names, until it has nothing more to say.

# %% review tags=["prompt"]
draft = draft.write("summary", "...")
draft.review()

# %% review-answer tags=["solution"]
draft = draft.write(
    "summary",
    """A routine update carried a connection string that led to a port where nothing listens.
Only users noticed; the team looked for overload, code and network before it compared the two strings.""",
)
draft.review()

# %% [markdown]
# **Explain.** A document can pass every rule and still be bad. Name two ways.

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# A claim may cite a query that shows something else: the rule sees a number, and not whether it fits. And
# the actions may be sound and too small: nothing here says whether they would have prevented the outage.
# Both need a reader who asks.

# %% [markdown]
# ## Save it, and read it as a stranger
#
# `save` writes the document and its charts into your folder `my-work`. The preview shows the page here.

# %% save tags=["scaffold"]
saved = draft.save()
display(saved)
draft.preview

# %% [markdown]
# Read it aloud, once, to somebody who was not there. Where you begin to explain, the text is missing
# something. Where they ask "who was it?", the text blames.

# %% [markdown]
# ## What you can do now
#
# You can write a postmortem that another team can use: claims with their evidence, intervals with two
# ends, three different kinds of "why", and actions that somebody will finish.
#
# Next: **08 · Capstone**. An outage that nobody has seen.
