# %% [markdown]
# # 05 · Replay the fix
#
# You know the cause: an update carried a connection string with port 5433, and the database listens on
# port 5432. It took two and a half hours to find. In this lab you go back to that afternoon and change one
# thing at a time.
#
# 1. What would the corrected string have saved?
# 2. What does each minute of delay cost?
# 3. Which precaution would have helped, and which would not?

# %% [markdown] tags=["notes"] minutes=2
# - Say what comes: one afternoon, replayed. Nobody writes code in the next ten minutes.
# - Ask before you touch anything: "What would you change, and when?" Keep three answers on the board.

# %% load tags=["scaffold"]
import labkit

con = labkit.load("data/debacle")
lab = labkit.lab("05", con)
recording = labkit.record(con)
recording

# %% [markdown]
# ## What a replay is
#
# A **replay** sends the recorded requests again: the same users, the same pages, the same moments. Only
# what you change is decided anew. Without a change it must give exactly what happened. This is how one
# knows that the replay can be trusted at all.

# %% [markdown] tags=["notes"] minutes=3
# - The point: a replay that changes nothing must give back the record. If it did not, no other number of it
#   would be worth anything.
# - Read the sentence aloud, slowly, with its three measures.

# %% as-recorded tags=["scaffold"]
recorded = labkit.replay(recording)
recorded

# %% [markdown]
# The sentence has three measures: failed requests, minutes of outage, and burned error budget. A minute
# counts as an outage when at least half of its requests fail.
#
# Above stands what the replay *assumes*. An answer without its assumptions is only half an answer, so read
# them once.

# %% [markdown]
# ## The switch
#
# The console replays while you watch. Choose *corrected*: the dashed line stays where the record was. Then
# move the slider to 15:12, or press *Play*. Every control works with the keyboard, too.
#
# **Predict.** With the corrected string: which of the four rows of the picture will change, and which one
# will look the same as before?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown] tags=["notes"] minutes=8
# - Take a prediction for each row of the picture, by hand signs: changes, or stays.
# - Toggle to *corrected* and say nothing for ten seconds. Then drag the slider to 15:12.
# - Toggle back and forth twice: the dashed line is the record. Ask who looks at the lowest row.
# - Take one wish from the class and type it: another port, another time of rollback. It is computed now.

# %% console tags=["scaffold"]
console = labkit.ReplayConsole(con)
console

# %% [markdown]
# **Explain.** The lowest row is the ping of the database host. Why is it green in both replays, and what
# does that say about pings as a test?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# A ping asks the *machine* whether the network reaches it. It knows nothing of ports, and nothing of the
# program that listens there. The host was reachable all afternoon. A ping can show that the network is
# broken; it cannot show that a service works.

# %% [markdown]
# ## The same in code
#
# What the controls say is a value: a `Configuration`. The console prints it in its last line. You can copy
# it from there, and you can also set it.

# %% configure tags=["scaffold"]
console.configuration = labkit.Configuration(dsn_after="as corrected")
console.configuration

# %% [markdown]
# ## What the corrected string saves
#
# **Your turn.** Replay with the corrected string. How many requests *still* fail?

# %% still-fail tags=["prompt"]
corrected = labkit.replay(recording)
still_fail = ...
lab.check("still-fail", still_fail)

# %% still-fail-answer tags=["solution"]
corrected = labkit.replay(recording, labkit.Configuration(dsn_after="as corrected"))
still_fail = corrected.failed
lab.check("still-fail", still_fail)

# %% [markdown]
# ## The requests behind the number
#
# `replay.con` is the evidence again, with the replayed requests in it. All your queries work there. So you
# can ask who is left.

# %% [markdown] tags=["notes"] minutes=3
# - Often heard: "a good fix leaves no failure". Ask what a replay would be worth that promised this.

# %% who-is-left tags=["scaffold"]
with_fix = labkit.replay(recording, labkit.Configuration(dsn_after="as corrected"))
with_fix.con.sql("""
    SELECT start_utc, route, status, error_type FROM requests
    WHERE failed
    ORDER BY start_utc
""")

# %% [markdown]
# **Explain.** Why does a good replay leave these failures alone?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# They have reasons of their own: a query that took too long, an error in one page. They also happened
# before the update. A replay that made them vanish would promise more than the fix can keep.

# %% [markdown]
# ## The same users
#
# `difference()` lists every request whose answer changed, with the name of the user and both answers.
#
# **Your turn.** Which three users get the most requests back? Count the rows of each name.

# %% users tags=["prompt"]
difference = with_fix.difference()
difference[["start_utc", "user", "route", "recorded_status", "status"]].head(3)

# %% users-answer tags=["solution"]
difference = with_fix.difference()
difference["user"].value_counts().sort_index().sort_values(ascending=False, kind="stable").head(3)

# %% [markdown]
# ## The price of a minute
#
# Somebody could have gone back to the old version at any time. Nobody needs to know the cause for that.
#
# **Predict.** If the roll-back had been done at 14:45, when the first user wrote: how many minutes of
# outage would be left?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown]
# **Your turn.** Replay with `rollback="14:45"`, and read the minutes of outage.

# %% [markdown] tags=["notes"] minutes=4
# - The console takes the same question: choose the rollback there, if somebody doubts the number.
# - Lead on: nobody needs the cause for a rollback. Who may decide it, and would they have dared?

# %% rollback tags=["prompt"]
early = labkit.Configuration(rollback="as recorded")
outage_1445 = ...
lab.check("outage-1445", outage_1445)

# %% rollback-answer tags=["solution"]
early = labkit.Configuration(rollback="14:45")
outage_1445 = labkit.replay(recording, early).outage_minutes
lab.check("outage-1445", outage_1445)

# %% [markdown]
# ## A curve of regret
#
# One replay takes some thousandths of a second, so you can ask for many. Each row below is one afternoon
# that did not happen.

# %% curve tags=["scaffold"]
import pandas as pd

times = ["14:31", "14:45", "15:12", "15:30", "16:08", "16:40", "17:00", "never"]
afternoons = [labkit.replay(recording, labkit.Configuration(rollback=time)) for time in times]
pd.DataFrame(
    {
        "rollback": times,
        "failed": [a.failed for a in afternoons],
        "outage_min": [a.outage_minutes for a in afternoons],
        "budget": [f"{a.budget_burned:.0%}" for a in afternoons],
    }
)

# %% [markdown]
# **Explain.** At which row is the error budget of the whole month gone? What does that mean for the rule
# "first understand, then act"?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# Between 15:12 and 15:30; the budget is 43.2 minutes. At that time people were still adding machines. A
# roll-back right after an update needs no diagnosis. So the rule should be: when a change and the trouble
# begin together, go back first, and understand afterwards.

# %% [markdown]
# ## More machines
#
# At 15:12 the team had tripled the workers, and nothing changed. Perhaps it was just not enough?
#
# **Your turn.** Double the workers once more from 15:12 on (`workers=2, workers_at="15:12"`). How many
# requests does that save?

# %% [markdown] tags=["notes"] minutes=4
# - Let those who voted for more machines explain first. Their theory is good; the evidence is against it.
# - The reason, if nobody says it: a worker without a connection is one more who waits.

# %% workers tags=["prompt"]
more = labkit.Configuration(workers=1)
saved_by_workers = ...
lab.check("workers", saved_by_workers)

# %% workers-answer tags=["solution"]
more = labkit.Configuration(workers=2, workers_at="15:12")
saved_by_workers = labkit.replay(recording, more).saved
lab.check("workers", saved_by_workers)

# %% [markdown]
# ## An alarm
#
# Customers noticed the outage after a quarter of an hour. A burn-rate page would have come about a minute
# after the onset.
#
# **Predict.** With that page instead of the customers: how long would the outage have been?

# %% [markdown] tags=["prompt"]
# *My prediction:*

# %% [markdown]
# **Your turn.** Replay with `detection="burn rate"`. How many minutes of outage does the page save?

# %% alarm tags=["prompt"]
paged = labkit.replay(recording)
minutes_saved = ...
lab.check("alarm", minutes_saved)

# %% alarm-answer tags=["solution"]
paged = labkit.replay(recording, labkit.Configuration(detection="burn rate"))
minutes_saved = recorded.outage_minutes - paged.outage_minutes
lab.check("alarm", minutes_saved)

# %% [markdown]
# ## Two gaps
#
# The result carries both moments: when somebody knew, and when it was over.

# %% [markdown] tags=["notes"] minutes=3
# - Two gaps: until somebody knows, and until somebody acts. Ask which one their own team measures.

# %% gaps tags=["scaffold"]
by_alarm = labkit.replay(recording, labkit.Configuration(detection="burn rate"))
for name, result in [("people", recorded), ("burn rate", by_alarm)]:
    known, over = result.minutes_to_detect, result.minutes_to_mitigate
    print(f"{name:9}  noticed after {known:5.1f} min, over after {over:5.1f} min")

# %% [markdown]
# **Explain.** The alarm is fourteen minutes faster than the customers, but the outage is still long. Which
# part of it does an alarm not shorten, and what would?

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# The time between knowing and acting: two hours and a quarter of wrong theories. The replay assumes that
# this takes as long as it took. An alarm that names the last deployment, and a rule to roll back first,
# would shorten it.

# %% [markdown]
# ## Before the users
#
# The cheapest outage is the one that never reaches anybody. Two precautions work *before* the update goes
# to everyone:
#
# - a **connectivity test**: the pipeline opens a connection with the new string and stops if it cannot;
# - a **canary**: a small share of the visits gets the update first, for ten minutes.

# %% before tags=["scaffold"]
tested = labkit.replay(recording, labkit.Configuration(connectivity_test=True))
tested

# %% [markdown]
# **Your turn.** Now replay with a canary of 5 % (`canary=0.05`). How many *visits* are harmed?
# `visits_harmed` counts them.

# %% canary tags=["prompt"]
canary = labkit.replay(recording)
harmed = ...
lab.check("canary", harmed)

# %% canary-answer tags=["solution"]
canary = labkit.replay(recording, labkit.Configuration(canary=0.05))
harmed = canary.visits_harmed
lab.check("canary", harmed)

# %% [markdown]
# ## What a connectivity test lets through
#
# The test asks one question: does a connection open? Some broken strings open one without any trouble.

# %% [markdown] tags=["notes"] minutes=4
# - Let them vote by hand on the four strings before the answer is shown.
# - The lesson is not that tests are weak, but that a test answers the question it asks.

# %% candidates tags=["scaffold"]
good = "postgresql://bank_app:***@db-primary.bank.example:5432/bank"
candidates = {
    "port": good.replace("5432", "5433"),
    "host": good.replace("primary", "primray"),
    "dbname": good.replace("/bank", "/bnak"),
    "options": good + "?options=-csearch_path%3Dreporting",
}

# %% [markdown]
# **Your turn.** Replay each candidate with the test switched on. `replay.stopped` tells whether the
# pipeline stopped the update. Which one does the test let through?

# %% slips tags=["prompt"]
for part, text in candidates.items():
    print(part, text)
slips = ...
lab.check("slips-through", slips)

# %% slips-answer tags=["solution"]
stopped = {
    part: labkit.replay(recording, labkit.Configuration(dsn_after=text, connectivity_test=True)).stopped
    for part, text in candidates.items()
}
slips = next(part for part, was_stopped in stopped.items() if not was_stopped)
lab.check("slips-through", slips)

# %% [markdown]
# ## Pen and paper
#
# During the outage somebody asked for a "Manual Ledger Entry": a person with a pen. It was meant as a
# joke. A replay can take it seriously: two clerks, half a minute a visit, from the first report on.
#
# **Your turn.** What share of the harmed visits, in per cent, do they serve?

# %% ledger tags=["prompt"]
by_pen = labkit.replay(recording, labkit.Configuration(manual_ledger=True))
share_percent = ...
lab.check("ledger", share_percent)

# %% ledger-answer tags=["solution"]
by_pen = labkit.replay(recording, labkit.Configuration(manual_ledger=True))
share_percent = 100 * by_pen.visits_by_hand / by_pen.visits_harmed
lab.check("ledger", share_percent)

# %% [markdown]
# ## Try again?
#
# Many programs repeat a failed request by themselves. It sounds like a cure.
#
# **Your turn.** Replay with three retries (`retries=3`). How many requests do they save? Look at
# `replay.retries`, too: that is what they cost.

# %% retries tags=["prompt"]
again = labkit.replay(recording)
saved_by_retries = ...
lab.check("retries", saved_by_retries)

# %% retries-answer tags=["solution"]
again = labkit.replay(recording, labkit.Configuration(retries=3))
saved_by_retries = again.saved
print(f"{again.retries:,} attempts more")
lab.check("retries", saved_by_retries)

# %% [markdown]
# ## Side by side
#
# **Your turn.** Put the precautions into one table, sort it by what is left of the outage, and find the
# one that leaves the fewest failed requests.

# %% best tags=["prompt"]
choices = {
    "burn-rate page": labkit.Configuration(detection="burn rate"),
    "more workers": labkit.Configuration(workers=2, workers_at="15:12"),
}
best = ...
lab.check("best", best)

# %% best-answer tags=["solution"]
choices = {
    "burn-rate page": labkit.Configuration(detection="burn rate"),
    "more workers": labkit.Configuration(workers=2, workers_at="15:12"),
    "canary": labkit.Configuration(canary=0.05),
    "connectivity test": labkit.Configuration(connectivity_test=True),
    "retries": labkit.Configuration(retries=3),
}
failed = {name: labkit.replay(recording, choice).failed for name, choice in choices.items()}
best = min(failed, key=failed.get)
print(failed)
lab.check("best", best)

# %% [markdown]
# ## What a replay cannot say
#
# The users in a replay never lose patience, and the clerks never make a mistake. A real afternoon would
# have gone otherwise in a hundred details.
#
# **Explain.** Choose one assumption from the list below. In which direction does it make the result look
# better or worse than the truth?

# %% [markdown] tags=["notes"] minutes=4
# - Do not skip this page. A number without its assumptions is what misled the team in the first place.

# %% assumptions tags=["scaffold"]
for line in again.assumptions:
    print("-", line)

# %% [markdown] tags=["prompt"]
# *My explanation:*

# %% [markdown] tags=["solution"]
# For example "the same pages at the same moments": in the outage people reloaded pages and gave up. With a
# working bank they would have gone on to other pages. So the number of *requests* in the corrected replay
# is not what it would have been; the number of *harmed visits* is the steadier measure.

# %% [markdown]
# ## What you can do now
#
# You can put a number on "what if", and you know what the number rests on. You have seen that speed of
# repair beats strength of machines, that an alarm shortens only the first gap, and that a test in the
# pipeline is worth more than all of it, as long as it asks the right question.
#
# In the next lab you build that test.
