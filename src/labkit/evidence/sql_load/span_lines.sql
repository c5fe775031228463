-- Question: on which line does each new span stand?
-- Input:    spans with row ids from $first to $last, in the order of the file; source_line is 1 where a line
--           begins, else 0; $line, the number of the first line.
-- Grain:    one row a span.
-- Output:   source_line.
UPDATE spans SET source_line = counted.line + $line - 1
FROM (
    SELECT rowid AS id, sum(source_line) OVER (ORDER BY rowid ROWS UNBOUNDED PRECEDING)::BIGINT AS line
    FROM spans
    WHERE rowid BETWEEN $first AND $last
) AS counted
WHERE spans.rowid = counted.id
