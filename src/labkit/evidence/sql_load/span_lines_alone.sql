-- Question: on which line does each new span stand, where every line has one?
-- Input:    spans with row ids from $first to $last without a gap, in the order of the file; $line, the number of
--           the first line.
-- Grain:    one row a span.
-- Output:   source_line.
UPDATE spans SET source_line = rowid - $first + $line WHERE rowid BETWEEN $first AND $last
