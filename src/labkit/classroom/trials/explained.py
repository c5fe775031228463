"""Say why what is confused is confused."""

from __future__ import annotations


def explanation(scenario: str, withheld: str) -> str:
    """Give the reason."""
    return ""
