-- Question: which lines does a text file have?
-- Input:    $path, a file; $compression, 'none', 'gzip' or 'zstd'.
-- Grain:    one row a line, a blank one too (NULL), in the order of the file.
-- Output:   line, without its end.
-- Nothing separates columns but a byte that no text has: a line that has it ends the reading, and so do bytes that are
-- no UTF-8, and carriage returns that end only some of the lines.
SELECT line
FROM read_csv(
    $path,
    compression = $compression,
    columns = {line: 'VARCHAR'},
    auto_detect = false,
    header = false,
    delim = chr(1),
    quote = '',
    escape = '',
    comment = '',
    max_line_size = 16000000
)
