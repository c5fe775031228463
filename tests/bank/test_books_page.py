"""docs/ledger.md says what is so: logins, constraints, files and commands are those of the bank."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from labkit.bank.books import DEMO_PASSWORD, account_number
from labkit.bank.books.migrating import migrations
from labkit.cli.main import build_parser

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")


def test_the_page_says_how_to_log_in() -> None:
    """Password and accounts of the first customers are those that are seeded."""
    assert f"`{DEMO_PASSWORD}`" in PAGE
    for number in (1, 2, 3):
        accounts = f"{account_number(number)}, {account_number(number, 1)}"
        assert f"| `customer-{number}` | {accounts} |" in PAGE


def test_every_constraint_of_the_page_is_in_the_tables() -> None:
    """Each name in the table of what cannot be stands in a migration."""
    table = PAGE.partition("| what cannot be |")[2].partition("\n\n")[0]
    names = set(re.findall(r"`(\w+)`", table))
    made = "\n".join(migration.text for migration in migrations())
    assert len(names) >= 10
    # PostgreSQL itself names what UNIQUE makes.
    assert {name for name in names if name not in made} == {"transfers_idempotency_key_key"}


def test_every_command_of_the_page_is_one() -> None:
    """Each command can be parsed."""
    found = re.findall(r"^labkit ([a-z]+ [^`\n]*)", PAGE, re.MULTILINE)
    assert len(found) >= 6
    for command in found:
        build_parser().parse_args(shlex.split(command))


def test_every_file_of_the_page_is_there() -> None:
    """Tests that the page names exist."""
    for name in set(re.findall(r"tests/[\w/]+\.py", PAGE)):
        assert (ROOT / name).is_file(), name
