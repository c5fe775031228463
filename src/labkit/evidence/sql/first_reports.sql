-- question: Which people spoke up first, and how long after the onset?
-- tables: messages
-- grain: one row a message
-- parameter: onset_utc TIMESTAMP = NULL [UTC] messages before it are left out; NULL keeps all
-- parameter: channel VARCHAR = 'user-report' 'user-report', 'chat' or 'pager'; NULL for all
-- parameter: first BIGINT = 10 [message, at least 1] how many to show
-- column: time_utc TIMESTAMP [UTC] when it was sent
-- column: minutes_after_onset DOUBLE [min] how long after the onset; NULL where none was given
-- column: channel VARCHAR 'user-report', 'chat' or 'pager'
-- column: author VARCHAR role of the author
-- column: text VARCHAR what was said
SELECT time_utc, epoch(time_utc - $onset_utc::TIMESTAMP) / 60 AS minutes_after_onset, channel, author, text
FROM messages
WHERE time_utc >= coalesce($onset_utc::TIMESTAMP, time_utc)
  AND ($channel::VARCHAR IS NULL OR channel = $channel::VARCHAR)
ORDER BY time_utc, channel NULLS LAST, author NULLS LAST, text NULLS LAST
LIMIT $first::BIGINT
