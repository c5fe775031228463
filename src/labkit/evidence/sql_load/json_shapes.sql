-- Question: which sets of keys do the records of a file have, in which order?
-- Input:    lines.sql; $most, how many sets to give.
-- Grain:    one row a set of keys, the most frequent first.
-- Output:   k, the keys.
SELECT k
FROM (
    SELECT json_keys(strict_json(line)) AS k
    FROM (
        --LINES--
    )
)
WHERE k IS NOT NULL
GROUP BY k
ORDER BY count(*) DESC, k
LIMIT $most
