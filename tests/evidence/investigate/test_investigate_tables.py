"""The investigation's tables of messages hold together."""

from __future__ import annotations

from collections import Counter

from labkit.evidence.investigate.model import KINDS
from labkit.evidence.investigate.reading import SIGNATURES


def test_the_tables_of_messages_hold_together() -> None:
    """Names are unique, every row speaks for a known kind with a weight between 0 and 1, strongest first."""
    assert max(Counter(signature.name for signature in SIGNATURES).values()) == 1
    for signature in SIGNATURES:
        weights = [meaning.weight for meaning in signature.meanings]
        assert weights == sorted(weights, reverse=True), signature.name
        assert all(0 < weight <= 1 for weight in weights), signature.name
        assert all(meaning.kind in KINDS for meaning in signature.meanings), signature.name


def test_no_sqlstate_stands_in_two_rows_for_the_same_writer() -> None:
    """A SQLSTATE alone leads to one row."""
    states = Counter((state, row.writer) for row in SIGNATURES for state in row.sqlstates)
    assert max(states.values()) == 1
