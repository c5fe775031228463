"""What an examination found, step by step, and whether the connection string is fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from labkit.bank.doctor.result import Result


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """The results of all steps, in order; nothing in it is secret.

    Attributes
    ----------
    dsn : str
        The connection string without its secrets; empty where libpq cannot read it.
    results : tuple of Result
        One for each step, in order.

    Examples
    --------
    >>> from labkit.bank.doctor.result import passed
    >>> Report("postgresql://db.example/bank", (passed("parse", "libpq reads it"),)).fit
    True
    """

    dsn: str
    results: tuple[Result, ...]

    @property
    def fit(self) -> bool:
        """Whether every step that was to be taken passed: what could not be found out is not fit."""
        return self.trouble is None

    @property
    def trouble(self) -> Result | None:
        """The first step that did not pass: the fault's name; ``None`` when all is well."""
        return next((result for result in self.results if result.stands_in_the_way), None)

    @property
    def verdict(self) -> str:
        """One line: fit, or what stands in the way."""
        return "fit" if self.trouble is None else f"not fit: {self.trouble.step}, {self.trouble.fault}"

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __getitem__(self, step: str) -> Result:
        return next(result for result in self.results if result.step == step)

    def to_json(self) -> dict[str, Any]:
        """Give the report as JSON knows it.

        ``fit``, ``dsn``, ``trouble`` (``step`` and ``fault``, or null) and ``steps``, each with ``step``,
        ``status``, ``said``, ``fault``, ``means``, ``do`` and ``notes``.
        """
        trouble = self.trouble
        return {
            "fit": self.fit,
            "dsn": self.dsn,
            "trouble": {"step": trouble.step, "fault": trouble.fault} if trouble else None,
            "steps": [result.to_json() for result in self.results],
        }

    def to_junit(self) -> str:
        """Write the report as JUnit's XML, one test case a step."""
        from labkit.bank.doctor.as_junit import as_junit

        return as_junit(self)

    def __str__(self) -> str:
        from labkit.bank.doctor.as_text import as_text

        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from labkit.bank.doctor.as_html import as_html

        return as_html(self)
