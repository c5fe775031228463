# %% [markdown]
# # 04 · The root cause
#
# For two hours the bank looked at what was *there*: busy-looking pages, an error in every line of the log.
# Then a database administrator looked at what was *not* there. Twenty minutes later the cause was found.
#
# In this lab you take the same way, and you name the cause to the letter. It takes about an hour. You can
# start here.

# %% load tags=["scaffold"]
import labkit

con = labkit.load("data/debacle")
lab = labkit.lab("04", con)
con.sql("SELECT text FROM messages WHERE author = 'database administrator'").df()["text"][0]

# %% [markdown]
# ## What is known
#
# - Since 14:30 UTC every page that needs data fails, on all three hosts, after two seconds each.
# - The program waits for a connection that its **pool** should lend it, and the pool has none.
# - The processors are idle, pings come back, and the program's own code is as it was.
#
# So the trouble lies between the pool and the database. The macro tells the three phases apart.

# %% phase tags=["scaffold"]
con.execute("""
    CREATE OR REPLACE TEMP MACRO phase(t) AS
        CASE WHEN t < TIMESTAMP '2023-12-01 14:30' THEN '1 before'
             WHEN t < TIMESTAMP '2023-12-01 17:00' THEN '2 during' ELSE '3 after' END
""")
con.sql("""
    SELECT phase(start_utc) AS phase, count(*) AS requests, count(*) FILTER (WHERE failed) AS failed
    FROM requests WHERE route <> '/livez' GROUP BY ALL ORDER BY phase
""")

# %% [markdown]
# ## Evidence of absence
#
# A dog that does not bark in the night says something, but only to those who know that it usually barks. To
# use silence as evidence you need two numbers: what is there, and what would usually be there.

# %% [markdown]
# ### Spans that are not there
#
# A request leaves a *server span*, and each question that it puts to the database leaves a *query span*
# below it. The page of an account asks one question.
#
# **Predict.** What stands below the server span of an account page that *failed*: a query span with an
# error, a query span of two seconds, or nothing?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% two-traces tags=["scaffold"]
con.sql("""
    WITH examples AS (
        SELECT failed, arg_min(trace_id, start_utc) AS trace_id FROM requests
        WHERE route = '/accounts/{account_id}' AND phase(start_utc) <> '3 after' GROUP BY failed
    )
    SELECT examples.failed, kind, name, status_code, round(duration_ms, 1) AS duration_ms
    FROM spans JOIN examples USING (trace_id)
    ORDER BY examples.failed, start_utc
""")

# %% [markdown]
# One failed request is an example, and not yet a finding.
#
# **Your turn.** Of *all* requests that failed during the outage: how many per cent have no query span in
# their trace? The view `queries` holds the query spans.

# %% missing-spans tags=["prompt"]
percent_without = ...
lab.check("missing-spans", percent_without)

# %% missing-spans-answer tags=["solution"]
percent_without = con.sql("""
    SELECT 100 * avg((trace_id NOT IN (SELECT trace_id FROM queries))::INT)
    FROM requests
    WHERE failed AND phase(start_utc) = '2 during'
""")
lab.check("missing-spans", percent_without)

# %% [markdown]
# **Explain.** A query that fails leaves a span with an error. A query that takes long leaves a long span.
# Here is neither. What must have failed, so that no query could even begin?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The *connection*. A query needs one, and the pool could not make one. Nobody writes a span for a connection
# that does not come about, so the traces show the failure only as a hole.

# %% [markdown]
# ### A log that is silent
#
# The database server keeps a log of its own: who connects, who leaves, what goes wrong.
#
# **Predict.** What will it say between 14:30 and 17:00: refused log-ins, failed queries, a crash, or
# nothing?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% server-says tags=["scaffold"]
con.sql("""
    SELECT phase(time_utc) AS phase, backend_type,
           regexp_extract(message, '^[a-z]+ ?[a-z]*') AS message_begins, count(*) AS lines
    FROM postgres_log
    WHERE time_utc NOT BETWEEN '2023-12-01 14:29:50' AND '2023-12-01 14:30:10'
      AND time_utc NOT BETWEEN '2023-12-01 16:59:50' AND '2023-12-01 17:00:10'
    GROUP BY ALL ORDER BY phase, lines DESC, message_begins
""").df()

# %% [markdown]
# (The query leaves out the ten seconds around the two changes of version.) The named query `log_silence`
# finds the gaps between two lines *about clients*, and says what is usual.
#
# **Your turn.** How long did the server hear nothing of any client?

# %% silence tags=["prompt"]
silence = ...
lab.check("silence", silence)

# %% silence-answer tags=["solution"]
silence = labkit.query(con, "log_silence").project("until_utc - from_utc").limit(1)
lab.check("silence", silence)

# %% [markdown]
# ### Two kinds of silence
#
# A server that is dead is silent, and so is a server that nobody calls. Which is it? A server that stops or
# starts says so: its messages contain the words `database system`. One that turns somebody away writes a
# line of the severity `FATAL`.

# %% start-stop tags=["scaffold"]
con.sql("""
    SELECT count(*) FILTER (WHERE message LIKE '%database system%') AS starts_and_stops,
           count(*) FILTER (WHERE error_severity = 'FATAL') AS turned_away,
           count(*) AS lines_in_all
    FROM postgres_log
""")

# %% [markdown]
# **Your turn.** Which explanation fits the *whole* log of the server?

# %% server-state tags=["prompt"]
explanation = ...
lab.check("server-state", explanation)

# %% server-state-answer tags=["solution"]
explanation = "it ran, and no client came"
lab.check("server-state", explanation)

# %% [markdown]
# **Explain.** At 14:30:06 the log has a dozen lines that say goodbye (`disconnection`). Whose are they?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# They are the connections of version 1.7.4: three hosts, each with a pool of four. The old program closed
# them in good order when it was replaced. The new program should have opened its own at the same moment. It
# never came.

# %% [markdown]
# ## What the program said about it
#
# The bank's program knew that it could not connect. Did it say why? Thousands of its records carry the
# pool's timeout, and a timeout hides its cause: it names the one who waited.

# %% voices tags=["scaffold"]
con.sql("""
    SELECT logger, severity_text, count(*) FILTER (WHERE phase(time_utc) = '2 during') AS during,
           count(*) FILTER (WHERE phase(time_utc) <> '2 during') AS outside
    FROM logs WHERE severity_number >= 13
    GROUP BY ALL ORDER BY during DESC, logger, severity_text
""").df()

# %% [markdown]
# **Your turn.** Most of these records repeat the timeout, or belong to every afternoon. Which logger would
# you read to learn *why* there is no connection?

# %% which-logger tags=["prompt"]
logger = ...
lab.check("which-logger", logger)

# %% which-logger-answer tags=["solution"]
logger = "psycopg.pool"
lab.check("which-logger", logger)

# %% [markdown]
# **Your turn.** Read what it says: each different `body` of that logger, with its number. Filter by
# `severity_text`, too, and `print` the texts if they are cut off.

# %% read-it tags=["prompt"]
con.sql("""
    SELECT body, count(*) AS records
    FROM logs
    WHERE severity_text = 'ERROR'
    GROUP BY body
    ORDER BY records DESC
""")

# %% read-it-answer tags=["solution"]
bodies = con.sql("""
    SELECT body, count(*) AS records
    FROM logs
    WHERE logger = 'psycopg.pool'
    GROUP BY body
    ORDER BY records DESC
""").fetchall()
for body, records in bodies:
    print(f"{records} records: {body}\n")

# %% [markdown]
# ### How far did it get?
#
# A connection comes about in steps, and each step fails in its own words.
#
# ```mermaid
# flowchart LR
#     accTitle: The steps of a connection
#     accDescr: Look up the name, reach the machine, find a program that listens, log in, run the query.
#     name["look up the name"] --> machine["reach the machine"] --> program["a program listens"]
#     program --> login["log in"] --> query["query"]
# ```
#
# **Your turn.** Read the warning again, to its last word. Where did the connection end?

# %% how-far tags=["prompt"]
it_ended = ...
lab.check("how-far", it_ended)

# %% how-far-answer tags=["solution"]
it_ended = "the machine answered that nobody listens there"
lab.check("how-far", it_ended)

# %% [markdown]
# A machine has one address and many numbered doors. The warning names both: the address, and behind it the
# door that was knocked at.
#
# **Your turn.** Which number was it?

# %% dialled tags=["prompt"]
number = ...
lab.check("dialled", number)

# %% dialled-answer tags=["solution"]
number = con.sql(r"""
    SELECT DISTINCT regexp_extract(body, 'port (\d+) failed', 1)
    FROM logs
    WHERE logger = 'psycopg.pool' AND body LIKE '%connection failed%'
""")
lab.check("dialled", number)

# %% [markdown]
# Now look where the queries went whenever they got through. The view `queries` carries the address and the
# number that each of them used.

# %% targets tags=["scaffold"]
labkit.query(con, "query_targets", from_utc="2023-12-01 14:30", until_utc="2023-12-01 17:00").project(
    "server_address, server_port, db_namespace, during, outside"
)

# %% [markdown]
# **Explain.** Put the two side by side, in one sentence.

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The database listens at 5432, and all good queries went there. From 14:30 to 17:00 the bank knocked at 5433
# of the same machine, where nobody listens. The machine was well enough to say so at once, thousands of
# times.

# %% [markdown]
# ### Unread for how long?
#
# The cause stood in the log from the beginning, in WARNINGs that nobody looked for among so many ERRORs.

# %% causes tags=["scaffold"]
labkit.charts.errors_by_cause(con)

# %% [markdown]
# **Your turn.** How long had it stood there when the senior engineer wrote "Found it"? Take the log of
# `bank-web-1`, whose clock is right.

# %% unread tags=["prompt"]
unread = ...
lab.check("unread", unread)

# %% unread-answer tags=["solution"]
unread = con.sql("""
    SELECT (SELECT min(time_utc) FROM messages WHERE text LIKE 'Found it%')
         - (SELECT min(time_utc) FROM logs WHERE logger = 'psycopg.pool' AND host_name = 'bank-web-1')
""")
lab.check("unread", unread)

# %% [markdown]
# ## What changed
#
# A symptom explained is not yet a cause. *Why* did the bank knock there? Something changed at 14:30: the
# record of the deployment lists its settings, before and after.
#
# **Predict.** Several settings changed. Before you look: what would a setting have to *do* to bring this
# about?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% settings tags=["scaffold"]
con.sql("""
    SELECT unnest(config_diff, recursive := true)
    FROM deployments
    WHERE time_utc = '2023-12-01 14:30:00'
""").df()

# %% [markdown]
# **Your turn.** Which of these settings is it? Go through them one by one: what would *this* change do, and
# does it fit all that you have found?

# %% which-setting tags=["prompt"]
setting = ...
lab.check("which-setting", setting)

# %% which-setting-answer tags=["solution"]
setting = "DATABASE_URL"
lab.check("which-setting", setting)

# %% [markdown]
# ### Side by side
#
# A **connection string** packs everything that a connection needs into one line: who, where, which
# database. `labkit.Dsn` takes it apart, as the driver does. The record keeps no password, only three stars.

# %% strings tags=["scaffold"]
[(before, after)] = con.sql("""
    SELECT s.before, s.after
    FROM (SELECT unnest(config_diff) AS s FROM deployments WHERE time_utc = '2023-12-01 14:30:00')
    WHERE s.key = 'DATABASE_URL'
""").fetchall()
old, new = labkit.Dsn.parse(before), labkit.Dsn.parse(after)
old.shown

# %% [markdown]
# **Your turn.** Compare them: `old.diff(new)`. Then answer with the part that was wrong, and the value that
# it *should* have had, as a pair: `("host", "db.example")`.

# %% the-part tags=["prompt"]
part_and_value = ...
lab.check("the-part", part_and_value)

# %% the-part-answer tags=["solution"]
[change] = old.diff(new)
print(old.diff(new))
part_and_value = (change.part, change.before)
lab.check("the-part", part_and_value)

# %% [markdown]
# One character. Machines read a connection string; people skim it.
#
# **Your turn.** There is one part of which this record cannot say whether it changed. Which?

# %% cannot-tell tags=["prompt"]
unknown_part = ...
lab.check("cannot-tell", unknown_part)

# %% cannot-tell-answer tags=["solution"]
unknown_part = "password"
lab.check("cannot-tell", unknown_part)

# %% [markdown]
# ## Does it explain everything?
#
# A root cause must explain what was there *and* what was not. It also predicts something that you have not
# looked at yet: when the old string came back, the first query must follow the last warning within moments,
# on every host. (The log of one of them is some seconds slow, as lab 02 found.)

# %% end tags=["scaffold"]
con.sql("""
    SELECT host_name,
           max(time_utc) FILTER (WHERE logger = 'psycopg.pool') AS last_warning,
           (SELECT min(q.start_utc) FROM queries AS q
            WHERE q.host_name = logs.host_name AND phase(q.start_utc) = '3 after') AS first_query
    FROM logs
    GROUP BY host_name ORDER BY host_name
""")

# %% [markdown]
# **Your turn.** Write the entry for the ledger. A good prediction names something that would be *different*
# if you were wrong.

# %% root-cause tags=["prompt"]
lab.hypothesis("root cause", prediction=..., query="query_targets", verdict=..., because=...)

# %% root-cause-answer tags=["solution"]
lab.hypothesis(
    "root cause",
    prediction="If the bank dials the wrong port, all hosts are refused at once, no query begins, the server "
    "hears nothing, and it all starts and ends with the string.",
    query="""SELECT host_name, regexp_extract(body, 'port [0-9]+ failed: [A-Za-z ]+') AS said,
                    count(*) AS records
             FROM logs WHERE logger = 'psycopg.pool' AND body LIKE '%connection failed%'
             GROUP BY ALL ORDER BY host_name""",
    verdict="supported",
    because="DATABASE_URL of 1.8.0 names port 5433 where 5432 stood before and after; nothing else in the "
    "update touches connections.",
)

# %% [markdown]
# ## Trigger, cause, and what made it worse
#
# The update was the **trigger**. What was wrong in it is the **root cause**. Neither explains why it took
# two and a half hours: for that there are **contributing factors**, things without which the same mistake
# would have been harmless, or short.
#
# **Your turn.** Which of these are contributing factors? `lab.check("contributing", ...)` lists them.

# %% contributing tags=["prompt"]
factors = ...
lab.check("contributing", factors)

# %% contributing-answer tags=["solution"]
factors = [
    "no test connects to the database before a release goes live",
    "the health check needs no database",
    "no alarm watches the error ratio",
    "the pool's timeout hides its reason",
]
lab.check("contributing", factors)

# %% [markdown]
# **Explain.** Somebody typed that character. Why is "somebody made a mistake" no root cause?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# Because nothing follows from it. People mistype every day, and will tomorrow. The question that helps is
# why the mistake could travel from a keyboard to every customer without meeting a single test. Each answer
# to *that* is something that can be built.

# %% [markdown]
# ## What you can do now
#
# You can use silence as evidence, tell a dead server from one that nobody calls, find the rare line behind
# the loud ones, read how far a connection got, and compare two connection strings part by part.

# %% done tags=["scaffold"]
lab.questions()

# %% [markdown]
# Next: **05 · Replay the fix**. What would the afternoon have been with the right string?
