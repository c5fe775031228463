# %% [markdown]
# # 03 · Dead ends
#
# Between 15:03 and 16:20 UTC three good engineers had three good ideas: the bank is overloaded, its code is
# broken, the network is down. All three were wrong, and together they cost more than an hour.
#
# In this lab you test the three ideas in minutes, each in the same four steps. It takes about an hour. You
# can start here.

# %% load tags=["scaffold"]
import labkit

con = labkit.load("data/debacle")
lab = labkit.lab("03", con)
con.sql("""
    SELECT time_utc, author, text FROM messages
    WHERE time_utc BETWEEN '2023-12-01 15:03' AND '2023-12-01 15:04'
""").df()

# %% [markdown] tags=["notes"] minutes=3
# - Nobody in this story is stupid. Say so before the first idea is taken apart.
# - The vote comes on the next pages: hands up, one voice each, and type the numbers.

# %% [markdown]
# ## Four steps
#
# 1. **Prediction.** "If it were so, then we would see ..." Write it *before* you look.
# 2. **Query.** Ask for exactly that.
# 3. **Result.** What is there, in numbers.
# 4. **Verdict.** Supported, refuted, or undecided, and why.
#
# The order matters. Whoever looks first finds something that fits: on a bad afternoon everything looks
# guilty. A prediction that *could fail* is what makes a test of it.

# %% [markdown]
# ## The three phases
#
# All queries of this lab compare the outage with the minutes around it. The macro below gives each moment
# its phase, so that no query has to repeat the times.

# %% phase tags=["scaffold"]
con.execute("""
    CREATE OR REPLACE TEMP MACRO phase(t) AS
        CASE WHEN t < TIMESTAMP '2023-12-01 14:30' THEN '1 before'
             WHEN t < TIMESTAMP '2023-12-01 17:00' THEN '2 during' ELSE '3 after' END
""")
con.sql("""
    SELECT phase(start_utc) AS phase, count(*) AS requests, round(median(duration_ms)) AS median_ms
    FROM requests WHERE route <> '/livez'
    GROUP BY ALL ORDER BY phase
""")

# %% [markdown]
# ## First idea: overload
#
# *Two seconds for every page and a line in front of the pool.* It does sound like overload: more work
# arrives than the bank can do, so work waits.
#
# **Predict.** If it were overload, what would you see in the number of visitors, in the use of the CPU, and
# in the errors after more workers were added? One sentence each.

# %% [markdown] tags=["prompt"]
# *If it were overload, then ...*

# %% [markdown]
# ### Did more people come?
#
# Requests are a poor measure of demand. A page that fails is loaded again, and a visit that fails ends
# early. Count *visits*: a visit begins with the first request of its `session_id`.

# %% [markdown] tags=["notes"] minutes=4
# - Ask for a number before the table appears: "Twice as many visits? The same? Fewer?"
# - Requests mislead here: a page that fails is loaded again. Visits do not.

# %% demand tags=["scaffold"]
con.sql("""
    WITH visits AS (
        SELECT session_id, min(start_utc) AS begin_utc FROM requests
        WHERE route <> '/livez' GROUP BY session_id
    )
    SELECT time_bucket(INTERVAL 30 MINUTE, begin_utc) AS time_utc, count(*) AS visits_begun
    FROM visits GROUP BY time_utc ORDER BY time_utc
""")

# %% [markdown]
# **Your turn.** Visits begun in the half hour from 14:30, divided by visits begun in the half hour before:
# how many times as many were there?

# %% demand-factor tags=["prompt"]
times_as_many = ...
lab.check("demand", times_as_many)

# %% demand-factor-answer tags=["solution"]
times_as_many = con.sql("""
    WITH visits AS (
        SELECT session_id, min(start_utc) AS begin_utc FROM requests
        WHERE route <> '/livez' GROUP BY session_id
    )
    SELECT count(*) FILTER (WHERE begin_utc BETWEEN '2023-12-01 14:30' AND '2023-12-01 15:00')
         / count(*) FILTER (WHERE begin_utc < '2023-12-01 14:30')
    FROM visits
""")
lab.check("demand", times_as_many)

# %% [markdown]
# ### Is the machine busy?
#
# A host that runs full has a busy processor. The table `metrics` holds one measured value a row, under the
# name `process.cpu.utilization`; 1 means that all of it is used.
#
# **Your turn.** The mean use of the CPU during the outage, divided by the mean before it.

# %% cpu tags=["prompt"]
cpu_factor = ...
lab.check("cpu", cpu_factor)

# %% cpu-answer tags=["solution"]
cpu_factor = con.sql("""
    SELECT avg(value) FILTER (WHERE phase(time_utc) = '2 during')
         / avg(value) FILTER (WHERE phase(time_utc) = '1 before')
    FROM metrics
    WHERE name = 'process.cpu.utilization'
""")
lab.check("cpu", cpu_factor)

# %% [markdown]
# **Explain.** Requests take a hundred times as long, and the processor does less. What are the requests
# doing all that time?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# They wait. Waiting costs time and no processor. So "slow" alone does not mean "busy": the question is
# always what is waited *for*, and whether that thing is busy.

# %% [markdown]
# ### Is the thing they wait for busy?
#
# The bank does not open a connection to the database for each request. A **pool** on each host keeps a few
# of them open and lends them out. `db.client.connection.count` counts those that are `used` and `idle`;
# `db.client.connection.pending_requests` counts the requests that wait for one.

# %% pool tags=["scaffold"]
con.sql("""
    SELECT phase(time_utc) AS phase, name,
           attributes ->> '$."db.client.connection.state"' AS state,
           round(avg(value), 2) AS mean, max(value) AS most
    FROM metrics WHERE name LIKE 'db.client.%'
    GROUP BY ALL ORDER BY name, state, phase
""").df()

# %% [markdown]
# **Your turn.** How many connections were in use at most on any host *during* the outage?

# %% used tags=["prompt"]
most_used = ...
lab.check("used", most_used)

# %% used-answer tags=["solution"]
most_used = con.sql("""
    SELECT max(value) FROM metrics
    WHERE name = 'db.client.connection.count' AND phase(time_utc) = '2 during'
      AND attributes ->> '$."db.client.connection.state"' = 'used'
""")
lab.check("used", most_used)

# %% [markdown]
# ### Did more resources help?
#
# From 15:05 to 15:12 the on-call engineer tripled the workers and doubled CPU, memory and pool. This was an
# experiment, made by somebody who needed it to work. What did it show?

# %% [markdown] tags=["notes"] minutes=5
# - Show the branch first: half of the class adds servers, half calls the administrator.
# - Then this table: the team did it, so it was an experiment. What did it show?

# %% resources tags=["scaffold"]
labkit.query(con, "resources_against_errors", bucket_seconds=600).project(
    "time_utc, requests, round(error_ratio, 3) AS error_ratio, round(cpu, 3) AS cpu, pending, workers"
).limit(10)

# %% [markdown]
# **Your turn.** The error ratio from 15:12 to 15:42, minus the error ratio from 14:35 to 15:05, in
# percentage points. Leave out `/livez`.

# %% workers tags=["prompt"]
change_in_points = ...
lab.check("workers", change_in_points)

# %% workers-answer tags=["solution"]
change_in_points = con.sql("""
    SELECT 100 * avg(failed::INT) FILTER (WHERE start_utc::TIME BETWEEN '15:12' AND '15:42')
         - 100 * avg(failed::INT) FILTER (WHERE start_utc::TIME BETWEEN '14:35' AND '15:05')
    FROM requests
    WHERE route <> '/livez'
""")
lab.check("workers", change_in_points)

# %% [markdown]
# ### The verdict, into the ledger
#
# The **evidence ledger** keeps what you predicted, what you asked, what it showed, and what you made of it.
# It runs the query and keeps its first rows. An entry of the same name is replaced, so you can come back.
#
# **Your turn.** Write the entry. The verdict is `supported`, `refuted` or `undecided`.

# %% overload tags=["prompt"]
lab.hypothesis(
    "overload",
    prediction=...,  # "If it were overload, then ..."
    query="resources_against_errors",  # the name of a query, or SQL of your own
    verdict=...,
    because=...,
)

# %% overload-answer tags=["solution"]
lab.hypothesis(
    "overload",
    prediction="If it were overload, the CPU would be busy, the pool lent out, and more workers would help.",
    query="""SELECT phase(time_utc) AS phase, round(avg(value), 3) AS cpu FROM metrics
             WHERE name = 'process.cpu.utilization' GROUP BY ALL ORDER BY phase""",
    verdict="refuted",
    because="The CPU does less than half, no connection is in use, and three times the workers do nothing.",
)

# %% [markdown]
# **Explain.** Why could adding workers not help, whatever their number?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# A worker is somebody who serves. These workers had nothing to serve with: each asked the pool for a
# connection, the pool had none to lend, and the worker waited like all the others. More workers means more
# who wait. Resources help where they are the thing that is short.

# %% [markdown]
# ## Second idea: the program
#
# At 15:36 the developers took over: "1.8.0 touched the statement page and the cache; we go through that
# code first."
#
# **Predict.** If a coding error in the new version were the reason, which routes would fail, and with which
# kinds of error?

# %% [markdown] tags=["prompt"]
# *If it were the code, then ...*

# %% [markdown]
# **Your turn.** Which routes had *failed* requests during the outage? Give a list of routes.

# %% routes tags=["prompt"]
failing_routes = ...
lab.check("routes", failing_routes)

# %% routes-answer tags=["solution"]
failing_routes = con.sql("""
    SELECT DISTINCT route FROM requests
    WHERE failed AND phase(start_utc) = '2 during'
    ORDER BY route
""").df()["route"]
lab.check("routes", failing_routes)

# %% [markdown]
# ### Errors that are the program's own
#
# A request may also fail because of the bank's own code.
#
# **Your turn.** How many did, while the outage went on? Count the failed requests whose `error_type` is *not*
# that of the pool, `psycopg_pool.PoolTimeout`.

# %% own-errors tags=["prompt"]
own_errors = ...
lab.check("own-errors", own_errors)

# %% own-errors-answer tags=["solution"]
own_errors = con.sql("""
    SELECT count(*) FROM requests
    WHERE failed AND phase(start_utc) = '2 during'
      AND error_type <> 'psycopg_pool.PoolTimeout'
""")
lab.check("own-errors", own_errors)

# %% [markdown]
# ### Reading a stack trace
#
# A stack trace lists the calls that were open when something went wrong, from the outermost to the
# innermost. The last line is the error.

# %% [markdown] tags=["notes"] minutes=5
# - Read the trace from the bottom, line by line. Let a student say where the program was standing.
# - A timeout names the one who waited, never the one who was late.

# %% stack tags=["scaffold"]
[(trace,)] = con.sql("""
    SELECT exception_stacktrace FROM logs
    WHERE exception_type = 'psycopg_pool.PoolTimeout' AND logger = 'bank.accounts'
    ORDER BY time_utc, trace_id LIMIT 1
""").fetchall()
print(trace)

# %% [markdown]
# **Your turn.** In which file was the error *raised*?

# %% raised-in tags=["prompt"]
raised_in = ...
lab.check("raised-in", raised_in)

# %% raised-in-answer tags=["solution"]
raised_in = "psycopg_pool/pool_async.py"
lab.check("raised-in", raised_in)

# %% [markdown]
# **Your turn.** Every failed request waited for about two seconds. Whose two seconds are they? The trace
# tells you.

# %% two-seconds tags=["prompt"]
who_gave_up = ...
lab.check("two-seconds", who_gave_up)

# %% two-seconds-answer tags=["solution"]
who_gave_up = "the pool"
lab.check("two-seconds", who_gave_up)

# %% [markdown]
# **Explain.** A stack trace shows where the program was. Does it show where the trouble is?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# It shows where somebody's *patience ended*. The pool waited for a connection that something else, in the
# background, was to deliver. That something has a stack of its own, and this trace knows nothing of it. A
# timeout always names the one who waited, never the one who was late.

# %% [markdown]
# **Your turn.** Write the second entry.

# %% code tags=["prompt"]
lab.hypothesis("code", prediction=..., query="failures_by_route", verdict=..., because=...)

# %% code-answer tags=["solution"]
lab.hypothesis(
    "code",
    prediction="If it were the new code, the routes it touched would fail, each with an error of its own.",
    query="""SELECT route, error_type, count(*) AS failed FROM requests
             WHERE failed AND phase(start_utc) = '2 during' GROUP BY ALL ORDER BY route""",
    verdict="refuted",
    because="Every route that needs data fails, old code and new, and all with the same error of the pool.",
)

# %% [markdown]
# ## Third idea: the network
#
# At 16:08 a developer pinged the database's host from all three machines: every packet came back.
#
# **Predict.** If packets were lost between the bank and the database, what would the ping show, would all
# hosts fail alike, and would each failure take the same time?

# %% [markdown] tags=["prompt"]
# *If it were the network, then ...*

# %% [markdown] tags=["notes"] minutes=3
# - Ask how many have "ruled out the network" with a ping. Then ask what a ping asks.

# %% ping tags=["scaffold"]
con.sql("""
    SELECT phase(time_utc) AS phase, name, count(*) AS samples,
           round(median(value), 2) AS median, max(value) AS most
    FROM metrics WHERE name LIKE 'ping.%'
    GROUP BY ALL ORDER BY name, phase
""").df()

# %% [markdown]
# No packet was lost, and none was late. The developers crossed the network off, and they were right. But
# *how far* does a ping reach?
#
# **Your turn.** Which of the five statements does a good ping prove? Give a list.

# %% ping-proves tags=["prompt"]
proved = ...
lab.check("ping-proves", proved)

# %% ping-proves-answer tags=["solution"]
proved = ["the other machine is running", "packets find their way there and back"]
lab.check("ping-proves", proved)

# %% [markdown]
# ### One more prediction
#
# A ping is one packet, sent by hand. The real traffic is a better witness. If one of the bank's machines
# had a bad line, it would fail more than the others; and lost packets would make times *scatter*.

# %% by-host tags=["scaffold"]
con.sql("""
    SELECT host_name, count(*) FILTER (WHERE failed) AS failed,
           round(100 * avg(failed::INT), 1) AS failed_percent,
           round(quantile_cont(duration_ms, 0.05) FILTER (WHERE failed)) AS p5_ms,
           round(quantile_cont(duration_ms, 0.95) FILTER (WHERE failed)) AS p95_ms
    FROM requests WHERE route <> '/livez' AND phase(start_utc) = '2 during'
    GROUP BY host_name ORDER BY host_name
""").df()

# %% [markdown]
# **Your turn.** In which range do the middle 90 per cent of the failed requests lie? Give the width of that
# range (95th minus 5th percentile) in milliseconds, over all hosts.

# %% scatter tags=["prompt"]
width_ms = ...
lab.check("scatter", width_ms)

# %% scatter-answer tags=["solution"]
width_ms = con.sql("""
    SELECT quantile_cont(duration_ms, 0.95) - quantile_cont(duration_ms, 0.05)
    FROM requests
    WHERE failed AND phase(start_utc) = '2 during'
""")
lab.check("scatter", width_ms)

# %% [markdown]
# **Your turn.** Write the third entry. Be fair to the idea: say what the evidence rules out, and what it
# does not.

# %% network tags=["prompt"]
lab.hypothesis("network", prediction=..., query="failures_by_host", verdict=..., because=...)

# %% network-answer tags=["solution"]
lab.hypothesis(
    "network",
    prediction="If packets were lost, pings would be lost too, hosts would differ, and times would scatter.",
    query="""SELECT name, min(value) AS least, max(value) AS most FROM metrics
             WHERE name LIKE 'ping.%' AND phase(time_utc) = '2 during' GROUP BY name ORDER BY name""",
    verdict="refuted",
    because="No ping is lost, the hosts fail alike, and every failure takes 2.0 s. Packets arrive; "
    "whether a program answers them is still open.",
)

# %% [markdown]
# ## The ledger
#
# Three suspicions, three predictions that could have held, three that did not.

# %% [markdown] tags=["notes"] minutes=4
# - Go back to the vote. Nobody needs to defend a hand; ask which prediction changed a mind.
# - The dotted line on the last page is the way into lab 04. Stop there.

# %% ledger tags=["scaffold"]
lab.ledger()

# %% [markdown]
# **Your turn.** How long did the three ideas take in the real incident: from the message that says
# "overload" (15:03) to the call for the administrator? Read the times from `messages`.

# %% cost tags=["prompt"]
dead_end_time = ...
lab.check("cost", dead_end_time)

# %% cost-answer tags=["solution"]
dead_end_time = con.sql("""
    SELECT max(time_utc) FILTER (WHERE text LIKE '%Escalating%')
         - min(time_utc) FILTER (WHERE text LIKE '%overload%')
    FROM messages
""")
lab.check("cost", dead_end_time)

# %% [markdown]
# **Explain.** All three ideas were reasonable. What could the team have done differently, without being any
# cleverer?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# Write the prediction down before acting, with the time at which it will be judged: "with three times the
# workers the errors fall by 15:20, or it is not overload". Test all three ideas side by side, since each
# needs one query. And roll back first: something changed at 14:30, and to undo it needs no theory.

# %% [markdown]
# ## What is left
#
# Draw what is known by now. The program runs, and waits. The pool has nothing to lend. The machine of the
# database answers pings.
#
# ```mermaid
# flowchart LR
#     accTitle: What was looked at so far
#     accDescr: The program, the pool and the network were looked at; how a connection comes to be was not.
#     code["the code: as ever"] --> pool["the pool: empty"]
#     pool -. "how does a connection come to be?" .-> db["the database's machine: answers pings"]
# ```
#
# Everything left and right of the dotted line was looked at for an hour. Nobody looked at the line.

# %% [markdown]
# ## What you can do now
#
# You can turn a suspicion into a prediction that may fail, test it with one query, and keep the result
# where the next person finds it. You know why waiting is not work, what a ping proves, and whose stack a
# timeout shows.

# %% done tags=["scaffold"]
lab.questions()

# %% [markdown]
# Next: **04 · The root cause**. The dotted line.
