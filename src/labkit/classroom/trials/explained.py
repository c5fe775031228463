"""Say in words why the trials confuse what they confuse: by scenario and the plane that was withheld."""

from __future__ import annotations

from labkit.classroom.trials.trial import NOTHING

UNEXPLAINED = "Nobody has explained this yet."
_REASONS: dict[tuple[str, str], str] = {
    ("staging-database", "spans"): (
        "Nothing fails, and only query spans name the database that is asked: without them there is "
        "nothing to see."
    ),
    ("slow-query", "spans"): (
        "Without query spans nobody sees that one query takes longer while no more of them come; timeouts "
        "that grow in number fit overload and code as well."
    ),
    ("expired-password", "server log"): (
        "Only the server's log says that the password has expired. Clients are told that role and password "
        "do not fit, and the role is what the update changed."
    ),
    ("reserved-slots", "server log"): (
        "The driver passes on that no connection is left, not who has taken them: without the server's own "
        "lines it may be this program's pool, and a deployment at the onset speaks for the program."
    ),
    ("too-many-clients", "server log"): (
        "The driver passes on that no connection is left, not who has taken them: without the server's own "
        "lines it may be this program's pool, and a deployment at the onset speaks for the program."
    ),
    ("read-write-from-standby", "application log"): (
        "The pool's warning is the only message that names the reason. The update changed host and "
        "target_session_attrs at once, and without the warning nothing tells which of them it is."
    ),
    ("code-bug-then-wrong-port", "spans"): (
        "The first fault's failures run into the second's: once in ten afternoons the onset is put two and a "
        "half minutes early, before the deployment, and only spans name the port that worked."
    ),
    ("code-bug-then-wrong-port", "application log"): (
        "The first fault's failures run into the second's: once in ten afternoons the onset is put two and a "
        "half minutes early, before the deployment, and only the pool's warnings name the port that is wrong."
    ),
    ("empty-dsn", "deployments"): (
        "libpq says of an empty string what it says of one without a host; that the whole string is empty "
        "stands in the deployment's record alone."
    ),
}


def explanation(scenario: str, withheld: str = NOTHING) -> str:
    """Give the reason why a scenario is told wrongly when a plane is withheld, or when none is.

    Examples
    --------
    >>> explanation("staging-database", "spans").split(",")[0]
    'Nothing fails'
    """
    return _REASONS.get((scenario, withheld), UNEXPLAINED)
