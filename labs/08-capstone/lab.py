# %% [markdown]
# # 08 · An outage nobody has seen
#
# This outage was drawn from a number. You have the same bank, the evidence of one day, and the methods of
# the earlier labs. You detect, localise, explain, and choose what should be done. Then you hand in an
# answer and get a score card. It takes about ninety minutes.

# %% load tags=["scaffold"]
import labkit

case = labkit.practice(107)  # another number is another outage
con = case.con
case

# %% [markdown]
# ## How this works
#
# `case.con` is a connection to the evidence, as `labkit.load` gives it. `case.score(...)` takes an answer,
# as often as you like; your progress keeps every one of them, and the first one counts. `case.reveal()`
# tells the truth. You can call it before you answer. Your progress keeps that, too.

# %% [markdown]
# ## The words you may use
#
# An answer names a **kind** of cause, for a misconfigured connection the wrong **part** as well, and one
# **mitigation**: the first thing to do so that users can work again.

# %% words tags=["scaffold"]
case.choices

# %% [markdown]
# ## What is there, and what is not
#
# The brief says which file is missing. That happens: disks run full.
#
# **Predict.** Which question will be hard without that file? Where else could the answer stand?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% sources tags=["scaffold"]
con.sql("""
    SELECT table_name, source_file, rows_loaded, lines_rejected
    FROM sources
    ORDER BY table_name, source_file
""")

# %% [markdown] tags=["solution"]
# The program's own log is missing. It would hold the warnings of the connection pool, so *why* a
# connection failed is the question that gets hard. The database server keeps a log of its own: if the
# connections reached it, it has an opinion about them.

# %% [markdown]
# ## Detect
#
# Begin with the users' view: how many of their requests failed, and in which shape?
#
# **Your turn.** Count requests and failures for every ten minutes, without `/livez`.

# %% shape tags=["prompt"]
con.sql("""
    SELECT time_bucket(INTERVAL 10 MINUTE, start_utc) AS time_utc, count(*) AS requests
    FROM requests WHERE route <> '/livez'
    GROUP BY time_utc ORDER BY time_utc
""").df()

# %% shape-answer tags=["solution"]
con.sql("""
    SELECT time_bucket(INTERVAL 10 MINUTE, start_utc) AS time_utc, count(*) AS requests,
           count(*) FILTER (WHERE failed) AS failures,
           round(count(*) FILTER (WHERE failed) / count(*), 3) AS error_ratio
    FROM requests WHERE route <> '/livez'
    GROUP BY time_utc ORDER BY time_utc
""").df()

# %% [markdown]
# **Explain.** Is it a step or a ramp? Which kinds of cause does that make likely, and which unlikely?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# A step up and a step down, with a flat ratio between them. That speaks for a change of some setting or
# some version, and against overload: load comes and goes with people, and it makes a ramp.

# %% [markdown]
# ## Onset and recovery
#
# A score card wants the onset within 60 seconds, so read it from the requests and not from a chart.
#
# **Your turn.** Put onset and recovery into two variables. The named query `onset_and_recovery` has them.

# %% onset tags=["prompt"]
found = labkit.query(con, "onset_and_recovery")
print(found.columns)
onset_utc = ...
recovery_utc = ...

# %% onset-answer tags=["solution"]
found = labkit.query(con, "onset_and_recovery").project("onset_utc, recovery_utc").fetchall()
[(onset_utc, recovery_utc)] = found
print("onset   ", onset_utc)
print("recovery", recovery_utc)

# %% [markdown]
# ## Who noticed
#
# **Your turn.** Read all messages of the day. Which one is the detection? Take care: not every message of
# a user is about an outage, and a page may come before a letter. Keep its time.

# %% noticed tags=["prompt"]
detection_utc = ...
said = con.sql("""
    SELECT time_utc, channel, text
    FROM messages
    ORDER BY time_utc LIMIT 3
""")
for time, channel, text in said.fetchall():
    print(f"{time:%H:%M:%S} {channel}: {text}")

# %% noticed-answer tags=["solution"]
said = con.sql("SELECT time_utc, channel, author, text FROM messages ORDER BY time_utc")
for time, channel, author, text in said.fetchall():
    print(f"{time:%H:%M:%S} {channel:<11} {author}: {text}")
reports = labkit.query(con, "first_reports", onset_utc=onset_utc, channel="user-report")
detection_utc = reports.fetchall()[0][0]

# %% [markdown]
# **Explain.** What did the responders do, in which order? Mark each action: was it a test of a hypothesis,
# a repair, or a guess?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The detection is the first report of a user, at 07:11:53; the page came later. Adding workers is a repair
# for a cause that nobody had shown. It can be read as a test, though: if it were overload, the failures
# would have become fewer. Then somebody guessed about the network.

# %% [markdown]
# ## Who was hit
#
# **Predict.** If the database cannot be reached, which routes fail and which do not? And if one host has
# lost its way to the database, what would the hosts look like?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown]
# **Your turn.** Ask `failures_by_route` and `failures_by_host` for the time of the outage. Both take
# `from_utc` and `until_utc`.

# %% hit tags=["prompt"]
during = {"from_utc": "2024-02-16 06:40:00", "until_utc": "2024-02-16 06:50:00"}
labkit.query(con, "failures_by_route", **during).project("route, requests_during, failed_during")

# %% hit-answer tags=["solution"]
during = {"from_utc": onset_utc, "until_utc": recovery_utc}
labkit.query(con, "failures_by_route", **during).project(
    "route, requests_during, failed_during, failed_with_queries"
)

# %% [markdown] tags=["solution"]
# Every route that asks the database fails, and the front page does not. `failed_with_queries` is 0: not
# one of the failing requests got as far as a query.

# %% hosts-answer tags=["solution"]
labkit.query(con, "failures_by_host", **during).project(
    "host_name, failed_during, round(ratio_during, 2) AS ratio_during"
)

# %% [markdown]
# **Explain.** What do routes and hosts rule out? Write down the kinds of cause that are left.

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The three hosts fail alike, so it is not the way of one machine. All routes with data fail, so it is not
# a bug in one page. A slow query would show query spans, and there are none. Left are: the connection
# string, the database server, or a network that is down for everybody.

# %% [markdown]
# ## What changed
#
# **Predict.** How many changes will you find in the half hour before the onset: none, one, or several?
# What would you need to see before you call one of them the cause?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown]
# **Your turn.** The named query `changes_before` looks back from a moment: `at_utc`, `minutes_before`.

# %% changes tags=["prompt"]
changes = labkit.query(con, "changes_before", at_utc="2024-02-16 06:55:00", minutes_before=5)
changes.project("minutes_earlier, service_name, setting").df()

# %% changes-answer tags=["solution"]
changes = labkit.query(con, "changes_before", at_utc=onset_utc, minutes_before=30)
changes.project(
    "round(minutes_earlier, 1) AS minutes_earlier, service_name, service_version, setting, before, after"
).filter("setting IS NOT NULL").df()

# %% [markdown] tags=["solution"]
# Three deployments, and the last of them changed four settings at the second of the onset. Two of the
# three are harmless: requests went on for minutes after them. One of these two changed the connection
# string as well, so a changed string is no proof. The later change of it is a suspect.

# %% [markdown]
# ## Rank your candidates
#
# **Your turn.** Before you look further, write down your candidates, the most likely one first. You will
# correct the list later. A list that is written down can be wrong; that makes it useful.

# %% first-ranking tags=["prompt"]
my_ranking = ["overload", "network"]

# %% first-ranking-answer tags=["solution"]
my_ranking = ["misconfigured_connection: user", "database_server", "misconfigured_connection: password"]

# %% [markdown]
# ## Ask the database server
#
# Where requests fail without a query, one question decides much: did anybody reach the server? Its own log
# knows.
#
# **Predict.** Think of a wrong port, a wrong password and a full server. What would each leave in this
# log?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown]
# **Your turn.** Count the log's lines during the outage by `error_severity`, `state_code`, `user_name` and
# `message`, without the level `LOG`.

# %% server-log tags=["prompt"]
con.sql("""
    SELECT error_severity, count(*) AS lines
    FROM postgres_log
    WHERE time_utc BETWEEN '2024-02-16 06:40:00' AND '2024-02-16 06:50:00'
    GROUP BY error_severity
    ORDER BY error_severity
""")

# %% server-log-answer tags=["solution"]
window = f"time_utc BETWEEN '{onset_utc}' AND '{recovery_utc}'"
refusals = f"""
    SELECT state_code, user_name, message, count(*) AS lines FROM postgres_log
    WHERE error_severity <> 'LOG' AND {window}
    GROUP BY ALL ORDER BY lines DESC, message
"""
con.sql(refusals).df()

# %% [markdown] tags=["solution"]
# The server was up, it was reached, and it gives the reason itself: SQLSTATE 28000, and a role that is not
# permitted to log in. So the network is well, and host and port are right.

# %% [markdown]
# ## How far did each attempt get?
#
# A connection goes through doors: address, encryption, password, the right to log in, the database. The
# log shows the last door that was passed.
#
# **Your turn.** Compare the roles that knocked, with the named query `server_sessions` for the time of the
# outage. How far did each get?

# %% sessions tags=["prompt"]
con.sql("""
    SELECT user_name, count(*) AS lines
    FROM postgres_log
    GROUP BY user_name
    ORDER BY user_name
""")

# %% sessions-answer tags=["solution"]
labkit.query(con, "server_sessions", **during).project(
    "user_name, dbname, let_in_during, let_in_outside, refused_during, refused_outside"
).filter("user_name IS NOT NULL")

# %% [markdown] tags=["solution"]
# The role `bank_owner` was never seen before. Each of its attempts was authorised, which means that its
# password was right, and then refused. The usual role `bank_app` was let in on the same server on the same
# day. A wrong password would have ended one door earlier, with another SQLSTATE.

# %% [markdown]
# ## Side by side
#
# **Your turn.** Look for a connection string among the changed settings. Compare each one that you find with
# the one before it, part by part: `labkit.Dsn.parse(before).diff(labkit.Dsn.parse(after))`.

# %% strings tags=["prompt"]
con.sql("""
    SELECT deployment_name, config_diff FROM deployments
    WHERE len(config_diff) > 0 ORDER BY time_utc LIMIT 1
""")

# %% strings-answer tags=["solution"]
urls = changes.filter("setting = 'DATABASE_URL'").project("before, after").fetchall()
for before, after in urls:  # the newest change comes first
    print(labkit.Dsn.parse(before).diff(labkit.Dsn.parse(after)))

# %% [markdown]
# **Explain.** Which part is wrong, and which two other parts look as if they might be? Say for each of the
# two what speaks against it.

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The **user** is wrong: `bank_owner` may not log in. The *password* belongs to it and was accepted. The
# *server* was not full and not down: it let `bank_app` in, and it says what it minds. The earlier change only
# gave the sessions a name, and requests went on for a quarter of an hour.

# %% [markdown]
# ## The other suspects
#
# A suspect is not ruled out by a better one. It is ruled out by a prediction of its own that fails.
#
# **Your turn.** What would you see if it were overload? Compare `before_during_after`.

# %% overload tags=["prompt"]
labkit.query(con, "before_during_after", onset_utc="2024-02-16 06:55:00").project(
    "phase, requests_per_min, error_ratio"
)

# %% overload-answer tags=["solution"]
labkit.query(con, "before_during_after", onset_utc=onset_utc, recovery_utc=recovery_utc).project(
    "phase, round(requests_per_min) AS requests_per_min, round(error_ratio, 3) AS error_ratio, "
    "round(p50_ms) AS p50_ms, queries, postgres_lines"
)

# %% [markdown] tags=["solution"]
# Traffic was the same before and during. The median time is two seconds because each request waits for a
# connection until the pool gives up. Nothing was being worked on: there are no queries at all.

# %% [markdown]
# **Your turn.** Write overload into the evidence ledger, as in lab 03: the prediction, a query that tests
# it, the verdict, and why. Do the same for one more suspect if you have the time.

# %% ledger tags=["prompt"]
lab = labkit.lab("08", con)
lab.hypothesis(
    "overload",
    prediction=...,
    query="...",
    verdict=...,
    because=...,
)

# %% ledger-answer tags=["solution"]
lab = labkit.lab("08", con)
lab.hypothesis(
    "overload",
    prediction="If it were overload, twice the workers would make the failures fewer.",
    query=f"""
        SELECT start_utc > (SELECT max(time_utc) FROM deployments WHERE deployment_name LIKE 'More workers%')
                   AS more_workers, count(*) AS requests, round(avg(failed::INT), 2) AS error_ratio
        FROM requests WHERE route <> '/livez' AND start_utc BETWEEN '{onset_utc}' AND '{recovery_utc}'
        GROUP BY more_workers ORDER BY more_workers
    """,
    verdict="refuted",
    because="The error ratio is the same before and after the workers came.",
)

# %% [markdown]
# ## Choose what to do
#
# A mitigation ends the pain; it need not repair the cause. Of two that work, take the one that is faster
# and safer, and say why.
#
# **Your turn.** Choose one of the mitigations, and give your reason in one sentence.

# %% mitigation tags=["prompt"]
mitigation = ...
because = "..."

# %% mitigation-answer tags=["solution"]
mitigation = "roll back"
because = "The settings before worked with this server minutes earlier; nothing has to be found out first."

# %% [markdown]
# ## Hand it in
#
# **Your turn.** Fill in what is open. `evidence` takes queries: SQL as text, a name, or a pair of name and
# parameters. Each is run again and must return rows. Name one cause only: of two, each counts half.

# %% hand-in tags=["prompt"]
case.score(
    onset=onset_utc,
    detection=detection_utc,
    recovery=recovery_utc,
    kind=...,
    part=...,
    candidates=my_ranking,
    mitigation=mitigation,
    because=because,
    evidence=["onset_and_recovery", ("failures_by_route", during)],
)

# %% hand-in-answer tags=["solution"]
case.score(
    onset=onset_utc, detection=detection_utc, recovery=recovery_utc,
    kind="misconfigured_connection", part="user", candidates=my_ranking,
    mitigation=mitigation, because=because,
    evidence=[
        "onset_and_recovery", refusals, ("server_sessions", during), ("failures_by_route", during),
        ("changes_before", {"at_utc": onset_utc, "minutes_before": 30}),
    ],
)  # fmt: skip

# %% [markdown]
# ## The truth
#
# When you have handed in, run `case.reveal()`. Which of the red herrings cost you time?

# %% reveal tags=["prompt"]
# case.reveal()  # take the first mark away when you are done

# %% reveal-answer tags=["solution"]
case.reveal()

# %% [markdown] tags=["prompt"]
# *My explanation: what led me astray, and what would have saved me time:*

# %% [markdown]
# ## A quiet one
#
# The second case is of another sort. Users complain, and every instrument is green.

# %% quiet tags=["scaffold"]
quiet = labkit.practice(127)
calm = quiet.con
labkit.query(calm, "onset_and_recovery").project("state, requests, failed, round(error_ratio_outside, 4)")

# %% [markdown]
# No change, says the query: the share of *failed* requests never moved. So either nothing happened, or
# "failed" does not mean what users mean.
#
# **Predict.** Which status codes does a server send when it works perfectly and still gives a wrong
# answer?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% reports tags=["scaffold"]
calm.sql("""
    SELECT time_utc, text FROM messages
    WHERE channel = 'user-report'
    ORDER BY time_utc
""").df()

# %% [markdown]
# ## An indicator of correctness
#
# An indicator counts good events among all events. Availability calls a request good if the server did not
# fail. **Correctness** calls it good if the answer was *right*.
#
# **Your turn.** Users of this bank have accounts and know their passwords. Count, every ten minutes, the
# share of log-ins and account pages that were answered with 200.

# %% correctness tags=["prompt"]
calm.sql("""
    SELECT time_bucket(INTERVAL 10 MINUTE, start_utc) AS time_utc, count(*) AS asked
    FROM requests WHERE route IN ('/login', '/accounts/{account_id}')
    GROUP BY time_utc ORDER BY time_utc
""").df()

# %% correctness-answer tags=["solution"]
correctness = """
    SELECT time_bucket(INTERVAL 10 MINUTE, start_utc) AS time_utc, count(*) AS asked,
           round(count(*) FILTER (WHERE status = 200) / count(*), 2) AS right_answers
    FROM requests WHERE route IN ('/login', '/accounts/{account_id}')
    GROUP BY time_utc ORDER BY time_utc
"""
calm.sql(correctness).df()

# %% [markdown] tags=["solution"]
# Usually nearly all of them get a right answer: a password is mistyped now and then. For three quarters of
# an hour most were told that they do not exist. No alarm on errors could have seen it.

# %% [markdown]
# ## Why is it wrong?
#
# A wrong answer without an error has few reasons: the data were changed, the program reads them wrongly, or
# the right program asks the wrong place.
#
# **Your turn.** Say for each of the three what the query spans would show, then look: which columns of
# `queries` have another value than before? When was the first such query?

# %% where tags=["prompt"]
calm.sql("""
    SELECT query_text, count(*) AS queries, min(start_utc) AS first_utc
    FROM queries
    GROUP BY query_text
    ORDER BY first_utc
""").df()

# %% where-answer tags=["solution"]
targets = """
    SELECT server_address, server_port, db_namespace, count(*) AS queries,
           min(start_utc) AS first_utc, max(start_utc) AS last_utc
    FROM queries GROUP BY ALL ORDER BY queries DESC
"""
calm.sql(targets)

# %% [markdown]
# **Explain.** Why did every health check stay green? Would a test of the connection in the pipeline have
# noticed?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The queries are the same as before, and they go to another server. It is a real one: it accepts the
# connection, has all tables, and answers fast. A check that
# asks "can I connect?" says yes. Only a question with a *known* answer tells the two apart: the account of
# a test customer, or the name of the environment in a table.

# %% [markdown]
# ## Hand in the second one
#
# **Your turn.** Here the queries that you cite carry the whole weight, because no error message does.

# %% quiet-hand-in tags=["prompt"]
quiet.score(
    onset=...,
    detection=...,
    recovery=...,
    kind=...,
    part=...,
    candidates=[...],
    mitigation=...,
    because=...,
    evidence=[...],
)

# %% quiet-hand-in-answer tags=["solution"]
_, onset_at, back_at = calm.sql(targets).project("server_address, first_utc, last_utc").fetchall()[1]
reported = labkit.query(calm, "first_reports", onset_utc=onset_at, first=1).fetchall()[0][0]
quiet.score(
    onset=onset_at, detection=reported, recovery=back_at,
    kind="misconfigured_connection", part="host",
    candidates=["misconfigured_connection: host", "application_code", "misconfigured_connection: dbname"],
    mitigation="roll back", because="Every minute there writes people's transfers into foreign books.",
    evidence=[correctness, targets, ("changes_before", {"at_utc": onset_at})],
)  # fmt: skip

# %% quiet-reveal tags=["prompt"]
# quiet.reveal()

# %% quiet-reveal-answer tags=["solution"]
quiet.reveal()

# %% [markdown] tags=["solution"]
# Going back ends it. It does not undo it: transfers that "went through" stand in books of another
# environment, and somebody has to find them. Faults without errors last longer, and leave more behind.

# %% [markdown]
# ## Your own outage
#
# Take any number and start again at the top. Give the number to a friend, and you have the same outage to
# argue about. `case.level` says how hard it is; it does not say why.

# %% own tags=["prompt"]
my_seed = ...

# %% own-answer tags=["solution"]
third = labkit.practice(212)
third

# %% [markdown]
# ## What you can do now
#
# You can walk into an outage that nobody has explained, and come out with times, a cause, evidence that
# another person can run again, and a decision. Also when nothing is red and people still complain.
