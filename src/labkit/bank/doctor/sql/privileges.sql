-- question: May this user do this to this table?
-- tables: none
-- grain: one row a use
-- parameter: table text the table's name
-- parameter: uses text[] what is done to it
-- column: use text one of them
-- column: allowed boolean NULL where there is no such table
SELECT use, has_table_privilege(to_regclass(%(table)s::text), use) AS allowed
FROM unnest(%(uses)s::text[]) WITH ORDINALITY AS wanted (use, position)
ORDER BY position
