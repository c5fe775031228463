"""A proving ground for connection checks: every fault of the catalogue, without a server."""

from labkit.replay.proving.ground import ProvingGround as ProvingGround
from labkit.replay.proving.ground import proving_ground as proving_ground
