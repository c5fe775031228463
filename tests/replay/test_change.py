"""Which of several changes of a connection string is the one to replay."""

from __future__ import annotations

import pytest
from small_record import AFTER, BEFORE, CHANGE, LOST, RESTORED

import labkit
from labkit.replay.change import find_change


def test_what_takes_a_change_back_is_no_cause(con):
    """Where no request failed, the update is told, not the rollback that came later."""
    con.execute("DELETE FROM spans WHERE error_type = ?", [LOST])
    change = find_change(con)
    assert (change.before, change.after, change.from_utc, change.until_utc) == (
        BEFORE,
        AFTER,
        CHANGE,
        RESTORED,
    )


def test_a_string_that_connected_is_believed(con):
    """What succeeded in the record is not said to fail, though no other request shows that server."""
    con.execute("DELETE FROM spans WHERE error_type = ?", [LOST])
    result = labkit.replay(con)
    assert (result.rules.after.connects, result.rules.after.fault) == (True, "")
    test = labkit.replay(con, labkit.Configuration(connectivity_test=True))
    assert not test.stopped
    assert (test.saved, test.spoiled) == (0, 0)


@pytest.mark.parametrize("wrong", [None, "as corrected", {"rollback": "14:45"}])
def test_a_console_takes_a_configuration_and_nothing_else(con, wrong):
    """Any other value is refused in words, and the console stays where it was."""
    console = labkit.ReplayConsole(con)
    with pytest.raises(labkit.LabError, match="this is no configuration"):
        console.configuration = wrong
    assert console.configuration == labkit.Configuration()
    assert console.settings == console.configuration.as_dict()


def test_nothing_was_deployed_where_no_string_changed(con):
    """The sentence speaks of the record, and of one request in the singular."""
    con.execute("DELETE FROM deployments")
    con.execute("DELETE FROM spans WHERE error_type IS NOT NULL")
    assert labkit.replay(con).sentence.startswith("As recorded: 0 of ")
    con.execute(
        """UPDATE spans SET http_response_status_code = 500
           WHERE span_id = (SELECT min(span_id) FROM spans WHERE kind = 'SERVER')"""
    )
    assert labkit.replay(con).sentence.startswith("As recorded: 1 of 48 request fails;")
