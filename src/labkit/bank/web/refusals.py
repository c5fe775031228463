"""An answer that is a proper one, though not what was hoped for."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818  it is no error of the program
    """End a request with a status below 500, and leave a line in the log.

    Parameters
    ----------
    status : int
        HTTP status of the answer.
    says : str
        What a person reads.
    noted : str
        What the log reads; empty for no line.
    severity : int
        Severity of that line, as ``logging`` numbers them.
    """

    def __init__(self, status: int, says: str, noted: str = "", severity: int = 30) -> None:
        super().__init__(says)
        self.status, self.says, self.noted, self.severity = status, says, noted, severity
