# %% [markdown]
# # 00 · Start here
#
# A small bank had a bad afternoon. Its customers could not open their accounts, and it took the team
# hours to find out why. You get what the team had: logs, traces, measurements and messages.
#
# In this lab you meet the bank and its evidence, and you learn to ask questions with DuckDB. It takes
# about thirty minutes.

# %% [markdown] tags=["notes"] minutes=2
# - Two sentences about the bank are enough. The afternoon explains itself on the third page.
# - Tell them: nobody is graded on a prediction, but everyone writes one down.

# %% [markdown]
# ## How to work here
#
# Click on a cell and press **Shift+Enter** to run it. Do this from top to bottom.
#
# Each step has three parts. **Predict**: write down what you expect. **Run**: look at what comes.
# **Explain**: say why in your own words. A wrong prediction is useful, because it shows you what to look
# at again.

# %% [markdown]
# ## Check yourself
#
# Where a question has an answer, the cell ends with `lab.check`. Put your answer in the place of `...`
# and run the cell. The check says whether it is right, and if it knows your mistake, what it is.
#
# `lab.hint("people")` gives a hint for the question `people`; call it again for the next one, there are
# three. `lab.questions()` lists all questions.

# %% [markdown]
# ## Open the evidence
#
# `labkit.load` reads a folder of files into a database and gives you a connection to it. The database is
# DuckDB. What you learn about it here works in any other project too.

# %% load tags=["scaffold"]
import labkit

con = labkit.load("data/debacle")
lab = labkit.lab("00", con)
con.sql("FROM requests LIMIT 5")

# %% [markdown]
# You see the first five rows of the table `requests`. One row is one request that reached the bank. The
# table is wide: scroll it sideways. Under each column's name stands its type: text is `VARCHAR`, a moment
# is `TIMESTAMP`, a whole number is `BIGINT`.

# %% [markdown]
# ## See it before you understand it
#
# These rows are an afternoon. The console plays it again: press *Play*, or move the slider. The thick line
# is the share of requests that failed in each minute.
#
# **Predict.** An update changed some settings. What will the line look like if one of them is put back?
# Then choose *corrected*.

# %% [markdown] tags=["notes"] minutes=6
# - Play the afternoon at five minutes a second and be quiet.
# - Before *corrected*: "How many of the failed requests come back? None, half, nearly all?" Count hands.
# - Do not say which setting it is. The strings are hidden here on purpose.

# %% console tags=["scaffold"]
labkit.ReplayConsole(con, strings=False)

# %% [markdown]
# The same people asked for the same pages, and nearly nobody was turned away. Which setting it was, how one
# finds it, and why it took hours: that is the course. You will come back to this console in lab 05.

# %% [markdown]
# ## The bank
#
# ```mermaid
# flowchart LR
#     accTitle: The parts of the bank
#     accDescr: Browsers ask the edge, the edge asks one of three hosts of bank-web, these ask one database.
#     users[Browsers] --> edge[edge: nginx]
#     edge --> web1[bank-web-1]
#     edge --> web2[bank-web-2]
#     edge --> web3[bank-web-3]
#     web1 & web2 & web3 --> db[(db-primary: PostgreSQL)]
# ```
#
# A browser asks the **edge**. The edge passes the request to one of three hosts that run the program
# `bank-web`. Most pages need data, so `bank-web` asks the **database** and waits for the answer.

# %% [markdown]
# ## What people do at the bank
#
# A **route** is a kind of page. `GET /accounts/{account_id}` is the page of one account, whichever
# account it is. People log in, look at an account, read a statement, or send a transfer. The route
# `/livez` is different: no person opens it. The edge asks it every few seconds to learn if a host is
# alive.

# %% [markdown]
# ## What was collected
#
# Each file became one table. The table `sources` says how many lines each file had, how many rows they
# made, and how many lines could not be read. A line of the traces holds several pieces of work, so it
# makes several rows.

# %% sources tags=["scaffold"]
con.sql("""
    SELECT source_file, table_name, lines_in, rows_loaded, lines_rejected
    FROM sources
    ORDER BY source_file
""")

# %% [markdown]
# ## The grain of a table
#
# Before you count rows, ask: **what is one row?** This is called the *grain*. If you get the grain wrong,
# every number that follows is wrong, and no error message will tell you.

# %% [markdown]
# ### What the programs wrote
#
# | table | one row is |
# |---|---|
# | `logs` | one message of the program `bank-web` |
# | `spans` | one piece of work, with a start and an end |
# | `requests` | one request that the bank answered |
# | `queries` | one question to the database |
# | `postgres_log` | one message of the database server |
# | `access` | one request, as the edge saw it |
# | `metrics` | one measured value at one moment |

# %% [markdown]
# ### What people did, and what could not be read
#
# | table | one row is |
# |---|---|
# | `deployments` | one event of a software update |
# | `messages` | one message of a person or a pager |
# | `progress` | one snapshot of a class project that uses the bank |
# | `sources` | one file |
# | `rejects` | one line that could not be read |
#
# `requests` and `queries` are *views*: two ways to look at the rows of `spans`.

# %% [markdown]
# **Predict.** You have seen how the bank works. Will there be more `requests` or more `queries`? Why?

# %% [markdown] tags=["prompt"]
# *My prediction (double-click here to write):*

# %% [markdown] tags=["notes"] minutes=4
# - Take both predictions seriously; the reason matters more than the side.
# - Ask: "What is one row?" Ask it again in every lab.

# %% two-counts tags=["scaffold"]
con.sql("""
    SELECT (SELECT count(*) FROM requests) AS requests,
           (SELECT count(*) FROM queries) AS queries
""")

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# There are fewer queries than requests. Some pages need no data: the front page is always the same, and
# `/livez` only says "alive". Other requests *wanted* data and still have no query. Whether that is normal
# is a question for the next labs.

# %% [markdown]
# ## Your first question
#
# **Your turn.** The edge asks for `/livez`, people ask for the rest.
# `WHERE route <> '/livez'` keeps the rows whose route is another one. How many requests did *people* make?

# %% people tags=["prompt"]
people = ...
lab.check("people", people)

# %% people-answer tags=["solution"]
[(people,)] = con.sql("SELECT count(*) FROM requests WHERE route <> '/livez'").fetchall()
lab.check("people", people)

# %% [markdown]
# `.fetchall()` brings a result to Python: a list of rows. With `[(people,)] = ...` the only value of the
# only row gets a name. You may as well read the number and type it.

# %% [markdown]
# ## SELECT: choose columns
#
# `SELECT` names the columns you want, `FROM` the table, `ORDER BY` the order, and `LIMIT` how many rows.
# Name an order whenever you look at only some rows: without it, *which* rows you get is left to the
# database.

# %% select tags=["scaffold"]
con.sql("""
    SELECT start_utc, method, path, status, duration_ms
    FROM requests
    ORDER BY start_utc
    LIMIT 5
""")

# %% [markdown]
# All times are UTC, the time zone that servers share. `status` is the HTTP status: 200 means that all
# went well, 404 means "no such page", and 500 or more means that the server failed. `duration_ms` is in
# milliseconds.

# %% [markdown]
# **Your turn.** Which requests took longest? Change the query: order by `duration_ms DESC` (from large to
# small), and show the `route` in place of the `path`. Then name the route of the longest one. `.show()`
# shows a result that is not the last line of its cell.

# %% slowest tags=["prompt"]
con.sql("""
    SELECT start_utc, method, path, status, duration_ms
    FROM requests
    ORDER BY start_utc
    LIMIT 5
""").show()
slowest_route = ...
lab.check("slowest", slowest_route)

# %% slowest-answer tags=["solution"]
longest = con.sql("""
    SELECT start_utc, method, route, status, duration_ms
    FROM requests
    ORDER BY duration_ms DESC, span_id
    LIMIT 5
""")
longest.show()
slowest_route = longest.fetchall()[0][2]
lab.check("slowest", slowest_route)

# %% [markdown] tags=["solution"]
# `span_id` at the end of `ORDER BY` decides between rows of equal duration, so the answer is the same
# each time.

# %% [markdown]
# ## WHERE: choose rows
#
# `WHERE` keeps the rows for which something is true. Text stands in single quotes. The column `failed` is
# true when the server could not do what it was asked.

# %% where tags=["scaffold"]
con.sql("""
    SELECT start_utc, route, status, failed
    FROM requests
    WHERE host_name = 'bank-web-2' AND route = '/login'
    ORDER BY start_utc
    LIMIT 4
""")

# %% [markdown]
# **Predict.** A page that does not exist gives status 404. Is that a failure of the server?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% not-found tags=["scaffold"]
con.sql("""
    SELECT status, failed, count(*) AS requests
    FROM requests
    WHERE status >= 400
    GROUP BY status, failed ORDER BY status
""")

# %% [markdown]
# A 404 is a correct answer to a wrong question, and so are the others of the four hundreds. If you counted
# every status from 400 up as a failure, mistyped addresses would look like an outage.
#
# **Your turn.** How many requests failed?

# %% failed tags=["prompt"]
failed_requests = ...
lab.check("failed", failed_requests)

# %% failed-answer tags=["solution"]
[(failed_requests,)] = con.sql("SELECT count(*) FROM requests WHERE failed").fetchall()
lab.check("failed", failed_requests)

# %% [markdown]
# ## GROUP BY: count by kind
#
# `GROUP BY` makes one row out of all rows that share a value. Here that value is the route. The grain
# changes: one row is now *one route*.

# %% group-by tags=["scaffold"]
con.sql("""
    SELECT route, count(*) AS requests, round(median(duration_ms), 1) AS median_ms
    FROM requests
    GROUP BY route
    ORDER BY requests DESC, route
""")

# %% [markdown]
# The *median* is the value in the middle: half of the requests were faster. It is calmer than the
# average, because a few very slow requests cannot pull it up.

# %% [markdown]
# **Your turn.** Two seconds for an account page? Most of them failed that day. Take only those that did
# *not* fail: what is their median, in milliseconds? `AND NOT failed` adds a condition.

# %% median-page tags=["prompt"]
median_page_ms = ...
lab.check("median-page", median_page_ms)

# %% median-page-answer tags=["solution"]
[(median_page_ms,)] = con.sql("""
    SELECT median(duration_ms) FROM requests
    WHERE route = '/accounts/{account_id}' AND NOT failed
""").fetchall()
lab.check("median-page", median_page_ms)

# %% [markdown]
# **Your turn.** Do the three hosts share the work fairly? Count requests by `host_name`. Leave out
# `/livez`, since no person asks for it. How many did `bank-web-2` answer?

# %% by-host tags=["prompt"]
con.sql("""
    SELECT route, count(*) AS requests
    FROM requests
    GROUP BY route
    ORDER BY route
""").show()
by_bank_web_2 = ...
lab.check("one-host", by_bank_web_2)

# %% by-host-answer tags=["solution"]
by_host = con.sql("""
    SELECT host_name, count(*) AS requests
    FROM requests
    WHERE route <> '/livez'
    GROUP BY host_name
    ORDER BY host_name
""")
by_host.show()
by_bank_web_2 = dict(by_host.fetchall())["bank-web-2"]
lab.check("one-host", by_bank_web_2)

# %% [markdown] tags=["solution"]
# The three numbers are close to each other, so the edge spreads the work evenly.

# %% [markdown]
# ## time_bucket: count by time
#
# To see how something changes, cut time into equal pieces. `time_bucket` gives the start of the piece in
# which a moment lies.

# %% time-bucket tags=["scaffold"]
con.sql("""
    SELECT time_bucket(INTERVAL 30 MINUTE, start_utc) AS time_utc, count(*) AS requests
    FROM requests
    WHERE route <> '/livez'
    GROUP BY time_utc
    ORDER BY time_utc
""")

# %% [markdown]
# **Predict.** People kept using the bank during the outage, or they gave up. Which one do you see in
# these numbers? What would you need to know to be sure?

# %% [markdown] tags=["prompt"]
# *My thoughts:*

# %% [markdown] tags=["solution"]
# The number of requests per half hour falls a little, and does not collapse. Most people kept trying. To
# be sure you would compare with an ordinary afternoon, and look at how many requests *one visit* makes:
# people who reload a broken page make more.

# %% [markdown]
# ## The worst quarter of an hour
#
# **Your turn.** Take pieces of 15 minutes, and add a column with the number of failed requests. The
# pattern is `count(*) FILTER (WHERE failed) AS failures`. `.df()` at the end makes the result a pandas
# table. In which quarter of an hour did most requests fail? Give the moment at which it starts.

# %% quarters tags=["prompt"]
quarters = con.sql("""
    SELECT time_bucket(INTERVAL 30 MINUTE, start_utc) AS time_utc, count(*) AS requests
    FROM requests
    WHERE route <> '/livez'
    GROUP BY time_utc
    ORDER BY time_utc
""").df()
display(quarters)
worst_quarter = ...
lab.check("worst-quarter", worst_quarter)

# %% quarters-answer tags=["solution"]
quarters = con.sql("""
    SELECT time_bucket(INTERVAL 15 MINUTE, start_utc) AS time_utc,
           count(*) AS requests,
           count(*) FILTER (WHERE failed) AS failures
    FROM requests WHERE route <> '/livez'
    GROUP BY time_utc
    ORDER BY time_utc
""").df()
display(quarters)
worst_quarter = quarters["time_utc"][quarters["failures"].idxmax()]
lab.check("worst-quarter", worst_quarter)

# %% [markdown] tags=["solution"]
# You can already see the outage. Before it and after it there is a failure now and then: no real system
# is free of them. When exactly the outage began is one of the questions of the next lab.

# %% [markdown]
# ## JOIN: follow one request
#
# A request and the work it caused carry the same `trace_id`. `JOIN ... USING (trace_id)` puts rows with
# the same id side by side. So you can see how much of a page's time was spent in the database.

# %% join tags=["scaffold"]
con.sql("""
    SELECT r.route, round(r.duration_ms, 1) AS page_ms, q.operation, round(q.duration_ms, 1) AS query_ms
    FROM requests AS r JOIN queries AS q USING (trace_id)
    ORDER BY r.start_utc, q.start_utc
    LIMIT 6
""")

# %% [markdown]
# **Predict.** The grain of the result is one row a *query*. What happens to requests that made no query?
# And to requests that made two?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown]
# **Your turn.** Count the rows of the join for each route, next to the number of different requests:
# `count(DISTINCT r.trace_id)`. How many different requests are in the whole join?

# %% join-grain tags=["prompt"]
con.sql("""
    SELECT r.route, count(*) AS result_rows
    FROM requests AS r JOIN queries AS q USING (trace_id)
    GROUP BY r.route
    ORDER BY r.route
""").show()
joined_requests = ...
lab.check("joined", joined_requests)

# %% join-grain-answer tags=["solution"]
by_route = con.sql("""
    SELECT r.route, count(*) AS result_rows, count(DISTINCT r.trace_id) AS different_requests
    FROM requests AS r JOIN queries AS q USING (trace_id)
    GROUP BY r.route
    ORDER BY r.route
""")
by_route.show()
joined_requests = sum(row[2] for row in by_route.fetchall())
lab.check("joined", joined_requests)

# %% [markdown] tags=["solution"]
# A request with two queries appears twice, and a request without a query disappears. Neither is an error:
# it is what a join means. That is why you ask for the grain first. `LEFT JOIN` would keep the requests
# without a query.

# %% [markdown]
# ## Lines that could not be read
#
# Real files have broken lines. None is dropped in silence here: each one stands in `rejects` with its
# file, its line number and the reason. Look there before you trust a count.

# %% rejects tags=["scaffold"]
con.sql("SELECT count(*) AS rejected_lines FROM rejects")

# %% [markdown]
# ## Ready-made questions
#
# Some questions come up in every outage. They have names, and `labkit.query` runs them. Nothing is
# hidden: `labkit.show_sql` shows the SQL behind a name, so that you can copy and change it.

# %% named tags=["scaffold"]
labkit.query(con, "error_ratio", bucket_seconds=1800)

# %% [markdown]
# ## Your own question
#
# **Your turn.** Ask the evidence something that you would like to know. If nothing comes to mind: which
# account page is opened most often? Who wrote the most `messages`?

# %% own-question tags=["prompt"]
con.sql("""
    SELECT time_utc, channel, author
    FROM messages
    ORDER BY time_utc
    LIMIT 5
""")

# %% own-question-answer tags=["solution"]
con.sql("""
    SELECT channel, author, count(*) AS messages
    FROM messages
    GROUP BY channel, author
    ORDER BY messages DESC, channel, author
""")

# %% [markdown]
# ## What you can do now
#
# You can open a case, ask for the grain of a table, choose columns and rows, count by kind and by time,
# and follow one request through the system.
#
# Next: **01 · Detection and impact**. What did users see, when did it begin, and how bad was it?
