"""Every message of the catalogue as Markdown: what it means, what stands behind it, and the way out."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.bank.doctor.faults import LATER, Fault, all_faults
from labkit.bank.doctor.result import STEPS


def every_message() -> str:
    """Write all faults, in the order of the steps that meet them.

    Examples
    --------
    >>> every_message().splitlines()[0]
    '### parse: Can libpq read the text?'
    """
    return "\n".join(_sections())


def _sections() -> Iterator[str]:
    titles = {step: f"{step}: {question}" for step, question in STEPS.items()}
    titles[LATER] = "later: while the program works"
    for step, title in titles.items():
        faults = [fault for fault in all_faults().values() if fault.step == step]
        if faults:
            yield f"### {title}\n"
            yield from (one_fault(fault) for fault in faults)


def one_fault(fault: Fault) -> str:
    """Write one fault.

    Examples
    --------
    >>> print(one_fault(all_faults()["not-standby"]), end="")
    #### not-standby
    `connection failed: ... failed: server is not in hot standby mode`
    <BLANKLINE>
    The string asks for a standby, and this is a primary.
    <BLANKLINE>
    - Behind it: target_session_attrs=standby copied from a program that only reads.
    - The way out: For a program that writes use target_session_attrs=read-write.
    """
    said = f"`{fault.message}`" if fault.message else "(found by the doctor; no message says it)"
    lines = [f"#### {fault.name}", said, "", fault.means, ""]
    lines += [f"- Behind it: {cause}." for cause in fault.causes]
    return "\n".join([*lines, f"- The way out: {fault.do}", ""])
