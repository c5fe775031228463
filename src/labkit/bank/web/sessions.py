"""Who is asking: a signed cookie, so that a visit goes on while the database cannot be asked.

The table of sessions has a row for each login; a request does not read it. What a cookie says was signed by
this bank when somebody had proved who they are, and ends by itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import dataclass, replace
from pathlib import Path

COOKIE = "bank_session"
#: How long a login counts, in seconds.
LIFETIME_S = 8 * 3600
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of one browser or program; ``login`` is empty until somebody has logged in.

    ``visit_id`` is what telemetry calls ``session.id``: 16 hex digits, the same before and after the login.
    """

    visit_id: str
    login: str = ""
    session_id: str = ""
    since_s: int = 0

    def logged_in(self, login: str, session_id: str) -> Visit:
        """Give the visit after a login."""
        return replace(self, login=login, session_id=session_id, since_s=int(time.time()))


def new_visit() -> Visit:
    """Begin a visit of somebody unknown."""
    return Visit(secrets.token_hex(8), since_s=int(time.time()))


class Sessions:
    """Write and read the cookies of one bank; all its processes share the key.

    Examples
    --------
    >>> sessions = Sessions(b"k" * 32)
    >>> visit = new_visit().logged_in("customer-1", "s-1")
    >>> sessions.read(sessions.cookie(visit)) == visit
    True
    >>> sessions.read(sessions.cookie(visit)[:-1] + "x") is None
    True
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of_bank(cls, bank: Path) -> Sessions:
        """Read the bank's key; the first to ask makes it."""
        file = bank / "session.key"
        try:
            handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return cls(_patiently(file))
        with os.fdopen(handle, "wb") as made:
            made.write(secrets.token_bytes(_KEY_BYTES))
        return cls(file.read_bytes())

    def cookie(self, visit: Visit) -> str:
        """Write a visit as the value of a cookie."""
        fields = [visit.visit_id, visit.login, visit.session_id, visit.since_s]
        payload = base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode()
        return f"{payload}.{self._sign('visit', payload)}"

    def read(self, value: str | None) -> Visit | None:
        """Read a cookie; ``None`` for one that is missing, not ours, or past its time."""
        payload, dot, signature = (value or "").partition(".")
        if not dot or not hmac.compare_digest(signature.encode(), self._sign("visit", payload).encode()):
            return None
        visit_id, login, session_id, since_s = json.loads(base64.urlsafe_b64decode(payload))
        if not 0 <= time.time() - since_s <= LIFETIME_S:
            return None
        return Visit(visit_id, login, session_id, since_s)

    def form_token(self, visit: Visit) -> str:
        """Write what a form of this visit carries, and a form of another site cannot know."""
        return self._sign("form", f"{visit.visit_id}/{visit.session_id}")

    def knows_form(self, visit: Visit, token: str) -> bool:
        """Tell whether a form came from a page of this visit."""
        return hmac.compare_digest(token.encode(), self.form_token(visit).encode())

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self._key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def _patiently(file: Path) -> bytes:
    """Read a key that another process may be writing this very moment."""
    until = time.monotonic() + 5
    while len(key := file.read_bytes()) < _KEY_BYTES and time.monotonic() < until:
        time.sleep(0.01)
    return key
