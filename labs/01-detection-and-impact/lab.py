# %% [markdown]
# # 01 · Detection and impact
#
# Something was wrong at the bank on the first of December 2023. Before anybody asks *why*, four questions
# must be answered, because they decide how much help is called and what customers are told:
#
# 1. What did users see?
# 2. When did it begin?
# 3. How bad was it?
# 4. Who noticed, and how late?

# %% load tags=["scaffold"]
import labkit

con = labkit.load("data/debacle")
lab = labkit.lab("01", con)
con.sql("SELECT min(start_utc) AS first_request, max(start_utc) AS last_request FROM requests")

# %% [markdown]
# ## What users saw
#
# Users do not read logs. They read a page, and when the page is broken, some of them write to the bank.
# Their messages are in the table `messages`, under the channel `user-report`.

# %% [markdown]
# **Predict.** What will the first users complain about: that the bank is slow, that pages are missing, or
# that they see an error? And which page will they name?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% reports tags=["scaffold"]
con.sql("""
    SELECT time_utc, text FROM messages
    WHERE channel = 'user-report'
    ORDER BY time_utc
    LIMIT 4
""")

# %% [markdown]
# Most users who see an error write nothing. They reload, and then they go away. So reports tell you
# *what* hurts, but not *how many* it hurts. For that you count requests.

# %% [markdown]
# ## When it began, as people tell it
#
# **Your turn.** Find the moment of the first user report. The pattern is `min(time_utc)`.

# %% first-report tags=["prompt"]
con.sql("""
    SELECT count(*) AS reports
    FROM messages
    WHERE channel = 'user-report'
""").show()
first_report = ...
lab.check("first-report", first_report)

# %% first-report-answer tags=["solution"]
[(first_report,)] = con.sql("""
    SELECT min(time_utc) AS first_report_utc
    FROM messages
    WHERE channel = 'user-report'
""").fetchall()
lab.check("first-report", first_report)

# %% [markdown]
# ## When it began, as the requests tell it
#
# Is the first report also the moment when the trouble began? The column `failed` is true for every
# request that the server could not answer. So the first failed request should show the beginning. Or
# should it?

# %% first-failures tags=["scaffold"]
con.sql("""
    SELECT start_utc, route, status, error_type
    FROM requests WHERE failed
    ORDER BY start_utc, span_id
    LIMIT 4
""")

# %% [markdown]
# **Explain.** Look at the times and at the kinds of error. Did the outage begin with the first row?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# No. What failed first failed alone, minutes before the others, and for another reason. Every real
# system has such failures. If "something failed" were the sign of an outage, most days would have one.
# The sign must be a *change*: more failures than usual, for a while.

# %% [markdown]
# ## Failures a minute
#
# **Predict.** Counted by the minute, will the number of failures rise slowly (a *ramp*), or jump (a
# *step*)? Each shape speaks for another kind of cause.
#
# **Your turn.** Count requests and failures for each minute from 14:25 to 14:35. Times can be compared
# with `BETWEEN`. Leave out `/livez`: the edge asks it, and no user does. Which shape do you see: `step`,
# `ramp`, `spike` (up, and down again at once) or `wave`?

# %% minutes tags=["prompt"]
my_prediction = "ramp or step?"
con.sql("""
    SELECT time_bucket(INTERVAL 1 MINUTE, start_utc) AS time_utc, count(*) AS requests
    FROM requests
    WHERE start_utc BETWEEN '2023-12-01 14:25:00' AND '2023-12-01 14:35:00'
    GROUP BY time_utc
    ORDER BY time_utc
""").show()
shape = ...
lab.check("shape", shape)

# %% minutes-answer tags=["solution"]
con.sql("""
    SELECT time_bucket(INTERVAL 1 MINUTE, start_utc) AS time_utc,
           count(*) AS requests,
           count(*) FILTER (WHERE failed) AS failures
    FROM requests
    WHERE route <> '/livez' AND start_utc BETWEEN '2023-12-01 14:25:00' AND '2023-12-01 14:34:59'
    GROUP BY time_utc
    ORDER BY time_utc
""").show()
shape = "step"
lab.check("shape", shape)

# %% [markdown] tags=["solution"]
# The failures jump within one minute, and then stay: a *step*. A system that runs full shows a *ramp*. It
# gets slow first, and fails later.

# %% [markdown]
# ## From counts to a ratio
#
# A count of failures also rises when more people come. The **error ratio** divides by the number of
# requests:
#
# $$\text{error ratio} = \frac{\text{failed requests}}{\text{all requests}}$$
#
# It answers the user's question: "if I click now, how likely is an error?"

# %% per-minute tags=["scaffold"]
per_minute = con.sql("""
    SELECT time_bucket(INTERVAL 1 MINUTE, start_utc) AS time_utc,
           count(*) FILTER (WHERE failed) / count(*) AS error_ratio
    FROM requests WHERE route <> '/livez'
    GROUP BY time_utc ORDER BY time_utc
""").df()

# %% [markdown]
# ## Draw it yourself
#
# `per_minute` is a pandas table with two columns. matplotlib draws it: `axes.plot(x, y)` makes the line,
# and a reader who sees only this picture must learn from it what is shown, in which unit, and what to
# take away.

# %% [markdown]
# **Your turn.** Complete the chart: name both axes with their units, and give it a *finding* as its
# title. "Error ratio" is a topic. "What happened, when, how much" is a finding. Then say the picture in
# words, for a reader who cannot see it.

# %% draw tags=["prompt"]
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(10, 4))
axes.plot(per_minute["time_utc"], per_minute["error_ratio"])
axes.set(xlabel="...", ylabel="...", title="...")
plt.close(figure)  # the next line shows it, together with your words
labkit.charts.Chart(figure, "the finding", "the picture in words", per_minute)

# %% draw-answer tags=["solution"]
import matplotlib.pyplot as plt
from matplotlib.dates import DateFormatter

figure, axes = plt.subplots(figsize=(10, 4), layout="constrained")
axes.plot(per_minute["time_utc"], 100 * per_minute["error_ratio"], drawstyle="steps-post")
axes.xaxis.set_major_formatter(DateFormatter("%H:%M"))
finding = "From 14:30 to 17:00 most requests to the bank failed"
axes.set(xlabel="time (UTC) on 2023-12-01", ylabel="failed requests (%)", ylim=(0, 100), title=finding)
plt.close(figure)  # the last line shows it, together with your words
words = f"Per minute: almost no failures, then up to {per_minute['error_ratio'].max():.0%}, then almost none."
labkit.charts.Chart(figure, finding, words, per_minute)

# %% [markdown]
# ## Compare with the lab's chart
#
# `labkit.charts` draws the same ratio and marks what is known of the day. Its title is made from the
# data. A chart is also a table: `chart.table` holds every number that is drawn, and `chart.alt` says it
# in words for readers who cannot see the picture.

# %% chart tags=["scaffold"]
chart = labkit.charts.error_ratio(con)
chart

# %% [markdown]
# **Explain.** What do the marks add to your own chart? Which of them lies on the edge of the shaded part?
# Be careful: two things that happen together are a lead, and not yet a cause.

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The failures begin where a new version of the bank went out, and end where the roll-back was done. That
# is a strong lead. It is a *hypothesis* as long as nobody has shown which part of the update did it, and
# how.

# %% [markdown]
# ## The beginning, to the second
#
# The eye is good at finding a step, but it cannot say "14:30:01". The named query `onset_and_recovery`
# looks for the stretch of time that differs most from the rest.

# %% onset tags=["scaffold"]
onset = labkit.query(con, "onset_and_recovery")
onset.project("state, onset_utc, recovery_utc, round(duration_min, 1) AS minutes")

# %% [markdown]
# ## Who was hit
#
# An outage seldom hits every page in the same way. What keeps working says as much as what breaks.
#
# **Predict.** Which routes kept working: the front page `/`, the log-in, the account, the health check
# `/livez`?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown]
# **Your turn.** For the time from 14:30 to 17:00, compute the share of failed requests for each route, in
# per cent. `round(x, 1)` keeps one digit. Then list the routes that kept working.

# %% by-route tags=["prompt"]
con.sql("""
    SELECT route, count(*) AS requests
    FROM requests
    WHERE start_utc BETWEEN '2023-12-01 14:30:00' AND '2023-12-01 17:00:00'
    GROUP BY route
    ORDER BY route
""").show()
kept_working = ...  # a list, such as ["/login", "/transfers"]
lab.check("kept-working", kept_working)

# %% by-route-answer tags=["solution"]
by_route = con.sql("""
    SELECT route, count(*) AS requests,
           round(100 * count(*) FILTER (WHERE failed) / count(*), 1) AS failed_percent
    FROM requests
    WHERE start_utc BETWEEN '2023-12-01 14:30:00' AND '2023-12-01 17:00:00'
    GROUP BY route
    ORDER BY failed_percent DESC, route
""")
by_route.show()
kept_working = [route for route, _, failed_percent in by_route.fetchall() if failed_percent < 1]
lab.check("kept-working", kept_working)

# %% [markdown]
# **Explain.** What do the broken routes have in common that the others do not need? Write it as a
# hypothesis: "I suspect ... because ...; I would give it up if ...".

# %% [markdown] tags=["prompt"]
# *My hypothesis:*

# %% [markdown] tags=["solution"]
# "I suspect that the program could not get at the customers' data, because the routes that need data fail
# and the two that need none work. I would give it up if I found a broken page that needs no data." Note
# what this does *not* say: why the data could not be reached. (A few log-ins and transfers were turned
# away before data was needed.)

# %% [markdown]
# ## A check that cannot fail
#
# The health check stayed green all afternoon: it only asks whether the program is alive. A check that
# cannot fail when users suffer is a decoration. Keep this in mind for the question of who noticed.

# %% [markdown]
# ## How it felt: Apdex
#
# **Apdex** puts the patience of users into one number from 0 to 1. Choose a time $T$. A request within
# $T$ makes a *satisfied* user (1), within $4T$ a *tolerating* one (½), and a slower one a *frustrated*
# one (0). Apdex is the average. Here $T$ is 0.6 seconds.

# %% naive-apdex tags=["scaffold"]
con.sql("""
    SELECT time_bucket(INTERVAL 30 MINUTE, start_utc) AS time_utc,
           round(avg(CASE WHEN duration_ms <= 600 THEN 1
                          WHEN duration_ms <= 2400 THEN 0.5 ELSE 0 END), 2) AS apdex_by_time_only
    FROM requests WHERE route <> '/livez'
    GROUP BY time_utc ORDER BY time_utc
""")

# %% [markdown]
# Nearly nobody could use the bank, and yet more than half of the satisfaction seems to be left. What is
# wrong with this number?
#
# **Your turn.** An error page is an error page, however fast it comes. Change the query, so that every
# failed request counts as frustrated. The first `WHEN` that is true wins. Then compute one number for the
# whole time from 14:30 up to 17:00.

# %% apdex tags=["prompt"]
con.sql("""
    SELECT time_bucket(INTERVAL 30 MINUTE, start_utc) AS time_utc,
           round(avg(CASE WHEN duration_ms <= 600 THEN 1
                          WHEN duration_ms <= 2400 THEN 0.5 ELSE 0 END), 2) AS apdex
    FROM requests WHERE route <> '/livez'
    GROUP BY time_utc ORDER BY time_utc
""").show()
apdex_of_the_outage = ...
lab.check("apdex", apdex_of_the_outage)

# %% apdex-answer tags=["solution"]
apdex = """round(avg(CASE WHEN failed THEN 0
                          WHEN duration_ms <= 600 THEN 1
                          WHEN duration_ms <= 2400 THEN 0.5 ELSE 0 END), 3) AS apdex
    FROM requests WHERE route <> '/livez'"""
con.sql(f"""SELECT time_bucket(INTERVAL 30 MINUTE, start_utc) AS time_utc, {apdex}
    GROUP BY time_utc ORDER BY time_utc""").show()
[(apdex_of_the_outage,)] = con.sql(f"""SELECT {apdex}
    AND start_utc >= '2023-12-01 14:30:00' AND start_utc < '2023-12-01 17:00:00'""").fetchall()
lab.check("apdex", apdex_of_the_outage)

# %% [markdown] tags=["solution"]
# A failure took about two seconds here, so by time alone it passed as "tolerating". With failures counted
# as what they are, little satisfaction is left, and what is left comes from the front page.

# %% [markdown]
# ## Availability
#
# **Availability** is the share of requests that were answered well. It depends on the time you look at,
# so always say which: "in these three and a half hours" is another number than "in this month".

# %% availability tags=["scaffold"]
labkit.query(con, "availability").project(
    "requests, failed, round(availability_by_requests, 4) AS by_requests, minutes, minutes_down"
)

# %% [markdown]
# ## The error budget
#
# No service is promised to be perfect. A promise of 99.9 % in 30 days leaves 0.1 % for accidents. This
# rest is the **error budget**.
#
# **Predict.** How many minutes of full outage fit into that budget: about 4, 40 or 400?
#
# **Your turn.** Compute the budget in minutes.

# %% budget tags=["prompt"]
my_prediction_min = ...
minutes_in_30_days = 30 * 24 * 60
budget_min = ...
lab.check("budget", budget_min)

# %% budget-answer tags=["solution"]
minutes_in_30_days = 30 * 24 * 60
budget_min = round(minutes_in_30_days * (1 - 0.999), 1)
lab.check("budget", budget_min)

# %% [markdown]
# **Your turn.** How many such budgets does an outage of 2.5 hours use up, if every request fails?

# %% burned tags=["prompt"]
budgets_burned = ...
lab.check("burned", budgets_burned)

# %% burned-answer tags=["solution"]
budgets_burned = round(2.5 * 60 / budget_min, 2)
lab.check("burned", budgets_burned)

# %% [markdown]
# Not every request failed. The named query counts both ways: whole minutes of outage, and bad requests.
# The second is smaller, because some pages still worked.

# %% budget-query tags=["scaffold"]
labkit.query(con, "error_budget").project(
    "counted_by, unit, round(budget, 1) AS budget, round(burned) AS burned, round(share_burned, 2) AS share"
)

# %% [markdown]
# ## Burn rate: a smoke detector
#
# A fire alarm does not wait until the house is gone. The **burn rate** says how many times too fast the
# budget is being used. At a rate of 1 it lasts the 30 days exactly. At 14.4 it would be gone in 50 hours,
# and somebody should be called at once.

# %% [markdown]
# **Predict.** Such an alarm looks at the last hour *and* at the last five minutes. How long after the
# onset would it have called somebody: one minute, ten minutes or an hour?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% burn-rate tags=["scaffold"]
labkit.query(con, "burn_rate_alerts").project(
    "alert, long_window_s, short_window_s, first_fired_utc, round(peak_burn_rate, 1) AS peak_burn_rate"
)

# %% [markdown]
# The long window makes sure that it is serious; the short window makes sure that it is still going on.
# For the time before the evidence begins, the query assumes usual traffic without errors.
# `labkit.show_sql` tells you so.

# %% [markdown]
# ## Who noticed
#
# The **detection gap** is the time from the onset to the moment when somebody knew. Nothing can be
# repaired in it.
#
# **Your turn.** Compute the gap between the onset and the first user report. In DuckDB, one moment minus
# another gives an interval. The query can read `onset`, the result from above, as if it were a table.

# %% gap tags=["prompt"]
con.sql("""
    SELECT onset_utc, min(time_utc) AS first_report_utc
    FROM messages, onset
    WHERE channel = 'user-report'
    GROUP BY onset_utc
""").show()
detection_gap = ...
lab.check("gap", detection_gap)

# %% gap-answer tags=["solution"]
[(detection_gap,)] = con.sql("""
    SELECT min(time_utc) - onset_utc AS detection_gap
    FROM messages, onset
    WHERE channel = 'user-report'
    GROUP BY onset_utc
""").fetchall()
lab.check("gap", detection_gap)

# %% [markdown]
# **Explain.** Who detected the outage, and who should have? Compare with the burn-rate alarm.

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# Customers did, after a quarter of an hour. An alarm on the error ratio would have called somebody about
# a minute after the onset. The health check could not help, because it stayed green. One tenth of the
# outage was spent before anyone at the bank knew of it.

# %% [markdown]
# ## The 15 %
#
# A class project runs on this bank. It has milestones: small things that students must make work, such as
# "open an account and read its balance". After the outage it was said that its progress "fell by 15 %".

# %% progress tags=["scaffold"]
milestones = con.sql("""
    SELECT time_utc, completed_milestones, planned_milestones, note
    FROM progress
    ORDER BY time_utc
""")
milestones

# %% [markdown]
# **Your turn.** Compare the last snapshot before 14:30 with the last one of all, in two ways: as a share
# of the *plan*, and as a share of *what was complete before*. Which of the two is the 15 %? Give the
# second one to the check, in per cent.

# %% fifteen tags=["prompt"]
completed = milestones.df()["completed_milestones"]
before, after = completed.iloc[0], completed.iloc[-1]
print(before, after)
fall_percent = ...
lab.check("fifteen", fall_percent)

# %% fifteen-answer tags=["solution"]
table = milestones.df()
before = table[table["time_utc"] < "2023-12-01 14:30"]["completed_milestones"].iloc[-1]
after, planned = table[["completed_milestones", "planned_milestones"]].iloc[-1]
of_plan, of_complete = (before - after) / planned, (before - after) / before
print(f"{before} -> {after} of {planned}: {of_plan:.0%} of the plan, {of_complete:.0%} of what was complete")
lab.check("fifteen", 100 * of_complete)

# %% [markdown] tags=["solution"]
# It is 15 % of what was complete, and 10 % of the plan: the progress went from 67 % to 57 %, which is 10
# *percentage points*. All of this is true. A report must say which one it means, and which "before" it
# took, or the reader will guess.

# %% [markdown]
# ## Say it in three sentences
#
# **Your turn.** Write the impact for people who were not there: what users could not do, from when to
# when, and how bad it was, with one number. Leave the cause out. You do not know it yet.

# %% [markdown] tags=["prompt"]
# *The impact:*

# %% [markdown] tags=["solution"]
# *On 1 December 2023, from 14:30 to 17:00 UTC, customers could not log in, open an account or send a
# transfer; most of their requests ended in an error. The outage used up about three months of error
# budget in one afternoon. It was noticed after a quarter of an hour, by customers.*

# %% [markdown]
# ## One switch
#
# The idea of this course is to ask: *what would have happened if?* The record of deployments shows what
# an update changed. One of the changed settings is the address under which the bank looks for its
# database: the **connection string**.

# %% changes tags=["scaffold"]
con.sql("""
    SELECT time_utc, service_version, list_transform(config_diff, lambda s: s.key) AS changed_settings
    FROM deployments
    WHERE service_name = 'bank-web' AND len(config_diff) > 0
    ORDER BY time_utc
""")

# %% [markdown]
# The console below replays the afternoon: the same requests at the same moments, once with the connection
# string as it was deployed, and once, if you choose *corrected*, as it had been before. The dashed line is
# the record. You will meet the other controls in lab 05.
#
# **Predict.** Which failures will go away, and which will stay?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% toggle tags=["scaffold"]
labkit.ReplayConsole(con, strings=False)

# %% [markdown]
# **Explain.** A replay shows what *would follow* from a hypothesis. It does not prove the hypothesis.
# What would you want to find in the evidence before you say "this was the cause"?

# %% [markdown] tags=["prompt"]
# *What I would look for:*

# %% [markdown] tags=["solution"]
# For example: a message of the program that names the address it tried; that the database was running and
# reachable all the time; that nothing else in the same update explains the failures; and that they ended
# when the setting came back. Some failures stay in both replays: they have other reasons, before and
# after.

# %% [markdown]
# ## What you can do now
#
# You can say what an outage did before you know why: what users saw, since when, how bad, and who
# noticed. You can tell a step from a ramp, a ratio from a count, and a percentage point from a per cent.
#
# What was wrong is still open. You have a lead, and the next labs test it.
