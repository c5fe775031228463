"""Packed files: several members of gzip read as one text, and zstd as its text."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from reading_files import read_bytes

import labkit
from labkit.core.errors import LabError

LINES = [
    b"2023-12-01 14:30:00,123 - bank - ERROR - first",
    b"2023-12-01 14:30:01,123 - bank - ERROR - second",
]
#: The two lines above, packed by the program zstd 1.5.4.
PACKED = bytes.fromhex(
    "28b52ffd245f0d02007403323032332d31322d30312031343a33303a30302c313233202d2062616e6b202d2045"
    "52524f52202d2066697273740a317365636f6e640a02004011979e2a03c236802e"
)


def test_gzip_members_one_after_the_other_are_one_text() -> None:
    """A file of several gzip members loads as one text, even with a line split between them."""
    first, second = gzip.compress(LINES[0] + b"\n" + LINES[1][:9]), gzip.compress(LINES[1][9:] + b"\n")
    found = read_bytes(first + second)
    assert [row["body"] for row in found.rows] == ["first", "second"]
    assert (found.lines_in, found.rejects) == (2, [])


def test_zstd_is_unpacked() -> None:
    """A file packed with zstd loads as its text does."""
    assert [row["body"] for row in read_bytes(PACKED).rows] == ["first", "second"]


@pytest.mark.parametrize("cut", [9, 30])
def test_a_damaged_zstd_file_stops_no_other(
    cut: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A zstd file that was cut off is named with its reason, and the files beside it load."""
    packed = tmp_path / "packed.zst"
    packed.write_bytes(PACKED[:-cut])
    with pytest.raises(LabError, match="damaged: it starts like a zstd file"):
        labkit.load(packed)
    (tmp_path / "plain.log").write_bytes(b"\n".join(LINES))
    with labkit.load(tmp_path) as con:
        (reason,) = con.execute("SELECT reason FROM rejects").fetchall()[0]
        assert con.execute("SELECT count(*) FROM logs").fetchall() == [(2,)]
    assert reason.startswith("the zstd file is damaged")
    assert "packed.zst" in capsys.readouterr().err
