"""The connection doctor: whether a connection string is fit for what the program wants to do with it.

>>> from labkit.bank.doctor import examine
>>> report = examine("postgresql://bank_app:pw@db.example:70000/bank")
>>> report.fit, report.trouble.step, report.trouble.fault
(False, 'lint', 'port-range')
"""

from __future__ import annotations

from labkit.bank.doctor.checklist import Checklist as Checklist
from labkit.bank.doctor.checklist import checklist as checklist
from labkit.bank.doctor.examination import examine as examine
from labkit.bank.doctor.expectations import Expectations as Expectations
from labkit.bank.doctor.faults import Fault as Fault
from labkit.bank.doctor.faults import explain as explain
from labkit.bank.doctor.report import Report as Report
from labkit.bank.doctor.result import STEPS as STEPS
from labkit.bank.doctor.result import Result as Result

__all__ = [
    "STEPS",
    "Checklist",
    "Expectations",
    "Fault",
    "Report",
    "Result",
    "checklist",
    "examine",
    "explain",
]
