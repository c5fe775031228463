"""Releases of the bank: a directory for each, a pointer to the one in force, and a record of every change."""

from labkit.bank.releases.directory import Releases as Releases
from labkit.bank.releases.release import Release as Release
from labkit.bank.releases.routine_update import FIRST as FIRST
from labkit.bank.releases.routine_update import first_settings as first_settings
from labkit.bank.releases.routine_update import routine_update as routine_update
