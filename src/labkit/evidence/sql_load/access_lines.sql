-- Question: which requests stand in a web server's access log?
-- Input:    lines.sql; $source_file, the name of the file.
-- Grain:    one row a line.
-- Output:   the columns of access; source_file is NULL where the row is doubted, source_line is not known yet.
-- Trusted is what readers/access_log.py would split at the same places whatever its pattern tries first: an address that
-- is no host with its port, a word, a user, the time in the first brackets, quotes that no backslash escapes, and a request
-- of three words.
INSERT INTO access BY NAME
WITH
lines AS (
    --LINES--
),
judged AS (
    SELECT
        line,
        NOT contains(line, '\"') AND regexp_full_match(
            line,
            '(?:[0-9A-Za-z_.-]+|[0-9a-fA-F.]*:[0-9a-fA-F.]*:[0-9a-fA-F:.]*) '
            || '[^ \t\n\r\f\v"\[\]]+ [^\t\n\r\f\v"\[\]]+ '
            || '\[[0-3][0-9]/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/[12][0-9]{3}'
            || ':(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9] [+-](?:0[0-9]|1[0-4])[0-5][0-9]\] '
            || '"[!#$%&''*+.^_`|~0-9A-Za-z-]+ [^ \t\n\r\f\v"]+ [^ \t\n\r\f\v"]+" '
            || '[0-9]{3} (?:[0-9]{1,18}|-)'
            || '(?: "[^"]*" "[^"]*"(?: (?:"[^"]*"|[^ \t\n\r\f\v"]+))*)?'
        ) AS trusted
    FROM lines
),
cut AS (
    SELECT
        trusted,
        CASE WHEN trusted THEN string_split(line, '"') END AS parts,
        parts[1] AS head,
        string_split(parts[2], ' ') AS request,
        length(head) AS n
    FROM judged
),
named AS (
    SELECT
        *,
        substr(head, n - 20, 4) || '-'
        || CASE substr(head, n - 24, 3)
            WHEN 'Jan' THEN '01' WHEN 'Feb' THEN '02' WHEN 'Mar' THEN '03' WHEN 'Apr' THEN '04'
            WHEN 'May' THEN '05' WHEN 'Jun' THEN '06' WHEN 'Jul' THEN '07' WHEN 'Aug' THEN '08'
            WHEN 'Sep' THEN '09' WHEN 'Oct' THEN '10' WHEN 'Nov' THEN '11' WHEN 'Dec' THEN '12' END || '-'
        || substr(head, n - 27, 2) || ' ' || substr(head, n - 15, 8) AS written,
        substr(head, n - 6, 5) AS zone,
        TRY_CAST(written AS TIMESTAMP) AS local_time
    FROM cut
)
SELECT
    CASE WHEN zone = '+0000' THEN local_time
         ELSE local_time - to_minutes(CAST(substr(zone, 1, 1) || (
             60 * CAST(substr(zone, 2, 2) AS BIGINT) + CAST(substr(zone, 4, 2) AS BIGINT)) AS BIGINT)) END AS time_utc,
    given(split_part(head, ' ', 1)) AS remote_addr,
    given(substr(head, strpos(head, ' ') + 1 + strpos(substr(head, strpos(head, ' ') + 1), ' '),
                 n - 30 - strpos(head, ' ') - strpos(substr(head, strpos(head, ' ') + 1), ' '))) AS remote_user,
    request[1] AS method,
    request[2] AS path,
    request[3] AS protocol,
    CAST(substr(parts[3], 2, 3) AS BIGINT) AS status,
    coalesce(TRY_CAST(trim(substr(parts[3], 6)) AS BIGINT), 0) AS bytes_sent,
    given(parts[4]) AS referer,
    given(parts[6]) AS user_agent,
    CASE WHEN trusted AND local_time IS NOT NULL THEN $source_file END AS source_file
FROM named
