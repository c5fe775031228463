"""What evidence looks like when names of places, people and numbers are taken out of it."""

from __future__ import annotations

import json
import re
from typing import Any

import duckdb

_PLACES = (
    "db-primary-1.internal.bank.example|db-(?:primary|replica|staging|old|archive).bank.example|"
    r"127\.0\.0\.\d+|localhost|10\.20\.\d+\.\d+"
)
_ROLES = "bank_app|bank_web|bank_nobody|bank_batch|bank_elsewhere|bank_report|bank_owner"
_DATABASES = "bank_staging"


def shape(text: str | None) -> str | None:
    """Leave of a text what does not differ from place to place."""
    if text is None:
        return None
    text = re.sub(r"/[^\s()\"]*pg_hba\.conf", "HBA", text)
    text = re.sub(r': "(?:local|host)[^"]*"', ': "RULE"', text)
    text = re.sub(rf"\b(?:{_PLACES})\b", "HOST", text)
    text = re.sub(rf"\b(?:{_ROLES})\b", "ROLE", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", text)
    text = re.sub(r"'(?:key-[\d-]+|[0-9a-f]{16,32})'", "'KEY'", text)
    text = re.sub(r"\d+(?:[.:]\d+)*", "N", text)
    return re.sub(rf"\b(?:{_DATABASES})\b", "bank", text)


def logged(con: duckdb.DuckDBPyConnection, where: str) -> set[tuple[str | None, ...]]:
    """List the kinds of records from WARNING on: severity, logger, body, class and message."""
    rows = con.execute(
        "SELECT DISTINCT severity_text, logger, body, exception_type, exception_message FROM logs "
        f"WHERE severity_number >= 13 AND body NOT LIKE '% refused: %' AND {where}"
    ).fetchall()
    return {(*row[:2], *(shape(text) for text in row[2:])) for row in rows}


def failed_requests(con: duckdb.DuckDBPyConnection, where: str) -> set[tuple[Any, ...]]:
    """List how requests failed: route, status, class, the span's status, queries at all, the failed one."""
    of_server = re.sub(r"\b(service_version|source_file)\b", r"s.\1", where)
    rows = con.execute(
        f"""
        SELECT s.http_route, s.http_response_status_code, s.error_type, s.status_code, s.status_message,
               s.name, count(q.span_id) > 0,
               list(DISTINCT q.error_type) FILTER (WHERE q.error_type IS NOT NULL)
        FROM spans AS s LEFT JOIN spans AS q ON q.parent_span_id = s.span_id
        WHERE s.kind = 'SERVER' AND s.http_response_status_code >= 500 AND s.http_route <> '/readyz'
              AND {of_server}
        GROUP BY s.span_id, s.http_route, s.http_response_status_code, s.error_type, s.status_code,
                 s.status_message, s.name
        """
    ).fetchall()
    return {(*row[:7], tuple(row[7] or ())) for row in rows}


def statuses(con: duckdb.DuckDBPyConnection, where: str) -> set[tuple[str, int]]:
    """List which routes were answered with which status."""
    sql = (
        f"SELECT DISTINCT http_route, http_response_status_code FROM spans WHERE kind = 'SERVER' AND {where}"
    )
    return {(str(route), int(status)) for route, status in con.execute(sql).fetchall()}


def failed_queries(con: duckdb.DuckDBPyConnection, where: str) -> set[tuple[Any, ...]]:
    """List the kinds of queries that failed: operation, class, SQLSTATE, the span's status and message."""
    rows = con.execute(
        "SELECT DISTINCT db_operation_name, error_type, db_response_status_code, status_code, status_message "
        f"FROM spans WHERE kind = 'CLIENT' AND error_type IS NOT NULL AND {where}"
    ).fetchall()
    return {(*row[:4], shape(row[4])) for row in rows}


def durations_ms(con: duckdb.DuckDBPyConnection, where: str) -> dict[tuple[str, bool], float]:
    """Give the median by route, for requests that failed and for those that did not."""
    rows = con.execute(
        "SELECT http_route, coalesce(http_response_status_code >= 500, false), median(duration_ms) "
        f"FROM spans WHERE kind = 'SERVER' AND http_route IS NOT NULL AND {where} GROUP BY ALL"
    ).fetchall()
    return {(route, failed): float(median) for route, failed, median in rows}


def server_said(con: duckdb.DuckDBPyConnection, where: str) -> set[tuple[Any, ...]]:
    """List the kinds of lines in the server's log, of sessions of the bank that began at that time."""
    rows = con.execute(
        f"""
        SELECT DISTINCT error_severity, state_code, message, detail, statement, backend_type,
               json_extract_string(attributes, '$.ps')
        FROM postgres_log WHERE (source_file, session_id) IN (
            SELECT (source_file, session_id) FROM postgres_log
            WHERE message LIKE 'connection received:%' AND {where}
        ) AND (source_file, session_id) NOT IN (
            SELECT (source_file, session_id) FROM postgres_log WHERE user_name = 'postgres'
        )
        """
    ).fetchall()
    return {(row[0], row[1], *(shape(text) for text in row[2:5]), *row[5:]) for row in rows}


def filled(con: duckdb.DuckDBPyConnection, table: str, where: str) -> set[str]:
    """Name the columns, and the attributes beside them, that some row of a table has."""
    names = [row[0] for row in con.execute(f"DESCRIBE {table}").fetchall()]
    counts = con.execute(
        f"SELECT {', '.join(f'count({name})' for name in names)} FROM {table} WHERE {where}"
    ).fetchone()
    assert counts is not None
    found = {name for name, count in zip(names, counts, strict=True) if count}
    if "attributes" in names:
        rows = con.execute(f"SELECT DISTINCT attributes FROM {table} WHERE {where}").fetchall()
        found |= {f"attributes.{key}" for (text,) in rows if text for key in json.loads(text)}
    return found
