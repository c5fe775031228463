"""A short slice of the fuzz, what the long runs found, and that the law can be broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz_cases import Case, case
from fuzz_law import BrokenLawError, check
from fuzz_mutations import OF_LINE, OF_LINES
from fuzz_seeds import seeds

from labkit.evidence.lines import packing_of
from labkit.evidence.rejects import RejectWriter

CORPUS = sorted(Path(__file__).with_name("corpus").iterdir())
TOGETHER = 25


def of_corpus(path: Path) -> Case:
    """Make a case of a kept file."""
    data = path.read_bytes()
    return Case(path.name, data, data if packing_of(path) == "none" else None)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_what_was_found_stays_mended(path: Path, tmp_path: Path) -> None:
    """A file that once broke the law keeps it."""
    check([of_corpus(path)], tmp_path)


@pytest.mark.parametrize("first", range(0, 150, TOGETHER))
def test_damaged_files_keep_the_law(first: int, tmp_path: Path) -> None:
    """Every line of a damaged file is loaded or kept aside, once, and fast and slow say the same."""
    check([case(1, number) for number in range(first, first + TOGETHER)], tmp_path)


def test_a_case_is_the_same_each_time() -> None:
    """A seed and a number give the same bytes, others give others, and every way of damaging is in use."""
    assert case(1, 5) == case(1, 5)
    assert len({case(1, number).data for number in range(50)}) > 45
    assert len({seed.name for seed in seeds()}) == len(seeds()) > 25
    assert len(set(OF_LINE)) + len(set(OF_LINES)) > 14


def test_a_lost_line_breaks_the_law(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the loader forgets a reject, the law says so."""
    monkeypatch.setattr(RejectWriter, "flush", lambda _: None)
    with pytest.raises(BrokenLawError):
        check([Case("lost", b'{"timestamp":1}\nrubbish\n', b'{"timestamp":1}\nrubbish\n')], tmp_path)
