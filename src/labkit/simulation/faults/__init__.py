"""The fault catalogue: what can be wrong between a service and its database, and how it shows."""

from collections.abc import Mapping

from labkit.simulation.faults.connects import CATALOGUE, accepted, connect
from labkit.simulation.faults.decoys import DECOYS
from labkit.simulation.faults.query_faults import QUERY_FAULTS
from labkit.simulation.faults.row import ConnectFault, ConnectResult, QueryFault, Row, ServerLine

#: Every row by its name.
ROWS: Mapping[str, Row] = {row.name: row for row in (*CATALOGUE, *QUERY_FAULTS, *DECOYS)}

#: Rows that are steps of another fault, by the name of that fault.
STEPS: Mapping[str, tuple[str, ...]] = {"database-restart": ("database-down", "database-starting")}

__all__ = [
    "CATALOGUE",
    "QUERY_FAULTS",
    "ROWS",
    "STEPS",
    "ConnectFault",
    "ConnectResult",
    "QueryFault",
    "Row",
    "ServerLine",
    "accepted",
    "connect",
]
