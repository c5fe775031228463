"""Present a lab on a projector, and hand it out as pages that need no server."""
