"""The steps that look at the text alone: whether it can be read, and whether it says what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from labkit.bank.doctor.case import Case
from labkit.bank.doctor.diagnosis import failed
from labkit.bank.doctor.result import Result, passed
from labkit.core.dsn import Dsn
from labkit.core.dsn_finding import Finding
from labkit.core.dsn_lint import lint
from labkit.core.errors import LabError

#: No connection string is longer; reading what is takes time that grows faster than the text.
LONGEST = 8000


def parse(case: Case) -> tuple[Case, Result]:
    """Have libpq read the text."""
    text = case.text.reveal()
    if len(text) > LONGEST:
        return case, failed(case, "parse", "too-long", f"it has {len(text)} characters")
    findings = lint(text)
    try:
        dsn = Dsn.parse(text)
    except LabError:
        return replace(case, findings=findings), _of_findings("parse", findings)
    named = ", ".join(part for part, _ in dsn.parts)
    found = replace(case, dsn=dsn, findings=findings)
    return found, passed("parse", f"libpq reads it: {named}" if named else "libpq reads it, and it is empty")


def check(case: Case) -> tuple[Case, Result]:
    """Check what the text says; a mistake ends the examination, for what is wrong may be a torn password."""
    if any(finding.severity == "error" for finding in case.findings):
        return case, _of_findings("lint", case.findings)
    if torn(case.read):
        return case, failed(
            case, "lint", "torn-password", "what stands in another part looks like a piece of a password"
        )
    notes = tuple(_sentence(finding) for finding in case.findings)
    said = "nothing is wrong with the text" if not notes else "no mistake, but it leaves something open"
    return case, passed("lint", said, *notes)


def torn(dsn: Dsn) -> bool:
    """Tell whether a part would have to be masked, because a piece of the password may have got into it.

    Examples
    --------
    >>> torn(Dsn.parse("host=ss@db.example password=pa")), torn(Dsn.parse("host=db.example password=pa"))
    (True, False)
    """
    shown = dsn.shown
    return any(isinstance(value, str) and value != shown[part] for part, value in dsn.parts)


def _of_findings(step: str, findings: Iterable[Finding]) -> Result:
    first, *others = findings
    return Result(
        step,
        "failed",
        f"{first.part}: {first.problem}",
        fault=first.rule,
        means=f"{first.consequence[:1].upper()}{first.consequence[1:]}.",
        do=first.fix,
        notes=tuple(_sentence(finding) for finding in others),
    )


def _sentence(finding: Finding) -> str:
    return f"{finding.part}: {finding.problem} ({finding.consequence}). {finding.fix}"
