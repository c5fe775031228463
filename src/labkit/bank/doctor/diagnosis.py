"""From a fault to a result: what was seen, what it means, and what the text's own check had to say of it."""

from __future__ import annotations

import re

from labkit.bank.doctor.case import Case
from labkit.bank.doctor.faults import Fault, all_faults
from labkit.bank.doctor.result import Result
from labkit.core.secret import MASK, Secret

_SHORT = 4
_LONG = 300


def failed(case: Case, step: str, fault: str, said: str, *notes: str) -> Result:
    """Make the result of a step that met a fault of the catalogue."""
    met = all_faults()[fault]
    return Result(step, "failed", said, met.name, met.means, met.do, notes + _hints(case, met))


def _hints(case: Case, fault: Fault) -> tuple[str, ...]:
    """Repeat what the check of the text said of the parts that may be to blame."""
    return tuple(
        f"The check of the text says of {finding.part}: {finding.problem}. {finding.fix}"
        for finding in case.findings
        if finding.part in fault.parts
    )


def quoted(case: Case) -> str:
    """Give the driver's words on one line, without what is secret."""
    return scrubbed(case, case.refusal)


def scrubbed(case: Case, words: str) -> str:
    """Take every secret of the connection string out of what a driver or server said.

    Examples
    --------
    >>> from labkit.bank.doctor.case import Case, Deadline
    >>> from labkit.bank.doctor.expectations import Expectations
    >>> from labkit.core.dsn import Dsn
    >>> dsn = Dsn.parse("host=db.example password=correct-horse")
    >>> case = Case(Secret(""), Expectations(), Deadline.after(1), dsn=dsn)
    >>> scrubbed(case, 'bad value "correct-horse"\\n')
    'bad value "***"'
    """
    text = " ".join(words.partition("Multiple connection attempts failed")[0].split())
    for _, value in case.read.parts:
        if isinstance(value, Secret) and len(value.reveal()) >= _SHORT:
            text = text.replace(" ".join(value.reveal().split()), MASK)
    text = re.sub(r"://[^@\s]*@", f"://{MASK}@", text)
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."
