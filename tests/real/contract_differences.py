"""Where bank and simulation differ, and why: the rows of docs/bank-and-simulation.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """One difference: where it shows, what each side writes, and why it stays."""

    where: str
    bank: str
    simulation: str
    why: str

    @property
    def row(self) -> str:
        """The row of the document."""
        return f"| {self.where} | {self.bank} | {self.simulation} | {self.why} |"


DIFFERENCES = (
    Difference(
        "status message of a failed query's span",
        "`UndefinedTable: relation ...`: OpenTelemetry puts the class before the message",
        "the message alone",
        "The bank is right. The seed incident has such spans, and its bytes do not change.",
    ),
    Difference(
        "`bad-options`: the pool's warning, the server's log",
        "every attempt is made twice; the warning has two lines, the second session no `application_name`",
        "one attempt",
        "The bank is right: libpq takes 42704 for a server that does not know `application_name`, and tries "
        "again without it. The simulation's messages were measured without a name.",
    ),
    Difference(
        "queries of a transfer",
        "both accounts are locked, and the entries are written by a third statement",
        "one lock, one INSERT",
        "The simulation keeps the statements whose failures tell something; the seed incident's bytes stand.",
    ),
    Difference(
        "a query more on statement and transfer",
        "`SELECT account_id, owner, ...` once in `CACHE_TTL_SECONDS` for each account",
        "none",
        "The bank looks whose account it is. Under `empty-database` and the like it is the transfer's first, "
        "so its failure names it.",
    ),
    Difference(
        "`staging-database`: statement",
        "404 for an account that is not there, or another's",
        "200",
        "As above: the bank asks whose it is.",
    ),
    Difference(
        "attributes of server spans",
        "also `url.scheme`, `network.protocol.version`, `user_agent.original`, `client.port`",
        "without",
        "The instrumentation adds them; no lab asks for them.",
    ),
    Difference(
        "resource metrics",
        "no `ping.rtt` and `ping.loss`: nobody pings 127.0.0.1",
        "pings of the database's host",
        "A drill adds its own pings.",
    ),
    Difference(
        "`reconnection attempt in pool 'pool-1' failed after 300.0 sec`",
        "not seen in seconds",
        "after five minutes of failing",
        "The same text of the same library (tests/real/test_simulated_like_real.py).",
    ),
    Difference(
        "`database-restart`: the pool's log",
        "`discarding closed connection: <psycopg.AsyncConnection [BAD] at 0x...>` for each that was cut",
        "without",
        "The bank is right. The failure of the request that meets the cut connection is on both sides.",
    ),
    Difference(
        "durations of a login",
        "10 to 20 ms: scrypt at a demo's cost",
        "90 to 100 ms",
        "A drill logs a hundred customers in each second on one core.",
    ),
    Difference(
        "`pool-too-small`, `short-statement-timeout`",
        "queries wait for a lock that another session holds",
        "queries over large tables",
        "One machine has no large tables in seconds; class, message and waiting are the same.",
    ),
    Difference(
        "`certificate-name`, `slow-query`, `overload`, `network-loss`, `rotated-password`, `outlived-rule`",
        "not compared",
        "scenarios of their own",
        "They need a server with TLS, a network that loses, or half an hour.",
    ),
)
