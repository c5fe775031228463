"""Passwords of customers: kept as scrypt hashes only."""

from __future__ import annotations

import base64
import hashlib
import hmac

#: About 8 ms of one core for each login: a demo's cost (OWASP asks for 2**17), so that a hundred customers
#: can log in each second on a laptop.
_N, _R, _P = 2**12, 8, 1


def hash_password(password: str, salt: bytes) -> str:
    """Hash a password: ``scrypt$N$r$p$SALT$HASH``, both in base64.

    Examples
    --------
    >>> matches("correct horse", hash_password("correct horse", b"0123456789abcdef"))
    True
    """
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)
    return f"scrypt${_N}${_R}${_P}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def matches(password: str, kept: str) -> bool:
    """Say whether a password is the one that was hashed; a hash in another form matches none."""
    try:
        kind, n, r, p, salt, digest = kept.split("$")
        wanted = base64.b64decode(digest, validate=True)
        salted = base64.b64decode(salt, validate=True)
        found = hashlib.scrypt(
            password.encode(), salt=salted, n=int(n), r=int(r), p=int(p), dklen=len(wanted)
        )
    except ValueError:
        return False
    return kind == "scrypt" and hmac.compare_digest(found, wanted)
