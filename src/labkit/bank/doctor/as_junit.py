"""Write a report as JUnit's XML, which every build server shows: one test case a step."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from labkit.bank.doctor.result import STEPS, Result, printable

if TYPE_CHECKING:
    from labkit.bank.doctor.report import Report

#: The element that JUnit has for a status; a step that passed has none.
_ELEMENTS = {"failed": "failure", "unknown": "error", "skipped": "skipped"}


def as_junit(report: Report) -> str:
    """Write the report as one test suite.

    Examples
    --------
    >>> from labkit.bank.doctor.report import Report
    >>> from labkit.bank.doctor.result import passed
    >>> print(as_junit(Report("", (passed("parse", "libpq reads it"),))).splitlines()[1])
    <testsuites tests="1" failures="0" errors="0" skipped="0">
    """
    counts = {
        "tests": str(len(report.results)),
        "failures": str(sum(result.status == "failed" for result in report.results)),
        "errors": str(sum(result.status == "unknown" for result in report.results)),
        "skipped": str(sum(result.status == "skipped" for result in report.results)),
    }
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", {"name": "connection doctor"} | counts)
    for result in report.results:
        _add(suite, result)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add(suite: ET.Element, result: Result) -> None:
    name = f"{result.step}: {STEPS[result.step]}"
    case = ET.SubElement(suite, "testcase", {"classname": "connection", "name": name})
    lines = [result.means, result.do, *result.notes]
    detail = "\n".join(printable(line) for line in lines if line)
    element = _ELEMENTS.get(result.status)
    if element is None:
        ET.SubElement(case, "system-out").text = "\n".join(filter(None, [printable(result.said), detail]))
        return
    attributes = {"message": printable(result.said)} | ({"type": result.fault} if result.fault else {})
    ET.SubElement(case, element, attributes).text = detail or None
