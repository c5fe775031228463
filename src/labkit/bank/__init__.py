"""The demo bank for real, and what a team takes home from its outage: the connection doctor."""
