"""The pytest plugin: a test for each step, and no word of a secret in what pytest prints."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
DSN = "postgresql://bank_app:correct-horse@127.0.0.1:1/bank"
PLUGIN = (
    "-p",
    "labkit.bank.pytest_plugin",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:nbval",
    "--labkit-timeout=60",
)


@pytest.fixture(autouse=True)
def one_test(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a project with one test of its own, and a variable with a string."""
    pytester.makepyfile("def test_own(): pass")
    monkeypatch.setenv("SOME_URL", DSN)


def test_each_step_is_a_test(pytester: pytest.Pytester) -> None:
    """A step that fails is a failed test with its advice, later ones are skipped, the project's own run."""
    done = pytester.runpytest_inprocess(*PLUGIN, "--labkit-dsn-env", "SOME_URL", "-v", "--showlocals")
    done.assert_outcomes(passed=3, failed=1, skipped=10)
    text = done.stdout.str()
    assert "connection::reach FAILED" in text
    assert "connection refused" in text
    assert "Compare host and port" in text
    assert "Traceback" not in text
    assert "correct-horse" not in text


def test_steps_can_be_chosen(pytester: pytest.Pytester) -> None:
    """The steps are chosen with -k as any test is, and a file and expectations can be named."""
    config = pytester.path / "config.toml"
    config.write_text(f'[database]\nurl = "{DSN}"\n', encoding="utf-8")
    expect = pytester.path / "expect.toml"
    expect.write_text("writes = false\n", encoding="utf-8")
    words = (
        "--labkit-dsn-file",
        str(config),
        "--labkit-dsn-key",
        "database.url",
        "--labkit-expect",
        str(expect),
    )
    pytester.runpytest_inprocess(*PLUGIN, *words, "-k", "parse or lint").assert_outcomes(
        passed=2, deselected=12
    )


def test_a_table_of_parts_will_do(pytester: pytest.Pytester) -> None:
    """A file that holds the parts of a string is read, too."""
    config = pytester.path / "config.toml"
    config.write_text(
        '[database]\nhost = "127.0.0.1"\nport = 1\nuser = "u"\ndbname = "d"\n', encoding="utf-8"
    )
    words = ("--labkit-dsn-file", str(config), "-k", "lint")
    pytester.runpytest_inprocess(*PLUGIN, *words).assert_outcomes(passed=1, deselected=13)


def test_without_an_option_nothing_is_added(pytester: pytest.Pytester) -> None:
    """A run that names no connection string is as it was."""
    pytester.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "words",
    [
        ["--labkit-dsn-env", "NO_SUCH_URL"],
        ["--labkit-dsn-env", "SOME_URL", "--labkit-dsn-file", "config.toml"],
        ["--labkit-dsn-env", "SOME_URL", "--labkit-expect", "missing.toml"],
        ["--labkit-dsn-env", "SOME_URL", "--labkit-timeout", "0"],
    ],
)
def test_misuse_is_told_in_one_line(pytester: pytest.Pytester, words: list[str]) -> None:
    """An option that cannot be meant ends the run with a line that says so."""
    done = pytester.runpytest_inprocess(*PLUGIN, *words)
    assert done.ret != pytest.ExitCode.OK
    text = done.stdout.str() + done.stderr.str()
    assert "Traceback" not in text
    assert "correct-horse" not in text


def test_the_plugin_lives_with_others(pytester: pytest.Pytester) -> None:
    """A step's own file is its project's folder, so that other plugins find a path."""
    done = pytester.runpytest_inprocess(*PLUGIN, "--labkit-dsn-env", "SOME_URL", "--collect-only", "-q")
    assert "connection::capacity" in done.stdout.str()
    assert Path(pytester.path).is_dir()
