"""A text that is carried but never shown: whatever prints it prints ``***``."""

from __future__ import annotations

from typing import Any, NoReturn

MASK = "***"


def harmless(value: object) -> object:
    """Give a value as an error may show it: ``***`` for a text that may be a connection string.

    Examples
    --------
    >>> harmless("postgresql://bank_app:pw@db.example/bank"), harmless("DATABASE_URL")
    ('***', 'DATABASE_URL')
    """
    return MASK if isinstance(value, str) and any(mark in value for mark in ("=", "@", "://")) else value


class Secret:
    """Carry a password through a program without showing it.

    Equal secrets are equal and hash alike, so values that hold one can be compared. A pickle or a JSON
    file would be a place to read it, so a pickle holds the mask alone; ``copy`` keeps the secret.

    Examples
    --------
    >>> password = Secret("correct horse")
    >>> password, f"{password}", f"{password:>5}"
    (***, '***', '  ***')
    >>> password == Secret("correct horse"), password.reveal()
    (True, 'correct horse')
    """

    __slots__ = ("__text",)
    __text: str

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "_Secret__text", text)

    def reveal(self) -> str:
        """Give the text itself; the one way to it.

        Examples
        --------
        >>> Secret("abc").reveal()
        'abc'
        """
        return self.__text

    @property
    def masked(self) -> bool:
        """Whether the text is only stars, as evidence shows a password.

        Examples
        --------
        >>> Secret("***").masked, Secret("abc").masked
        (True, False)
        """
        return bool(self.__text) and not self.__text.strip("*")

    def __repr__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return self.__text == other.__text if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self.__text))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Secret does not change")

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: Any) -> Secret:
        return self

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return (Secret, (MASK,))
