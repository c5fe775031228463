-- question: none; it sets how long the doctor's next question may take, until its transaction ends
-- parameter: bound_ms text [ms]
-- grain: one row
-- column: bound text the limit as it now stands
SELECT pg_catalog.set_config('statement_timeout', %(bound_ms)s, true) AS bound
