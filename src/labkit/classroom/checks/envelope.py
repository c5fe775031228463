"""Seal a text so that only who knows an answer can read it, and open it again.

A key is derived from the answer with scrypt (RFC 7914, https://www.rfc-editor.org/rfc/rfc7914), which makes
trying answers out slow. The first bytes of what it gives are the envelope's name, the rest is its key: who
has another answer finds no envelope. The text is sealed with AES-SIV (RFC 5297), which needs no nonce: the
same text under the same key is the same bytes, so that builds repeat, and another text under the same key
gives nothing away.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

#: scrypt's cost for a whole check: 16 MiB and some 30 ms on a machine of today.
WORK = 2**14
_BLOCK, _PARALLEL = 8, 1
_NAME_BYTES, _KEY_BYTES = 16, 64
#: Texts are filled up to a multiple of this, so that their length says little.
_PAGE = 512


@dataclass(frozen=True, slots=True)
class Lock:
    """What a question's envelopes have in common: salt, cost, and what they belong to."""

    salt: bytes
    work: int
    belongs_to: str

    def keys(self, answer: str) -> tuple[str, bytes]:
        """Derive the name of an answer's envelope, and its key."""
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        length = _NAME_BYTES + _KEY_BYTES
        kdf = Scrypt(salt=self.salt, length=length, n=self.work, r=_BLOCK, p=_PARALLEL)
        derived = kdf.derive(answer.encode("utf-8", "surrogatepass"))
        return derived[:_NAME_BYTES].hex(), derived[_NAME_BYTES:]


def lock_for(lab: str, question: str, evidence: str, work: int) -> Lock:
    """Make the lock of a question.

    The salt is made from names and not by chance: it must differ from question to question and need not be
    secret, and so a second build writes the same bytes.

    Examples
    --------
    >>> lock_for("02-timeline", "onset", "5f", 2).salt == lock_for("02-timeline", "trigger", "5f", 2).salt
    False
    """
    belongs_to = json.dumps(["outage-lab", lab, question, evidence])
    return Lock(hashlib.sha256(belongs_to.encode()).digest()[:16], work, belongs_to)


def seal(content: Any, key: bytes, lock: Lock) -> str:
    """Seal what JSON can hold; the result is text."""
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    plain = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    filled = plain + b" " * (-len(plain) % _PAGE)
    return base64.b64encode(AESSIV(key).encrypt(filled, [lock.belongs_to.encode()])).decode("ascii")


def unseal(sealed: str, key: bytes, lock: Lock) -> Any:
    """Open what `seal` made.

    Raises
    ------
    ValueError
        It was changed, or belongs to another question.

    Examples
    --------
    >>> lock = lock_for("02-timeline", "onset", "5f", 2)
    >>> name, key = lock.keys("an answer")
    >>> unseal(seal({"is": "right"}, key, lock), key, lock)
    {'is': 'right'}
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    try:
        plain = AESSIV(key).decrypt(base64.b64decode(sealed), [lock.belongs_to.encode()])
    except InvalidTag as error:
        raise ValueError("the envelope was changed or belongs to another question") from error
    return json.loads(plain)
