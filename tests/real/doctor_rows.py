"""The measured faults, made again on servers of one's own: each row's string, and the state it needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from doctor_servers import PLACES, DoctorServers, held
from psycopg import sql

from labkit.bank.doctor import Expectations

FACTS: dict[str, str] = {
    row["fault"]: row["dsn"]
    for row in map(
        json.loads,
        (Path(__file__).parents[1] / "facts" / "connection_faults.jsonl")
        .read_text(encoding="utf-8")
        .splitlines(),
    )
    if "dsn" in row
}
#: Measured without a string being kept: what it must have been.
FACTS |= {
    "04_blackhole_accepts_silent_to2": "postgresql://bank_app:plainpw@127.0.0.1:51001/bank?connect_timeout=2",
    "04b_blackhole_backlog_full_to2": "postgresql://bank_app:plainpw@127.0.0.1:51002/bank?connect_timeout=2",
    "05_port_of_http_service_ssldisable": "postgresql://bank_app:plainpw@127.0.0.1:53299/bank?sslmode=disable",
}
#: Passwords of ``bank_special`` while the row was measured.
PASSWORDS = {
    "09_unescaped_pw_colon": "pa:ss",
    "09_unescaped_pw_hash": "pa#ss",
    "09_unescaped_pw_question": "pa?ss",
}
#: Rows about what stands around the string, which the doctor follows when asked to.
AROUND = {"30_env_pgport_hijack": "PGPORT", "30b_env_pgoptions_readonly": "PGOPTIONS"}
#: Linux alone has all of 127.0.0.0/8.
LINUX_ONLY = {"03_loopback_no_listener", "29b_multi_host_all_dead"}

WANTED = Expectations(
    dbname="bank",
    environment="production",
    tables=(("accounts", ("select", "update")),),
    slowest_query_ms=1000,
)
READER = Expectations(dbname="bank", tables=(("accounts", ("select",)),), writes=False)


def text_of(fault: str, servers: DoctorServers) -> str:
    """Give a row's string with the ports and files of these servers."""
    ports = {
        "39717": servers.refused if fault == "21b_server_down" else servers.primary.port,
        "59111": servers.refused,
        "53299": servers.answering,
        "51001": servers.silent,
        "51002": servers.full,
        "43849": servers.standby.port,
        "34953": servers.behind_tls,
    }
    text = FACTS[fault]
    for measured, port in ports.items():
        text = text.replace(f":{measured}", f":{port}").replace(f"= {measured}", f"= {port}")
        text = text.replace(f"port={measured}", f"port={port}")
    root = "other.pem" if fault == "11e_verify_ca_untrusted" else "root.pem"
    return text.replace("/srv/bank", (servers.folder / root).as_posix())


def expected_by(fault: str) -> Expectations:
    """Give what the program of a row needs."""
    return READER if fault == "16b_hot_standby_select" else WANTED


def variables_of(fault: str, servers: DoctorServers) -> dict[str, str]:
    """Give the variables that were set while a row was measured."""
    values = {"PGPORT": str(servers.refused), "PGOPTIONS": "-c default_transaction_read_only=on"}
    return {AROUND[fault]: values[AROUND[fault]]} if fault in AROUND else {}


@contextmanager
def state_of(fault: str, servers: DoctorServers) -> Iterator[None]:
    """Bring the server into the state a row needs, and back."""
    with ExitStack() as stack:
        if fault in PASSWORDS:
            set_password(servers, PASSWORDS[fault])
            stack.callback(set_password, servers, "p@ss:w/rd#1%x")
        if fault == "18_reserved_slots":
            stack.enter_context(held(servers.primary, PLACES - 2))
        elif fault == "18b_too_many_clients":
            stack.enter_context(held(servers.primary, PLACES))
        elif fault == "18c_role_connection_limit":
            stack.enter_context(held(servers.primary, 1, user="bank_lim", password="plainpw", dbname="bank"))
        elif fault == "18d_db_connection_limit":
            stack.enter_context(held(servers.primary, 1, user="bank_app", password="plainpw", dbname="limdb"))
        yield


def set_password(servers: DoctorServers, password: str) -> None:
    """Give ``bank_special`` another password."""
    with servers.admin() as admin:
        admin.execute(sql.SQL("ALTER ROLE bank_special PASSWORD {}").format(sql.Literal(password)))
