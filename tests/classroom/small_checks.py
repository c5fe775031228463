"""A lab with one question of every kind, and evidence of two lines, to seal and judge in tests."""

from __future__ import annotations

import json

import labkit
from labkit.classroom.checks.sealed import open_document
from labkit.classroom.seal import lab_references, sealed_text

NAME = "07-sums"
#: scrypt at its cheapest: what is tried is the judgement, not the cost.
CHEAP = 2
#: Parts of answers, to keep the lines below short.
START = "dt.datetime(2023, 12, 1, 14)"
SEEN = "dt.datetime(2023, 12, 1, 15, 1, 9)"
STORY = '("onset", "2023-12-01 14:33:17"), ("report", "2023-12-01 14:45:10"), ("page", "2023-12-01 14:52:40")'
EVIDENCE = """\
{"timestamp":"2023-12-01T14:45:10Z","channel":"user-report","author":"user","text":"The page is an error."}
{"timestamp":"2023-12-01T14:52:00Z","channel":"chat","author":"on-call engineer","text":"Looking."}
"""
#: Each question: its own keys, the right answer, and three known wrong ones, as Python.
QUESTIONS = {
    "onset": (
        'kind = "instant"\ntolerance = "60 s"',
        "dt.datetime(2023, 12, 1, 14, 33, 17)",
        ('"2023-12-01 14:45:10"', '["2023-12-01 09:33:17", "2023-12-01 20:03:17"]', "None"),
    ),
    "gap": (
        'kind = "duration"\ntolerance = "2 s"\nunit = "minutes"',
        "dt.timedelta(minutes=11, seconds=53)",
        ('"1:11:53"', "19", "dt.timedelta(hours=-1)"),
    ),
    "requests": ('kind = "number"\nunit = "requests"', "4711", ("4712", "[9422, 14133]", "0.4711")),
    "exactly": ('kind = "number"\ntolerance = 0', "1207", ("1208", "[2414, 3621]", "0")),
    "share": ('kind = "number"\ntolerance = "1 %"', "0.034721", ("0.34721", "-0.034721", "1")),
    "shape": (
        'kind = "choice"\nchoices = ["ramp", "step", "spike"]',
        '"step"',
        ('"ramp"', '"spike"', "None"),
    ),
    "routes": (
        'kind = "set"\nchoices = ["/", "/login", "/livez", "/transfers"]',
        '["/login", "/transfers"]',
        ('["/", "/login", "/transfers"]', '[["/"], ["/livez"]]', "set()"),
    ),
    "part": ('kind = "dsn"', '("port", 6543)', ('("port", 5432)', '"port"', '"host=db.example"')),
    "story": (
        'kind = "events"\ntolerance = "30 s"\nlabels = ["onset", "report", "page", "decoy"]',
        f"[{STORY}]",
        (
            f"[{STORY}]".replace(" 14:", " 15:"),
            f'[{STORY}, ("decoy", "2023-12-01 15:40:00")]',
            f"[{STORY.rpartition(', (')[0]}]",
        ),
    ),
    "offsets": (
        'kind = "table"\ncolumns = ["host", "offset_s", "seen_utc"]\n'
        'tolerance = { offset_s = 0.5, seen_utc = "5 s" }',
        f'[("web-1", 0.0, {START}), ("web-2", 4.25, {SEEN})]',
        (
            f'[("web-1", 0.0, {START}), ("web-2", -4.25, {SEEN})]',
            f'[("web-2", 4.25, {SEEN})]',
            f'[("web-1", 0.0, {START}), ("web-2", 4.25, {SEEN})]'.replace(" 1, 1", " 1, "),
        ),
    ),
    "ranking": (
        'kind = "table"\ncolumns = ["route", "n"]\nordered = true',
        '[("/login", 1723), ("/", 911)]',
        ('[("/", 911), ("/login", 1723)]', '[("/login", 1723)]', '[("/login", 1723), ("/", 912)]'),
    ),
}
MISTAKES = ("first", "second", "third")


def checks_toml(questions=QUESTIONS):
    """Write checks.toml."""
    return "\n".join(_question(name, keys) for name, (keys, _, _) in questions.items())


def _question(name, keys):
    mistakes = "".join(
        f'[[question.misconception]]\nid = "{one}"\nfeedback = "Here {name} went wrong in the {one} way."\n'
        for one in MISTAKES
    )
    return (
        f'[[question]]\nid = "{name}"\n{keys}\nasks = "What is {name}?"\nexpects = "an answer to {name}"\n'
        f'hints = ["Look at {name}.", "Look again at {name}.", "Count {name}."]\n'
        f'right = "This is what {name} means for the bank."\n{mistakes}'
    )


def answers_py(questions=QUESTIONS):
    """Write answers.py."""
    functions = (
        f"def {name}(con):\n    return {{'right': {right}, 'first': {a}, 'second': {b}, 'third': {c}}}\n"
        for name, (_, right, (a, b, c)) in questions.items()
    )
    return "import datetime as dt\n\n\n" + "\n\n".join(functions)


def write_checks(project, questions=QUESTIONS, name=NAME):
    """Write a lab's checks, and the evidence; return the lab's folder."""
    folder = project / "labs" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "checks.toml").write_text(checks_toml(questions), encoding="utf-8")
    (folder / "answers.py").write_text(answers_py(questions), encoding="utf-8")
    data = project / "data" / "debacle"
    data.mkdir(parents=True, exist_ok=True)
    (data / "messages.jsonl").write_text(EVIDENCE, encoding="utf-8")
    return folder


def seal_checks(project, questions=QUESTIONS):
    """Write and seal the checks; return (references, sealed lab, text of the file, connection)."""
    folder = write_checks(project, questions)
    con = labkit.load(project / "data" / "debacle")
    found = lab_references(folder, con)
    text = sealed_text(NAME, found, con, CHEAP)
    return found, open_document(json.loads(text)), text, con
