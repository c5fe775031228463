"""Who asks the bank for what, and when: the scenario's own sessions on the drill's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labkit.simulation.clock import SECOND, to_us
from labkit.simulation.sessions import Steps, join, plan_block
from labkit.simulation.world import AGENTS, PROBE_AGENT, World

if TYPE_CHECKING:
    from labkit.simulation.model import Scenario

#: Requests of users a second, as a mean over the drill: what two processor cores answer without a queue.
REQUESTS_PER_S = 20.0
#: The balancer asks each host this often, in real seconds: its checks are not what is squeezed.
PROBE_EVERY_S = 2.0
#: Numbers below it are spread evenly over any number of hosts that a bank may have.
_MANY = 5040


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One request that will be sent at its time, whatever becomes of those before it.

    Attributes
    ----------
    at_s : float
        Real seconds after the beginning of the drill.
    route : str
        The scenario's route: ``front``, ``login``, ``accounts``, ``statement``, ``transfers``, ``probe``.
    outcome : str
        The ordinary way to end that the user brings about (``wrong-password``, ...); empty for none.
    user : int
        Number of the customer, from 1; 0 for the balancer.
    session : str
        Whose visit it belongs to; empty for the balancer.
    client, agent : str
        Address and browser that the request tells.
    host : int
        A number from 0; what is left of it, divided by the number of hosts, says which of them is asked.
    """

    at_s: float
    route: str
    outcome: str
    user: int
    session: str
    client: str
    agent: str
    host: int


@dataclass(frozen=True, slots=True)
class TrafficPlan:
    """All requests of a drill in their order, and the share of the scenario's traffic that they are."""

    requests: tuple[PlannedRequest, ...]
    scale: float
    customers: int


def plan_traffic(
    scenario: Scenario,
    *,
    minutes: float,
    seed: int,
    customers: int,
    hosts: int,
    scale: float | None = None,
) -> TrafficPlan:
    """Draw the requests of one drill.

    Parameters
    ----------
    scenario : Scenario
        Its arrivals, sessions, routes and ordinary errors; users behave as its releases let them.
    minutes : float
        Real length of the whole window.
    seed : int
        Same seed, same requests.
    customers : int
        Accounts that the bank really has; the scenario's customers share them.
    hosts : int
        Web processes that answer.
    scale : float, optional
        Share of the scenario's sessions; without it, what makes `REQUESTS_PER_S` in the mean.

    Examples
    --------
    >>> from labkit.simulation.scenario import load_scenario
    >>> plan = plan_traffic(load_scenario("debacle"), minutes=1, seed=7, customers=50, hosts=2)
    >>> 600 < sum(request.user > 0 for request in plan.requests) < 1800
    True
    """
    if scale is None:
        steps = _steps(World(scenario, seed, 1.0))
        scale = min(1.0, REQUESTS_PER_S * 60 * minutes / max(1, len(steps.start)))
    world = World(scenario, seed, scale)
    seconds = 60 * minutes
    squeeze = (scenario.end - scenario.start).total_seconds() / seconds
    found = _users(world, _steps(world), squeeze, customers) + _probes(seconds, hosts)
    return TrafficPlan(tuple(sorted(found, key=lambda request: request.at_s)), scale, customers)


def _steps(world: World) -> Steps:
    """Plan all requests of users that start in the window, also of visits begun before it."""
    grid = world.grid
    reach = int(world.scenario.traffic.max_session_s * SECOND) // grid.block_us + 1
    steps = join([plan_block(world, block) for block in range(-reach, grid.count)])
    return steps.take(np.flatnonzero((steps.start >= grid.start_us) & (steps.start < grid.end_us)))


def _users(world: World, steps: Steps, squeeze: float, customers: int) -> list[PlannedRequest]:
    start = to_us(world.scenario.start)
    ordinary = {outcome.name for outcome in world.scenario.traffic.outcomes}
    columns: tuple[Any, ...] = (
        ((steps.start - start) / SECOND / squeeze).tolist(),
        steps.kind.tolist(),
        ((steps.user - 1) % customers + 1).tolist(),
        steps.session.tolist(),
        steps.client.tolist(),
        steps.agent.tolist(),
        ((steps.session % _MANY).astype(int) + np.arange(len(steps.start))).tolist(),
    )
    found = []
    for at_s, kind, user, session, client, agent, host in zip(*columns, strict=True):
        known = world.kinds.all[kind]
        name = known.outcome.name if known.outcome and known.outcome.name in ordinary else ""
        address = f"100.64.{100 + client // 156}.{100 + client % 156}"
        found.append(
            PlannedRequest(
                at_s, known.route.name, name, user, f"{session:016x}", address, AGENTS[agent], host
            )
        )
    return found


def _probes(seconds: float, hosts: int) -> list[PlannedRequest]:
    """Plan the balancer's checks: each host in turn, a little apart."""
    turns = int(seconds / PROBE_EVERY_S)
    return [
        PlannedRequest(
            (turn + (host + 0.5) / hosts) * PROBE_EVERY_S, "probe", "", 0, "", "10.20.0.5", PROBE_AGENT, host
        )
        for turn in range(turns)
        for host in range(hosts)
    ]
