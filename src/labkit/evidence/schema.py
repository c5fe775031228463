"""The tables of a loaded case, made from the published records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.core.errors import LabError
from labkit.core.records import TABLES, VIEWS, columns

if TYPE_CHECKING:
    import duckdb

# Instrumentation of libraries often leaves ``error.type`` out and records the exception as an event; by the
# conventions the two name the same class: https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
_ERROR_TYPE = """coalesce(error_type, CASE WHEN status_code = 'ERROR' THEN
                   json_extract_string(events, '$[*].attributes."exception.type"')[-1] END) AS error_type"""
# Some programs name no route: then paths that differ in numbers and ids only are one.
_ROUTE = """coalesce(http_route, regexp_replace(split_part(url_path, '?', 1),
                   '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}|[0-9]+',
                   '{}', 'g')) AS route"""
# Some instrumentations make a span of taking a connection, too: it names the database, but asks it nothing.
_CONNECTS = r"""db_query_text IS NULL AND db_operation_name IS NULL AND coalesce(
               regexp_matches(name, '(^|[^a-z])(connect|getconnection|acquire)($|[^a-z])', 'i'), false)"""
_VIEWS = {
    "requests": f"""
        SELECT trace_id, span_id, start_utc, end_utc, duration_ms,
               http_request_method AS method, {_ROUTE}, url_path AS path,
               http_response_status_code AS status,
               coalesce(http_response_status_code >= 500, status_code = 'ERROR') AS failed,
               {_ERROR_TYPE}, session_id, service_name, service_version, host_name
        FROM spans WHERE kind = 'SERVER'""",
    "queries": f"""
        SELECT trace_id, span_id, parent_span_id, start_utc, end_utc, duration_ms,
               db_operation_name AS operation, db_query_text AS query_text, db_system_name, db_namespace,
               server_address, server_port, status_code = 'ERROR' AS failed,
               db_response_status_code AS sqlstate,
               {_ERROR_TYPE}, service_name, service_version, host_name
        FROM spans WHERE db_system_name IS NOT NULL AND NOT ({_CONNECTS})""",
}


def create_schema(con: duckdb.DuckDBPyConnection) -> None:
    """Create every table and view of a case that is not there yet."""
    for name, record in TABLES.items():
        body = ", ".join(f"{column.name} {column.sql_type}" for column in columns(record))
        con.execute(f"CREATE TABLE IF NOT EXISTS {name} ({body})")
        con.execute(f"COMMENT ON TABLE {name} IS '{_summary(record)}'")
    for name, body in _VIEWS.items():
        con.execute(f"CREATE OR REPLACE VIEW {name} AS {body}")
        con.execute(f"COMMENT ON VIEW {name} IS '{_summary(VIEWS[name])}'")


def require_evidence(con: duckdb.DuckDBPyConnection) -> None:
    """Refuse what is no open connection with the tables and views of loaded evidence.

    Raises
    ------
    LabError
        It is another value, it is closed, or a table is missing.

    Examples
    --------
    >>> import duckdb
    >>> require_evidence(duckdb.connect())
    Traceback (most recent call last):
    labkit.core.errors.LabError: this is no connection to loaded evidence: 'DuckDBPyConnection'. Make it ...
    """
    import duckdb

    try:
        for name in (*TABLES, *VIEWS):
            con.execute(f"SELECT 1 FROM {name} LIMIT 0")
    except (duckdb.Error, AttributeError) as error:
        raise LabError(
            "this is no connection to loaded evidence",
            found=type(con).__name__,
            next_step='Make it with con = labkit.load("data/debacle").',
        ) from error


def _summary(record: type[object]) -> str:
    return (record.__doc__ or "").splitlines()[0].replace("'", "''")
