-- Question: on which line does each new span stand?
-- Input:    spans after the row id $1, in the order of the file; source_line is 1 where a line begins, else 0.
-- Grain:    one row a span.
-- Output:   source_line, counted from 1 over the lines that are not blank.
UPDATE spans SET source_line = numbered.line
FROM (
    SELECT rowid AS id, sum(source_line) OVER (ORDER BY rowid ROWS UNBOUNDED PRECEDING) AS line
    FROM spans
    WHERE rowid > $1
) AS numbered
WHERE spans.rowid = numbered.id
