"""Where a connection string is read from, and that a mistake there never shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.bank.doctor.source import expectations_from, from_environment, from_file
from labkit.core.dsn import Dsn
from labkit.core.errors import LabError

DSN = "postgresql://bank_app:correct-horse@db.example:5432/bank"


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f'DATABASE_URL = "{DSN}"', None),
        (f'name = "bank"\n[database]\nurl = "{DSN}"\npool = 4', None),
        (f'[database]\nmain = "{DSN}"', None),
        (f'[a.b]\ndsn = "{DSN}"\nother_url = "x"', "a.b.dsn"),
    ],
)
def test_a_string_is_found_in_a_file(tmp_path: Path, text: str, key: str | None) -> None:
    """A value that looks like a connection string is found, or the one that is named."""
    assert from_file(written(tmp_path, text), key) == DSN


@pytest.mark.parametrize("key", [None, "database"])
def test_a_table_of_parts_is_a_string(tmp_path: Path, key: str | None) -> None:
    """A table of libpq's parts will do."""
    found = from_file(written(tmp_path, '[database]\nhost = "db.example"\nport = 5432\npassword = "pw"'), key)
    assert isinstance(found, Dsn)
    assert found.reveal() == "password=pw host=db.example port=5432"


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (f'a_url = "{DSN}"\nb_url = "{DSN}"', None, "Possible: a_url, b_url. Name it with --key"),
        ('name = "x"', None, "Possible: name"),
        (f'a_url = "{DSN}"', "b_url", "Did you mean 'a_url'"),
        (f'a_url = "{DSN}"', DSN, "'***'"),
        ("pool = 4", "pool", "no key"),
        ('[database]\nhostname = "x"', None, "Did you mean 'host'"),
        (f'a_url = "{DSN}', None, "the file is no TOML"),
    ],
)
def test_a_file_without_one_string_is_refused(tmp_path: Path, text: str, key: str | None, words: str) -> None:
    """Where no string or several are found, keys are listed and values are not."""
    with pytest.raises(LabError) as caught:
        from_file(written(tmp_path, text), key)
    assert words in str(caught.value)
    assert "correct-horse" not in repr((caught.value, caught.value.__context__, caught.value.__cause__))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A missing file and one that is no text are told apart; a string given as a file's name is not shown."""
    with pytest.raises(LabError, match="No such file"):
        expectations_from(tmp_path / "missing.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(LabError, match="no UTF-8"):
        from_file(tmp_path / "bytes.toml")
    with pytest.raises(LabError) as caught:
        from_file(Path(DSN))
    assert "correct-horse" not in str(caught.value)


def test_a_variable_is_read_as_it_stands() -> None:
    """A variable's text is not trimmed: what the program gets is what is examined."""
    assert from_environment("DATABASE_URL", {"DATABASE_URL": f" {DSN}\n"}) == f" {DSN}\n"
    with pytest.raises(LabError) as caught:
        from_environment(DSN, {"DATABASE_URL": DSN})
    assert "correct-horse" not in str(caught.value)
    assert "DATABASE_URL" in str(caught.value)
