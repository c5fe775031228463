"""Gathering the evidence of a running bank waits for what its hosts have not written yet, and no longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.bank.running import evidence


class Hosts:
    """A clock that only sleeping moves, and two hosts that write a batch of spans at given times."""

    def __init__(self, bank: Path, batches: list[float]) -> None:
        self.now, self.written = 100.0, 0
        self._files = [bank / "evidence" / f"bank-web-{k}" / "traces.otlp.jsonl" for k in (1, 2)]
        self._batches = [100.0 + at for at in batches]
        for file in self._files:
            file.parent.mkdir(parents=True)
            file.touch()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        while self.written < len(self._batches) and self._batches[self.written] <= self.now:
            with self._files[self.written % 2].open("ab") as file:
                file.write(b"%d\n" % self.written)
            self.written += 1


@pytest.mark.parametrize(
    ("batches", "collected", "within_s"),
    [
        ([], 0, (1.4, 1.7)),
        ([0.8], 1, (2.2, 2.5)),
        ([1.0, 2.1, 3.2], 3, (4.6, 4.9)),  # busy hosts come to it late, one after the other
        ([0.45 * k for k in range(1, 100)], 13, (5.9, 6.2)),  # users go on
    ],
)
def test_what_is_not_written_yet_is_waited_for(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    batches: list[float],
    collected: int,
    within_s: tuple[float, float],
) -> None:
    """It is over once no host has written for longer than a second, and after six seconds in any case."""
    hosts = Hosts(tmp_path / "bank", batches)
    monkeypatch.setattr(evidence, "time", hosts)
    evidence.collect(tmp_path / "bank", tmp_path / "out", None, running=True)
    assert within_s[0] < hosts.now - 100.0 < within_s[1]
    traces = tmp_path / "out" / "traces.otlp.jsonl"
    lines = traces.read_text(encoding="utf-8").splitlines() if traces.exists() else []
    assert len(lines) == collected


def test_a_bank_that_is_down_has_written_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for where no host runs."""
    hosts = Hosts(tmp_path / "bank", [0.1])
    monkeypatch.setattr(evidence, "time", hosts)
    assert evidence.collect(tmp_path / "bank", tmp_path / "out", None, running=False) == ()
    assert hosts.now == 100.0
