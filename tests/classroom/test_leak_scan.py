"""Whatever way an answer is hidden in a student's file, the build finds it; harmless texts pass."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import json
import struct
import urllib.parse
import zlib

import pytest
from small_checks import seal_checks, write_checks
from small_lab import LAB, write_lab

from labkit.classroom import build as building
from labkit.classroom.build import build
from labkit.classroom.leaks.scan import scan
from labkit.classroom.leaks.secrets import secrets_of
from labkit.classroom.leaks.views import views
from labkit.classroom.notebook import student_notebook, to_text
from labkit.classroom.source import read_lab
from labkit.core.errors import LabError

SECOND = 1701441197
ONSET = "2023-12-01 14:33:17"
PLACES = {
    "a cell": lambda book, text: book["cells"][0].update(source=[f"{text}\n"]),
    "a cell's metadata": lambda book, text: book["cells"][0]["metadata"].update(note=text),
    "a key": lambda book, text: book["cells"][0]["metadata"].update({text: 1}),
    "the notebook's metadata": lambda book, text: book["metadata"].update(x={"y": [{"z": text}]}),
    "widget state": lambda book, text: book["metadata"].update(
        widgets={"application/vnd.jupyter.widget-state+json": {"state": {"3f": {"state": {"value": text}}}}}
    ),
    "an output": lambda book, text: book["cells"][1].update(
        outputs=[{"output_type": "stream", "name": "stdout", "text": ["ok\n", text]}]
    ),
    "an output's data": lambda book, text: book["cells"][1].update(
        outputs=[{"output_type": "display_data", "data": {"text/html": f"<p hidden>{text}</p>"}}]
    ),
    "an attachment": lambda book, text: book["cells"][0].update(
        attachments={"note.txt": {"text/plain": base64.b64encode(text.encode()).decode()}}
    ),
    "a cell id": lambda book, text: book["cells"][0].update(id=text),
}
ENCODINGS = {
    "plain": lambda text: text,
    "JSON-escaped": json.dumps,
    "unicode escapes": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "octal escapes": lambda text: "".join(f"\\{ord(letter):03o}" for letter in text),
    "nothing between": "\u200b".join,
    "full width": lambda text: "".join(
        chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text
    ),
    "code of codes": lambda text: " + ".join(f"chr({ord(letter)})" for letter in text),
    "byte escapes": lambda text: "".join(f"\\x{ord(letter):02x}" for letter in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for addresses": lambda text: (
        base64.urlsafe_b64encode(f"??>>{text}".encode()).decode().rstrip("=")
    ),
    "base64 of more": lambda text: base64.b64encode(f"the answer is {text}, hush".encode()).decode(),
    "base64 behind a path": lambda text: f"a/{base64.b64encode(text.encode()).decode()}",
    "base64 twice": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "base64 in lines": lambda text: "\n".join(
        _lines(base64.b64encode(b"x" * 70 + text.encode()).decode(), 76)
    ),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "hex with spaces": lambda text: text.encode().hex(" "),
    "UTF-16": lambda text: base64.b64encode(text.encode("utf-16")).decode(),
    "zlib": lambda text: base64.b64encode(zlib.compress(text.encode())).decode(),
    "gzip": lambda text: base64.b64encode(gzip.compress(text.encode())).decode(),
    "URL": lambda text: "".join(f"%{ord(letter):02X}" for letter in text),
    "URL quoted": urllib.parse.quote,
    "HTML": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "quoted-printable": lambda text: "".join(f"={ord(letter):02X}" for letter in text),
    "character codes": lambda text: str([ord(letter) for letter in text]),
    "a picture's text": lambda text: base64.b64encode(_png(text)).decode(),
}
SPELLINGS = {
    "onset": [
        ONSET, "2023-12-01T14:33:17Z", "14:33:17", "14:33:17.250", "2:33:17 PM", "02:33:17 p.m.",
        "14h33m17", "14 h 33 min 17 s",
        "20231201T143317Z", "20231201143317", "01/Dec/2023:14:33:17 +0000", "2023-12-01T20:03:17+05:30",
        str(SECOND), f"{SECOND}000", f"{SECOND}000000", f"{SECOND}000000000", f"{SECOND}.0",
        hex(SECOND), f"{SECOND:x}",
        "datetime(2023, 12, 1, 14, 33, 17)",
    ],
    "gap": ["0:11:53", "00:11:53", "11 min 53 s", "11 minutes and 53 seconds", "713000", "11.883"],
    "requests": [
        "4711", "4,711", "4_711", "4711.0", "n = 4711;", "4'711", "4\u2019711", "4 711", "4\u2009711",
        "0b1001001100111", "0o11147",
    ],
    "share": ["0.03472", "0.034721", "3.4721 %"],
    "part": ["6543", "db.example:6543/bank", "port=6543"],
    "story": ["14:52:40"],
    "offsets": ["15:01:09"],
    "ranking": ["1723"],
}  # fmt: skip
HARMLESS = [
    "14:33", "at about half past two", "14:33:18", "114:33:17", "14:33:170",
    "47110", "4712", "4 7115", "14 711",
    "0b1001001100110", "0.0347.1", "v4711", "471", "11:53", "step", "/login and /transfers", "16543", "web-1",
    "deadbeef" * 4, "data:image/png;base64," + base64.b64encode(bytes(range(256))).decode(),
]  # fmt: skip


def _lines(text, width):
    return [text[start : start + width] for start in range(0, len(text), width)]


def _png(text):
    """Write a picture of no pixels with a text chunk, as pictures carry their comments."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"tEXt", b"Comment\0" + text.encode()), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give the small lab with questions of all kinds: its student notebook and its secrets."""
    folder = tmp_path_factory.mktemp("project")
    found, _, sealed, _ = seal_checks(folder)
    lab = read_lab(write_lab(folder, LAB))
    return to_text(student_notebook(lab)), secrets_of(found, lab), sealed


@pytest.fixture
def planted(made):
    """Give a function that plants a text at a place of the notebook and scans it."""

    def plant(place, text):
        book = json.loads(made[0])
        PLACES[place](book, text)
        return scan(json.dumps(book), made[1])

    return plant


def test_what_is_built_holds_no_secret(made):
    """The student's notebook and the sealed checks pass as they are."""
    assert scan(made[0], made[1]) == ()
    assert scan(made[2], made[1]) == ()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("encoding", ["plain", "base64", "hex"])
def test_an_answer_is_found_at_every_place(planted, place, encoding):
    """Cells, metadata, keys, widget state, outputs, attachments: none hides an answer."""
    [leak, *_] = planted(place, ENCODINGS[encoding](ONSET))
    assert leak.what == "the answer to 'onset'"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "text", [ONSET, f"t={SECOND}s", "port=6543 it is", "Here requests went wrong in the first way."]
)
def test_an_answer_is_found_in_every_encoding(planted, encoding, text):
    """Plain, escaped, in base64, hex, compressed, in a picture: the same answer is found."""
    assert planted("a cell's metadata", ENCODINGS[encoding](text)), encoding


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, many in SPELLINGS.items() for text in many]
)
def test_an_answer_is_found_in_every_spelling(planted, name, text):
    """Other formats of a time, seconds since 1970, separators in a number: the same answer is found."""
    assert f"the answer to '{name}'" in {leak.what for leak in planted("a cell", f"x = '{text}'")}


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_texts_pass(planted, text):
    """What is public, near by, or too short to mean anything is no leak."""
    assert planted("a cell", text) == ()


def test_a_number_as_a_number_is_found(made):
    """An answer that stands in JSON as a number is found as well."""
    book = json.loads(made[0])
    book["metadata"]["seed"] = 4711
    [leak] = scan(json.dumps(book), made[1])
    assert str(leak) == "metadata.seed holds the answer to 'requests' (plain)"


def test_a_line_of_a_solution_is_found(planted):
    """Worked answers are secrets too, in code and in prose."""
    assert planted("a cell", 'print(f"the total is {total}")')
    assert planted("an output", "It is so: adding one by one gives six.  Adding one\nby one gives six.")


def test_feedback_is_found(planted):
    """The sealed texts may stand nowhere in clear."""
    [leak] = planted("a cell", "Know: This is what share means for the bank.")
    assert leak.what == "the feedback 'right' of 'share'"


def test_any_text_can_be_scanned(made):
    """A file that is no JSON is searched as it is."""
    assert {leak.where for leak in scan(f"hello {ONSET}", made[1])} == {"the file"}


def test_decodings_are_named_in_their_order():
    """How a secret was hidden is said, layer by layer."""
    twice = base64.b64encode(json.dumps("\u00e4 14:52:00").encode()).decode()
    assert ("base64, then escapes", '"ä 14:52:00"') in list(views(twice))


@pytest.fixture
def project(tmp_path):
    """Give a project whose lab asks one question."""
    write_lab(tmp_path, LAB)
    question = ('kind = "number"', "4711", ("1", "2", "3"))
    write_checks(tmp_path, {"requests": question})
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "# Add numbers.",
            "# Add numbers to 4711.",
            "07-sums.ipynb .* cells\\[lab07-sums-1\\].source holds the answer",
        ),
        ("total = ...", "total = ...  # NDcxMSBpdCBpcw==", r"\(base64\)"),
    ],
)
def test_a_leak_fails_the_build_and_writes_no_notebook(project, old, new, said):
    """A lab's source that tells the answer is refused with place and encoding, before a file is written."""
    write_lab(project, LAB.replace(old, new))
    with pytest.raises(LabError, match=said):
        build(root=project)
    assert not (project / "notebooks" / "07-sums.ipynb").exists()


def test_a_hint_that_tells_fails_the_build(project):
    """The sealed file's open parts are searched too."""
    path = project / "labs" / "07-sums" / "checks.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("Count requests.", "It is 4,711."), encoding="utf-8"
    )
    with pytest.raises(LabError, match=r"checks/07-sums\.json .*hints"):
        build(root=project)


def test_what_its_author_calls_public_passes(project):
    """A text under 'public' is let pass exactly as it stands there, and is not in the sealed file."""
    write_lab(project, LAB.replace("# Add numbers.", "# Add numbers to 4711."))
    path = project / "labs" / "07-sums" / "checks.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('kind = "number"', 'kind = "number"\npublic = ["4711"]'), encoding="utf-8")
    build(root=project)
    assert "4711" not in (project / "notebooks" / "checks" / "07-sums.json").read_text(encoding="utf-8")


def test_many_leaks_are_told_in_short(project):
    """Of many places the first are named and the others counted."""
    more = "".join(f"\n# %% [markdown]\n# So {n}: 4711.\n" for n in range(7))
    write_lab(project, LAB + more)
    with pytest.raises(LabError, match="; and 2 more"):
        build(root=project)


def test_a_role_that_leaks_through_the_builder_is_caught(project, monkeypatch):
    """Were the allow-list of roles broken, the scan would still stop the build."""
    broken = building.student_notebook.__globals__
    monkeypatch.setitem(broken, "STUDENT_ROLES", broken["STUDENT_ROLES"] | {"solution"})
    with pytest.raises(LabError, match="a line of the solution 'total-answer'"):
        build(root=project)


def test_the_day_of_writing_does_not_matter():
    """Moments are searched by their UTC clock, whatever zone this machine is in."""
    assert dt.datetime.fromtimestamp(SECOND, dt.UTC).isoformat(" ").startswith(ONSET)
