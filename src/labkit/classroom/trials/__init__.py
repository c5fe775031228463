"""Prove that the catalogue can be solved: make each scenario, investigate it, and hold both together."""

from labkit.classroom.trials.running import run_trials as run_trials
from labkit.classroom.trials.trial import PLANES as PLANES
from labkit.classroom.trials.trial import Plan as Plan
from labkit.classroom.trials.trial import Verdict as Verdict
from labkit.classroom.trials.trial import judge as judge
from labkit.classroom.trials.trial import least_scale as least_scale

__all__ = ["PLANES", "Plan", "Verdict", "judge", "least_scale", "run_trials"]
