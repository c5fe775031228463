-- question: Is this table where names are looked up, and if not, where is it?
-- tables: pg_class, pg_namespace
-- grain: one row
-- parameter: table text the table's name, with or without its schema, folded as in a query
-- column: found boolean a query would find it
-- column: elsewhere text the schema that has a table of this name; NULL where none has
-- column: closed boolean this user may not look into that schema
-- column: search_path text where names are looked up
WITH named AS (
    SELECT parse_ident(%(table)s::text) AS words
), same_name AS (
    SELECT space.nspname, has_schema_privilege(space.oid, 'usage') AS open
    FROM named
    JOIN pg_catalog.pg_class AS kept ON kept.relname = words[array_upper(words, 1)]
    JOIN pg_catalog.pg_namespace AS space ON space.oid = kept.relnamespace
    WHERE kept.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND (array_upper(words, 1) = 1 OR space.nspname = words[1])
    ORDER BY space.nspname
    LIMIT 1
)
SELECT EXISTS (SELECT FROM same_name WHERE open) AND to_regclass(%(table)s::text) IS NOT NULL AS found,
       (SELECT nspname FROM same_name)::text AS elsewhere,
       coalesce((SELECT NOT open FROM same_name), false) AS closed,
       current_setting('search_path') AS search_path
