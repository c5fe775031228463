"""The process that touches the network for an examination: it can be killed, whatever it waits for.

Its environment has no ``PG*`` variable unless that was asked for. It reads one JSON object from standard
input, for arguments could be seen by other users, and writes each result as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from typing import TextIO

from labkit.bank.doctor.case import Case, Deadline
from labkit.bank.doctor.expectations import Expectations
from labkit.bank.doctor.steps import on_the_server, on_the_text
from labkit.core.secret import Secret


def order(case: Case) -> str:
    """Write what the process needs to know of a case; it holds the password."""
    return json.dumps(
        {
            "text": case.text.reveal(),
            "expectations": case.expectations.to_json(),
            "seconds": case.deadline.left_s,
            "borrows": case.borrows,
        }
    )


def main(given: TextIO, out: TextIO) -> None:
    """Examine what the order says, and write a line for each step on the server."""
    told = json.load(given)
    case = Case(
        text=Secret(told["text"]),
        expectations=Expectations.read(told["expectations"]),
        deadline=Deadline.after(told["seconds"]),
        borrows=told["borrows"],
    )
    case, _ = on_the_text(case)
    for result in on_the_server(case):
        out.write(json.dumps(result.to_json()) + "\n")
        out.flush()


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
