"""The incident with the manual ledger: the update, orders on paper, the rollback, the books afterwards."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from real_postgres import open_folder
from web_bank import until

from labkit.bank.books import DEMO_PASSWORD, account_number, audit
from labkit.bank.running import open_bank
from labkit.cli.main import main

pytestmark = pytest.mark.server
MINE, THEIRS = account_number(1), account_number(2)


def command(folder: Path, *words: str) -> int:
    """Run a command of the bank, as the person on call does."""
    return main(["bank", *words, "--folder", str(folder)])


def test_the_outage_passes_and_every_order_is_in_the_books(capsys: pytest.CaptureFixture[str]) -> None:
    """Switched on during the outage, the ledger takes orders; the rollback brings them into the books."""
    with open_folder() as folder:
        place, fast = folder / "bank", {"POOL_TIMEOUT_SECONDS": 0.3}
        with (
            open_bank(place, accounts=40, durable=False, settings=fast) as bank,
            httpx.Client(base_url=bank.url, timeout=20, trust_env=False) as client,
        ):
            login = {"login": "customer-1", "password": DEMO_PASSWORD}
            assert client.post("/login", json=login).status_code == 200
            before = Decimal(client.get(f"/accounts/{MINE}").json()["balance"])
            order = {"from_account": MINE, "to_account": THEIRS, "amount": "1.50", "memo": "tea"}

            def send(key: str) -> int:
                return client.post("/transfers", json=order | {"idempotency_key": key}).status_code

            assert command(place, "deploy", "1.8.0") == 0
            assert until(lambda: send("k-1") == 503)
            assert command(place, "deploy", "1.8.0", "--set", "MANUAL_LEDGER=on") == 0
            assert [send(key) for key in ("k-1", "k-2", "k-2")] == [202, 202, 202]
            assert command(place, "ledger") == 1
            assert command(place, "rollback") == 0
            assert until(lambda: command(place, "ledger") == 0)
            assert "2 orders entered, 0 there already, 0 in conflict" in capsys.readouterr().out
            assert bank.settings["MANUAL_LEDGER"] != "on"
            assert Decimal(client.get(f"/accounts/{MINE}").json()["balance"]) == before - 3
            assert audit(bank.dsn).good
