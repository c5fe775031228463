# %% [markdown]
# # 06 · Never again
#
# The cause is known: a routine update carried a connection string with another port. Nobody had tried the
# string before it went out. Three things were promised afterwards: a deployment checklist, an automatic
# test of the connection, and clear instructions.
#
# In this lab you build two guards, and you *measure* what they are worth.

# %% load tags=["scaffold"]
import labkit

con = labkit.load("data/debacle")
lab = labkit.lab("06", con)
ground = labkit.proving_ground()
ground

# %% [markdown]
# ## The proving ground
#
# A guard that was never tried on a real fault is a wish. The proving ground holds every connection fault
# of the course, each as a numbered *case*: a connection string, and what listens where it leads.
#
# It needs no database server. When you connect, it raises the exceptions of the driver psycopg, with the
# words that a real PostgreSQL 18 caused. Where a connection succeeds, a small session answers.

# %% some-cases tags=["scaffold"]
ground.reveal(12, 25, 38)

# %% [markdown]
# Case 12 is the afternoon that you know. In case 25 the string did not change at all: the password was
# changed on the server. In case 38 everything works, with other people's money.
#
# `ground.cases` is the list of all cases. A case knows its `number`, and `deployed` says whether its
# connection string changed.

# %% [markdown]
# ## What no gate can stop
#
# A *gate* stands in the pipeline: it looks at an update and lets it pass or not. It can only act when
# there is an update.
#
# **Your turn.** In how many of the cases did the string stay as it was? No gate at a deployment would
# have met them.

# %% unchanged tags=["prompt"]
unchanged_cases = ...
lab.check("unchanged", unchanged_cases)

# %% unchanged-answer tags=["solution"]
unchanged_cases = sum(not case.deployed for case in ground.cases)
lab.check("unchanged", unchanged_cases)

# %% [markdown]
# ## The first guard: read the string
#
# A **check** only reads. It takes the connection string and returns a list of problems; an empty list
# means that it has nothing against it. It needs no network and no password, so it can run on every
# developer's machine within milliseconds.
#
# The least that a check can do is to ask whether the driver's own parser, libpq, can read the text.

# %% parser tags=["scaffold"]
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict


def readable(dsn):
    try:
        conninfo_to_dict(dsn)
    except ProgrammingError:
        return ["libpq cannot read it"]
    return []


# %% [markdown]
# **Predict.** How many of the cases will `readable` catch: nearly all, about half, or a handful?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown]
# **Your turn.** Run the check over all cases with `ground.run_check(readable)`. A report knows `caught`,
# `slipped` (the numbers of the cases) and `false_alarms`. How many cases were caught?

# %% parser-count tags=["prompt"]
caught_by_parser = ...
lab.check("parser", caught_by_parser)

# %% parser-count-answer tags=["solution"]
report = ground.run_check(readable)
caught_by_parser = len(report.caught)
lab.check("parser", caught_by_parser)

# %% [markdown]
# **Explain.** Why does the parser accept a text such as `postgresql://bank_app@${DB_HOST}/bank`?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The parser checks the *grammar*. `${DB_HOST}` could be the name of a machine as far as the grammar goes.
# Whether such a machine exists, and whether it is the right one, is another question.

# %% [markdown]
# ## What do we expect?
#
# A sentence can be good grammar and still be false. A better check compares the string with what the
# bank *expects*. The parts have libpq's names. If the string has no port, libpq takes 5432.

# %% expected tags=["scaffold"]
EXPECTED = {"host": "db-primary.bank.example", "port": "5432", "dbname": "bank", "user": "bank_app"}

conninfo_to_dict("postgresql://bank_app@db-primary.bank.example/bank")

# %% [markdown]
# **Predict.** Would a check that compares these four parts have stopped the update of 14:30? And the one
# that leads to staging?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown]
# **Your turn.** Complete `as_expected`, so that it returns one problem for each part that is not as
# expected. A missing port counts as 5432. Then say how many cases still *slip through*.


# %% parts tags=["prompt"]
def as_expected(dsn):
    problems = readable(dsn)
    if problems:
        return problems
    return []


report_of_check = ground.run_check(as_expected)
slipped_by_check = ...
lab.check("parts", slipped_by_check)


# %% parts-answer tags=["solution"]
def as_expected(dsn):
    problems = readable(dsn)
    if problems:
        return problems
    found = {"port": "5432", **conninfo_to_dict(dsn)}
    return [f"{part} is not {value}" for part, value in EXPECTED.items() if found.get(part) != value]


report_of_check = ground.run_check(as_expected)
slipped_by_check = len(report_of_check.slipped)
lab.check("parts", slipped_by_check)

# %% [markdown]
# ## Wolf!
#
# A guard that objects to good strings is soon switched off. So the runner also tries strings with which
# nothing is wrong, in several forms. Look at the false alarms of your check, and at what slipped through.

# %% report-of-check tags=["scaffold"]
report_of_check

# %% [markdown]
# **Explain.** What do the cases that slip through have in common? What is the price of a check that
# knows the expected values?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The string *looks* right: host, port, database and user are as expected. What is wrong lies in the
# password, in encryption or session settings, or on the server. The price: the expected values are
# written down a second time. When the database moves, somebody must change both, and the check objects
# until they do. That is what it is for.

# %% [markdown]
# ## The second guard: connect
#
# A **test** connects and asks. The proving ground hands it `connect`, which is used like
# `psycopg.connect`, and the string. A test says "wrong" by raising an exception. `connect_timeout` bounds
# the wait for a host that never answers; without it that wait may take minutes.


# %% select-one tags=["scaffold"]
def answers(connect, dsn):
    with connect(dsn, connect_timeout=3) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


# %% [markdown]
# **Predict.** "If it connects, it works." How many cases will slip through a test that connects and runs
# `SELECT 1`?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown]
# **Your turn.** Run the test with `ground.run_test(answers)`, look at the report, and say how many cases
# slip through.

# %% select-one-count tags=["prompt"]
slipped_by_select_one = ...
lab.check("select-one", slipped_by_select_one)

# %% select-one-count-answer tags=["solution"]
report_of_select_one = ground.run_test(answers)
slipped_by_select_one = len(report_of_select_one.slipped)
display(report_of_select_one)
lab.check("select-one", slipped_by_select_one)

# %% [markdown]
# ## Ask what the bank needs
#
# The bank does not need `SELECT 1`. It needs *its tables*, in *its environment*, and it must be able to
# *write*. Each is one statement. `ground.connect(36)` opens a session as the bank gets it in case 36, so
# that you can try statements by hand. Compare it with an ordinary day.

# %% by-hand tags=["scaffold"]
replica, ordinary = ground.connect(36), ground.connect_to_sound()
question = "SELECT current_database()"
replica.execute(question).fetchall(), ordinary.execute(question).fetchall()

# %% [markdown]
# The table `environment` has one row with a name. Such a *marker* costs a minute to make, and it lets a
# program ask where it is.
#
# **Your turn.** Case 36 leads to a read replica: a copy that takes no writes. Which of these statements
# gives another answer there than on an ordinary day?

# %% replica tags=["prompt"]
statements = [
    "SELECT 1",
    "SELECT current_database()",
    "SELECT count(*) > 0 FROM accounts",
    "SELECT name FROM environment",
    "SELECT pg_is_in_recovery()",
]
tells_the_replica = ...
lab.check("replica", tells_the_replica)

# %% replica-answer tags=["solution"]
statements = [
    "SELECT 1",
    "SELECT current_database()",
    "SELECT count(*) > 0 FROM accounts",
    "SELECT name FROM environment",
    "SELECT pg_is_in_recovery()",
]
differs = [s for s in statements if replica.execute(s).fetchall() != ordinary.execute(s).fetchall()]
[tells_the_replica] = differs
lab.check("replica", tells_the_replica)

# %% [markdown]
# **Your turn.** Case 38 leads to the staging database: another environment with invented customers.
# Which of the same statements tells it from an ordinary day?

# %% staging tags=["prompt"]
staging = ground.connect(38)
tells_staging = ...
lab.check("staging", tells_staging)

# %% staging-answer tags=["solution"]
staging = ground.connect(38)
differs = [s for s in statements if staging.execute(s).fetchall() != ordinary.execute(s).fetchall()]
[tells_staging] = differs
lab.check("staging", tells_staging)

# %% [markdown]
# ## A test must not leave traces
#
# Only a write shows that writing works. But this test will run against the real books. psycopg begins a
# transaction by itself, and at the end of the `with` block it *commits*, unless an exception was raised.


# %% writes tags=["scaffold"]
def can_write(connect, dsn):
    with connect(dsn, connect_timeout=3) as connection:
        connection.execute("INSERT INTO transfers VALUES ('probe', 'probe', 1)")


# %% [markdown]
# **Predict.** `can_write` runs over all cases and all sound strings. In how many of these runs does it
# leave a false transfer in somebody's books?
#
# **Your turn.** A report knows `left_behind`. Run the test and look.

# %% left-behind tags=["prompt"]
my_prediction = ...
false_transfers = ...
lab.check("left-behind", false_transfers)

# %% left-behind-answer tags=["solution"]
report_of_writing = ground.run_test(can_write)
false_transfers = report_of_writing.left_behind
lab.check("left-behind", false_transfers)

# %% [markdown]
# `connection.transaction(force_rollback=True)` takes everything back at the end of its block. The write
# is tried, the refusal of a replica is seen, and nothing remains.


# %% rolled-back tags=["scaffold"]
def can_write_and_forgets(connect, dsn):
    with connect(dsn, connect_timeout=3) as connection, connection.transaction(force_rollback=True):
        connection.execute("INSERT INTO transfers VALUES ('probe', 'probe', 1)")


ground.run_test(can_write_and_forgets).left_behind

# %% [markdown]
# ## A limit that only real work meets
#
# Case 37 sets a limit of 30 milliseconds for every statement. A test of quick statements passes. The
# statement page asks for the rows of `entries`, and that takes longer.
#
# **Your turn.** Use the evidence of the afternoon. Of the queries on `entries` *before* 14:30, what share
# took more than 30 ms, in per cent?

# %% time-limit tags=["prompt"]
con.sql("""
    SELECT count(*) AS queries, round(median(duration_ms), 1) AS median_ms
    FROM queries
    WHERE query_text LIKE '%FROM entries%'
""")
percent_over_limit = ...
lab.check("time-limit", percent_over_limit)

# %% time-limit-answer tags=["solution"]
[(percent_over_limit,)] = con.sql("""
    SELECT round(100 * avg((duration_ms > 30)::INT), 1)
    FROM queries
    WHERE query_text LIKE '%FROM entries%' AND start_utc < '2023-12-01 14:30:00'
""").fetchall()
lab.check("time-limit", percent_over_limit)

# %% [markdown]
# So one quick try would have passed three times out of four. A setting is better *read* than met:
# `SHOW statement_timeout` says what is in force, whether or not it hurts today.

# %% [markdown]
# ## Your connectivity test
#
# **Your turn.** Write the test that you would put into the bank's pipeline. Let it ask for what the bank
# needs, and let it leave nothing behind. How few cases can you let through, without a false alarm?


# %% my-test tags=["prompt"]
def my_test(connect, dsn):
    with connect(dsn, connect_timeout=3) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


report_of_test = ground.run_test(my_test)
report_of_test


# %% my-test-answer tags=["solution"]
def my_test(connect, dsn):
    with connect(dsn, connect_timeout=3) as connection, connection.transaction(force_rollback=True):
        assert connection.execute("SELECT name FROM environment").fetchone() == ("production",)
        assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("5s",)
        connection.execute("SELECT balance FROM accounts WHERE account_id = 9001 FOR UPDATE")
        connection.execute("INSERT INTO transfers VALUES ('probe', 'probe', 1)")


report_of_test = ground.run_test(my_test)
report_of_test

# %% [markdown]
# ## Both guards together
#
# The check runs first, because it is cheap and needs no secrets. What it lets through, the test meets.
# `a | b` is the report of a pipeline that runs both. `by_step` says where the cases were stopped.

# %% both tags=["scaffold"]
gate = report_of_check | report_of_test
print(gate.sentence)
gate.by_step

# %% [markdown]
# **Explain.** If the test catches so much alone, why keep the check? And what does a gate with "0 slipped
# through" *not* promise?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The check says *which part* is wrong, on the developer's machine, before a build. The test may only say
# "connection refused". And zero is a count over *these* cases. A gate runs once, from one place. It does
# not see a password that expires tomorrow, a rule that lets the pipeline in and keeps the bank out, or a
# fault that is not in the catalogue.

# %% [markdown]
# ## The deployment checklist
#
# What a machine can check belongs into the pipeline. A checklist is for the rest: decisions, people, and
# the way back. A good line names *when*, *what to do*, and *how you know it is done*. "Be careful" is not
# a line.

# %% [markdown]
# **Your turn.** Write five lines. Use what the afternoon cost: think of the configuration diff, of who is
# told, of the first minutes after the update, and of the roll-back that took eight minutes.

# %% [markdown] tags=["prompt"]
# | when | do | done when |
# |---|---|---|
# | before | | |

# %% [markdown] tags=["solution"]
# | when | do | done when |
# |---|---|---|
# | before | a second person reads the configuration diff, setting by setting | the release names them |
# | before | check and test run from the host that will run the bank | the pipeline shows both green |
# | before | the way back is written down, with the earlier string | a roll-back was rehearsed this month |
# | during | one host first; the others wait ten minutes | its error ratio is as before |
# | after | watch the error ratio and the known transfer for 15 minutes | both are as before |

# %% [markdown]
# Compare your lines with the checklist of this project, `docs/checklist.md`. What did you think of that it
# does not have?

# %% [markdown]
# ## When nothing fails
#
# One more afternoon, made for you: at 14:30 an update goes out that leads to another environment's
# database. Nobody gets an error page.

# %% quiet tags=["scaffold"]
quiet = ground.silent_afternoon()
labkit.query(quiet, "onset_and_recovery").project(
    "state, onset_utc, round(error_ratio_outside, 4) AS error_ratio"
)

# %% [markdown]
# **Predict.** The query that found the onset to the second says "no change". The error ratio is almost
# zero. What will the status codes show?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% statuses tags=["scaffold"]
quiet.sql("""
    SELECT time_bucket(INTERVAL 30 MINUTE, start_utc) AS time_utc,
           count(*) FILTER (WHERE status = 200) AS found,
           count(*) FILTER (WHERE status = 404) AS not_found,
           count(*) FILTER (WHERE status >= 500) AS errors
    FROM requests WHERE route = '/accounts/{account_id}'
    GROUP BY time_utc ORDER BY time_utc
""")

# %% [markdown]
# ## Correctness as an indicator
#
# Availability asks: *was there an answer?* **Correctness** asks: *was it the right one?* Both are service
# level indicators: a share of good events among all events that count.
#
# **Your turn.** Of the requests for an account page from 14:30 up to 17:00, what share found the account
# (status 200), in per cent?

# %% correct-share tags=["prompt"]
percent_correct = ...
lab.check("correct-share", percent_correct)

# %% correct-share-answer tags=["solution"]
[(percent_correct,)] = quiet.sql("""
    SELECT round(100 * avg((status = 200)::INT), 1)
    FROM requests
    WHERE route = '/accounts/{account_id}'
      AND start_utc >= '2023-12-01 14:30:00' AND start_utc < '2023-12-01 17:00:00'
""").fetchall()
lab.check("correct-share", percent_correct)

# %% [markdown]
# ## A known transfer
#
# This indicator needed luck: wrong data happened to look like 404. It is better to know the answer before
# you ask. The books hold a transfer `known-0001` of 12.50 that belongs to nobody. A *probe* reads it back
# all day long.
#
# **Your turn.** Complete the probe: it must object when the transfer is not there, or has another amount.


# %% probe tags=["prompt"]
def known_transfer(connect, dsn):
    with connect(dsn, connect_timeout=3) as connection:
        connection.execute("SELECT amount FROM transfers WHERE transfer_id = 'known-0001'")


runs = ground.watch(known_transfer, every_s=300)
percent_of_good_runs = ...
lab.check("probe-share", percent_of_good_runs)

# %% probe-answer tags=["solution"]
from decimal import Decimal


def known_transfer(connect, dsn):
    with connect(dsn, connect_timeout=3) as connection:
        rows = connection.execute("SELECT amount FROM transfers WHERE transfer_id = 'known-0001'").fetchall()
        assert rows == [(Decimal("12.50"),)], f"known transfer not in the books: {rows}"


runs = ground.watch(known_transfer, every_s=300)
percent_of_good_runs = round(100 * runs["correct"].mean(), 1)
lab.check("probe-share", percent_of_good_runs)

# %% [markdown]
# ## Two indicators, one afternoon
#
# The chart puts both below each other: what the error ratio saw, and what the probe saw.

# %% two-indicators tags=["scaffold"]
import matplotlib.pyplot as plt

ratio = labkit.query(quiet, "error_ratio", bucket_seconds=300).df()
figure, (above, below) = plt.subplots(2, 1, figsize=(10, 4.5), sharex=True, layout="constrained")
above.step(ratio["time_utc"], 100 * ratio["error_ratio"], where="post")
below.step(runs["time_utc"], 100 * runs["correct"], where="post", linestyle="--")
most, bad = ratio["error_ratio"].max(), (~runs["correct"]).sum()
finding = f"At most {most:.0%} of requests failed, and {bad} of {len(runs)} probes found wrong data"
above.set(ylabel="failed requests (%)", ylim=(-5, 105), title=finding)
below.set(ylabel="good probes (%)", ylim=(-5, 105), xlabel="time (UTC) on 2023-12-01")
plt.close(figure)
words = f"{finding}. Above: failed requests in per cent. Below: good runs of the probe."
labkit.charts.Chart(figure, finding, words, runs)

# %% [markdown]
# **Explain.** The probe runs every five minutes. After how long does it notice a fault, at best and at
# worst? Which fault would it miss, too?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# Between nothing and five minutes. It would miss a fault that spares the known transfer: a database that
# was restored from last week still has it. A probe that *writes* a new transfer through one door and
# reads it back through the other would see that too, and a replica that lags behind.

# %% [markdown]
# ## What you can do now
#
# You can build a check and a test, measure them on known faults, count false alarms, and say what a gate
# cannot promise. You can tell availability from correctness.
#
# Next: **07 · The postmortem**. Everything you found becomes a document that helps other people.
